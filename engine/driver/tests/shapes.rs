//! Series between calendars that hold them in different ways: what each target shows, occurrence
//! by occurrence, is what its source shows.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use std::sync::Arc;

use common::values::Users;
use common::{Wire, block_on, keys};
use kalends_core::event::{Body, Content, Exception, Privacy, Recurrence, Span};
use kalends_core::graph::{CalendarKind, Capabilities, DetailLevel, EdgeOptions, SeriesShape};
use kalends_core::ids::{AccountId, CalendarId};
use kalends_core::provider::ProviderOp;
use kalends_core::step::{EdgeTarget, UserEdit};
use kalends_core::time::{Civil, Date, Extra, Length, Rule, Timestamp, When, Zone};
use kalends_driver::{Driver, NoHooks, NoTimer, Options, Parts, Report};
use kalends_testkit::clock::{SeededEntropy, VirtualClock};
use kalends_testkit::memory::MemoryStore;
use kalends_testkit::values::{Server, Shown, User};

const SHAPES: [SeriesShape; 3] = [SeriesShape::Whole, SeriesShape::Parts, SeriesShape::Singles];
/// The ways in which targets hold series.
const TARGETS: [SeriesShape; 4] =
    [SeriesShape::Whole, SeriesShape::Parts, SeriesShape::Patterns, SeriesShape::Singles];
const LEVELS: [DetailLevel; 3] = [DetailLevel::Busy, DetailLevel::Title, DetailLevel::Full];

/// A source and, for each shape and level, a target.
struct Scene {
    server: Server,
    person: User,
    store: MemoryStore,
    clock: VirtualClock,
}

fn holding(series: SeriesShape) -> Capabilities {
    Capabilities { series, ..Capabilities::default() }
}

fn target(shape: SeriesShape, level: DetailLevel) -> String {
    format!("{shape:?}-{level:?}")
}

fn targets() -> impl Iterator<Item = (SeriesShape, DetailLevel, String)> {
    TARGETS.into_iter().flat_map(|shape| LEVELS.map(|level| (shape, level, target(shape, level))))
}

fn account() -> AccountId {
    keys().account("values", "me")
}

fn calendar(name: &str) -> CalendarId {
    keys().calendar(account(), name)
}

impl Scene {
    fn new(source: SeriesShape) -> Self {
        let server = Server::default();
        let person = server.user("me", Capabilities::default());
        person.make_calendar("source", holding(source));
        for (shape, _, name) in targets() {
            person.make_calendar(&name, holding(shape));
        }
        let store = MemoryStore::new();
        store.create(keys().graph);
        let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        let scene = Self { server, person, store, clock: VirtualClock::at(now) };
        let provider = "values".to_owned();
        let (name, subject) = ("me".to_owned(), "me".to_owned());
        scene.author(UserEdit::AddAccount { id: account(), provider, name, subject });
        assert!(scene.sync().settled);
        for (_, level, name) in targets() {
            let kind = CalendarKind::TrueMirror;
            let options = Box::new(EdgeOptions { level, kind, ..EdgeOptions::default() });
            let to = EdgeTarget::Calendar(calendar(&name));
            scene.author(UserEdit::AddEdge {
                from: calendar("source"),
                to,
                options,
                two_way: false,
            });
        }
        scene
    }

    fn author(&self, edit: UserEdit) {
        block_on(self.driver().author(&keys(), &[edit])).unwrap();
    }

    fn driver(
        &self,
    ) -> Driver<Parts<MemoryStore, Wire, VirtualClock, SeededEntropy, Users, NoTimer, NoHooks>>
    {
        let parts = Parts {
            store: self.store.clone(),
            http: Wire::default(),
            clock: self.clock.clone(),
            entropy: SeededEntropy::new(7),
            accounts: Users(Arc::new([(account(), self.person.clone())].into())),
            timer: NoTimer,
            hooks: NoHooks,
        };
        Driver::new(parts, kalends_driver::Limits::default())
    }

    fn sync(&self) -> Report {
        self.clock.advance_millis(60_000);
        block_on(self.driver().sync(&keys(), &Options::default())).unwrap()
    }

    /// Syncs until settled; then every target shows what the source shows, and the next sync
    /// writes nothing.
    fn settles(&self, after: &str) {
        let report = self.sync();
        assert!(report.settled, "{after}: {report:?}");
        assert!(report.passes <= 2, "{after}: {report:?}");
        shows_what_its_source_shows(self, after);
        let _ = self.server.take_log();
        let report = self.sync();
        let written = (report.created, report.updated, report.deleted);
        assert_eq!(written, (0, 0, 0), "{after}: {:?}", self.writes());
    }

