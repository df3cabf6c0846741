//! A sync that is killed at each place in turn, on a real server: the next makes it good.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

#[path = "support/client.rs"]
mod client;
#[path = "support/entry.rs"]
mod entry;
#[path = "support/people.rs"]
mod people;

use entry::hour;
use kalends_servers::Server;
use people::{World, day};
use serde_json::{Value, json};

/// Places that a sync which writes passes at least.
const PLACES_MIN: usize = 10;

/// Kills a sync at each place, after `act` at each, and looks at the end with `check`.
fn killed_everywhere(world: &World, act: impl Fn(usize), check: impl Fn(usize)) {
    for place in 1.. {
        act(place);
        let mut sync = world.command(&["sync"]);
        let ended = sync.env("KALENDS_FAIL_AT", place.to_string()).output().unwrap().status;
        world.settles();
        check(place);
        if ended.success() {
            assert!(place > PLACES_MIN, "a sync that writes passes more than {place} places");
            return;
        }
        assert_eq!(ended.code(), None, "place {place}: {ended}");
    }
}

fn at_work(uid: &str, title: &str) -> Value {
    hour("Work", uid, &day(20), title)
}

#[test]
fn changes_of_origins_that_are_killed_anywhere_end_the_same() {
    let world = World::new(Server::Radicale, &["Work", "Target"]);
    world.edge("Work", "Target", "title");
    world.person("put", &json!([at_work("stays", "0"), at_work("goes-0", "Goes")]));
    assert_eq!(world.settles(), [2, 0, 0]);
    let act = |place: usize| {
        let (now, goes) = (format!("{place:02}"), format!("goes-{}", place - 1));
        let comes = at_work(&format!("goes-{place}"), "Goes");
        world.person("put", &json!([at_work("stays", &now), comes]));
        world.person("delete", &json!({ "calendar": "Work", "uids": [goes] }));
    };
    killed_everywhere(&world, act, |place| {
        assert_eq!(world.titles("Target"), [&*format!("{place:02}"), "Goes"], "place {place}");
    });
}

#[test]
fn first_mirrors_that_are_killed_anywhere_end_the_same() {
    let world = World::new(Server::Radicale, &["Work", "Target"]);
    world.person("put", &json!([at_work("one", "One"), at_work("two", "Two")]));
    let act = |_: usize| {
        if let Some(id) = world.only_edge() {
            world.kalends(&["edge", "remove", &id]);
            assert_eq!(world.settles(), [0, 0, 2]);
        }
        world.edge("Work", "Target", "title");
    };
    killed_everywhere(&world, act, |place| {
        assert_eq!(world.titles("Target"), ["One", "Two"], "place {place}");
    });
}

#[test]
fn reverts_that_are_killed_anywhere_end_the_same() {
    const MIRRORS: usize = 60;
    let world = World::new(Server::Radicale, &["Work", "Target"]);
    world.edge("Work", "Target", "title");
    let titles: Vec<String> = (0..MIRRORS).map(|n| format!("Title-{n:02}")).collect();
    world.person("put", &titles.iter().map(|title| at_work(title, title)).collect());
    assert_eq!(world.settles(), [MIRRORS as u64, 0, 0]);
    let act = |place: usize| {
        // A mirror that is tampered with again and again is left alone for a day.
        let mirrors = world.entries("Target");
        let (edited, deleted) = (2 * place % MIRRORS, (2 * place + 1) % MIRRORS);
        let uid = &mirrors[edited].uid;
        world.person("edit", &json!({ "calendar": "Target", "uid": uid, "summary": "Tampered" }));
        world.person("delete", &json!({ "calendar": "Target", "uids": [mirrors[deleted].uid] }));
    };
    killed_everywhere(&world, act, |place| {
        assert_eq!(world.titles("Target"), titles, "place {place}");
    });
}
