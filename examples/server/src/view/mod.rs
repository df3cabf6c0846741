//! What is shown to programs, as values: the command line prints them with `--json`, the server
//! sends them, and its OpenAPI document describes them.

mod access;
mod authored;
mod budget;
mod erasure;
mod event;
mod moment;
mod planning;
mod review;
mod run;
mod set_up;
mod status;
mod together;
mod words;

pub(crate) use access::{KeyMade, KeyView, UserView};
pub(crate) use authored::{Carried, EventContent, EventView, EventWritten, PersonView, waits};
pub(crate) use budget::{AccountBudget, Budget, LimitBudget};
pub(crate) use erasure::{CalledOffView, ErasureView, SparedView, WaitingView};
pub(crate) use event::{
    CameSoFar, ChangeView, Entries, EntryView, Explained, ExplainedMirror, ExplainedPart,
    ExplainedPresence, ExplainedStray, HistoryLine, ReasonView,
};
pub(crate) use moment::{Agenda, FreeBusy, Occurrence};
pub(crate) use planning::{
    Availability, CeilingView, Converted, FreeTime, Gone, HoldView, Holds, HoursView, PointView,
    ProposalView, Proposals, Released, RuleView, RulesView, Settings, StretchView, TheirHours,
    TimeView, UnknownView,
};
pub(crate) use review::{AsideView, Held, HeldView, Judged, Parked, ParkedView, Retried};
pub(crate) use run::{
    FailureView, Happened, Operation, Plan, Report, Restored, Resumed, RunView, Runs, Synced,
    Undone, UndoneKept,
};
pub(crate) use set_up::{
    AccountView, Accounts, Added, AskView, CalendarView, Calendars, EdgeTools, EdgeView, Edges,
    LimitView, Made, OneAccount, OneCalendar, Refreshed, Removed, Replaced,
};
pub(crate) use status::{AccountStatus, CalendarStatus, CountsView, Phase, Status};
pub(crate) use together::{MeetingView, Meetings, SessionView, Sessions};
pub(crate) use words::{BusyWord, PrivacyWord, StatusWord};