    fn writes(&self) -> Vec<ProviderOp> {
        let log = self.server.take_log().into_iter().map(|(_, op)| op);
        let reads = |op: &ProviderOp| {
            matches!(op, ProviderOp::Discover | ProviderOp::List { .. } | ProviderOp::Fetch { .. })
        };
        log.filter(|op| !reads(op)).collect()
    }
}

fn shows_what_its_source_shows(scene: &Scene, after: &str) {
    let source = scene.person.shows("source");
    for (_, level, name) in targets() {
        assert_eq!(scene.person.shows(&name), at_level(&source, level), "{after}: {name}");
    }
}

/// What a target at a level shows of what its source shows; titles with "secret" are private.
fn at_level(source: &[Shown], level: DetailLevel) -> Vec<Shown> {
    let hidden = |shown: &Shown| level == DetailLevel::Busy || shown.title.contains("secret");
    let title = |shown: &Shown| match hidden(shown) {
        true => "Busy".to_owned(),
        false => shown.title.clone(),
    };
    let mut shown: Vec<Shown> =
        source.iter().map(|shown| Shown { title: title(shown), ..shown.clone() }).collect();
    shown.sort();
    shown
}

/// The start of day `n` of June 2026 at an hour, in a zone.
fn at(day: i64, hour: i64, zone: &str) -> When {
    let first = Civil::from(Date::new(2026, 6, 1).unwrap());
    When::Zoned(first.add_seconds((day - 1) * 86_400 + hour * 3_600), Zone::parse(zone).unwrap())
}

fn content(title: &str, start: When) -> Content {
    let length = match start.is_date() {
        true => Length::Nominal { days: 1, seconds: 0 },
        false => Length::Exact(3_600),
    };
    let span = Span { start, length, end_zone: None };
    let privacy = match title.contains("secret") {
        true => Privacy::Private,
        false => Privacy::Default,
    };
    Content { title: title.to_owned(), privacy, ..Content::at(span) }
}

fn series(title: &str, start: When, rule: &str) -> Body {
    let recurrence =
        Recurrence { rules: vec![Rule::parse(rule).unwrap()], ..Recurrence::default() };
    Body { recurrence: Some(recurrence), ..Body::single(content(title, start)) }
}

fn change(body: &mut Body, original: When, to: Content) {
    body.exceptions.push(Exception { original, this_and_future: false, content: to });
}

const ROME: &str = "Europe/Rome";
const LIMA: &str = "America/Lima";

/// A daily series with a moved, a retitled, a private and a cancelled instance.
fn daily() -> Body {
    let mut body = series("Daily", at(2, 9, ROME), "FREQ=DAILY;COUNT=10");
    change(&mut body, at(3, 9, ROME), content("Daily", at(3, 15, ROME)));
    change(&mut body, at(5, 9, ROME), content("Review", at(5, 9, ROME)));
    change(&mut body, at(6, 9, ROME), content("A secret", at(6, 10, ROME)));
    body.recurrence.as_mut().unwrap().excluded.push(at(8, 9, ROME));
    body
}

/// Origins of all kinds: the series where the source holds them, and singles.
fn seed(scene: &Scene, shape: SeriesShape) {
    let put = |id: &str, body: &Body| scene.person.put("source", id, body);
    put("single", &Body::single(content("Lunch", at(4, 12, LIMA))));
    put("hidden", &Body::single(content("A secret lunch", at(5, 12, ROME))));
    let day = When::Date(Date::new(2026, 6, 9).unwrap());
    put("day", &Body::single(content("Holiday", day.clone())));
    if shape == SeriesShape::Singles {
        return;
    }
    put("daily", &daily());
    put("week", &series("Planning", at(1, 8, LIMA), "FREQ=WEEKLY;INTERVAL=2;COUNT=14"));
    let mut days = series("Duty", day, "FREQ=WEEKLY;COUNT=5");
    let moved = |n| When::Date(Date::new(2026, 6, n).unwrap());
    change(&mut days, moved(16), content("Duty", moved(17)));
    put("days", &days);
    let mut hidden = series("A secret series", at(3, 20, ROME), "FREQ=DAILY;INTERVAL=3;COUNT=4");
    change(&mut hidden, at(6, 20, ROME), content("A secret series", at(6, 22, LIMA)));
    put("secrets", &hidden);
}

fn scene_with_series(shape: SeriesShape) -> Scene {
    let scene = Scene::new(shape);
    seed(&scene, shape);
    scene.settles("first");
    scene
}

