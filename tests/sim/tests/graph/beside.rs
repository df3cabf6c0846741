//! People at changed instances of a mirror at Graph, while its series is being written.

use std::collections::BTreeSet;

use kalends_core::graph::{CalendarKind, DetailLevel, EdgeOptions, OnEdit};
use kalends_core::plan::RowKey;
use kalends_core::ports::GraphStore as _;
use kalends_core::read;
use kalends_core::slice::ReadSet;
use kalends_core::step::UserEdit;
use kalends_oracle::{Change, Origin};
use kalends_sim_tests::{Act, Site as _, check_rows};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::When;
use serde_json::json;

use super::killed::{put, says, standup};
use super::{Scene, scene};
use crate::common::origin;

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

/// Catches an instance that Graph refused once and that stays away after its series was written
/// anew, whether that was answered or not.
#[test]
fn a_refused_instance_is_tried_again_after_its_series_was_written() {
    for answer in [None, Some("G22")] {
        let scene = scene();
        let (level, kind) = (DetailLevel::Full, CalendarKind::TrueMirror);
        scene.world.edge_with(2, 1, EdgeOptions { level, kind, ..EdgeOptions::default() });
        fault(&scene, "PATCH", "*", "G6-400");
        put(&scene, &standup("Standup", 6, 9, &[12]));
        scene.world.settle();
        let patches =
            |scene: &Scene| scene.asked().iter().filter(|it| it.starts_with("PATCH")).count();
        assert_eq!(patches(&scene), 3, "each of the three once");
        scene.world.clock.advance_millis(86_400_000);
        scene.world.settle();
        assert_eq!(patches(&scene), 0, "and not again by itself");
        scene.graph.calm();
        if let Some(lost) = answer {
            let faults = &mut scene.graph.sim();
            assert!(faults.faults_mut().add("PATCH", "*", When::Nth(1), lost));
        }
        put(&scene, &standup("Daily", 6, 9, &[12]));
        scene.rests("written anew");
        let shown = scene.shows(1).join(" ");
        for title in ["Interview", "Review"] {
            assert_eq!(shown.matches(title).count(), 1, "{answer:?}: {shown}");
        }
    }
}

/// Catches a mirror in a calendar whose own events are passed over, of which a changed instance is
/// passed over too, so that its series can never be written with other times.
#[test]
fn an_instance_changed_in_a_calendar_that_is_not_taken_in_is_an_edit_of_its_mirror() {
    let (scene, _) = mirrored();
    let calendar = scene.world.calendar(1);
    scene.world.author(UserEdit::SetScope { calendar, on: false });
    let mirror = scene.graph.sim().events(&scene.path(1)).into_keys().next().unwrap();
    let instance = scene.occurrence(&mirror, "2026-06-13");
    scene.edit(&instance, &json!({ "subject": "Theirs" }));
    scene.rests("edited");
    let all = says(&scene).unwrap().exceptions;
    assert!(all.iter().any(|one| one.title == "Theirs"), "{all:?}");
    put(&scene, &standup("Standup", 6, 10, &[12]));
    scene.rests("moved");
    assert!(scene.shows(1)[0].contains("2026-06-08T10:00"), "{:?}", scene.shows(1));
}

/// Why a change of an origin is given up, as `explain` says it.
fn given_up(scene: &Scene) -> Vec<String> {
    let rows = scene.world.store.rows(scene.world.keys.graph).into_keys();
    let event =
        rows.filter_map(|key| if let RowKey::Event(event) = key { Some(event) } else { None });
    let want = ReadSet { events: event.collect(), ..ReadSet::default() };
    let slice = block_on(scene.world.store.load(scene.world.keys.graph, &want)).unwrap();
    let told = want.events.iter().flat_map(|event| {
        let bundle = slice.event(event).unwrap().as_ref().unwrap();
        let explained = read::explain((&slice.config, &BTreeSet::new()), *event, bundle, []);
        explained.presences.into_iter().flat_map(|presence| presence.reasons)
    });
    told.map(|reason| format!("{}: {}", reason.code, reason.text)).collect()
}

