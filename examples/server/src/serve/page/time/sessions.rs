//! Searches for a time, and what others ask for.

use core::ops::Range;

use askama::Template;
use kalends::core::meeting::{Answer, Meeting, MeetingState};
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
    /// It takes place, and is not over.
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
        let meetings = meeting::all(data).await?;
        let own = data.keys.graph;
        let waits = meetings.iter().filter(|meeting| {
            let mut asked = meeting.guests.iter().filter(|guest| guest.graph == own);
            meeting.state == MeetingState::Open
                && meeting.organizer != own
                && asked.any(|guest| guest.answer == Answer::Waiting)
        });
        let search = |session: &Session| {
            let meeting = meetings.iter().find(|meeting| Some(meeting.id) == session.meeting);
            let slot = meeting.and_then(|meeting| meeting.slot.as_ref());
            search(session, slot.map(|slot| slot.range.end), (&zone, now))
        };
        Ok(Self {
            token: visitor.token.clone(),
            sessions: sessions.into_iter().map(search).collect(),
            meetings: waits.filter_map(|meeting| asked(meeting, &zone)).collect(),
        })
    }
}

/// A search as it is shown; `end`: that of the meeting it came to, where it is known.
fn search(session: &Session, end: Option<Timestamp>, (zone, now): (&Zone, Timestamp)) -> Search {
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
        can_call_off: session.state == SessionState::Committed
            && now < end.unwrap_or(session.wish.range.end),
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

#[cfg(test)]
mod tests {
    use kalends::core::schedule::Sought;
    use kalends::ids::SessionId;

    use super::*;

    /// Catches a meeting that is over and can be called off all the same, as long as the time goes on
    /// in which it was searched for.
    #[test]
    fn what_takes_place_is_called_off_until_it_is_over_and_no_longer() {
        let at = |hour: i64| Timestamp::from_seconds(1_772_000_000 + hour * 3_600);
        let session = Session {
            id: SessionId::from_bytes([1; 16]),
            state: SessionState::Committed,
            wish: Sought::between(at(0)..at(100), 3_600_000, Zone::utc()),
            title: "Plan".to_owned(),
            guests: Vec::new(),
            candidates: Vec::new(),
            hold: None,
            meeting: None,
            attempts: 1,
            expires: at(24),
            ended: Some(at(0)),
        };
        let zone = Zone::utc();
        let can = |end, now| search(&session, end, (&zone, now)).can_call_off;
        assert!(can(Some(at(5)), at(4)));
        assert!(!can(Some(at(5)), at(5)));
        assert!(can(None, at(99)) && !can(None, at(100)), "where nobody knows when it is");
    }
}
