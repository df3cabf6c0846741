//! Rows to bytes and back.

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

/// A row's stored form. What is in its key is not repeated in it.
#[must_use]
pub fn encode(row: &Row) -> Vec<u8> {
    match row {
        Row::Account(account) => form::write(&Ref(account)),
        Row::Calendar(calendar) => form::write(&Ref(calendar)),
        Row::Edge(edge) => form::write(&Ref(edge)),
        Row::Policy(_, policy) => form::write(&Ref(policy)),
        Row::Review(review) => form::write(&Ref(review)),
        Row::Rule(_, rule) => form::write(&Ref(rule)),
        Row::Hold(hold) => form::write(&Ref(hold)),
        Row::Session(session) => form::write(&Ref(session)),
        Row::Sweep(_, sweep) => form::write(&Ref(sweep)),
        Row::Event(event) => form::write(&Ref(event)),
        Row::Presence(_, _, presence) => form::write(&Ref(&**presence)),
        Row::Mirror(_, _, mirror) => form::write(&Ref(mirror)),
        Row::Part(_, _, part) => form::write(&Ref(part)),
        Row::Aside(aside) => form::write(&Ref(aside)),
        Row::Meeting(meeting) => form::write(&Ref(meeting)),
        Row::Object(_, _, object) => form::write(&Ref(object)),
        Row::Cursor(_, cursor) => form::write(&Ref(cursor)),
        Row::Run(run) => form::write(&Ref(run)),
        Row::Health(_, health) => form::write(&Ref(health)),
        Row::Watch(_, watch) => form::write(&Ref(watch)),
        Row::Received(_, received) => form::write(&Ref(received)),
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
