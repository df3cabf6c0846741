//! Rules, holds and sessions, with every field set once and left out once.

use core::ops::Range;

use kalends_core::ids::{HoldId, MeetingId, RuleId, SessionId};
use kalends_core::plan::Row;
use kalends_core::schedule::propose::Taste;
use kalends_core::schedule::{
    Asked, Hold, Hours, Limits, Override, Rule, Said, Session, SessionState, Sought, Tier, Trip,
    Weekdays, Why,
};
use kalends_core::time::{Timestamp, Zone};

use super::samples::{AT, EVENT, MEETING, THERE, date};

pub(super) fn rows() -> Vec<(&'static str, Row)> {
    let mut rows = rules();
    rows.extend([
        ("hold", Row::Hold(hold(None))),
        ("hold for a meeting", Row::Hold(hold(Some(MEETING)))),
        ("session", Row::Session(session(SessionState::Open))),
        ("session over", Row::Session(session(SessionState::Committed))),
    ]);
    rows
}

fn rules() -> Vec<(&'static str, Row)> {
    let zone = || Zone::resolve("Europe/Berlin").unwrap();
    let hours = |zone| Hours { zone, days: Weekdays::WORKING, minutes: 540..1_020 };
    let trip = |blocks| Trip { range: range(), zone: zone(), blocks };
    let taste = Taste { days: Weekdays::ALL, minutes: 540..720, points: -20 };
    let rules = [
        ("rule home", Rule::Home(zone())),
        ("rule hours", Rule::Hours(hours(None))),
        ("rule hours elsewhere", Rule::Hours(hours(Some(zone())))),
        ("rule day", Rule::Day(date(), vec![600..720, 780..900])),
        ("rule day off", Rule::Day(date(), Vec::new())),
        ("rule trip", Rule::Trip(trip(true), "Tokyo".to_owned())),
        ("rule trip that leaves time", Rule::Trip(trip(false), String::new())),
        ("rule buffers", Rule::Buffers(600_000, 300_000)),
        ("rule notice", Rule::Notice(3_600_000)),
        ("rule horizon", Rule::Horizon(5_184_000_000)),
        ("rule focus", Rule::Focus(hours(None))),
        ("rule limits", Rule::Limits(Limits { day_ms: Some(14_400_000), week_ms: None })),
        ("rule milestone", Rule::Milestone(date())),
        ("rule override", Rule::Override(Override { range: range(), open: true })),
        ("rule taste", Rule::Taste(taste)),
        ("rule vip", Rule::Vip("a@b".to_owned(), [Why::Notice, Why::Hours].into())),
        ("rule consent to ask", Rule::Consent(THERE, Tier::Ask)),
        ("rule consent to book", Rule::Consent(THERE, Tier::Book)),
        ("rule consent to more", Rule::Consent(THERE, Tier::Waive)),
    ];
    let row = |(name, rule)| (name, Row::Rule(RuleId::from_bytes([11; 16]), rule));
    rules.into_iter().map(row).collect()
}

pub(super) fn range() -> Range<Timestamp> {
    AT..AT.saturating_add_millis(3_600_000)
}

fn hold(meeting: Option<MeetingId>) -> Hold {
    Hold { id: HoldId::from_bytes([12; 16]), event: EVENT, range: range(), expires: AT, meeting }
}

fn session(state: SessionState) -> Session {
    let over = state.is_over();
    let asked = |said| Asked { graph: THERE, said };
    Session {
        id: SessionId::from_bytes([13; 16]),
        state,
        wish: Sought::between(range(), 1_800_000, Zone::utc()),
        title: if over { "we meet".to_owned() } else { String::new() },
        guests: match over {
            true => vec![asked(Some(Said::Taken(vec![range()]))), asked(Some(Said::Denied))],
            false => vec![asked(None)],
        },
        candidates: if over { vec![AT] } else { Vec::new() },
        hold: over.then_some(HoldId::from_bytes([12; 16])),
        meeting: over.then_some(MEETING),
        attempts: u32::from(over),
        expires: AT,
        ended: over.then_some(AT),
    }
}
