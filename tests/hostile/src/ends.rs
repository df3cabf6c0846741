//! Lists of how each case ends.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::outcome::Outcome;

/// How a case ends, by the list of its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Listed {
    outcome: String,
    /// Whether the list says why it may be so.
    is_reasoned: bool,
}

/// Holds how cases ended against `ends.txt` of their folder, which has for each of them the failure or
/// the reason that it was set aside for, and the events that it gave; or, where there is neither, why it
/// is read as it stands.
///
/// # Panics
/// Where a case ended otherwise than the list says, is not in it, or is only there; or where something
/// is read as it stands without a reason.
#[track_caller]
pub fn end_as_listed(list: &str, ended: &BTreeMap<String, Outcome>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(list);
    let listed = parse(&fs::read_to_string(path).unwrap_or_default());
    let mut wrong = Vec::new();
    for (case, outcome) in ended {
        let said = outcome.said();
        match listed.get(case) {
            None => wrong.push(format!("{case} {said}, and is not in the list")),
            Some(it) if it.outcome != said => {
                wrong.push(format!("{case} {said}; by the list it {}", it.outcome));
            }
            Some(it) if outcome.is_swallowed() && !it.is_reasoned => {
                wrong.push(format!("{case} is read as it stands, and nobody says why it may be"));
            }
            Some(_) => {}
        }
    }
    let lost = listed.keys().filter(|case| !ended.contains_key(*case));
    wrong.extend(lost.map(|case| format!("{case} is in the list, and no case")));
    assert!(
        wrong.is_empty(),
        "{} of {list} to mend:\n{}\nAs it is now:\n{}",
        wrong.len(),
        wrong.join("\n"),
        as_list(ended)
    );
}

/// A line that begins at its margin is an outcome, and after ` because ` why that may be one; those below
/// it are the cases, with the places of each after a colon.
fn parse(text: &str) -> BTreeMap<String, Listed> {
    let mut listed = BTreeMap::new();
    let mut now = None;
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some(case) = line.strip_prefix("  ") else {
            let (outcome, why) = line.split_once(" because ").unwrap_or((line, ""));
            now = Some(Listed { outcome: outcome.to_owned(), is_reasoned: !why.is_empty() });
            continue;
        };
        let now = now.as_ref().unwrap_or_else(|| panic!("{line:?} stands below no outcome"));
        let (name, places) = case.split_once(": ").unwrap_or((case, ""));
        let all = places.split(' ').map(|place| [name, place].join(" ").trim().to_owned());
        for key in all {
            let twice = listed.insert(key, now.clone());
            assert_eq!(twice, None, "{case:?} is there twice");
        }
    }
    listed
}

/// What has ended, as a list without reasons.
fn as_list(ended: &BTreeMap<String, Outcome>) -> String {
    let mut by_outcome: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (case, outcome) in ended {
        by_outcome.entry(outcome.said()).or_default().push(case);
    }
    let mut text = String::new();
    for (outcome, cases) in by_outcome {
        let _ = writeln!(text, "{outcome}\n  {}", cases.join("\n  "));
    }
    text
}
