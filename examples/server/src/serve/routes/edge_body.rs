//! An edge as it is sent in: what is not named stays.

use kalends::core::event::Kind;
use kalends::core::graph::{DetailLevel, EdgeOptions, OnConflict, OnDelete, OnEdit};
use serde::Deserialize;
use utoipa::ToSchema;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident for $of:ident { $($word:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
        #[serde(rename_all = "kebab-case")]
        pub(crate) enum $name {
            $($word),*
        }

        impl From<$name> for $of {
            fn from(word: $name) -> Self {
                match word { $($name::$word => Self::$word),* }
            }
        }
    )*};
}

words! {
    /// How much a mirror shows.
    DetailWord for DetailLevel { Busy, Title, Full }
    /// Mirrors edited by a person.
    OnEditWord for OnEdit { Revert, Propagate, Detach }
    /// Mirrors deleted by a person.
    OnDeleteWord for OnDelete { Restore, Propagate, Detach }
    /// Whose value wins.
    OnConflictWord for OnConflict { LastSeen, Origin, Mirror }
    /// Kinds that are left out by default.
    KindWord for Kind { WorkingLocation, Birthday }
}

/// What an edge does. What is not named stays as it is, or as it is by default.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EdgeBody {
    /// How much a mirror shows; by default that the time is taken.
    detail: Option<DetailWord>,
    /// The mirror's title, with `{title}` where the detail shows it; empty: none of its own.
    title: Option<String>,
    filters: Option<FiltersBody>,
    /// Days back that are mirrored.
    #[schema(maximum = 65535)]
    past_days: Option<u16>,
    /// Days ahead that are mirrored.
    #[schema(maximum = 65535)]
    future_days: Option<u16>,
    /// Show private events at the edge's detail.
    private_grant: Option<bool>,
    /// Let edits of mirrors mail the guests of their origins.
    may_notify: Option<bool>,
    /// At full: people, as text.
    people: Option<bool>,
    /// At full: the meeting's address, as text.
    meeting: Option<bool>,
    on_edit: Option<OnEditWord>,
    on_delete: Option<OnDeleteWord>,
    on_conflict: Option<OnConflictWord>,
}

/// Which events are mirrored. What is not named stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FiltersBody {
    skip_all_day: Option<bool>,
    with_free: Option<bool>,
    with_declined: Option<bool>,
    skip_tentative: Option<bool>,
    with_kinds: Option<Vec<KindWord>>,
    only_categories: Option<Vec<String>>,
    skip_categories: Option<Vec<String>>,
    only_keywords: Option<Vec<String>>,
    skip_keywords: Option<Vec<String>>,
}

impl EdgeBody {
    /// Puts what is named into the options.
    pub(crate) fn apply(self, options: &mut EdgeOptions) {
        set(&mut options.level, self.detail.map(Into::into));
        set(&mut options.title, self.title.map(|title| Some(title).filter(|t| !t.is_empty())));
        set(&mut options.window.past_days, self.past_days);
        set(&mut options.window.future_days, self.future_days);
        set(&mut options.private_grant, self.private_grant);
        set(&mut options.may_notify, self.may_notify);
        set(&mut options.people, self.people);
        set(&mut options.meeting, self.meeting);
        set(&mut options.on_edit, self.on_edit.map(Into::into));
        set(&mut options.on_delete, self.on_delete.map(Into::into));
        set(&mut options.on_conflict, self.on_conflict.map(Into::into));
        let (filters, said) = (&mut options.filters, self.filters.unwrap_or_default());
        set(&mut filters.skip_all_day, said.skip_all_day);
        set(&mut filters.with_free, said.with_free);
        set(&mut filters.with_declined, said.with_declined);
        set(&mut filters.skip_tentative, said.skip_tentative);
        let kinds = said.with_kinds.map(|kinds| kinds.into_iter().map(Into::into).collect());
        set(&mut filters.with_kinds, kinds);
        set(&mut filters.only_categories, said.only_categories);
        set(&mut filters.skip_categories, said.skip_categories);
        set(&mut filters.only_keywords, said.only_keywords);
        set(&mut filters.skip_keywords, said.skip_keywords);
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
