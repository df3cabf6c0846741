//! Objects that a person's program should never have stored.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use kalends_hostile::{Case, Pair, cases, object};

/// So many are made from seeds.
const SEEDS: u64 = 160;

/// What is wrong about how a case ends, if anything is.
fn ends(case: &Case) -> Option<String> {
    let pair = Pair::at_rest();
    // Text is all that a server can have taken.
    let text = String::from_utf8_lossy(&case.bytes);
    for place in [0, 1] {
        pair.put(place, "person-wrong.ics", &text);
    }
    for round in 0..3 {
        let report = pair.sync();
        if let Some(harm) = pair.harm() {
            return Some(format!("{harm}, in round {round}: {report:?}"));
        }
        for place in [0, 1] {
            let named = report.failures.iter().all(|(_, _, failure)| !failure.code.is_empty());
            let said = named && !report.failures.is_empty();
            if !said && !pair.knows(place, "person-wrong.ics") {
                return Some(format!("nothing is said of it in place {place}: {report:?}"));
            }
        }
    }
    for place in [0, 1] {
        pair.delete(place, "person-wrong.ics");
    }
    // What was made of it goes with it, and nothing else.
    let left = pair.end();
    let extra = left.keys().find(|(_, name)| name == "person-wrong.ics");
    let harm = extra.map(|key| format!("{key:?} is there again"));
    harm.or_else(|| (left.len() != 10).then(|| format!("{} objects are left of 10", left.len())))
}

#[track_caller]
fn all_end(cases: impl IntoIterator<Item = Case>) {
    let ends =
        |case: Case| ends(&case).map(|harm| format!("{} ({}): {harm}", case.name, case.wrong));
    let wrong: Vec<String> = cases.into_iter().filter_map(ends).collect();
    assert!(wrong.is_empty(), "{} to mend:\n{}", wrong.len(), wrong.join("\n"));
}

/// Catches an object that takes others with it: a calendar that stops, a mirror that goes.
#[test]
fn an_object_that_is_wrong_is_set_aside_or_mirrored_and_all_others_stand() {
    all_end(cases("objects"));
}

/// The same of objects from seeds.
#[test]
fn objects_that_are_made_wrong_harm_no_others() {
    all_end((0..SEEDS).map(object));
}
