//! Events at Graph that other products keep.

use kalends_core::plan::Row;
use kalends_core::presence::{Aside, AsideKind};
use serde_json::json;

use super::{Scene, scene, standup};

/// What is set aside as another product's, by object.
fn foreign(scene: &Scene) -> Vec<(String, String)> {
    let rows = scene.world.store.rows(scene.world.keys.graph).into_values();
    let mut all: Vec<_> = rows
        .filter_map(|row| {
            let Row::Aside(Aside { object, what, .. }) = row else { return None };
            let AsideKind::ForeignManaged { product } = what else { return None };
            Some((object.0, product))
        })
        .collect();
    all.sort();
    all
}

/// Law L1. Catches another product's mirrors taken for events of the person's, and mirrored: at Graph
/// they are known by a category, and by a UID that was brought along.
#[test]
fn what_other_products_wrote_is_reported_and_not_mirrored() {
    let scene = scene();
    scene.mirror(0, 1);
    let at =
        |hour: u8| json!({"dateTime": format!("2026-06-12T{hour:02}:00:00"), "timeZone": "UTC"});
    let single = |title: &str| json!({"subject": title, "start": at(9), "end": at(10)});
    let mut tminus = single("T-Minus's");
    tminus["categories"] = json!(["Blue category", "T-Minus Managed"]);
    let mut series = standup();
    series["categories"] = json!(["Keeper.sh"]);
    let (tminus, series) = (scene.make(0, &tminus), scene.make(0, &series));
    scene.edit(&scene.occurrence(&series, "2026-06-10"), &json!({ "subject": "Review" }));
    let path = scene.path(0);
    let keeper = scene.graph.sim().person(0).import(&path, "0b5a@keeper.sh", &single("Keeper's"));
    let mut own = single("Alice's");
    own["categories"] = json!(["Blue category"]);
    scene.make(0, &own);
    scene.rests("first");
    assert_eq!(scene.titles(1), ["Alice's"]);
    let mut expected =
        [(tminus.clone(), "T-Minus"), (series, "Keeper"), (keeper.unwrap(), "Keeper")]
            .map(|(id, product)| (id, product.to_owned()));
    expected.sort();
    assert_eq!(foreign(&scene), expected);
    // Once a person takes the category away, the event is theirs.
    scene.edit(&tminus, &json!({ "categories": ["Blue category"] }));
    scene.rests("the category is gone");
    assert_eq!(scene.titles(1), ["Alice's", "T-Minus's"]);
}
