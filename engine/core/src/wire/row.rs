//! Rows to bytes and back.

use serde::Serialize;

use super::form::{self, WireError};
use super::glue::{Own, Ref};
use crate::cursor::{Cursor, Health, Review, Run};
use crate::graph::{Account, Calendar, Edge, Policy, Sweep};
use crate::ids::{
    AccountId, CalendarId, EdgeId, EventId, HoldId, MeetingId, ProviderId, RunId, SessionId,
};
use crate::meeting::{Meeting, Received};
use crate::mirror::{Mirror, Part};
use crate::plan::Row;
use crate::presence::{Aside, Event, Presence};
use crate::schedule::{Hold, Rule, Session};
use crate::slice::ObjectRow;
use crate::watch::Watch;

/// What has a stored form.
pub(crate) trait Form: Clone + PartialEq {
    /// Its stored form. What is in the row's key is not repeated in it.
    fn form(&self) -> Vec<u8>;
}

impl<T: Clone + PartialEq> Form for T
where
    for<'a> Ref<'a, T>: Serialize,
{
    fn form(&self) -> Vec<u8> {
        form::write(&Ref(self))
    }
}

/// A row's stored form. What is in its key is not repeated in it.
#[must_use]
pub fn encode(row: &Row) -> Vec<u8> {
    match row {
        Row::Account(account) => account.form(),
        Row::Calendar(calendar) => calendar.form(),
        Row::Edge(edge) => edge.form(),
        Row::Policy(_, policy) => policy.form(),
        Row::Review(review) => review.form(),
        Row::Rule(_, rule) => rule.form(),
        Row::Hold(hold) => hold.form(),
        Row::Session(session) => session.form(),
        Row::Sweep(_, sweep) => sweep.form(),
        Row::Event(event) => event.form(),
        Row::Presence(_, _, presence) => presence.form(),
        Row::Mirror(_, _, mirror) => mirror.form(),
        Row::Part(_, _, part) => part.form(),
        Row::Aside(aside) => aside.form(),
        Row::Meeting(meeting) => meeting.form(),
        Row::Object(_, _, object) => object.form(),
        Row::Cursor(_, cursor) => cursor.form(),
        Row::Run(run) => run.form(),
        Row::Health(_, health) => health.form(),
        Row::Watch(_, watch) => watch.form(),
        Row::Received(_, received) => received.form(),
    }
}

macro_rules! readers {
    ($($(#[$doc:meta])* $name:ident($($field:ident: $key:ty),*) -> $row:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// [`WireError`] where the bytes are not that form, or one of a later version.
        pub fn $name($($field: $key,)* bytes: &[u8]) -> Result<$row, WireError> {
            #[allow(unused_mut, reason = "only rows that hold their key are filled in")]
            let Own(mut row): Own<$row> = form::read(stringify!($name), bytes)?;
            $(row.$field = $field;)*
            Ok(row)
        }
    )*};
}

readers! {
    /// Reads an account.
    account(id: AccountId) -> Account;
    /// Reads a calendar.
    calendar(id: CalendarId) -> Calendar;
    /// Reads an edge.
    edge(id: EdgeId) -> Edge;
    /// Reads a policy.
    policy() -> Policy;
    /// Reads a review.
    review(calendar: CalendarId) -> Review;
    /// Reads a rule.
    rule() -> Rule;
    /// Reads a hold.
    hold(id: HoldId) -> Hold;
    /// Reads a session.
    session(id: SessionId) -> Session;
    /// Reads how far an edge was swept.
    sweep() -> Sweep;
    /// Reads an event.
    event(id: EventId) -> Event;
    /// Reads a presence.
    presence() -> Presence;
    /// Reads a mirror.
    mirror() -> Mirror;
    /// Reads a part.
    part() -> Part;
    /// Reads a meeting.
    meeting(id: MeetingId) -> Meeting;
    /// Reads an object set aside.
    aside(calendar: CalendarId, object: ProviderId) -> Aside;
    /// Reads the index row of an object.
    object() -> ObjectRow;
    /// Reads a cursor.
    cursor() -> Cursor;
    /// Reads a run.
    run(id: RunId) -> Run;
    /// Reads an account's health.
    health() -> Health;
    /// Reads what is known of a scope's watches.
    watch() -> Watch;
    /// Reads that a message was taken in.
    received() -> Received;
}
