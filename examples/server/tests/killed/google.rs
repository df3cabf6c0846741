//! Two people at a simulated Google.

use std::collections::BTreeMap;

use kalends_sim::Served;
use kalends_testkit::caldav_sim::When;
use kalends_testkit::google_sim::GoogleSim;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::stage::{Providers, World, counts};
use crate::support::carrier::now_ms;
use crate::support::{Kalends, hours, stamp};

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";

/// Google, served as long as this is held.
struct Google {
    served: Served<GoogleSim>,
    _runtime: Runtime,
}

impl Providers for Google {
    type Kept = GoogleSim;

    fn keep(&self) -> GoogleSim {
        self.served.sim().clone()
    }

    fn put_back(&self, kept: &GoogleSim) {
        self.served.sim().clone_from(kept);
    }

    fn objects(&self) -> BTreeMap<String, Vec<String>> {
        let sim = self.served.sim();
        let mut all = BTreeMap::new();
        for calendar in sim.calendars() {
            for id in sim.events(&calendar) {
                let held = sim.held(&calendar, &id).unwrap();
                let changed = held.changed.iter().map(|(at, event)| format!("{at} {event}"));
                let cancelled = held.cancelled.iter().map(|at| format!("{at} cancelled"));
                let lines = [held.uid, held.event.to_string()].into_iter();
                all.insert(
                    format!("{calendar}/{id}"),
                    lines.chain(changed).chain(cancelled).collect(),
                );
            }
            all.insert(calendar, Vec::new());
        }
        all
    }

    fn wrong(&self) -> Vec<String> {
        let sim = self.served.sim();
        let broken = sim.violations().iter().map(|violation| format!("{violation:?}"));
        broken.chain(sim.mail().iter().map(|mail| format!("{mail:?}"))).collect()
    }
}

/// Ann and Bob with a calendar each and tokens that can be refreshed; in Bob's is one event, which
/// is mirrored to Ann's. [`tamper`] has Ann change that mirror.
fn world() -> World<Google> {
    let mut sim = GoogleSim::new(7);
    assert!(sim.add_user(ANN, "UTC") && sim.add_user(BOB, "UTC"));
    sim.add_client("program", "hush");
    let runtime = Runtime::new().unwrap();
    let served = runtime.block_on(Served::listen("127.0.0.1:0", sim)).unwrap();
    let mut kalends = Kalends::new();
    for name in ["KALENDS_GOOGLE_API", "KALENDS_GOOGLE_AUTH"] {
        kalends.extra.push((name.to_owned(), served.url()));
    }
    for (name, email) in [("ann", ANN), ("bob", BOB)] {
        let refresh = served.sim().grant(email, "program", &[], now_ms()).refresh;
        let file = json!({
            "refresh_token": refresh, "client_id": "program", "client_secret": "hush",
            "type": "authorized_user",
        });
        std::fs::write(kalends.path(name), file.to_string()).unwrap();
        kalends.done(&format!("account add google --name {name} --token-file {name}"));
    }
    let world = World { providers: Google { served, _runtime: runtime }, kalends };
    add(&world, BOB, "Guard", 19);
    world.kalends.done(&format!("edge add --from bob/{BOB} --to ann/{ANN} --detail title"));
    assert_eq!(world.settles(), [1, 0, 0]);
    world
}

fn add(world: &World<Google>, of: &str, title: &str, day: i64) -> String {
    let at = |hour: i64| {
        let text = stamp(hours(24 * day + hour));
        let [day, time] = [&text[..8], &text[9..15]];
        format!(
            "{}-{}-{}T{}:{}:{}Z",
            &day[..4],
            &day[4..6],
            &day[6..],
            &time[..2],
            &time[2..4],
            &time[4..]
        )
    };
    let event =
        json!({"summary": title, "start": {"dateTime": at(9)}, "end": {"dateTime": at(10)}});
    world.providers.served.sim().person(of, now_ms()).add(of, &event).unwrap()
}

fn edit(world: &World<Google>, of: &str, id: &str, change: &Value) {
    world.providers.served.sim().person(of, now_ms()).edit(of, id, change).unwrap();
}

/// The titles of what a calendar holds by the ids.
fn held(world: &World<Google>, of: &str) -> Vec<(String, String)> {
    let sim = world.providers.served.sim();
    let title = |id: String| {
        let event = sim.held(of, &id).unwrap().event;
        (event["summary"].as_str().unwrap().to_owned(), id)
    };
    let mut all: Vec<_> = sim.events(of).into_iter().map(title).collect();
    all.sort();
    all
}

fn titles(world: &World<Google>, of: &str) -> Vec<String> {
    held(world, of).into_iter().map(|(title, _)| title).collect()
}

fn id_of(world: &World<Google>, of: &str, title: &str) -> String {
    held(world, of).into_iter().find(|(shown, _)| shown == title).unwrap().1
}

fn tamper(world: &World<Google>) {
    let id = id_of(world, ANN, "Guard");
    edit(world, ANN, &id, &json!({"summary": "Tampered"}));
}

/// Fails where a sync that died while it refreshed a token leaves an account that nobody can open,
/// or writes twice.
#[test]
fn a_refresh_in_the_middle_of_a_sync() {
    let world = world();
    world.kalends.done(&format!("edge add --from ann/{ANN} --to bob/{BOB} --detail full"));
    add(&world, ANN, "One", 3);
    add(&world, ANN, "Two", 4);
    tamper(&world);
    assert!(world.providers.served.sim().plan("POST", "*/events*", When::Nth(1), "F1-expired"));
    world.killed(&["sync"], |report| {
        assert_eq!(counts(report), [2, 1, 0]);
        assert_eq!(titles(&world, BOB), ["Guard", "One", "Two"]);
        let log = world.providers.served.sim();
        let refused = log.log().iter().filter(|logged| logged.reply.status == 401).count();
        assert!(refused > 0, "a token was refused in the middle of the sync");
    });
}

/// Fails where a change at Google is forgotten, or one in a mirror is taken for a person's twice.
#[test]
fn changes_on_both_ends() {
    let world = world();
    world.kalends.done(&format!("edge add --from ann/{ANN} --to bob/{BOB} --detail full"));
    let (one, _) = (add(&world, ANN, "One", 3), add(&world, ANN, "Two", 4));
    let three = add(&world, ANN, "Three", 5);
    assert_eq!(world.settles(), [3, 0, 0]);
    tamper(&world);
    edit(&world, ANN, &one, &json!({"summary": "Changed"}));
    add(&world, ANN, "New", 6);
    world.providers.served.sim().person(ANN, now_ms()).delete(ANN, &three).unwrap();
    let mirror = id_of(&world, BOB, "Two");
    edit(&world, BOB, &mirror, &json!({"summary": "Hacked"}));
    world.killed(&["sync"], |report| {
        assert_eq!(counts(report), [1, 3, 1]);
        assert_eq!(titles(&world, BOB), ["Changed", "Guard", "New", "Two"]);
    });
}
