//! Searches for a time: opened, held, committed, given up; and what other graphs ask and say.
//!
//! Between graphs cross: a range that is asked about, the times that are taken in it, one time to
//! hold, and the words of a meeting. What it is for, where and with whom stays where it is.

use core::ops::Range;
use std::collections::BTreeSet;

use super::{authored, holds};
use crate::draft::Draft;
use crate::ids::{GraphId, HoldId, MeetingId, SessionId};
use crate::journal::{Cause, CauseKind};
use crate::meeting::{
    self, Answer, Follows, Guest, Meeting, MeetingState, Message, MessageBody, Slot,
};
use crate::plan::Note;
use crate::read::merge;
use crate::receive::carry_out as carry_on;
use crate::schedule::propose::{Role, Seat, Taste, Wish, propose};
use crate::schedule::{
    ASKED_MS_MAX, Asked, Rule, Said, Session, SessionEdit, SessionState, Sought, Stretch, Tier, own,
};
use crate::slice::Missing;
use crate::time::{Timestamp, Zone};

/// How many candidates a session offers.
const CANDIDATES_MAX: usize = 20;
/// How many ways to fill the roles are looked at.
const STEPS_MAX: u32 = 100_000;
/// Points taken for each day that a candidate is later.
const POINTS_A_DAY: i32 = 10;

pub(super) fn carry_out(draft: &mut Draft<'_>, edit: &SessionEdit) -> Result<(), Missing> {
    match edit {
        SessionEdit::Open { session, wish, title, with, expires } => {
            open(draft, *session, wish, (title, with, *expires))
        }
        SessionEdit::Hold { session, start } => hold(draft, *session, *start),
        SessionEdit::Commit { session } => commit(draft, *session),
        SessionEdit::Cancel { session } => cancel(draft, *session),
    }
}

fn open(
    draft: &mut Draft<'_>,
    id: Option<SessionId>,
    wish: &Sought,
    (title, with, expires): (&str, &[GraphId], Timestamp),
) -> Result<(), Missing> {
    let keys = &draft.env.keys;
    let id = id.unwrap_or_else(|| SessionId::draw(&draft.env.seed, draft.env.now, 0));
    if draft.config().sessions.contains_key(&id) {
        return Ok(());
    }
    if expires <= draft.env.now {
        draft.note(Note::new("session.expired"));
        return Ok(());
    }
    let others: BTreeSet<GraphId> = with.iter().copied().filter(|to| *to != keys.graph).collect();
    let mut session = Session {
        id,
        state: SessionState::Open,
        wish: wish.clone(),
        title: title.to_owned(),
        guests: others.into_iter().map(|graph| Asked { graph, said: None }).collect(),
        candidates: Vec::new(),
        hold: None,
        meeting: None,
        attempts: 0,
        expires,
        ended: None,
    };
    for guest in &session.guests {
        let question = MessageBody::Ask(wish.range.clone());
        draft.send(Message::new(keys, about(id), guest.graph, question));
    }
    if session.guests.is_empty() {
        find(draft, &mut session)?;
    }
    put(draft, session, CauseKind::Authored);
    Ok(())
}

/// What messages before a time is chosen are about.
const fn about(session: SessionId) -> MeetingId {
    MeetingId::from_bytes(*session.as_bytes())
}

fn put(draft: &mut Draft<'_>, session: Session, why: CauseKind) {
    draft.config_mut(Cause::of(why)).sessions.insert(session.id, session);
}

/// The candidates, once everyone said when they have time.
fn find(draft: &Draft<'_>, session: &mut Session) -> Result<(), Missing> {
    session.state = SessionState::Candidates;
    let wish = &session.wish;
    let mut times = vec![own::own_time(draft, &wish.range, BTreeSet::new())?];
    for guest in &session.guests {
        match &guest.said {
            Some(Said::Taken(taken)) => times.push(stretches(&wish.range, taken)),
            // Not known is not free.
            Some(Said::Denied) | None => return Ok(()),
        }
    }
    let tastes: Vec<Taste> = draft.config().rules.values().filter_map(taste).collect();
    let seats = times.iter().enumerate().map(|(n, time)| Seat {
        time,
        zone: wish.zone.clone(),
        tastes: if n == 0 { tastes.clone() } else { Vec::new() },
        burden: 0,
    });
    let seats: Vec<Seat<'_>> = seats.collect();
    let all = Role { of: (0..seats.len()).collect(), pick: seats.len(), optional: None };
    let wanted = Wish {
        range: wish.range.clone(),
        length_ms: wish.length_ms,
        grid_minutes: wish.grid_minutes,
        zone: wish.zone.clone(),
        repeat: None,
        points_a_day: POINTS_A_DAY,
        proposals_max: CANDIDATES_MAX,
        steps_max: STEPS_MAX,
    };
    let found = propose(&wanted, &seats, &[all]);
    session.candidates = found.list.iter().map(|one| one.meetings[0].start).collect();
    Ok(())
}

fn taste(rule: &Rule) -> Option<Taste> {
    if let Rule::Taste(taste) = rule { Some(taste.clone()) } else { None }
}