#[test]
fn every_shape_shows_in_every_other_what_it_shows_itself() {
    for shape in SHAPES {
        let scene = scene_with_series(shape);
        assert!(scene.person.shows("source").len() >= 3);
        for (target, _, name) in targets() {
            let has_parts = !scene.person.instances(&name).is_empty();
            let in_parts = matches!(target, SeriesShape::Parts | SeriesShape::Patterns);
            let expected = in_parts && shape != SeriesShape::Singles;
            assert_eq!(has_parts, expected, "{shape:?} to {name}");
        }
    }
}

#[test]
fn what_is_done_to_an_instance_of_an_origin_shows_in_every_target() {
    for shape in [SeriesShape::Whole, SeriesShape::Parts] {
        let scene = scene_with_series(shape);
        let set = |day, to| scene.person.put_instance("source", "daily", &at(day, 9, ROME), to);
        set(4, None);
        scene.settles("cancelled");
        scene.person.reset_instance("source", "daily", &at(4, 9, ROME));
        scene.settles("cancelled no more");
        set(7, Some(content("Daily", at(7, 18, LIMA))));
        scene.settles("moved to another zone");
        set(7, Some(content("Late", at(7, 17, LIMA))));
        scene.settles("moved and retitled");
        set(3, None);
        scene.settles("a moved one cancelled");
        scene.person.reset_instance("source", "daily", &at(5, 9, ROME));
        scene.settles("taken back");
        set(6, Some(content("No longer hidden", at(6, 10, ROME))));
        scene.settles("no longer private");
        set(2, Some(content("A secret", at(2, 9, ROME))));
        scene.settles("private");
    }
}

#[test]
fn what_is_done_to_a_series_shows_in_every_target() {
    for shape in [SeriesShape::Whole, SeriesShape::Parts] {
        let scene = scene_with_series(shape);
        scene.person.edit("source", "daily", |content| content.title = "Standup".to_owned());
        scene.settles("retitled");
        scene.person.put(
            "source",
            "week",
            &series("Planning", at(1, 10, LIMA), "FREQ=WEEKLY;COUNT=9"),
        );
        scene.settles("another hour and rule");
        scene.person.put("source", "week", &Body::single(content("Planning", at(3, 10, LIMA))));
        scene.settles("a single now");
        scene.person.put(
            "source",
            "week",
            &series("Planning", at(3, 10, LIMA), "FREQ=WEEKLY;COUNT=3"),
        );
        scene.settles("a series again");
        scene.person.delete("source", "daily");
        scene.settles("deleted");
        scene.person.put("source", "daily", &series("Daily", at(2, 9, ROME), "FREQ=DAILY;COUNT=3"));
        scene.settles("there again");
    }
}

#[test]
fn changed_instances_that_a_new_rule_drops_are_written_anew() {
    let scene = Scene::new(SeriesShape::Whole);
    let gym = |rule: &str, title: &str| {
        let mut body = series(title, at(2, 7, ROME), rule);
        change(&mut body, at(4, 7, ROME), content("Pool", at(4, 8, ROME)));
        body
    };
    let put = |body: &Body| scene.person.put("source", "gym", body);
    put(&gym("FREQ=DAILY;COUNT=8", "Gym"));
    scene.settles("first");
    put(&gym("FREQ=DAILY;COUNT=12", "Gym"));
    scene.settles("another rule");
    let name = target(SeriesShape::Patterns, DetailLevel::Title);
    assert_eq!(scene.person.instances(&name).len(), 1);
    put(&gym("FREQ=DAILY;COUNT=12", "Sport"));
    let _ = scene.server.take_log();
    scene.settles("another title");
    assert_eq!(scene.person.instances(&name).len(), 1);
}

#[test]
fn a_series_that_no_pattern_says_stands_singly_until_one_does() {
    let scene = Scene::new(SeriesShape::Whole);
    let name = target(SeriesShape::Patterns, DetailLevel::Title);
    let whole = |scene: &Scene| scene.person.count_series(&name);
    let put = |body: &Body| scene.person.put("source", "gym", body);
    let mut more = series("Gym", at(2, 7, ROME), "FREQ=DAILY;COUNT=8");
    more.recurrence.as_mut().unwrap().extras.push(Extra::At(at(20, 7, ROME)));
    put(&more);
    scene.settles("a day more");
    assert_eq!(whole(&scene), 0);
    let mut crossed = series("Gym", at(2, 7, ROME), "FREQ=DAILY;COUNT=8");
    change(&mut crossed, at(4, 7, ROME), content("Gym", at(6, 20, ROME)));
    put(&crossed);
    scene.settles("past its neighbour");
    assert_eq!((whole(&scene), scene.person.instances(&name).len()), (1, 0));
    change(&mut crossed, at(5, 7, ROME), content("Pool", at(5, 8, ROME)));
    put(&crossed);
    scene.settles("another within its day");
    assert_eq!((whole(&scene), scene.person.instances(&name).len()), (1, 1));
    put(&series("Gym", at(2, 7, ROME), "FREQ=DAILY;COUNT=8"));
    scene.settles("daily");
    assert_eq!(whole(&scene), 1);
}

