//! Searches for a time, and what others ask for.

use core::ops::Range;

use askama::Template;
use kalends::core::meeting::{Answer, Meeting};
use kalends::core::ports::Clock as _;
use kalends::core::schedule::{Said, Session, SessionState};
use kalends::core::time::Timestamp;
use kalends::recurrence::Zone;
use kalends_tokio::SystemClock;

use super::super::session::Visitor;
use crate::commands::{meeting, rule};
use crate::error::CliError;
use crate::show::{clock, day, lasting, local};

/// Candidates that are offered; the best come first.
const OFFERED_MAX: usize = 6;

#[derive(Template)]
#[template(path = "time_sessions.html")]
pub(super) struct SessionsPart {
    token: String,
    sessions: Vec<Search>,
    meetings: Vec<Asked>,
}

struct Search {
    id: String,
    title: String,
    length: String,
    state: &'static str,
    until: String,
    candidates: Vec<Candidate>,
    guests: Vec<(String, &'static str)>,
    can_commit: bool,
    can_cancel: bool,
    /// It takes place, and is not surely over.
    can_call_off: bool,
}

struct Candidate {
    at: String,
    text: String,
}

/// A meeting that another graph asks for, and that waits for a word.
struct Asked {
    id: String,
    organizer: String,
    text: String,
    until: String,
}

impl SessionsPart {
    pub(super) async fn of(visitor: &Visitor) -> Result<Self, CliError> {
        let (data, zone) = (&visitor.data, rule::home(&visitor.data).await?);
        let config = data.config().await?;
        let now = SystemClock.now();
        let mut sessions: Vec<&Session> = config.sessions.values().collect();
        sessions.sort_by_key(|session| (session.state.is_over(), session.id));
        let meetings = meeting::open(data).await?;
        let own = data.keys.graph;
        let waits = meetings.iter().filter(|meeting| {
            let mut asked = meeting.guests.iter().filter(|guest| guest.graph == own);
            meeting.organizer != own && asked.any(|guest| guest.answer == Answer::Waiting)
        });
        Ok(Self {
            token: visitor.token.clone(),
            sessions: sessions.into_iter().map(|session| search(session, &zone, now)).collect(),
            meetings: waits.filter_map(|meeting| asked(meeting, &zone)).collect(),
        })
    }
}

fn search(session: &Session, zone: &Zone, now: Timestamp) -> Search {
    let last = session.wish.range.end.saturating_add_millis(session.wish.length_ms);
    let is_choice = session.state == SessionState::Candidates;
    let offered = session.candidates.iter().take(if is_choice { OFFERED_MAX } else { 0 });
    let candidate = |start: &Timestamp| Candidate {
        at: start.to_string(),
        text: span(&(*start..start.saturating_add_millis(session.wish.length_ms)), zone),
    };
    let guests = session.guests.iter().map(|guest| {
        let said = match guest.said {
            None => "has not answered yet",
            Some(Said::Taken(_)) => "said when their time is taken",
            Some(Said::Denied) => "gave no consent",
        };
        (guest.graph.to_string(), said)
    });
    Search {
        id: session.id.to_string(),
        title: session.title.clone(),
        length: lasting(session.wish.length_ms),
        state: state(session),
        until: local(session.expires, zone),
        candidates: offered.map(candidate).collect(),
        guests: guests.collect(),
        can_commit: session.state == SessionState::Held,
        can_cancel: !session.state.is_over(),
        can_call_off: session.state == SessionState::Committed && now < last,
    }
}

fn state(session: &Session) -> &'static str {
    match session.state {
        SessionState::Open => "others are asked for their time",
        SessionState::Candidates if session.candidates.is_empty() => "no time suits",
        SessionState::Candidates => "choose a time",
        SessionState::Held => "a time is held",
        SessionState::Committed => "it takes place",
        SessionState::Cancelled => "given up",
        SessionState::Expired => "ran out",
    }
}

fn asked(meeting: &Meeting, zone: &Zone) -> Option<Asked> {
    let slot = meeting.slot.as_ref()?;
    Some(Asked {
        id: meeting.id.to_string(),
        organizer: meeting.organizer.to_string(),
        text: span(&slot.range, zone),
        until: local(slot.until, zone),
    })
}

/// `Mon 2026-03-02 09:00–10:00`; both days where there are two.
pub(super) fn span(range: &Range<Timestamp>, zone: &Zone) -> String {
    let (from, to) = (zone.civil(range.start), zone.civil(range.end));
    let until = match from.date() == to.date() {
        true => format!("–{}", clock(to)),
        false => format!(" – {} {}", day(to.date()), clock(to)),
    };
    format!("{} {}{until}", day(from.date()), clock(from))
}
