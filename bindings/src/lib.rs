//! Kalends for Kotlin, Swift and Python.
//!
//! One [`Engine`] keeps one graph in one folder of the app. The platform gives HTTP, secure
//! storage and, if it likes, a timer; whoever awaits a call runs it, on their thread. Every call
//! answers with a result, so that no error ends the app.

mod adapt;
mod aside;
mod author;
mod bundle;
mod catalog;
mod contract;
mod declared;
mod draft;
mod engine;
mod error;
mod host;
mod push;
mod read;
mod services;
mod setup;
mod sign_in;
#[cfg(test)]
mod traps;
mod views;

pub use aside::AsideView;
pub use author::{EventDraft, EventTime, EventView, HeldEvent};
pub use contract::contract;
pub use engine::{Engine, EngineConfig, EngineStatus, FailureView, SyncEnd, SyncReport};
pub use error::EngineError;
pub use host::{
    Header, HostError, HostTimer, HttpClient, HttpRequest, HttpResponse, SecureStorage,
    SyncListener, SyncStage,
};
pub use push::PushNotice;
pub use read::{
    BusyPage, BusyTime, Explanation, JournalEntry, JournalPage, LeftAlone, MirrorLine,
    OccurrencePage, OccurrenceView, PlannedWrite, PresenceLine, ReasonView, UndoReport, WritePlan,
};
pub use setup::{AccountView, CalendarView, Detail, EdgeDraft, EdgeEnd, EdgeView, OnChange};
pub use sign_in::{OnlineService, ServiceClient};

uniffi::setup_scaffolding!("kalends");
