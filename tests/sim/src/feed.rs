//! A feed as a site of a world: a source that is fetched whole, and never written to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::ports::{Clock as _, Credential};
use kalends_driver::Opened;
use kalends_feed::{Feed, FeedConfig};
use kalends_oracle::Origin;
use kalends_testkit::clock::VirtualClock;
use kalends_testkit::feed_sim::{FeedFault, FeedHabits, FeedSim};
use kalends_testkit::wire::{Delivery, SimReply, SimRequest};

use crate::ics;
use crate::random::Random;
use crate::site::{Act, Site};

const HOST: &str = "https://feeds.example";
const PATH: &str = "/team.ics";
/// What a feed's one calendar is called.
const CALENDAR: &str = "feed";

/// A simulated feed with one publisher. Clones share it.
#[derive(Debug, Clone)]
pub struct FeedSite(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    sim: FeedSim,
    /// What is in it, by the names that scripts give it.
    events: BTreeMap<String, Origin>,
    /// What was in it once.
    bin: BTreeMap<String, Origin>,
}

impl FeedSite {
    /// A feed without events.
    #[must_use]
    pub fn new(clock: &VirtualClock, habits: FeedHabits) -> Self {
        let mut sim = FeedSim::new(PATH, &text(&BTreeMap::new()), clock.now().as_millis());
        *sim.habits_mut() = habits;
        let (events, bin) = (BTreeMap::new(), BTreeMap::new());
        Self(Arc::new(Mutex::new(State { sim, events, bin })))
    }

    /// Plans a fault for the next fetch that has none yet.
    pub fn plan(&self, fault: FeedFault) {
        self.lock().sim.plan(fault);
    }

    /// Publishes this text in place of its events, until one of those changes.
    pub fn publish(&self, now_ms: i64, text: &str) {
        self.lock().sim.publish(text, now_ms);
    }

    /// Publishes its events.
    pub fn publish_events(&self, now_ms: i64) {
        let mut state = self.lock();
        let published = text(&state.events);
        state.sim.publish(&published, now_ms);
    }

    /// How often it was fetched whole, or found unchanged.
    #[must_use]
    pub fn fetched(&self) -> usize {
        let state = self.lock();
        let log = state.sim.log().iter();
        log.filter(|(_, reply)| [200, 304].contains(&reply.status)).count()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All events as one calendar.
fn text(events: &BTreeMap<String, Origin>) -> String {
    let mut out = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//feed//EN\r\n".to_owned();
    for origin in events.values() {
        let one = ics::write(origin);
        let from = one.find("BEGIN:VEVENT").unwrap_or(one.len());
        out += one[from..].trim_end_matches("END:VCALENDAR\r\n");
    }
    out + "END:VCALENDAR\r\n"
}

impl Site for FeedSite {
    fn provider(&self) -> &'static str {
        "feed"
    }

    fn hosts(&self) -> &'static [&'static str] {
        &[HOST]
    }

    fn handle(&self, now_ms: i64, request: &SimRequest) -> SimReply {
        self.lock().sim.handle(now_ms, request)
    }

    fn open(&self, _: &str, remember: &str) -> Opened {
        let url = format!("{HOST}{PATH}");
        let config = FeedConfig { url, remember: remember.to_owned() };
        Opened { provider: Arc::new(Feed::new(config)), credential: Credential::None }
    }

    fn add_user(&self, _: &str) {}

    fn add_calendar(&self, _: &str, _: &str) -> String {
        CALENDAR.to_owned()
    }

    fn stands(&self, _: &str) -> bool {
        true
    }

    fn names(&self, _: &str) -> Vec<String> {
        self.lock().events.keys().cloned().collect()
    }

    fn look(&self, _: &str, name: &str) -> Option<Origin> {
        self.lock().events.get(name).map(|origin| Origin { calendar: 0, ..origin.clone() })
    }

    fn all(&self, _: &str, name: &str) -> Option<String> {
        self.lock().events.get(name).map(|origin| format!("{origin:?}"))
    }

    fn copies_keep_marks(&self) -> bool {
        false
    }

    fn act(&self, now_ms: i64, _: &str, name: &str, act: Act<'_>) -> Result<(), String> {
        let mut state = self.lock();
        let missing = || format!("there is no {name} in the feed");
        match act {
            Act::Put(origin) => drop(state.events.insert(name.to_owned(), origin.clone())),
            Act::Change(change) => change.apply(state.events.get_mut(name).ok_or_else(missing)?),
            Act::Delete => {
                let gone = state.events.remove(name).ok_or_else(missing)?;
                state.bin.insert(name.to_owned(), gone);
            }
            Act::Undelete => {
                let back = state.bin.remove(name).ok_or_else(missing)?;
                state.events.insert(name.to_owned(), back);
            }
            Act::Carry(_)
            | Act::Copy(..)
            | Act::Duplicate(..)
            | Act::Unmark
            | Act::Rewind
            | Act::CallOff
            | Act::Garble => {
                return Err("a feed is published, and nothing else".to_owned());
            }
        }
        let published = text(&state.events);
        state.sim.publish(&published, now_ms);
        Ok(())
    }

    fn fault(&self, random: &mut Random) -> String {
        let octets = 40 + random.below(400);
        let faults = [
            FeedFault::Truncated(octets),
            FeedFault::Reset(octets),
            FeedFault::LoginPage,
            FeedFault::Empty,
            FeedFault::Status(503, Some("30".to_owned())),
            FeedFault::Status(404, None),
            FeedFault::Deliver(Delivery::DropBeforeCommit),
            FeedFault::Deliver(Delivery::NoSuchHost),
        ];
        let fault = faults[random.below(faults.len())].clone();
        let said = format!("fault feed {fault:?}");
        self.plan(fault);
        said
    }

    fn expire_tokens(&self, _: &str) {}

    fn calm(&self) {}

    fn take_log(&self) -> Vec<String> {
        self.lock().sim.log().iter().map(|logged| format!("{logged:?}")).collect()
    }

    fn violations(&self) -> Vec<String> {
        let state = self.lock();
        let asked = state.sim.log().iter().map(|(request, _)| &request.method);
        asked.filter(|method| *method != "GET").map(|method| format!("{method} a feed")).collect()
    }

    fn written(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn wrote_last(&self) -> bool {
        false
    }

    fn deleted(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn mailed(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}
