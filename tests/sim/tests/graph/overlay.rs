//! An overlay at Graph that a person deletes.

use kalends_core::graph::{Lifecycle, PauseReason};
use kalends_core::ports::Clock as _;
use kalends_oracle::Level;

use super::{Scene, scene};

fn deleted(scene: &Scene) -> String {
    let overlay = scene.path(4);
    let now = scene.world.clock.now().as_millis();
    scene.graph.sim().person(now).delete_calendar(&overlay).unwrap();
    scene.world.settle();
    overlay
}

/// Catches an overlay that stays away, or that is made again as often as it is deleted.
#[test]
fn it_is_made_again_once_and_then_its_edge_rests() {
    let scene = scene();
    scene.world.edge(0, 4, Level::Busy);
    scene.put(0, "a", "Dentist", 10);
    scene.rests("first");
    let first = deleted(&scene);
    let second = scene.path(4);
    assert_ne!(first, second);
    assert_eq!(scene.graph.sim().events(&second).len(), 1);
    scene.rests("made again");
    deleted(&scene);
    let paused = Lifecycle::Paused(PauseReason::OverlayDeleted);
    let edges = scene.world.config().edges;
    assert!(edges.values().all(|edge| edge.state == paused), "{edges:?}");
    let is_made = |line: &&String| line.starts_with("POST") && line.ends_with("/me/calendars");
    assert_eq!(scene.asked().iter().filter(is_made).count(), 2);
}
