//! What happens while a worker is in the midst of a sync, or goes by a wrong clock.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use kalends_core::graph::{DetailLevel, EdgeOptions};
use kalends_core::ids::EdgeId;
use kalends_core::ports::Clock;
use kalends_driver::NoHooks;
use kalends_oracle::{Edge, Level, Origin, Place};
use kalends_testkit::block_on::block_on;
use kalends_testkit::clock::VirtualClock;

use crate::check::Check;
use crate::keep::Keep;
use crate::mishap::{LEASE_OVER_MS, bear};
use crate::said::Said;
use crate::site::{Says, Sent};
use crate::storm::Storm;
use crate::whose::whose;
use crate::world::{World, options};

/// So many events are deleted together, in two halves of which each would go unseen.
const CLEARED: usize = 18;
/// The most that a worker does before something happens.
const POLLS_MAX: usize = 120;
/// Longer than the window that an edge has by default.
const FAR_BACK_MS: i64 = 500 * 86_400_000;

impl Storm {
    /// One of what happens while workers work.
    pub(crate) fn meddle<S: Keep>(&mut self, world: &World<S>) {
        match self.below(4) {
            0 => self.clear(world),
            1 => self.lower(world),
            2 => self.misjudge(world),
            _ => self.blink(world),
        }
    }

    /// Many events of one calendar are deleted, half of them while a worker syncs.
    fn clear<S: Keep>(&mut self, world: &World<S>) {
        let place = self.below(world.calendars.len());
        self.crowd.say(format!("clear {CLEARED} from {place}"));
        let names: Vec<String> = (0..CLEARED).map(|n| self.plain(world, place, n)).collect();
        let other = self.crowd.pick().map(|(key, _)| key).filter(|(at, _)| *at != place);
        world.sync();
        let (soon, later) = names.split_at(CLEARED / 2);
        let history = &mut self.crowd.history;
        soon.iter().for_each(|name| history.delete(world, place, name));
        if let Some((at, name)) = other {
            history.delete(world, at, &name);
        }
        let polls = self.below(POLLS_MAX);
        let history = &mut self.crowd.history;
        midway(world, polls, || {
            later.iter().for_each(|name| history.delete(world, place, name));
        });
    }

    /// An event is hidden, and is back while the worker that takes its mirrors away stands still for
    /// longer than its leases: what that one says afterwards is of yesterday.
    fn blink<S: Keep>(&mut self, world: &World<S>) {
        let Some(((place, name), origin)) = self.crowd.pick() else { return };
        let polls = self.below(POLLS_MAX / 2);
        self.crowd.say(format!("blink {place}/{name} at {polls}"));
        world.sync();
        let history = &mut self.crowd.history;
        history.put(world, &name, Origin { title: "Away #nosync".to_owned(), ..origin.clone() });
        midway(world, polls, || {
            history.put(world, &name, origin);
            world.clock.advance_millis(LEASE_OVER_MS);
            world.judged.may_leave(world.clock.now().as_millis());
            world.sync();
        });
    }

    /// A plain event of a calendar.
    fn plain<S: Keep>(&mut self, world: &World<S>, place: Place, n: usize) -> String {
        let mut origin = self.crowd.blank(place);
        origin.title = format!("Lesson {n}");
        origin.start = format!("202606{:02}T{:02}0000Z", 10 + n % 15, 18 + n / 15);
        let name = self.crowd.name();
        self.crowd.history.put(world, &name, origin);
        name
    }

