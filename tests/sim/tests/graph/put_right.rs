//! Instances of a mirror at Graph that were put right once: Exchange has no way to make one an
//! instance like any other again.

use kalends_core::graph::{CalendarKind, DetailLevel, EdgeOptions, OnEdit};
use serde_json::json;

use super::{scene, standup};

/// Catches an instance that keeps an old title, is parked after three titles of its series in a day,
/// or lets its mirror be taken for a person's, since it says what its series said once; and one
/// whose later edits never reach the origin.
#[test]
fn an_instance_that_was_put_right_goes_along_and_can_be_edited_again() {
    let scene = scene();
    let options = |on_edit| EdgeOptions {
        level: DetailLevel::Full,
        kind: CalendarKind::TrueMirror,
        on_edit,
        ..EdgeOptions::default()
    };
    let edge = scene.world.edge_with(0, 1, options(OnEdit::Revert));
    let series = scene.make(0, &standup());
    scene.rests("first");
    let mirror = scene.graph.sim().events(&scene.path(1)).into_keys().next().unwrap();
    let instance = scene.occurrence(&mirror, "2026-06-10");
    scene.edit(&instance, &json!({ "subject": "Mine" }));
    scene.rests("put right");
    scene.world.change_edge(&edge, options(OnEdit::Detach));
    for n in 1..=4 {
        let title = format!("Round {n}");
        scene.edit(&series, &json!({ "subject": title }));
        scene.rests(&title);
        let shown = scene.shows(1);
        assert_eq!(shown.join(" ").matches(&title).count(), 2, "{shown:?}");
        assert!(!shown.join(" ").contains("Standup"), "{shown:?}");
    }
    scene.world.change_edge(&edge, options(OnEdit::Propagate));
    scene.edit(&instance, &json!({ "subject": "Ours" }));
    scene.rests("edited again");
    assert!(scene.shows(0)[0].contains("Ours 2026-06-10T07:00"), "{:?}", scene.shows(0));
    assert_eq!(scene.shows(1)[0].matches("Ours").count(), 1, "{:?}", scene.shows(1));
}
