//! Many who want one time of one person at once.

use kalends_contracts::SqliteFile;
use kalends_core::event::{Body, Content, Span, Status};
use kalends_core::ids::{GraphId, HoldId, MeetingId};
use kalends_core::meeting::{Message, MessageBody, Slot};
use kalends_core::schedule::{HoldEdit, Rule, Tier};
use kalends_core::slice::{PresencePage, ReadSet};
use kalends_core::step::UserEdit;
use kalends_core::time::{Length, When, Zone};
use kalends_testkit::contract::rows::AT;

use crate::crash::Fate;
use crate::host::Host;
use crate::town::{ANN, Town, keys};

const MANY: u8 = 64;
const HOUR_MS: i64 = 3_600_000;

fn slot() -> Slot {
    let start = AT.saturating_add_millis(HOUR_MS);
    let until = AT.saturating_add_millis(9 * HOUR_MS);
    Slot { range: start..start.saturating_add_millis(HOUR_MS), until }
}

fn body() -> Box<Body> {
    let zone = Zone::utc();
    let start = When::Zoned(zone.civil(slot().range.start), zone);
    let length = Length::Exact(HOUR_MS / 1_000);
    Box::new(Body::single(Content::at(Span { start, length, end_zone: None })))
}

/// What the own calendar holds, and how many holds there are.
fn held(town: &Town<SqliteFile>) -> (Vec<Status>, usize) {
    let own = keys(ANN).calendar(keys(ANN).account("own", ""), "main");
    let page = PresencePage { calendar: own, after: None, limit: 100 };
    let slice = town.load(ANN, &ReadSet { presences: [page].into(), ..ReadSet::default() });
    let presences = slice.events.values().flatten().flat_map(|bundle| bundle.presences.values());
    (presences.map(|one| one.body.content.status).collect(), slice.config.holds.len())
}

#[test]
fn of_64_holds_of_one_time_at_once_one_stands_and_63_are_refused() {
    let town = Town::<SqliteFile>::new();
    let store = town.store();
    let results: Vec<bool> = std::thread::scope(|scope| {
        let lives: Vec<_> = (1..=MANY)
            .map(|n| {
                scope.spawn(move || {
                    let fate = Fate::none();
                    let host = Host::seeded(store, &fate, u64::from(n));
                    let hold = Some(HoldId::from_bytes([n; 16]));
                    let (expires, despite) = (slot().until, false);
                    let edit = HoldEdit::Place { hold, body: body(), expires, despite };
                    let notes = host.noted(ANN, UserEdit::Hold(edit)).unwrap();
                    let codes: Vec<_> = notes.iter().map(|note| note.code).collect();
                    assert!(codes.is_empty() || codes == ["hold.taken"], "{codes:?}");
                    codes.is_empty()
                })
            })
            .collect();
        lives.into_iter().map(|life| life.join().unwrap()).collect()
    });
    assert_eq!(results.iter().filter(|won| **won).count(), 1);
    assert_eq!(held(&town), (vec![Status::Tentative], 1));
}

#[test]
fn of_64_bookings_of_one_time_at_once_one_is_accepted_and_63_are_refused() {
    let town = Town::<SqliteFile>::new();
    let store = town.store();
    let fate = Fate::none();
    let graph = |n: u8| GraphId::from_bytes([n + 20; 16]);
    for n in 1..=MANY {
        let rule = Box::new(Rule::Consent(graph(n), Tier::Book));
        Host::new(store, &fate).edit(ANN, UserEdit::SetRule { rule, base: None }).unwrap();
    }
    std::thread::scope(|scope| {
        for n in 1..=MANY {
            scope.spawn(move || {
                let fate = Fate::none();
                let meeting = MeetingId::from_bytes([n; 16]);
                let ask = MessageBody::Reserve(slot());
                let message = Message::new(&keys(graph(n)), meeting, ANN, ask);
                Host::seeded(store, &fate, u64::from(n)).take_in(ANN, &[message]).unwrap();
            });
        }
    });
    let said: Vec<MessageBody> = town.waiting(ANN).into_iter().map(|said| said.body).collect();
    let count = |word: &MessageBody| said.iter().filter(|body| *body == word).count();
    assert_eq!((count(&MessageBody::Accepted), count(&MessageBody::Refused)), (1, 63));
    assert_eq!(held(&town), (vec![Status::Tentative], 1));
}
