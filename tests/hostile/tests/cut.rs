//! A connection that breaks off within a page of twenty events, at any octet, at each provider.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use std::sync::{Arc, Mutex};

use kalends_core::plan::Row;
use kalends_core::ports::Clock as _;
use kalends_core::presence::Presence;
use kalends_oracle::{Change, Level, Origin};
use kalends_sim_tests::{Act, Mixed, World, check_journal};
use kalends_testkit::caldav_sim::{Profile, SimReply};
use kalends_testkit::memory::MemoryStore;
use kalends_testkit::wire::Delivery;

const EVENTS: usize = 20;
const MINUTE_MS: i64 = 60_000;

/// A calendar of twenty events at a provider and one that shows when they are, at rest.
struct Page {
    world: World<MemoryStore>,
    round: usize,
}

impl Page {
    fn of(world: World<MemoryStore>) -> Self {
        let page = Self { world: world.in_usual_portions(), round: 0 };
        for n in 0..EVENTS {
            page.act(n, Act::Put(&event(n)));
        }
        page.world.edge(0, 1, Level::Busy);
        page.world.settle();
        page
    }

    fn act(&self, n: usize, act: Act<'_>) {
        let path = self.world.path(0).unwrap();
        let now = self.world.clock.now().as_millis();
        self.world.site(0).act(now, &path, &format!("person{n}.ics"), act).unwrap();
    }

    /// Somebody gives each event the title of another round, which no mirror shows.
    fn edit(&mut self) -> String {
        self.round += 1;
        let title = format!("Round {:06}", self.round);
        for n in 0..EVENTS {
            self.act(n, Act::Change(&Change::Title(title.clone())));
        }
        title
    }

    /// From now on replies that say this break off after so many octets. The length of the longest.
    fn cut(&self, title: &str, octet: usize) -> Arc<Mutex<usize>> {
        let (longest, title) = (Arc::new(Mutex::new(0)), title.to_owned());
        let seen = Arc::clone(&longest);
        self.world.http.spoil(move |_, reply| {
            if !String::from_utf8_lossy(&reply.body).contains(&title) {
                return reply;
            }
            let mut longest = seen.lock().unwrap();
            *longest = reply.body.len().max(*longest);
            SimReply { delivery: Delivery::TruncateAt(octet), ..reply }
        });
        longest
    }

    /// The titles that are recorded of the events, each once.
    fn titles(&self) -> Vec<String> {
        let rows = self.world.store.rows(self.world.keys.graph).into_values();
        let title = |it: Box<Presence>| it.gone.is_none().then_some(it.body.content.title);
        let mut titles: Vec<String> = rows
            .filter_map(|row| if let Row::Presence(_, _, it) = row { title(it) } else { None })
            .collect();
        assert_eq!(titles.len(), EVENTS, "{titles:?}");
        titles.dedup();
        titles
    }

    /// Since where what changes in the calendar is told from the next time.
    fn cursor(&self) -> Option<String> {
        let calendar = self.world.calendar(0);
        let rows = self.world.store.rows(self.world.keys.graph).into_values();
        let mut cursors = rows.filter_map(|row| {
            let Row::Cursor(scope, cursor) = row else { return None };
            (scope.calendar() == calendar).then_some(cursor.committed)
        });
        cursors.next().flatten()
    }

    /// What is wrong about a sync whose page breaks off at an octet, and about the next one, if anything
    /// is; and whether the page had that octet.
    fn breaks_off(&mut self, octet: usize) -> (Option<String>, bool) {
        let (before, cursor) = (self.titles(), self.cursor());
        let title = self.edit();
        let longest = self.cut(&title, octet);
        self.world.clock.advance_millis(MINUTE_MS);
        let report = self.world.sync();
        let was_there = *longest.lock().unwrap() > octet;
        self.world.http.spoil(|_, reply| reply);
        let is_named = report.failures.iter().any(|(_, _, failure)| failure.code == "net.cut");
        let (after, token) = (self.titles(), self.cursor());
        let is_whole = |now: &String| *now == title || before.contains(now);
        let first = match () {
            () if !was_there => None,
            () if !is_named => Some("it failed otherwise".to_owned()),
            () if token != cursor => Some("the listing counts as whole".to_owned()),
            () if !after.iter().all(is_whole) => {
                Some(format!("half an event was taken: {after:?}"))
            }
            () => None,
        };
        self.world.clock.advance_millis(MINUTE_MS);
        let next = self.world.sync();
        let writes = [&report, &next].map(|it| it.created + it.updated + it.deleted + it.held);
        let second = match () {
            () if writes != [0, 0] => Some("something was written, or is held".to_owned()),
            () if !next.failures.is_empty() => Some("the next one failed".to_owned()),
            () if self.titles() != [title] => Some("the next one did not make good".to_owned()),
            () => None,
        };
        (first.or(second).map(|harm| format!("{harm}: {report:?}, {next:?}")), was_there)
    }
}

fn event(n: usize) -> Origin {
    Origin {
        calendar: 0,
        uid: format!("event-{n}@page"),
        title: format!("Event {n}"),
        description: String::new(),
        start: format!("202607{:02}T090000Z", n + 1),
        private: false,
        free: false,
        invited: false,
        rule: String::new(),
        exceptions: Vec::new(),
        excluded: Vec::new(),
    }
}

/// Catches a part of a page that is taken for the whole, or a part of an event for one: at each octet with
/// `KALENDS_LONG`, else at every four hundred and ninety-ninth.
#[track_caller]
fn no_octet_does_harm(world: World<MemoryStore>) {
    let step = if std::env::var_os("KALENDS_LONG").is_some() { 1 } else { 499 };
    let mut page = Page::of(world);
    let (mut wrong, mut octet) = (Vec::new(), 0);
    loop {
        let (harm, was_there) = page.breaks_off(octet);
        wrong.extend(harm.map(|harm| format!("cut at {octet}: {harm}")));
        if !was_there {
            break;
        }
        octet += step;
    }
    assert!(octet > 150 * EVENTS, "all of them were in one page, which had {octet} octets");
    assert!(wrong.is_empty(), "{} to mend:\n{}", wrong.len(), wrong.join("\n"));
    check_journal(&page.world);
}

#[test]
fn a_report_that_breaks_off_at_any_octet_changes_nothing() {
    no_octet_does_harm(World::new(Profile::plain(), 1, &[0, 1]));
}

#[test]
fn a_page_of_google_that_breaks_off_at_any_octet_changes_nothing() {
    no_octet_does_harm(World::of_google(1, &[0, 1], Mixed::Alone));
}

#[test]
fn a_page_of_graph_that_breaks_off_at_any_octet_changes_nothing() {
    no_octet_does_harm(World::of_graph(2, &[0, 1], Mixed::Alone));
}
