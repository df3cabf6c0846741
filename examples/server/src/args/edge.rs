//! Arguments about edges.

use clap::{Args, Subcommand, ValueEnum};
use kalends::core::event::Kind;
use kalends::core::graph::{CalendarKind, DetailLevel, EdgeOptions, OnConflict, OnDelete, OnEdit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What can be done with edges.
#[derive(Debug, Subcommand)]
pub(crate) enum EdgeCommand {
    /// Mirror a calendar into another, or into an overlay of its own
    #[command(after_help = "\
Examples:
  kalends edge add --from team/Team --to work --detail busy
  kalends edge add --from work/Calendar --to home/Personal --detail title --title \"Work: {title}\"
  kalends edge add --from a/Calendar --to b/Calendar --detail full --two-way

--to NAME uses or makes that account's overlay; --to NAME/CAL mirrors among the person's events.")]
    Add(Box<EdgeAdd>),
    /// All edges
    #[command(after_help = "\
Example:
  kalends edge list")]
    List,
    /// One edge with its options
    #[command(after_help = "\
Example:
  kalends edge show pol_2DSQE84JGE3653W0TP7H82Z9F6")]
    Show {
        /// Its id
        id: String,
    },
    /// Change an edge's options; what is not named stays
    #[command(after_help = "\
Examples:
  kalends edge change pol_2DSQE84JGE3653W0TP7H82Z9F6 --detail title
  kalends edge change pol_2DSQE84JGE3653W0TP7H82Z9F6 --skip-all-day --on-edit propagate
  kalends edge change pol_2DSQE84JGE3653W0TP7H82Z9F6 --skip-all-day false --title \"\"

An empty title, category or word takes away what was set.")]
    Change(Box<EdgeChange>),
    /// Open an edge to tools of the Model Context Protocol, or close it: then they leave it alone,
    /// and the events that it carries
    #[command(after_help = "\
Examples:
  kalends edge tools pol_2DSQE84JGE3653W0TP7H82Z9F6 closed
  kalends edge tools pol_2DSQE84JGE3653W0TP7H82Z9F6 open")]
    Tools {
        /// Its id
        id: String,
        /// Open, as all are in the beginning, or closed
        gate: GateFlag,
    },
    /// Remove an edge; the next sync takes its mirrors back
    #[command(after_help = "\
Examples:
  kalends edge remove pol_2DSQE84JGE3653W0TP7H82Z9F6
  kalends edge remove pol_2DSQE84JGE3653W0TP7H82Z9F6 --abandon")]
    Remove {
        /// Its id
        id: String,
        /// Leave its mirrors as they are, where they cannot be reached
        #[arg(long)]
        abandon: bool,
    },
}

/// Whether tools may touch an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GateFlag {
    /// They may.
    Open,
    /// They may not.
    Closed,
}

/// A new edge.
#[derive(Debug, Args)]
pub(crate) struct EdgeAdd {
    /// The calendar that events come from
    #[arg(long, value_name = "NAME/CAL")]
    pub(crate) from: String,
    /// Where mirrors go
    #[arg(long, value_name = "NAME[/CAL]")]
    pub(crate) to: String,
    /// Overlay or mirror; follows from --to unless said
    #[arg(long)]
    pub(crate) kind: Option<KindFlag>,
    /// Add the edge back too; edits and deletions of mirrors then go to their origins
    #[arg(long)]
    pub(crate) two_way: bool,
    #[command(flatten)]
    pub(crate) flags: EdgeFlags,
}

/// Other options for an edge.
#[derive(Debug, Args)]
pub(crate) struct EdgeChange {
    /// Its id
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) flags: EdgeFlags,
}

