//! People at changed instances of a mirror at Graph, while its series is being written.

use kalends_core::graph::{CalendarKind, DetailLevel, EdgeOptions, OnEdit};
use kalends_sim_tests::Site as _;

use kalends_testkit::caldav_sim::When;
use serde_json::json;

use crate::killed::{put, says, standup};
use crate::{Scene, scene};

/// The mirror of a series, and one of its changed instances.
fn mirrored() -> (Scene, String) {
    let scene = scene();
    let (level, kind, on_edit) = (DetailLevel::Full, CalendarKind::TrueMirror, OnEdit::Propagate);
    scene.world.edge_with(2, 1, EdgeOptions { level, kind, on_edit, ..EdgeOptions::default() });
    put(&scene, &standup("Standup", 6, 9, &[12]));
    scene.rests("mirrored");
    let mirror = scene.graph.sim().events(&scene.path(1)).into_keys().next().unwrap();
    let instance = scene.occurrence(&mirror, "2026-06-09");
    (scene, instance)
}

fn fault(scene: &Scene, method: &str, path: &str, name: &str) {
    assert!(scene.graph.sim().faults_mut().add(method, path, When::Always, name), "{name}");
}

/// What the origin calls the instance that had a title of its own.
fn called(scene: &Scene) -> String {
    let mut all = says(scene).unwrap().exceptions.into_iter();
    let found = all.find(|one| one.original.starts_with("20260609"));
    found.map_or_else(|| "as its series".to_owned(), |one| one.title)
}

/// Catches an edit that is undone without a trace, since it says what the series of its instance said
/// once, though that instance never said it.
#[test]
fn an_edit_that_says_what_the_series_said_is_one_while_that_waits_too() {
    let (scene, instance) = mirrored();
    fault(&scene, "PATCH", "*", "G28-absent");
    put(&scene, &standup("Daily", 6, 9, &[12]));
    scene.world.sync();
    scene.edit(&instance, &json!({ "subject": "Standup" }));
    scene.world.clock.advance_millis(600_000);
    scene.world.sync();
    scene.graph.calm();
    scene.world.clock.advance_millis(7_200_000);
    scene.rests("written");
    assert_eq!(called(&scene), "Standup");
}