/// Another's time: free where it is not taken.
fn stretches(range: &Range<Timestamp>, taken: &[Range<Timestamp>]) -> Vec<Stretch> {
    let mut cuts: BTreeSet<Timestamp> = taken.iter().flat_map(|one| [one.start, one.end]).collect();
    cuts.retain(|at| range.contains(at));
    cuts.extend([range.start, range.end]);
    let cuts: Vec<Timestamp> = cuts.into_iter().collect();
    let stretch = |pair: &[Timestamp]| {
        let is_taken = taken.iter().any(|one| one.contains(&pair[0]));
        let free_permille = if is_taken { 0 } else { 1_000 };
        Stretch { range: pair[0]..pair[1], free_permille, why: BTreeSet::new() }
    };
    cuts.windows(2).map(stretch).collect()
}

/// Holds a candidate here, and asks the others to hold it.
fn hold(draft: &mut Draft<'_>, id: SessionId, start: Timestamp) -> Result<(), Missing> {
    let Some(mut session) = live(draft, id, SessionState::Candidates) else { return Ok(()) };
    if !session.candidates.contains(&start) {
        draft.note(Note::new("session.no-candidate"));
        return Ok(());
    }
    let range = start..start.saturating_add_millis(session.wish.length_ms);
    let why = own::against(draft, &range, BTreeSet::new())?;
    if why.iter().any(|why| why.stands_against_a_hold()) {
        draft.note(Note::new("session.taken"));
        return Ok(());
    }
    let keys = &draft.env.keys;
    session.attempts += 1;
    let fields: [&[u8]; 2] = [id.as_bytes(), &session.attempts.to_be_bytes()];
    let meeting = MeetingId::from_bytes(keys.derive("attempt", &fields));
    draft.meeting(meeting)?;
    let slot = Slot { range, until: session.expires };
    let event = meeting::reserve(draft, meeting, &slot, &session.title)?;
    let waiting = |asked: &Asked| Guest { graph: asked.graph, answer: Answer::Waiting };
    let guests: Vec<Guest> = session.guests.iter().map(waiting).collect();
    for guest in &guests {
        let question = MessageBody::Reserve(slot.clone());
        draft.send(Message::new(keys, meeting, guest.graph, question));
    }
    let (organizer, state) = (keys.graph, MeetingState::Open);
    let slot = Some(slot);
    draft.set_meeting(Meeting { id: meeting, organizer, event, state, guests, slot });
    session.state = SessionState::Held;
    session.hold = Some(HoldId::from_bytes(*meeting.as_bytes()));
    session.meeting = Some(meeting);
    put(draft, session, CauseKind::Authored);
    Ok(())
}

/// A session in this state that has not run out; else a note says why not.
fn live(draft: &mut Draft<'_>, id: SessionId, state: SessionState) -> Option<Session> {
    let session = draft.config().sessions.get(&id)?.clone();
    let refused = if session.state != state {
        "session.not-then"
    } else if session.expires <= draft.env.now {
        "session.expired"
    } else {
        return Some(session);
    };
    draft.note(Note::new(refused));
    None
}

/// Everyone holds the time: it takes place. The one commit in which that is decided.
fn commit(draft: &mut Draft<'_>, id: SessionId) -> Result<(), Missing> {
    let Some(mut session) = live(draft, id, SessionState::Held) else { return Ok(()) };
    let found = match session.meeting {
        Some(meeting) => draft.meeting(meeting)?.cloned(),
        None => None,
    };
    let Some(mut meeting) = found.filter(|meeting| meeting.state == MeetingState::Open) else {
        return Ok(());
    };
    if !meeting.all_accept() {
        draft.note(Note::new("session.waiting"));
        return Ok(());
    }
    let hold = session.hold.and_then(|hold| draft.config().holds.get(&hold)).cloned();
    let crossed = match &hold {
        Some(hold) => holds::is_crossed(draft, hold)?,
        None => true,
    };
    if crossed {
        draft.note(Note { event: Some(meeting.event), ..Note::new("session.taken") });
        return Ok(());
    }
    meeting.state = MeetingState::Committed;
    session.state = SessionState::Committed;
    session.ended = Some(draft.env.now);
    put(draft, session, CauseKind::Authored);
    carry_on(draft, meeting, Follows::Commit)
}

fn cancel(draft: &mut Draft<'_>, id: SessionId) -> Result<(), Missing> {
    let Some(session) = draft.config().sessions.get(&id).cloned() else { return Ok(()) };
    match session.state {
        SessionState::Cancelled | SessionState::Expired => Ok(()),
        SessionState::Open
        | SessionState::Candidates
        | SessionState::Held
        | SessionState::Committed => end(draft, session, SessionState::Cancelled),
    }
}

/// Ends a session, and lets go everywhere of what it held.
pub(crate) fn end(
    draft: &mut Draft<'_>,
    mut session: Session,
    state: SessionState,
) -> Result<(), Missing> {
    let found = match session.meeting {
        Some(meeting) => draft.meeting(meeting)?.cloned(),
        None => None,
    };
    session.state = state;
    session.ended = Some(draft.env.now);
    put(draft, session, authored().what);
    match found {
        Some(mut meeting) if meeting.state != MeetingState::Cancelled => {
            meeting.state = MeetingState::Cancelled;
            carry_on(draft, meeting, Follows::Cancel)
        }
        Some(_) | None => Ok(()),
    }
}