    /// An edge shows less from one moment on, while a worker writes: nothing that is sent after
    /// that shows more.
    fn lower<S: Keep>(&mut self, world: &World<S>) {
        let edges = self.crowd.history.edges.len();
        if edges == 0 {
            return;
        }
        let (n, polls) = (self.below(edges), self.below(POLLS_MAX));
        let edge = self.crowd.history.edges[n].clone();
        let Some(path) = world.path(edge.to) else { return };
        self.crowd.say(format!("lower {} -> {} at {polls}", edge.from, edge.to));
        (0..3).for_each(|n| drop(self.plain(world, edge.from, n)));
        let options = world.set_up().edges[&EdgeId::from_bytes(edge.rank)].options.clone();
        let (mut sent, mut under_way) = (0, 0);
        midway(world, polls, || {
            world.change_edge(&edge, EdgeOptions { level: DetailLevel::Busy, ..options });
            // What is under way already is on its way.
            under_way = usize::from(world.judged.is_written(&path));
            sent = world.site(edge.to).sent();
        });
        self.crowd.history.edges[n].level = Level::Busy;
        self.shown_since(world, &edge, (sent, under_way));
    }

    fn shown_since<S: Keep>(
        &self,
        world: &World<S>,
        edge: &Edge,
        (sent, under_way): (usize, usize),
    ) {
        let (history, site) = (&self.crowd.history, world.site(edge.to));
        let path = world.path(edge.to);
        let later = site.sent_after(sent).into_iter();
        let there: Vec<Sent> = later.filter(|sent| path.as_ref() == Some(&sent.calendar)).collect();
        // Where one write is several requests, of which the first may read, the object that is
        // written next may have been decided on before.
        let begun = there.iter().take_while(|sent| sent.name == there[0].name).count();
        let skipped = if site.writes_each() > 1 { begun } else { under_way };
        let more = there.iter().skip(skipped).filter(|sent| {
            let shown = || whose(world, history, edge.to, &sent.name);
            !sent.title.is_empty()
                && sent.title != "Busy"
                && sent.says() != Says::AsItsSeries
                && shown().is_some_and(|shown| history.edges[shown.edge].rank == edge.rank)
        });
        let wrong: Vec<String> =
            more.map(|sent| format!("{} was sent as {:?}", sent.name, sent.title)).collect();
        world.judged.add(Check::Shown, 1);
        Check::Shown.all_right(&wrong);
    }

    /// Somebody edits an event, and the worker that sees it has a clock that is far behind: by its
    /// time the event is still to come for long, and it takes nothing away.
    fn misjudge<S: Keep>(&mut self, world: &World<S>) {
        // A mirror of a series that began before the window may stay after that: not judged here.
        let mut origins = self.crowd.history.origins.values();
        if origins.any(|origin| origin.start.starts_with("20260420")) {
            return;
        }
        self.crowd.say("clock of one worker is far behind".to_owned());
        self.catch_up(world);
        self.crowd.calm(world);
        world.settle();
        if let Some(((_, name), origin)) = self.crowd.pick() {
            let description = format!("{} again", origin.description).trim().to_owned();
            self.crowd.history.put(world, &name, Origin { description, ..origin });
        }
        let behind = world.clock.now().saturating_add_millis(-FAR_BACK_MS);
        world.tell(|| Said::Behind(FAR_BACK_MS));
        let driver = world.driver_by(VirtualClock::at(behind), Arc::new(NoHooks));
        let report = block_on(driver.sync(&world.keys, &options())).unwrap();
        let wrong = (report.deleted > 0).then(|| format!("{} are deleted", report.deleted));
        world.judged.add(Check::Clock, 1);
        Check::Clock.all_right(wrong.as_slice());
    }
}

/// A worker is in the midst of a sync when something happens, and goes on.
pub(crate) fn midway<S: Keep>(world: &World<S>, polls: usize, happens: impl FnOnce()) {
    world.tell(|| Said::Begins(polls));
    world.judged.befell();
    let (driver, options) = (world.driver(), options());
    let mut sync = pin!(driver.sync(&world.keys, &options));
    let mut context = Context::from_waker(Waker::noop());
    let is_over = (0..polls).any(|_| sync.as_mut().poll(&mut context).is_ready());
    world.judged.may_leave(world.clock.now().as_millis());
    happens();
    world.tell(|| Said::GoesOn);
    if !is_over {
        bear(world, block_on(sync));
    }
}