/// What an edge does.
#[derive(Debug, Args)]
pub(crate) struct EdgeFlags {
    /// How much a mirror shows [default: busy]
    #[arg(long)]
    detail: Option<DetailFlag>,
    /// The mirror's title, with {title} where the detail shows it
    #[arg(long)]
    title: Option<String>,
    /// Leave out all-day events
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    skip_all_day: Option<bool>,
    /// Mirror events that leave the time free
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    with_free: Option<bool>,
    /// Mirror events that were declined
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    with_declined: Option<bool>,
    /// Leave out tentative events
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    skip_tentative: Option<bool>,
    /// Mirror this kind too, which is left out by default
    #[arg(long, value_name = "KIND")]
    with_kind: Vec<EventKindFlag>,
    /// Mirror only events of this category
    #[arg(long, value_name = "CATEGORY")]
    only_category: Vec<String>,
    /// Leave out events of this category
    #[arg(long, value_name = "CATEGORY")]
    skip_category: Vec<String>,
    /// Mirror only events with this word in the title
    #[arg(long, value_name = "WORD")]
    only_keyword: Vec<String>,
    /// Leave out events with this word in title or description (#nosync always is)
    #[arg(long, value_name = "WORD")]
    skip_keyword: Vec<String>,
    /// Days back that are mirrored [default: 30]
    #[arg(long, value_name = "DAYS")]
    past_days: Option<u16>,
    /// Days ahead that are mirrored [default: 400]
    #[arg(long, value_name = "DAYS")]
    future_days: Option<u16>,
    /// Show private events at the edge's detail, instead of busy
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    private_grant: Option<bool>,
    /// Origins with attendees may be changed because of a mirror
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    may_notify: Option<bool>,
    /// At full: the people's names, as text
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    people: Option<bool>,
    /// At full: the meeting's address, as text
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    meeting: Option<bool>,
    /// When a person edits a mirror [default: revert]
    #[arg(long)]
    on_edit: Option<OnEditFlag>,
    /// When a person deletes a mirror [default: restore]
    #[arg(long)]
    on_delete: Option<OnDeleteFlag>,
    /// Where both sides changed one field [default: last-seen]
    #[arg(long)]
    on_conflict: Option<OnConflictFlag>,
}

impl EdgeFlags {
    /// Whether they ask for something else than edits and deletions that go to their origins.
    pub(crate) fn oppose_two_way(&self) -> bool {
        let edit = self.on_edit.is_some_and(|flag| OnEdit::from(flag) != OnEdit::Propagate);
        let delete = self.on_delete.is_some_and(|flag| OnDelete::from(flag) != OnDelete::Propagate);
        edit || delete
    }

    /// Puts what was named into the options; what was not stays.
    pub(crate) fn apply(&self, options: &mut EdgeOptions) {
        set(&mut options.level, self.detail.map(Into::into));
        let title = self.title.clone().map(|title| Some(title).filter(|title| !title.is_empty()));
        set(&mut options.title, title);
        set(&mut options.window.past_days, self.past_days);
        set(&mut options.window.future_days, self.future_days);
        set(&mut options.private_grant, self.private_grant);
        set(&mut options.may_notify, self.may_notify);
        set(&mut options.people, self.people);
        set(&mut options.meeting, self.meeting);
        set(&mut options.on_edit, self.on_edit.map(Into::into));
        set(&mut options.on_delete, self.on_delete.map(Into::into));
        set(&mut options.on_conflict, self.on_conflict.map(Into::into));
        let filters = &mut options.filters;
        set(&mut filters.skip_all_day, self.skip_all_day);
        set(&mut filters.with_free, self.with_free);
        set(&mut filters.with_declined, self.with_declined);
        set(&mut filters.skip_tentative, self.skip_tentative);
        set_list(&mut filters.with_kinds, self.with_kind.iter().map(|kind| (*kind).into()));
        set_words(&mut filters.only_categories, &self.only_category);
        set_words(&mut filters.skip_categories, &self.skip_category);
        set_words(&mut filters.only_keywords, &self.only_keyword);
        set_words(&mut filters.skip_keywords, &self.skip_keyword);
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn set_list<T>(place: &mut Vec<T>, values: impl ExactSizeIterator<Item = T>) {
    if values.len() > 0 {
        *place = values.collect();
    }
}

/// An empty word takes away those that were set before.
fn set_words(place: &mut Vec<String>, words: &[String]) {
    set_list(place, words.iter().cloned());
    place.retain(|word| !word.is_empty());
}

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident for $of:ident { $($flag:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize, Serialize, ToSchema,
            JsonSchema,
        )]
        #[serde(rename_all = "kebab-case")]
        pub(crate) enum $name {
            $($flag),*
        }

        impl From<$name> for $of {
            fn from(flag: $name) -> Self {
                match flag { $($name::$flag => Self::$flag),* }
            }
        }
    )*};
}

flags! {
    /// How much a mirror shows.
    DetailFlag for DetailLevel { Busy, Title, Full }
    /// Mirrors edited by a person.
    OnEditFlag for OnEdit { Revert, Propagate, Detach }
    /// Mirrors deleted by a person.
    OnDeleteFlag for OnDelete { Restore, Propagate, Detach }
    /// Whose value wins.
    OnConflictFlag for OnConflict { LastSeen, Origin, Mirror }
    /// Kinds that are left out by default.
    EventKindFlag for Kind { WorkingLocation, Birthday }
}

/// Overlay or mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindFlag {
    /// A calendar of the target account that is made for mirrors.
    Overlay,
    /// A calendar of the person's own.
    Mirror,
}

impl From<KindFlag> for CalendarKind {
    fn from(flag: KindFlag) -> Self {
        match flag {
            KindFlag::Overlay => Self::BusyOverlay,
            KindFlag::Mirror => Self::TrueMirror,
        }
    }
}
