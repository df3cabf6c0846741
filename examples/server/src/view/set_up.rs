//! Accounts, calendars and edges.

use kalends::core::graph::{Account, Calendar, Edge, SeriesShape};
use kalends::core::ids::CalendarId;
use kalends::core::slice::Config;
use serde::Serialize;
use utoipa::ToSchema;

use crate::lookup::label;
use crate::show::{
    calendar_role, detail, event_kind, kind, lifecycle, on_conflict, on_delete, on_edit, rests,
};

/// An account at a provider.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AccountView {
    /// Its id.
    id: String,
    /// Its name in the graph.
    name: String,
    /// `caldav`, `feed`, `google` or `microsoft`.
    provider: String,
    /// Whose it is, as the provider says.
    subject: String,
    /// Whether the provider makes calendars, which overlays need; none where it is not known.
    makes_calendars: Option<bool>,
    /// `active`, `retiring` while its mirrors are taken back, ...
    state: &'static str,
}

impl AccountView {
    pub(crate) fn of(account: &Account) -> Self {
        Self {
            id: account.id.to_string(),
            name: account.name.clone(),
            provider: account.provider.clone(),
            subject: account.subject.clone(),
            makes_calendars: account.makes_calendars,
            state: lifecycle(account.state),
        }
    }
}

/// All accounts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Accounts {
    pub(crate) accounts: Vec<AccountView>,
}

/// One account with its calendars.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneAccount {
    #[serde(flatten)]
    pub(crate) account: AccountView,
    /// Whether its credentials are here.
    pub(crate) has_credentials: bool,
    /// What its owner did not allow, though it was asked for.
    pub(crate) limits: Vec<LimitView>,
    pub(crate) calendars: Vec<CalendarView>,
}

/// What became of a sign-in that was to be refreshed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refreshed {
    /// The account's name.
    pub(crate) account: String,
    /// `ok`: it has new tokens; `sign-in`: its owner must sign in again; `consent`: an administrator
    /// of the organisation must allow it first.
    pub(crate) state: &'static str,
    /// Until when its token is good, where that is known.
    pub(crate) expires: Option<String>,
    /// Why not, as the provider's code.
    pub(crate) code: Option<String>,
}

/// Something that the owner of an account did not allow.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct LimitView {
    /// As the provider calls it.
    pub(crate) scope: String,
    /// What does not work without it.
    pub(crate) means: String,
}

/// Something that the owner of an account is asked to allow.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AskView {
    /// As the provider calls it.
    pub(crate) scope: String,
    /// What it allows, in plain words.
    pub(crate) means: String,
}

/// An account that was added.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Added {
    /// Whether the graph knew it already: its credentials are replaced then.
    pub(crate) known: bool,
    pub(crate) account: Option<AccountView>,
    pub(crate) calendars: Vec<CalendarView>,
}

/// An account or an edge that is being removed: the next sync takes its mirrors back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Removed {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) edge: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<String>,
    /// Whether what was mirrored stays as it is.
    pub(crate) abandoned: bool,
}

/// A calendar of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarView {
    /// Its id.
    id: String,
    /// The name of its account.
    account: Option<String>,
    /// Its name at the provider.
    name: String,
    /// The provider's own id.
    provider_id: Option<String>,
    /// `theirs`, `subscribed`, `overlay`, `lost`, ...
    role: &'static str,
    /// Whether it is read.
    on: bool,
    /// Whether it can be written.
    writable: bool,
    /// How series are held: `whole`, `parts`, `patterns` or `singles`.
    series: &'static str,
}

impl CalendarView {
    /// Its account's name and its own.
    pub(crate) fn label(&self) -> String {
        format!("{}/{}", self.account.as_deref().unwrap_or("?"), self.name)
    }

    /// Whether it is read.
    pub(crate) const fn is_read(&self) -> bool {
        self.on
    }

    pub(crate) fn of(config: &Config, calendar: &Calendar) -> Self {
        let account = config.accounts.get(&calendar.account);
        Self {
            id: calendar.id.to_string(),
            account: account.map(|account| account.name.clone()),
            name: calendar.name.clone(),
            provider_id: calendar.provider_id.as_ref().map(|id| id.0.clone()),
            role: calendar_role(calendar),
            on: calendar.on,
            writable: calendar.capabilities.write,
            series: match calendar.capabilities.series {
                SeriesShape::Whole => "whole",
                SeriesShape::Parts => "parts",
                SeriesShape::Patterns => "patterns",
                SeriesShape::Singles => "singles",
            },
        }
    }
}

/// Calendars.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Calendars {
    pub(crate) calendars: Vec<CalendarView>,
}

