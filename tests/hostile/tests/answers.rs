//! Answers that a server should never give.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use std::collections::BTreeMap;

use kalends_driver::Report;
use kalends_hostile::{Case, Held, Outcome, Pair, Recorded, answer, cases, end_as_listed};
use kalends_testkit::caldav_sim::{Damage, Fault};
use kalends_testkit::wire::{Delivery, SimRequest};

/// So many are made from seeds.
const SEEDS: u64 = 90;

const NEW: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//person//EN\r\nBEGIN:VEVENT\r\n\
    UID:new@person\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260620T090000Z\r\n\
    DURATION:PT1H\r\nSUMMARY:New\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// A pair with an event that is new to the engine in each calendar.
fn with_news() -> Pair {
    let pair = Pair::at_rest();
    for place in [0, 1] {
        let text = NEW.replace("new@", &format!("new{place}@"));
        pair.put(place, "person-new.ics", &text);
    }
    pair
}

/// One answer of the undisturbed sync: its method, its number among those, its body, and what it is an
/// answer to.
struct Good(&'static str, u32, String, String);

/// What is asked by a request, and of which calendar: `sync-collection-of-cal0`.
fn asked(request: &SimRequest) -> String {
    let text = String::from_utf8_lossy(&request.body).into_owned();
    let root = text.split('<').find(|tag| tag.contains("xmlns")).unwrap_or_default();
    let name = root.split([' ', ':', '>']).find(|word| word.len() > 2).unwrap_or_default();
    let path = request.path();
    let calendar = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    format!("{name}-of-{calendar}")
}

/// The undisturbed sync: its answers with a body, and how it ends.
fn undisturbed() -> (Vec<Good>, Held) {
    let pair = with_news();
    pair.sync();
    let mut answers = Vec::new();
    for method in ["PROPFIND", "REPORT"] {
        let sim = pair.world.http.sim();
        let all = sim.log().iter().filter(|logged| logged.request.method == method);
        answers.extend(
            (1..).zip(all).map(|(nth, logged)| {
                Good(method, nth, logged.reply.text(), asked(&logged.request))
            }),
        );
    }
    pair.end();
    (answers, edited(&pair))
}

/// How it ends once the new events have changed: an answer that lied in good form is only known
/// for that by the next change.
fn edited(pair: &Pair) -> Held {
    for place in [0, 1] {
        let text =
            NEW.replace("new@", &format!("new{place}@")).replace("SUMMARY:New", "SUMMARY:Newer");
        pair.put(place, "person-new.ics", &text);
    }
    pair.end()
}

/// What is wrong about how it ends where one answer is spoilt, if anything is; and what the sync came to
/// that met it.
fn ends(good: &Good, fault: Fault, ending: &Held) -> (Option<String>, Outcome) {
    let may_lie = matches!(fault, Fault::Damage(Damage::Body(_)));
    let pair = with_news();
    let before = Recorded::of(&pair.world);
    pair.fault(good.0, good.1, fault);
    let report = pair.sync();
    let outcome = Recorded::of(&pair.world).since(&before, &report);
    (harm(&pair, &report, may_lie, ending), outcome)
}

fn harm(pair: &Pair, report: &Report, may_lie: bool, ending: &Held) -> Option<String> {
    if let Some(harm) = pair.harm() {
        return Some(format!("{harm}: {report:?}"));
    }
    if let Some((_, _, failure)) = report.failures.iter().find(|(_, _, it)| it.code.is_empty()) {
        return Some(format!("a failure has no name: {failure:?}"));
    }
    let first = pair.end();
    if !may_lie && first.len() != ending.len() {
        return Some(format!("{} objects are left of {}", first.len(), ending.len()));
    }
    let left = edited(pair);
    let other = ending.iter().find(|(key, text)| left.get(*key) != Some(*text));
    let other = other.map(|(key, text)| format!("{key:?} is {:?} for {text}", left.get(key)));
    other.or_else(|| {
        let extra = left.keys().find(|key| !ending.contains_key(*key));
        extra.map(|key| format!("{key:?} is there as well"))
    })
}

#[track_caller]
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} to mend:\n{}", wrong.len(), wrong.join("\n"));
}

