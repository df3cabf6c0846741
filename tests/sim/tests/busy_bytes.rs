//! What is sent at busy, byte by byte: two histories that differ in nothing but what nobody may know
//! there write the same to the same places.

use kalends_core::graph::{CalendarKind, DetailLevel, EdgeOptions, Filters, Policy, PolicyOwner};
use kalends_core::ports::Clock as _;
use kalends_core::step::UserEdit;
use kalends_oracle::Edge;
use kalends_sim_tests::{Random, World};
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

const SEEDS: u64 = 30;
const EVENTS: usize = 5;

/// What nobody may know at busy.
struct Secrets {
    /// Stands in every text of an event.
    word: &'static str,
    guests: &'static [&'static str],
    /// At a higher level this shows by what is left out.
    private: bool,
}

const PLAIN: Secrets = Secrets { word: "Zahnarzt", guests: &["guest@one.example"], private: false };
const OTHER: Secrets = Secrets {
    word: "A much longer reason, with: commas; and \u{1f600}",
    guests: &["someone@two.example", "another@two.example", "third@three.example"],
    private: false,
};

/// Where an instance goes that its series has otherwise, and how its calendar's owner answered.
const CHANGES: [&str; 5] = ["retitled", "moved", "private", "declined", "cancelled"];

/// An event whose times, rule and answers follow from the numbers, and whose texts are secret.
fn object(random: &mut Random, n: usize, secrets: &Secrets) -> String {
    let day = format!("202606{:02}", 10 + n);
    let all_day = random.one_in(5);
    let at = |name: &str, day: &str, hour: usize| match all_day {
        true => format!("{name};VALUE=DATE:{day}"),
        false => format!("{name};TZID=Europe/Berlin:{day}T{hour:02}0000"),
    };
    let length = if all_day { "P1D" } else { "PT1H" };
    // What filters ask for is told by whether there is a mirror at all.
    let (lunch, gym) = (random.one_in(3), random.one_in(3));
    let component = |head: &str, answer: &str, lines: &str, private: bool| {
        let word = secrets.word;
        let lunch = if lunch { " lunch" } else { "" };
        let class = if private { "CLASS:PRIVATE\r\n" } else { "" };
        let category = if gym { format!("gym,{word}") } else { word.replace(',', "\\,") };
        let guests = secrets.guests.iter().map(|guest| format!("ATTENDEE:mailto:{guest}\r\n"));
        format!(
            "BEGIN:VEVENT\r\nUID:secret-{n}@person\r\nDTSTAMP:20260101T000000Z\r\n{head}\r\n\
             DURATION:{length}\r\nSUMMARY:{word}{lunch}\r\nDESCRIPTION:Notes of {word}\r\n\
             LOCATION:Room {word}\r\nCATEGORIES:{category}\r\n{class}{lines}\
             ORGANIZER:mailto:host@example.com\r\n{}\
             ATTENDEE;PARTSTAT={answer}:mailto:alice@example.com\r\nEND:VEVENT\r\n",
            guests.collect::<String>()
        )
    };
    let tentative = if random.one_in(4) { "STATUS:TENTATIVE\r\n" } else { "" };
    let answer = if random.one_in(6) { "DECLINED" } else { "ACCEPTED" };
    let is_series = random.one_in(2);
    let rule = if is_series { "RRULE:FREQ=DAILY;COUNT=6\r\n" } else { "" };
    let (hour, head) = (8 + random.below(8), |hour| at("DTSTART", &day, hour));
    let mut events = component(&head(hour), answer, &format!("{rule}{tentative}"), secrets.private);
    for one in 1..if is_series { 4 } else { 1 } {
        let change = CHANGES[random.below(CHANGES.len())];
        let day = format!("202606{:02}", 10 + n + one);
        let later = hour + usize::from(change == "moved");
        let (answer, lines) = match change {
            "declined" => ("DECLINED", String::new()),
            "cancelled" => (answer, "STATUS:CANCELLED\r\n".to_owned()),
            "retitled" => (answer, format!("COMMENT:{}\r\n", secrets.word)),
            _ => (answer, String::new()),
        };
        let head = [at("RECURRENCE-ID", &day, hour), at("DTSTART", &day, later)].join("\r\n");
        let private = secrets.private || change == "private";
        events += &component(&head, answer, &lines, private);
    }
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a//EN\r\n{events}END:VCALENDAR\r\n")
}

fn filters(random: &mut Random) -> Filters {
    let some = |one: bool, word: &str| one.then(|| word.to_owned()).into_iter().collect();
    Filters {
        skip_all_day: random.one_in(4),
        with_declined: random.one_in(3),
        skip_tentative: random.one_in(4),
        skip_categories: some(random.one_in(4), "gym"),
        skip_keywords: some(random.one_in(4), "lunch"),
        only_keywords: some(random.one_in(6), "lunch"),
        ..Filters::default()
    }
}

