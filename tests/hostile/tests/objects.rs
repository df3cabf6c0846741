//! Objects that a person's program should never have stored.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::presence::AsideKind;
use kalends_core::read;
use kalends_hostile::{Case, Outcome, Pair, Recorded, cases, end_as_listed, object};

/// So many are made from seeds.
const SEEDS: u64 = 160;

/// How a reason begins that says what to do.
const ADVICE: [&str; 10] =
    ["give", "part", "put", "read", "remove", "replace", "say", "send", "store", "write"];

/// What is wrong about what is said of an object that was set aside, if anything is.
fn is_said(what: &AsideKind, text: &str, codes: &mut BTreeSet<String>) -> Option<String> {
    let said = read::aside(what);
    let harm = match what {
        AsideKind::Quarantined(found) => {
            let has_advice =
                ADVICE.iter().any(|word| found.reason.starts_with(&format!("{word} ")));
            let is_told = found.code.starts_with("ical.")
                && has_advice
                && found.raw.is_empty() == text.is_empty();
            codes.insert(found.code.clone());
            // What the person wrote stands in the raw text alone.
            !is_told || found.reason.contains("Wrong") || said.text != found.reason
        }
        AsideKind::Stray { .. }
        | AsideKind::ForeignManaged { .. }
        | AsideKind::Message { .. }
        | AsideKind::NotEvent => said.code.is_empty() || said.text.is_empty(),
    };
    harm.then(|| format!("nobody knows what to do: {said:?}"))
}

/// What the tests keep of their cases: the codes of what was set aside, and what each first came to.
#[derive(Default)]
struct Seen {
    codes: BTreeSet<String>,
    ended: BTreeMap<String, Outcome>,
}

/// What is wrong about how a case ends, if anything is.
fn ends(case: &Case, seen: &mut Seen) -> Option<String> {
    let pair = Pair::at_rest();
    let before = Recorded::of(&pair.world);
    // Text is all that a server can have taken.
    let text = String::from_utf8_lossy(&case.bytes);
    for place in [0, 1] {
        pair.put(place, "person-wrong.ics", &text);
    }
    for round in 0..3 {
        let report = pair.sync();
        if round == 0 {
            let outcome = Recorded::of(&pair.world).since(&before, &report);
            seen.ended.insert(case.listed(), outcome);
        }
        if let Some(harm) = pair.harm() {
            return Some(format!("{harm}, in round {round}: {report:?}"));
        }
        for place in [0, 1] {
            let named = report.failures.iter().all(|(_, _, failure)| !failure.code.is_empty());
            let said = named && !report.failures.is_empty();
            if !said && !pair.knows(place, "person-wrong.ics") {
                return Some(format!("nothing is said of it in place {place}: {report:?}"));
            }
            let aside = pair.aside(place, "person-wrong.ics");
            if let Some(harm) = aside.and_then(|what| is_said(&what, &text, &mut seen.codes)) {
                return Some(format!("{harm}, in place {place}"));
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

/// All end well, as the list has it, and some of them for so many different reasons.
#[track_caller]
fn all_end(cases: impl IntoIterator<Item = Case>, list: &str, reasons: usize) {
    let mut seen = Seen::default();
    let ends = |case: Case| {
        ends(&case, &mut seen).map(|harm| format!("{} ({}): {harm}", case.name, case.wrong))
    };
    let wrong: Vec<String> = cases.into_iter().filter_map(ends).collect();
    assert!(wrong.is_empty(), "{} to mend:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen.codes.len() >= reasons, "{:?}", seen.codes);
    end_as_listed(list, &seen.ended);
}

/// Catches an object that takes others with it: a calendar that stops, a mirror that goes; and one
/// that is set aside without a word about why, and what to do, or is not any more.
#[test]
fn an_object_that_is_wrong_is_set_aside_or_mirrored_and_all_others_stand() {
    all_end(cases("objects"), "ends/objects.txt", 7);
}

/// The same of objects from seeds.
#[test]
fn objects_that_are_made_wrong_harm_no_others() {
    all_end((0..SEEDS).map(object), "ends/objects-made.txt", 8);
}
