//! Ten full calendars, the same in every run.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::event::{Body, Content, Recurrence, Span};
use kalends_core::graph::{Calendar, CalendarRole, Capabilities, ScopeKind};
use kalends_core::ids::{AccountId, CalendarId, EventId, ProviderId};
use kalends_core::presence::{Event, Presence};
use kalends_core::schedule::Inquiry;
use kalends_core::slice::{Bundle, Config};
use kalends_core::time::{Civil, Date, Gap, Length, Rule, Timestamp, When, Zone};

pub(crate) const CALENDARS: u8 = 10;
const EVENTS: u32 = 5_000;
const SERIES: u32 = 200;
const DAY_SECONDS: i64 = 86_400;
/// Monday, 2026-03-02.
pub(crate) const MONDAY: i32 = 20_514;

pub(crate) fn zone(name: &str) -> Zone {
    Zone::resolve(name).unwrap()
}

pub(crate) fn at(day: i64, minute: i64) -> Timestamp {
    Timestamp::from_seconds((i64::from(MONDAY) + day) * DAY_SECONDS + minute * 60)
}

pub(crate) fn calendar(n: u8) -> CalendarId {
    CalendarId::from_bytes([n + 1; 16])
}

/// xorshift, so that every run has the same calendars.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }
}

fn body(dice: &mut Dice, is_series: bool) -> Body {
    // Two years back and one ahead; series began in the two years.
    let day = MONDAY - 730 + dice.below(if is_series { 730 } else { 1_095 }) as i32;
    let minute = 420 + 15 * dice.below(48) as u32;
    let start = When::Zoned(Civil::new(Date::from_days(day), minute * 60), zone("Europe/Berlin"));
    let length = Length::Exact(900 * (1 + dice.below(6) as i64));
    let content = Content::at(Span { start, length, end_zone: None });
    let rules = ["FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY", "FREQ=DAILY;INTERVAL=3"];
    let rule = rules[dice.below(4) as usize];
    let recurrence = is_series
        .then(|| Recurrence { rules: vec![Rule::parse(rule).unwrap()], ..Recurrence::default() });
    Body { recurrence, ..Body::single(content) }
}

/// Ten calendars with 5,000 events each, 200 of them series.
pub(crate) fn graph() -> (Config, BTreeMap<EventId, Bundle>) {
    let mut dice = Dice(0x2026);
    let (mut config, mut events) = (Config::default(), BTreeMap::new());
    for n in 0..CALENDARS {
        let row = Calendar {
            id: calendar(n),
            account: AccountId::from_bytes([1; 16]),
            provider_id: Some(ProviderId("/cal/".into())),
            name: "cal".into(),
            kind: ScopeKind::Calendar,
            on: true,
            capabilities: Capabilities::default(),
            role: CalendarRole::Theirs,
        };
        config.calendars.insert(row.id, row);
        for number in 0..EVENTS {
            let mut id = [n; 16];
            id[..4].copy_from_slice(&number.to_be_bytes());
            let id = EventId::from_bytes(id);
            let presence = Presence {
                object: ProviderId(format!("/cal/{number}.ics")),
                version: None,
                body: body(&mut dice, number < SERIES),
                doubts: Vec::new(),
                instances: Vec::new(),
                gone: None,
                pending: None,
            };
            let bundle = Bundle {
                event: Some(Event { id, uid: id.to_string() }),
                presences: [(calendar(n), presence)].into(),
                ..Bundle::default()
            };
            events.insert(id, bundle);
        }
    }
    (config, events)
}

/// From a Monday on, in Berlin.
pub(crate) fn inquiry(days: i64) -> Inquiry {
    let range = at(0, -60)..at(days, -60);
    Inquiry { now: at(-1, 0), range, waived: BTreeSet::new() }
}

/// What a store gives: events whose span overlaps the time asked for, and all series.
pub(crate) fn near(
    events: &BTreeMap<EventId, Bundle>,
    range: &core::ops::Range<Timestamp>,
) -> BTreeMap<EventId, Bundle> {
    let is_near = |bundle: &Bundle| {
        bundle.presences.values().any(|presence| {
            let start = presence.body.content.span.start.instant(&Zone::utc(), Gap::Shift);
            presence.body.recurrence.is_some()
                || (start < range.end && start.saturating_add_millis(86_400_000) > range.start)
        })
    };
    events
        .iter()
        .filter(|(_, bundle)| is_near(bundle))
        .map(|(id, one)| (*id, one.clone()))
        .collect()
}
