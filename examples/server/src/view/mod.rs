//! What is shown to programs, as values: the command line prints them with `--json`, the server
//! sends them, and its OpenAPI document describes them.

mod budget;
mod event;
mod moment;
mod review;
mod run;
mod set_up;
mod status;

pub(crate) use budget::{AccountBudget, Budget, LimitBudget};
pub(crate) use event::{
    Entries, EntryView, Explained, ExplainedMirror, ExplainedPart, ExplainedPresence,
    ExplainedStray, HistoryLine, ReasonView,
};
pub(crate) use moment::{Agenda, FreeBusy, Occurrence};
pub(crate) use review::{AsideView, Held, HeldView, Judged, Parked, ParkedView, Retried};
pub(crate) use run::{
    FailureView, Operation, Plan, Report, Restored, Resumed, Synced, Undone, UndoneKept,
};
pub(crate) use set_up::{
    AccountView, Accounts, Added, CalendarView, Calendars, EdgeView, Edges, LimitView, Made,
    OneAccount, OneCalendar, Removed,
};
pub(crate) use status::{AccountStatus, CalendarStatus, CountsView, Status};