/// One calendar.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneCalendar {
    pub(crate) calendar: Option<CalendarView>,
}

/// A calendar that took the place of another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Replaced {
    /// The run that an undo takes back.
    pub(crate) run: String,
    /// The calendar that took the place.
    pub(crate) calendar: Option<CalendarView>,
    /// The edges that start at it now.
    pub(crate) edges: Vec<EdgeView>,
    /// Events that both calendars hold.
    pub(crate) both: usize,
    /// Events that only the calendar before holds: their mirrors go.
    pub(crate) only_before: usize,
    /// Events that only this calendar holds.
    pub(crate) only_now: usize,
    /// Events that were private and are not here: their mirrors show more.
    pub(crate) less_private: usize,
    /// Changes that waited to be written to the calendar before: they are not, and can be restored.
    pub(crate) waited: usize,
}

/// A calendar that an edge joins.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EdgeEnd {
    /// The calendar's id.
    id: String,
    /// Its account's name and its own.
    name: String,
}

impl EdgeEnd {
    fn of(config: &Config, calendar: CalendarId) -> Self {
        Self { id: calendar.to_string(), name: label(config, calendar) }
    }
}

/// Which events an edge mirrors.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FiltersView {
    skip_all_day: bool,
    with_free: bool,
    with_declined: bool,
    skip_tentative: bool,
    with_kinds: Vec<&'static str>,
    only_categories: Vec<String>,
    skip_categories: Vec<String>,
    only_keywords: Vec<String>,
    skip_keywords: Vec<String>,
}

/// An edge: which calendar is mirrored into which, and how.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EdgeView {
    /// Its id.
    id: String,
    from: EdgeEnd,
    to: EdgeEnd,
    /// `active`, `paused`, `retiring` or `abandoned`.
    state: &'static str,
    /// Why it rests, as a code, where it does.
    rests: Option<String>,
    /// The edge back, of a two-way pair.
    pair: Option<String>,
    /// `busy`, `title` or `full`.
    detail: &'static str,
    /// `overlay` or `mirror`.
    kind: &'static str,
    /// The template of the mirror's title.
    title: Option<String>,
    filters: FiltersView,
    /// Days back that are mirrored.
    past_days: u16,
    /// Days ahead that are mirrored.
    future_days: u16,
    /// Whether private events show at the edge's detail.
    private_grant: bool,
    /// Whether edits of mirrors may mail the guests of their origins.
    may_notify: bool,
    /// Whether people are named, as text, at full.
    people: bool,
    /// Whether the meeting's address is told, as text, at full.
    meeting: bool,
    /// `revert`, `propagate` or `detach`.
    on_edit: &'static str,
    /// `restore`, `propagate` or `detach`.
    on_delete: &'static str,
    /// `last-seen`, `origin` or `mirror`.
    on_conflict: &'static str,
}

impl EdgeView {
    pub(crate) fn of(config: &Config, edge: &Edge) -> Self {
        let (options, filters) = (&edge.options, &edge.options.filters);
        Self {
            id: edge.id.to_string(),
            from: EdgeEnd::of(config, edge.from),
            to: EdgeEnd::of(config, edge.to),
            state: lifecycle(edge.state),
            rests: rests(edge.state).map(|reason| reason.code),
            pair: edge.pair.map(|pair| pair.to_string()),
            detail: detail(options.level),
            kind: kind(options.kind),
            title: options.title.clone(),
            filters: FiltersView {
                skip_all_day: filters.skip_all_day,
                with_free: filters.with_free,
                with_declined: filters.with_declined,
                skip_tentative: filters.skip_tentative,
                with_kinds: filters.with_kinds.iter().map(|kind| event_kind(*kind)).collect(),
                only_categories: filters.only_categories.clone(),
                skip_categories: filters.skip_categories.clone(),
                only_keywords: filters.only_keywords.clone(),
                skip_keywords: filters.skip_keywords.clone(),
            },
            past_days: options.window.past_days,
            future_days: options.window.future_days,
            private_grant: options.private_grant,
            may_notify: options.may_notify,
            people: options.people,
            meeting: options.meeting,
            on_edit: on_edit(options.on_edit),
            on_delete: on_delete(options.on_delete),
            on_conflict: on_conflict(options.on_conflict),
        }
    }
}

/// Edges.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Edges {
    pub(crate) edges: Vec<EdgeView>,
}

/// Whether tools may touch an edge, and the events that it carries.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EdgeTools {
    pub(crate) edge: String,
    pub(crate) open: bool,
}

/// Edges that were added: two of a two-way pair.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Made {
    /// The run that an undo takes back.
    pub(crate) run: String,
    pub(crate) edges: Vec<EdgeView>,
}