fn spoilt(case: &Case) -> Fault {
    Fault::Damage(Damage::Body(case.bytes.clone()))
}

/// Catches an answer that deletes, or that keeps the next one from making good.
#[test]
fn a_body_that_is_wrong_deletes_nothing_and_the_next_sync_makes_good() {
    let (answers, ending) = undisturbed();
    let (mut wrong, mut ended) = (Vec::new(), BTreeMap::new());
    for case in cases("bodies") {
        for good in &answers {
            let at = format!("{} ({}) at {} {}", case.name, case.wrong, good.0, good.1);
            let (harm, outcome) = ends(good, spoilt(&case), &ending);
            wrong.extend(harm.map(|harm| format!("{at}: {harm}")));
            ended.insert(format!("{} {}-{}", case.listed(), good.3, good.1), outcome);
        }
    }
    none(&wrong);
    end_as_listed("ends/bodies.txt", &ended);
}

/// The same of bodies from seeds.
#[test]
fn bodies_that_are_made_wrong_delete_nothing() {
    let (answers, ending) = undisturbed();
    let (mut wrong, mut ended) = (Vec::new(), BTreeMap::new());
    for seed in 0..SEEDS {
        let good = &answers[usize::try_from(seed).unwrap() % answers.len()];
        let case = answer(&good.2, seed);
        let at = format!("{} ({}) at {} {}", case.name, case.wrong, good.0, good.1);
        let (harm, outcome) = ends(good, spoilt(&case), &ending);
        wrong.extend(harm.map(|harm| format!("{at}: {harm}")));
        ended.insert(format!("{} {}-{}", case.listed(), good.3, good.1), outcome);
    }
    none(&wrong);
    end_as_listed("ends/bodies-made.txt", &ended);
}

/// Catches a part of a page that is taken for the whole: at each octet with `KALENDS_LONG`, else
/// at every sixty-first.
#[test]
fn a_page_that_is_cut_at_any_octet_deletes_nothing() {
    let (answers, ending) = undisturbed();
    let step = if std::env::var_os("KALENDS_LONG").is_some() { 1 } else { 61 };
    let mut wrong = Vec::new();
    for good in &answers {
        for octet in (0..good.2.len()).step_by(step) {
            let cut = Fault::Damage(Damage::Deliver(Delivery::TruncateAt(octet)));
            let at = format!("cut at {octet} of {} {}", good.0, good.1);
            wrong.extend(ends(good, cut, &ending).0.map(|harm| format!("{at}: {harm}")));
        }
    }
    none(&wrong);
}

/// Catches a fault of the catalogue that deletes: wrong lengths, bad gzip, pages of HTML, drips,
/// stalls, rests of a year and all others. Each strikes at every answer with `KALENDS_LONG`, else
/// at one of each method.
#[test]
fn every_fault_of_the_catalogue_deletes_nothing_and_ends_by_itself() {
    let (answers, ending) = undisturbed();
    let long = std::env::var_os("KALENDS_LONG").is_some();
    let mut wrong = Vec::new();
    for name in Fault::names() {
        // These change the server for good, not an answer of it.
        let for_good = ["C9", "C38", "X20", "X21", "X22", "X23", "X24", "C34-raced"];
        if for_good.contains(&name.as_str()) {
            continue;
        }
        for good in answers.iter().filter(|good| long || good.1 == 1) {
            let fault = Fault::by_name(&name).unwrap();
            let at = format!("{name} at {} {}", good.0, good.1);
            wrong.extend(ends(good, fault, &ending).0.map(|harm| format!("{at}: {harm}")));
        }
    }
    none(&wrong);
}
