//! Series at Graph written by a process that ends before it records what it wrote: Exchange gave
//! some of it to the changed instances, or made them as the series has them, and no person was at
//! them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kalends_core::graph::{CalendarKind, DetailLevel, EdgeOptions, OnDelete, OnEdit};
use kalends_driver::{Flow, Hooks, Point};
use kalends_oracle::{Edge, Exception, Origin};
use kalends_sim_tests::{Act, GraphSite, Site as _};
use kalends_testkit::block_on::block_on;

use super::{Scene, scene};
use crate::common::origin;

/// Ends a run at the n-th answer to a write at Graph, of which nothing is recorded then; `None`: only
/// counts them.
struct AtWrite {
    graph: GraphSite,
    number: Option<u64>,
    reached: AtomicU64,
}

impl Hooks for AtWrite {
    fn point(&self, point: Point) -> Flow {
        if point != Point::Answered || !self.graph.wrote_last() {
            return Flow::Go;
        }
        let number = self.reached.fetch_add(1, Ordering::Relaxed) + 1;
        if self.number == Some(number) { Flow::Die } else { Flow::Go }
    }
}

/// Days from the eighth of June, an hour later where so asked, with three changed instances and
/// others that are missing.
pub(crate) fn standup(title: &str, count: u8, hour: u8, missing: &[u8]) -> Origin {
    let at = |day: u8, hour: u8| format!("202606{day:02}T{hour:02}0000Z");
    let instance = |day: u8, moved: u8, title: &str| Exception {
        original: at(day, hour),
        start: at(day, moved),
        title: title.to_owned(),
        private: false,
    };
    Origin {
        start: at(8, hour),
        rule: format!("FREQ=DAILY;COUNT={count}"),
        exceptions: vec![
            instance(9, hour, "Interview"),
            instance(10, 13, title),
            instance(11, 14, "Review"),
        ],
        excluded: missing.iter().map(|day| at(*day, hour)).collect(),
        ..origin(2, "s", title, 8)
    }
}

/// What happens to the origin, or to the edge.
type Change = fn(&Scene, &Edge, EdgeOptions);

const CHANGES: [(&str, Change); 5] = [
    ("lowered", |scene, edge, options| {
        scene.world.change_edge(edge, EdgeOptions { level: DetailLevel::Busy, ..options });
    }),
    ("retitled", |scene, _, _| put(scene, &standup("Daily", 6, 9, &[12]))),
    ("moved", |scene, _, _| put(scene, &standup("Standup", 6, 10, &[12]))),
    ("brought back", |scene, _, _| put(scene, &standup("Standup", 6, 9, &[]))),
    ("all at once", |scene, _, _| put(scene, &standup("Daily", 7, 10, &[8, 13]))),
];

pub(crate) fn put(scene: &Scene, origin: &Origin) {
    scene.act(2, "s.ics", Act::Put(origin));
}

fn changed((name, change): (&str, Change), rules: (OnEdit, OnDelete)) -> Scene {
    let scene = scene();
    let (level, kind) = (DetailLevel::Full, CalendarKind::TrueMirror);
    let (on_edit, on_delete) = rules;
    let options = EdgeOptions { level, kind, on_edit, on_delete, ..EdgeOptions::default() };
    let edge = scene.world.edge_with(2, 1, options.clone());
    put(&scene, &standup("Standup", 6, 9, &[12]));
    scene.rests(name);
    change(&scene, &edge, options);
    scene
}

/// Catches what an instance took over from its series taken for a person's edit, and an instance
/// that went with the series' old pattern taken for one that a person deleted: the origin would
/// follow, or the mirror be let be with what it should hide.
#[test]
fn a_series_written_by_a_process_that_ends_then_is_nobodys_edit() {
    let follows = (OnEdit::Propagate, OnDelete::Propagate);
    let lets_be = (OnEdit::Detach, OnDelete::Detach);
    for (rules, change) in CHANGES
        .map(|one| (follows, one))
        .into_iter()
        .chain([(lets_be, CHANGES[0]), (lets_be, CHANGES[4])])
    {
        let undisturbed = changed(change, rules);
        let writes = lives(&undisturbed, None).unwrap();
        undisturbed.rests(change.0);
        let (said, wanted) = (says(&undisturbed), undisturbed.shows(1));
        for n in 1..=writes {
            let scene = changed(change, rules);
            assert_eq!(lives(&scene, Some(n)), None, "write {n} is reached");
            scene.world.clock.advance_millis(600_000);
            let after = format!("{} {rules:?} killed at write {n}", change.0);
            scene.rests(&after);
            assert_eq!(says(&scene), said, "{after}");
            assert_eq!(scene.shows(1), wanted, "{after}");
        }
    }
}

/// Catches a series of which the creation broke off before its instances went that are to be missing,
/// and that shows them from then on.
#[test]
fn a_series_of_which_the_first_creation_breaks_off_is_whole_in_the_end() {
    let made = || {
        let scene = scene();
        scene.mirror(2, 1);
        put(&scene, &standup("Standup", 8, 9, &[12, 13, 14]));
        scene
    };
    let undisturbed = made();
    let writes = lives(&undisturbed, None).unwrap();
    undisturbed.rests("undisturbed");
    let wanted = undisturbed.shows(1);
    assert!(writes >= 4 && wanted[0].ends_with("-3"), "{writes}: {wanted:?}");
    for n in 1..=writes {
        let scene = made();
        assert_eq!(lives(&scene, Some(n)), None, "write {n} is reached");
        scene.world.clock.advance_millis(600_000);
        let after = format!("killed at write {n}");
        scene.rests(&after);
        assert_eq!(scene.shows(1), wanted, "{after}");
    }
}

/// A sync, ended at this write: how many there were, where it came to its end.
fn lives(scene: &Scene, number: Option<u64>) -> Option<u64> {
    let (world, graph) = (&scene.world, scene.graph.clone());
    let hooks = Arc::new(AtWrite { graph, number, reached: AtomicU64::new(0) });
    let ended = block_on(world.driver_failing(hooks.clone()).sync(&world.keys, &world.options()));
    ended.is_ok().then(|| hooks.reached.load(Ordering::Relaxed))
}

/// What the origin says.
pub(crate) fn says(scene: &Scene) -> Option<Origin> {
    scene.at(2).look(&scene.path(2), "s.ics")
}