/// Catches an origin at Graph that is taken apart, or asked again and again, for an instance that a
/// person moved in a mirror to where Graph takes none; and a person who is not told.
#[test]
fn an_origin_that_takes_no_move_past_a_neighbour_says_so_and_its_mirror_goes_back() {
    let scene = scene();
    let (level, kind, on_edit) = (DetailLevel::Full, CalendarKind::TrueMirror, OnEdit::Propagate);
    scene.world.edge_with(0, 2, EdgeOptions { level, kind, on_edit, ..EdgeOptions::default() });
    scene.make(0, &super::standup());
    scene.rests("mirrored");
    let path = scene.path(2);
    let name = scene.caldav.names(&path).remove(0);
    let mirror = scene.caldav.look(&path, &name).unwrap();
    let at = |day: u8, hour: u8| format!("Europe/Berlin:202606{day:02}T{hour:02}0000");
    scene.act(2, &name, Act::Change(&Change::Move(at(9, 9), at(11, 15))));
    scene.rests("moved past two");
    assert_eq!(scene.shows(0), ["Standup 2026-06-08T07:00 weekly [] -0"]);
    assert_eq!(scene.caldav.look(&path, &name).unwrap(), mirror);
    let told = given_up(&scene).join("\n");
    assert!(told.starts_with("origin-parked.graph.ErrorOccurrenceCrossingBoundary: "), "{told}");
    assert!(told.contains("move the other one first"), "{told}");
    scene.act(2, &name, Act::Change(&Change::Move(at(9, 9), at(9, 15))));
    scene.rests("moved within its day");
    assert_eq!(given_up(&scene), Vec::<String>::new());
    assert!(scene.shows(0)[0].contains("2026-06-09T13:00"), "{:?}", scene.shows(0));
}

/// Catches a mirror that is let be for ever, since an instance that a person changed there bears no
/// mark yet when its series is written and gives it another version.
#[test]
fn an_instance_that_was_taken_in_and_got_another_version_is_nobodys_deed() {
    let (scene, _) = mirrored();
    let mirror = scene.graph.sim().events(&scene.path(1)).into_keys().next().unwrap();
    let instance = scene.occurrence(&mirror, "2026-06-13");
    scene.edit(&instance, &json!({ "subject": "Theirs" }));
    put(&scene, &standup("Daily", 6, 9, &[12]));
    scene.rests("both");
    put(&scene, &standup("Weekly", 6, 9, &[12]));
    scene.rests("goes on");
    let shown = scene.shows(1).join(" ");
    assert!(shown.contains("Weekly") && !shown.contains("Daily"), "{shown}");
}

/// Catches a person's instance that goes with its series, whose origin takes no time any more: the mirror
/// is theirs by that instance, though both were seen in one listing.
#[test]
fn a_series_on_its_way_out_stays_with_the_instance_that_a_person_changed() {
    let scene = scene();
    let (level, kind) = (DetailLevel::Full, CalendarKind::TrueMirror);
    let options = EdgeOptions { level, kind, on_edit: OnEdit::Detach, ..EdgeOptions::default() };
    scene.world.edge_with(2, 1, options);
    put(&scene, &standup("Standup", 6, 9, &[12]));
    scene.rests("mirrored");
    let mirror = scene.graph.sim().events(&scene.path(1)).into_keys().next().unwrap();
    let instance = scene.occurrence(&mirror, "2026-06-09");
    scene.edit(&instance, &json!({ "subject": "Theirs" }));
    put(&scene, &Origin { free: true, ..origin(2, "s", "Standup", 8) });
    scene.rests("both");
    let shown = scene.shows(1).join(" ");
    assert!(shown.contains("Standup") && shown.contains("Theirs"), "{shown}");
    check_rows(&scene.world);
}
