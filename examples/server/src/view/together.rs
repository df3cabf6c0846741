//! Searches for a time, and the meetings of several graphs that come of them.

use kalends::core::meeting::{Answer, Meeting, MeetingState};
use kalends::core::schedule::{Asked, Said, Session};
use serde::Serialize;
use utoipa::ToSchema;

/// Searches for a time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sessions {
    pub(crate) sessions: Vec<SessionView>,
}

/// A search for a time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    pub(crate) id: String,
    /// `open`, `held`, `committed`, `cancelled`, ...
    pub(crate) state: &'static str,
    pub(crate) title: String,
    pub(crate) length_ms: i64,
    /// Starts that suit, the best first.
    pub(crate) candidates: Vec<String>,
    /// The hold of the one that was chosen.
    pub(crate) hold: Option<String>,
    /// The others who take part.
    pub(crate) guests: Vec<GuestView>,
    pub(crate) expires: String,
}

/// Somebody else in a search.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GuestView {
    /// Their graph.
    pub(crate) graph: String,
    /// What they said of their time: `waiting`, `told`, `denied`.
    pub(crate) said: &'static str,
}

/// Meetings of several graphs that are not over.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Meetings {
    pub(crate) meetings: Vec<MeetingView>,
}

/// A meeting of several graphs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeetingView {
    pub(crate) id: String,
    /// The graph that asks.
    pub(crate) organizer: String,
    /// The event here.
    pub(crate) event: String,
    /// `open`, `committed`, `cancelled`.
    pub(crate) state: &'static str,
    /// Where it is another graph's: what was answered here, `waiting`, `accepted` or `refused`.
    /// Where it is this one's: what each of the others answered.
    pub(crate) answers: Vec<AnswerView>,
    /// When it begins, where it belongs to a search.
    pub(crate) start: Option<String>,
    pub(crate) end: Option<String>,
    /// It is held no longer than this.
    pub(crate) until: Option<String>,
}

/// What a graph answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnswerView {
    pub(crate) graph: String,
    /// `waiting`, `accepted`, `refused`.
    pub(crate) answer: &'static str,
}

impl SessionView {
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            id: session.id.to_string(),
            state: session.state.code(),
            title: session.title.clone(),
            length_ms: session.wish.length_ms,
            candidates: session.candidates.iter().map(ToString::to_string).collect(),
            hold: session.hold.map(|hold| hold.to_string()),
            guests: session.guests.iter().map(GuestView::of).collect(),
            expires: session.expires.to_string(),
        }
    }
}

impl GuestView {
    fn of(asked: &Asked) -> Self {
        let said = match asked.said {
            None => "waiting",
            Some(Said::Taken(_)) => "told",
            Some(Said::Denied) => "denied",
        };
        Self { graph: asked.graph.to_string(), said }
    }
}

impl MeetingView {
    pub(crate) fn of(meeting: &Meeting) -> Self {
        let slot = meeting.slot.as_ref();
        let answers = meeting.guests.iter().map(|guest| AnswerView {
            graph: guest.graph.to_string(),
            answer: match guest.answer {
                Answer::Waiting => "waiting",
                Answer::Accepted => "accepted",
                Answer::Refused => "refused",
            },
        });
        Self {
            id: meeting.id.to_string(),
            organizer: meeting.organizer.to_string(),
            event: meeting.event.to_string(),
            state: match meeting.state {
                MeetingState::Open => "open",
                MeetingState::Committed => "committed",
                MeetingState::Cancelled => "cancelled",
            },
            answers: answers.collect(),
            start: slot.map(|slot| slot.range.start.to_string()),
            end: slot.map(|slot| slot.range.end.to_string()),
            until: slot.map(|slot| slot.until.to_string()),
        }
    }
}