/// What became of a meeting, for the session that it belongs to: a time that somebody refused is
/// no candidate any more.
pub(crate) fn follow(draft: &mut Draft<'_>, meeting: &Meeting) {
    let of_it = |session: &&Session| session.meeting == Some(meeting.id);
    let Some(mut session) = draft.config().sessions.values().find(of_it).cloned() else { return };
    if meeting.state == MeetingState::Cancelled && session.state == SessionState::Held {
        let refused = meeting.slot.as_ref().map(|slot| slot.range.start);
        session.candidates.retain(|start| Some(*start) != refused);
        session.state = SessionState::Candidates;
        (session.hold, session.meeting) = (None, None);
        put(draft, session, CauseKind::Met);
    }
}

/// What a graph may do here, if anything.
fn tier(draft: &Draft<'_>, of: GraphId) -> Option<Tier> {
    draft.config().rules.values().find_map(|rule| {
        let Rule::Consent(graph, tier) = rule else { return None };
        (*graph == of).then_some(*tier)
    })
}

/// Another graph asks for times: it hears when time is taken, if it may, and not why.
pub(crate) fn asked_for_time(
    draft: &mut Draft<'_>,
    message: &Message,
    range: &Range<Timestamp>,
) -> Result<(), Missing> {
    let span_ms = range.end.millis_since(range.start);
    let answer = match tier(draft, message.from) {
        Some(tier) if (1..=ASKED_MS_MAX).contains(&span_ms) => {
            let time = own::own_time(draft, range, tier.waived())?;
            let taken = time.into_iter().filter(|stretch| !stretch.is_free());
            MessageBody::Taken(merge(taken.map(|stretch| stretch.range).collect()))
        }
        Some(_) | None => MessageBody::Denied,
    };
    draft.send(Message::new(&draft.env.keys, message.meeting, message.from, answer));
    Ok(())
}

/// Another graph said when its time is taken.
pub(crate) fn told(draft: &mut Draft<'_>, message: &Message, said: Said) -> Result<(), Missing> {
    let id = SessionId::from_bytes(*message.meeting.as_bytes());
    let Some(mut session) = draft.config().sessions.get(&id).cloned() else {
        draft.note(Note::new("message.no-session"));
        return Ok(());
    };
    let asked = session.guests.iter_mut().find(|asked| asked.graph == message.from);
    let Some(asked) = asked.filter(|asked| asked.said.is_none()) else { return Ok(()) };
    asked.said = Some(said);
    let all_said = session.guests.iter().all(|asked| asked.said.is_some());
    if session.state == SessionState::Open && all_said {
        find(draft, &mut session)?;
    }
    put(draft, session, CauseKind::Met);
    Ok(())
}

/// Another graph asks to hold a time: decided here and now, in the commit that holds it, where it
/// may book; else held for the person to say, unless something is there already.
pub(crate) fn asked_to_hold(
    draft: &mut Draft<'_>,
    message: &Message,
    slot: &Slot,
) -> Result<(), Missing> {
    let now = draft.env.now;
    let sound = slot.range.start < slot.range.end && now < slot.until;
    let tier = tier(draft, message.from).filter(|_| sound);
    let answer = match tier {
        None => Answer::Refused,
        Some(tier) => {
            let why = own::against(draft, &slot.range, tier.waived())?;
            let is_taken = why.iter().any(|why| why.stands_against_a_hold());
            match tier {
                Tier::Ask if !is_taken => Answer::Waiting,
                Tier::Book | Tier::Waive if why.is_empty() => Answer::Accepted,
                Tier::Ask | Tier::Book | Tier::Waive => Answer::Refused,
            }
        }
    };
    let (state, event) = match answer {
        Answer::Refused => {
            let event = draft.env.keys.event(&message.meeting.to_string(), "", 0);
            (MeetingState::Cancelled, event)
        }
        Answer::Waiting | Answer::Accepted => {
            let event = meeting::reserve(draft, message.meeting, slot, meeting::TITLE)?;
            (MeetingState::Open, event)
        }
    };
    let word = match answer {
        Answer::Waiting => None,
        Answer::Accepted => Some(MessageBody::Accepted),
        Answer::Refused => Some(MessageBody::Refused),
    };
    if let Some(word) = word {
        draft.send(Message::new(&draft.env.keys, message.meeting, message.from, word));
    }
    draft.set_meeting(Meeting {
        id: message.meeting,
        organizer: message.from,
        event,
        state,
        guests: vec![Guest { graph: message.to, answer }],
        slot: Some(slot.clone()),
    });
    Ok(())
}

impl Sought {
    /// What is looked for between two times, on a grid of a quarter of an hour.
    #[must_use]
    pub const fn between(range: Range<Timestamp>, length_ms: i64, zone: Zone) -> Self {
        Self { range, length_ms, grid_minutes: 15, zone }
    }
}