/// An edge of this level from Alice's calendar to one of Bob's or to his overlay.
fn edge(world: &Memory, random: &mut Random, level: DetailLevel) -> (Edge, EdgeOptions) {
    let (target, kind) = match random.below(2) {
        0 => (1, CalendarKind::TrueMirror),
        _ => (3, CalendarKind::BusyOverlay),
    };
    let title = random.one_in(3).then(|| "Taken".to_owned());
    let (filters, people) = (filters(random), true);
    let options = EdgeOptions { level, title, kind, filters, people, ..EdgeOptions::default() };
    (world.edge_with(0, target, options.clone()), options)
}

/// The person stores all events anew.
fn put(world: &Memory, random: &mut Random, secrets: &Secrets) {
    let (path, now) = (world.path(0).unwrap(), world.clock.now().as_millis());
    for n in 0..EVENTS {
        let text = object(random, n, secrets);
        let name = format!("person-{n}.ics");
        assert_eq!(world.http.sim().person(now).put(&path, &name, &text), Ok(()));
    }
}

/// What was written since the log was cleared: how, where, and what it says but for when.
fn writes(world: &Memory) -> Vec<[String; 3]> {
    let sim = world.http.sim();
    let writes = sim.log().iter().filter(|logged| {
        ["PUT", "DELETE", "MKCALENDAR", "PROPPATCH"].contains(&&*logged.request.method)
    });
    let mut writes: Vec<_> = writes
        .map(|logged| {
            let body = String::from_utf8(logged.request.body.clone()).unwrap();
            let lines = body.split_inclusive('\n').filter(|line| !line.starts_with("DTSTAMP:"));
            [logged.request.method.clone(), logged.request.url.clone(), lines.collect()]
        })
        .collect();
    writes.sort();
    writes
}

/// One history at busy from its beginning.
fn at_busy(seed: u64, secrets: &Secrets) -> Vec<[String; 3]> {
    let mut random = Random::new(seed);
    let world = Memory::new(Profile::plain(), seed, &[0, 1]);
    edge(&world, &mut random, DetailLevel::Busy);
    for _ in 0..3 {
        put(&world, &mut random, secrets);
        if random.one_in(2) {
            let fault = ["C41", "C41-500", "X1", "X4"][random.below(4)];
            assert!(world.http.sim().plan("PUT", "*", When::First(2), fault));
        }
        world.settle();
        world.http.sim().faults_mut().clear();
    }
    writes(&world)
}

/// Catches a byte of a busy mirror, of its name or of whether it is written at all, that depends on
/// what an event says, on who was asked to it or on whether it is private.
#[test]
fn at_busy_every_write_is_the_same_whatever_is_secret() {
    let mut wrote = 0;
    for seed in 0..SEEDS {
        let one = at_busy(seed, &PLAIN);
        let private = Secrets { private: true, ..OTHER };
        for other in [OTHER, private] {
            assert_eq!(one, at_busy(seed, &other), "seed {seed}");
        }
        wrote += one.len();
    }
    assert!(wrote > 200, "{wrote} writes are compared");
}

/// One history at full, from the time on at which it is to show no more than busy, while writes wait;
/// and how many of them did.
fn lowered(seed: u64, secrets: &Secrets) -> (Vec<[String; 3]>, usize) {
    let mut random = Random::new(seed);
    let world = Memory::new(Profile::plain(), seed, &[0, 1]);
    let (edge, options) = edge(&world, &mut random, DetailLevel::Full);
    put(&world, &mut random, secrets);
    if random.one_in(2) {
        world.settle();
        put(&world, &mut random, secrets);
    }
    assert!(world.http.sim().plan("PUT", "*", When::Always, "X1"));
    let waits = world.sync().failures.len();
    world.http.sim().faults_mut().clear();
    let level_max = DetailLevel::Busy;
    if random.one_in(2) {
        let policy = Policy { level_max, ..Policy::default() };
        world.author(UserEdit::SetPolicy { owner: PolicyOwner::Person, base: None, policy });
    } else {
        world.change_edge(&edge, EdgeOptions { level: level_max, ..options });
    }
    world.http.sim().clear_log();
    // What was under way may be sent again, before anything is read.
    world.clock.advance_millis(3_600_000);
    world.work();
    world.settle();
    (writes(&world), waits)
}

/// Catches the same in what waits to be sent while its edge is lowered.
#[test]
fn what_waits_while_its_edge_is_lowered_is_the_same_whatever_is_secret() {
    let (mut wrote, mut waited) = (0, 0);
    for seed in 1_000..1_000 + SEEDS {
        let [one, other] = [PLAIN, OTHER].map(|secrets| lowered(seed, &secrets));
        assert_eq!(one, other, "seed {seed}");
        wrote += one.0.len();
        waited += usize::from(one.1 > 0);
    }
    assert!(
        wrote > 75 && waited > 20,
        "{wrote} writes, and something waited in {waited} histories"
    );
}
