//! A feed and the calendar that shows it, and what has to stand of its mirrors.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kalends_core::ports::Clock as _;
use kalends_driver::Report;
use kalends_oracle::{Level, Origin};
use kalends_sim_tests::{Act, CaldavSite, FeedSite, START, Site, World, check_journal};
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::clock::VirtualClock;
use kalends_testkit::feed_sim::FeedHabits;
use kalends_testkit::memory::MemoryStore;

/// No case takes longer, by the clock of this machine.
const DEADLINE: Duration = Duration::from_secs(20);
const MINUTE_MS: i64 = 60_000;

/// A feed with three events, each mirrored into Alice's calendar, which is place 1.
#[derive(Debug)]
pub struct Fed {
    /// The world.
    pub world: World<MemoryStore>,
    feed: FeedSite,
    stood: Vec<(String, String)>,
    since: Instant,
}

impl Fed {
    /// Everything is mirrored and at rest.
    ///
    /// # Panics
    /// Where it does not get there.
    #[must_use]
    pub fn at_rest() -> Self {
        let feed = FeedSite::new(&VirtualClock::at(START), FeedHabits::default());
        for day in 10..13 {
            let name = format!("person-{day}");
            feed.act(START.as_millis(), "feed", &name, Act::Put(&good(day))).unwrap();
        }
        let caldav = CaldavSite::new(Profile::plain(), 5);
        let site: Arc<dyn Site> = Arc::new(feed.clone());
        let members = vec![(Arc::clone(&site), "team"), (Arc::new(caldav.clone()) as _, "alice")];
        let world = World::of(caldav, vec![site], members, 5, &[0, 1]);
        world.edge(0, 1, Level::Full);
        world.settle();
        let mut fed = Self { world, feed, stood: Vec::new(), since: Instant::now() };
        fed.stood = fed.held();
        assert_eq!(fed.stood.len(), 3, "a mirror of each event");
        fed
    }

    /// The feed is these octets, as text, and is fetched.
    pub fn serve(&self, bytes: &[u8]) -> Report {
        let now = self.world.clock.now().as_millis();
        self.feed.publish(now, &String::from_utf8_lossy(bytes));
        self.world.clock.advance_millis(MINUTE_MS);
        self.world.sync()
    }

    /// The feed has its events again, and all that is left is done.
    ///
    /// # Panics
    /// Where it does not come to rest.
    pub fn mend(&self) {
        self.feed.publish_events(self.world.clock.now().as_millis());
        self.world.settle();
        check_journal(&self.world);
    }

    /// What is not as it was, though one wrong answer says nothing of it: a mirror that went or was
    /// asked to go, or says something else; or that this takes too long.
    #[must_use]
    pub fn harm(&self) -> Option<String> {
        let took = self.since.elapsed();
        if took > DEADLINE {
            return Some(format!("it took {took:?}"));
        }
        // A mirror of what was in the wrong feed goes with it.
        let stood = |name: &String| self.stood.iter().any(|(known, _)| known == name);
        if let Some(gone) = self.world.site(1).deleted().iter().find(|(_, name)| stood(name)) {
            return Some(format!("{gone:?} was asked to be deleted"));
        }
        let held = self.held();
        let changed = self.stood.iter().find(|one| !held.contains(one));
        changed.map(|(name, _)| format!("the mirror {name} is not what it was"))
    }

    fn held(&self) -> Vec<(String, String)> {
        let path = self.world.path(1).unwrap();
        let site = self.world.site(1);
        let seen = |name: String| site.look(&path, &name).map(|says| (name, format!("{says:?}")));
        site.names(&path).into_iter().filter_map(seen).collect()
    }
}

fn good(day: u8) -> Origin {
    Origin {
        calendar: 0,
        uid: format!("good-{day}@feed"),
        title: format!("Good {day}"),
        description: String::new(),
        start: format!("202606{day:02}T090000Z"),
        private: false,
        free: false,
        invited: false,
        rule: String::new(),
        exceptions: Vec::new(),
        excluded: Vec::new(),
    }
}
