//! The forms of meetings, of messages between graphs, and of what was taken in.

use core::ops::Range;

use serde::{Deserialize, Serialize};

use super::content::BodyForm;
use super::form::{self, WireError};
use super::glue::{forms, list, maybe};
use super::planning;
use super::text::{self, millis};
use crate::event::Body;
use crate::ids::{EventId, GraphId, MeetingId, MessageId};
use crate::meeting::{Answer, Guest, Meeting, MeetingState, Message, MessageBody, Received, Slot};
use crate::time::Timestamp;

forms! {
    Guest => GuestForm;
    Meeting => MeetingForm;
    Message => MessageForm;
    Received => ReceivedForm;
    Slot => SlotForm;
}

/// The id is in the key.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Meeting")]
pub(super) struct MeetingForm {
    #[serde(skip, default = "no_meeting")]
    id: MeetingId,
    #[serde(rename = "o", with = "text")]
    organizer: GraphId,
    #[serde(rename = "e", with = "text")]
    event: EventId,
    #[serde(rename = "s", with = "StateForm")]
    state: MeetingState,
    #[serde(rename = "g", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    guests: Vec<Guest>,
    #[serde(rename = "t", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    slot: Option<Slot>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Slot")]
pub(super) struct SlotForm {
    #[serde(rename = "r", with = "time")]
    range: Range<Timestamp>,
    #[serde(rename = "u", with = "millis")]
    until: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "MeetingState", rename_all = "kebab-case")]
pub(super) enum StateForm {
    Open,
    Committed,
    Cancelled,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Guest")]
pub(super) struct GuestForm {
    #[serde(rename = "i", with = "text")]
    graph: GraphId,
    #[serde(rename = "a", with = "AnswerForm")]
    answer: Answer,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Answer", rename_all = "kebab-case")]
pub(super) enum AnswerForm {
    Waiting,
    Accepted,
    Refused,
}

/// The id is in the form, for a message may travel between stores.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Message")]
pub(super) struct MessageForm {
    #[serde(rename = "i", with = "text")]
    id: MessageId,
    #[serde(rename = "f", with = "text")]
    from: GraphId,
    #[serde(rename = "t", with = "text")]
    to: GraphId,
    #[serde(rename = "m", with = "text")]
    meeting: MeetingId,
    #[serde(rename = "w", with = "MessageBodyForm")]
    body: MessageBody,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "MessageBody", rename_all = "kebab-case")]
pub(super) enum MessageBodyForm {
    Hold(#[serde(with = "boxed")] Box<Body>),
    Accepted,
    Refused,
    Confirm,
    Cancel,
    Ask(#[serde(with = "time")] Range<Timestamp>),
    Taken(#[serde(with = "times")] Vec<Range<Timestamp>>),
    Denied,
    Reserve(#[serde(with = "SlotForm")] Slot),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Received")]
pub(super) struct ReceivedForm {
    #[serde(rename = "f", with = "text")]
    from: GraphId,
    #[serde(rename = "t", with = "millis")]
    at: Timestamp,
}

/// For a range of time.
mod time {
    use core::ops::Range;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use super::{Timestamp, planning};

    pub(super) fn serialize<S: Serializer>(
        range: &Range<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        planning::span(range).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Range<Timestamp>, D::Error> {
        <(i64, i64)>::deserialize(deserializer).map(planning::range)
    }
}

/// For several ranges of time.
mod times {
    use core::ops::Range;

    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::{Timestamp, planning};

    pub(super) fn serialize<S: Serializer>(
        ranges: &[Range<Timestamp>],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(ranges.iter().map(planning::span))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Range<Timestamp>>, D::Error> {
        let spans = Vec::<(i64, i64)>::deserialize(deserializer)?;
        Ok(spans.into_iter().map(planning::range).collect())
    }
}

/// For a body in a box.
mod boxed {
    use serde::{Deserializer, Serializer};

    use super::{Body, BodyForm};

    pub(super) fn serialize<S: Serializer>(body: &Body, serializer: S) -> Result<S::Ok, S::Error> {
        BodyForm::serialize(body, serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Box<Body>, D::Error> {
        BodyForm::deserialize(deserializer).map(Box::new)
    }
}

/// A message's queued form, as it lies in an outbox and travels.
#[must_use]
pub fn message(message: &Message) -> Vec<u8> {
    form::write(&super::glue::Ref(message))
}

/// Reads what [`message`] wrote.
///
/// # Errors
/// [`WireError`] where the bytes are not the form of a message, or one of a later version.
pub fn read_message(bytes: &[u8]) -> Result<Message, WireError> {
    let super::glue::Own(message) = form::read("message", bytes)?;
    Ok(message)
}

const fn no_meeting() -> MeetingId {
    MeetingId::from_bytes([0; 16])
}