#[test]
fn a_change_of_all_later_instances_shows_in_every_target() {
    let scene = scene_with_series(SeriesShape::Whole);
    let mut body = series("Gym", at(2, 7, ROME), "FREQ=DAILY;COUNT=8");
    body.exceptions.push(Exception {
        original: at(5, 7, ROME),
        this_and_future: true,
        content: content("Pool", at(5, 8, ROME)),
    });
    scene.person.put("source", "gym", &body);
    scene.settles("from the fifth on");
    change(&mut body, at(7, 7, ROME), content("Sauna", at(7, 19, ROME)));
    scene.person.put("source", "gym", &body);
    scene.settles("and one of them another");
}

/// The first objects of each target, tampered with one by one: each is mended in the same sync.
fn every_object_is_mended(tamper: impl Fn(&Scene, &str, &str), after: &str) {
    for shape in [SeriesShape::Whole, SeriesShape::Parts] {
        let scene = scene_with_series(shape);
        for n in 0..8 {
            // A part that is written back three times in a day is parked.
            scene.clock.advance_millis(23 * 3_600_000);
            for (_, _, name) in targets() {
                if let Some(object) = scene.person.objects(&name).get(n) {
                    tamper(&scene, &name, object);
                }
            }
            let report = scene.sync();
            assert!(report.settled, "{after} {n}: {report:?}");
            shows_what_its_source_shows(&scene, after);
        }
        scene.settles(after);
    }
}

#[test]
fn a_retitled_part_of_any_mirror_is_written_back() {
    every_object_is_mended(
        |scene, calendar, id| {
            scene.person.edit(calendar, id, |content| content.title = "Mine".to_owned());
        },
        "retitled",
    );
}

#[test]
fn a_moved_part_of_any_mirror_is_written_back() {
    every_object_is_mended(
        |scene, calendar, id| {
            scene.person.edit(calendar, id, |content| {
                let start = content.span.start.civil().add_seconds(86_400);
                content.span.start = match &content.span.start {
                    When::Zoned(_, zone) => When::Zoned(start, zone.clone()),
                    When::Floating(_) => When::Floating(start),
                    When::Date(_) => When::Date(start.date()),
                };
            });
        },
        "moved",
    );
}

#[test]
fn a_deleted_part_of_any_mirror_is_made_again() {
    let delete = |scene: &Scene, calendar: &str, id: &str| scene.person.delete(calendar, id);
    every_object_is_mended(delete, "deleted");
}

#[test]
fn an_instance_that_a_person_changes_in_a_mirror_is_as_the_origin_has_it_again() {
    for to in [None, Some(content("Mine", at(4, 11, ROME)))] {
        for shape in [SeriesShape::Whole, SeriesShape::Parts] {
            let scene = scene_with_series(shape);
            for level in LEVELS {
                for target_shape in [SeriesShape::Whole, SeriesShape::Parts] {
                    let name = target(target_shape, level);
                    let master = scene.person.series(&name, &at(4, 9, ROME));
                    scene.person.put_instance(&name, &master, &at(4, 9, ROME), to.clone());
                }
            }
            scene.settles(&format!("{shape:?}: {to:?}"));
        }
    }
}

#[test]
fn a_lost_cursor_changes_nothing_in_any_shape() {
    for shape in SHAPES {
        let scene = scene_with_series(shape);
        for (_, _, name) in targets() {
            scene.person.expire_tokens(&name);
        }
        scene.person.expire_tokens("source");
        let report = scene.sync();
        assert_eq!((report.created, report.updated, report.deleted), (0, 0, 0), "{report:?}");
        scene.settles("tokens expired");
    }
}

#[test]
fn floating_times_show_where_no_floating_times_are_held() {
    let scene = Scene::new(SeriesShape::Whole);
    for (shape, _, name) in targets() {
        let capabilities = Capabilities { floating: false, ..holding(shape) };
        scene.person.set_capabilities(&name, capabilities);
    }
    let floating = |day| When::Floating(at(day, 7, ROME).civil());
    let mut body = series("Pills", floating(2), "FREQ=DAILY;COUNT=6");
    change(&mut body, floating(4), content("Pills", When::Floating(at(4, 8, ROME).civil())));
    scene.person.put("source", "pills", &body);
    scene.person.put("source", "once", &Body::single(content("Pill", floating(9))));
    scene.settles("floating");
}
