//! How parts of mirrors go from one status to another: what histories do, and what none of them does.
//!
//! Together they are all that the page `engine/docs/transitions.md` lets a part do, in the words of the
//! journal: `none` is a part that is not there, and what parks is one word with its reason, without the
//! limit that may stand behind it.

/// What histories of all profiles come by, where people, networks and processes alone move parts: a long
/// run in which one is never made fails by its name.
pub(crate) const MADE: [&str; 12] = [
    "none -> due",
    "none -> settled",
    "due -> read-back",
    "due -> settled",
    "due -> unsure",
    "read-back -> due",
    "read-back -> settled",
    "settled -> due",
    "settled -> none",
    "settled -> unsure",
    "unsure -> due",
    "unsure -> settled",
];

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// What some of them come by, and not each run: by two steps in one, or since somebody kept changing a
    /// mirror.
    const SELDOM: [&str; 10] = [
        "due -> parked:contended",
        "read-back -> parked:contended",
        "settled -> parked:contended",
        "unsure -> parked:contended",
        "parked:contended -> due",
        "parked:contended -> settled",
        "parked:contended -> unsure",
        "read-back -> unsure",
        "settled -> read-back",
        "unsure -> read-back",
    ];

    /// What none does, and why. A side may be the beginning of one: `parked:*` is any reason to park.
    const NEVER: [(&str, &str); 14] = [
        ("parked:contended -> parked:*", NOTHING_SENT),
        ("parked:contended -> read-back", NOTHING_SENT),
        (
            "* -> parked:exhausted",
            "what fails in histories ends by itself, before it was tried ten times",
        ),
        ("* -> parked:forbidden", FOR_GOOD),
        ("* -> parked:over-limit", FOR_GOOD),
        ("* -> parked:read-only", FOR_GOOD),
        ("* -> parked:refused", FOR_GOOD),
        ("* -> parked:taken", FOR_GOOD),
        ("* -> parked:too-large", FOR_GOOD),
        ("parked:exhausted -> *", NEVER_PARKED),
        ("parked:f* -> *", NEVER_PARKED),
        ("parked:o* -> *", NEVER_PARKED),
        ("parked:r* -> *", NEVER_PARKED),
        ("parked:t* -> *", NEVER_PARKED),
    ];

    const NOTHING_SENT: &str = "nothing is sent for what is parked, so that no answer moves it";
    const FOR_GOOD: &str =
        "who refuses for good is no part of them: the oracle knows of no mirror that was given up";
    const NEVER_PARKED: &str = "nothing is parked so in histories";

    fn is_excused(made: &str) -> bool {
        NEVER.iter().any(|(pattern, _)| covers(pattern, made))
    }

    fn covers(pattern: &str, made: &str) -> bool {
        let (Some(pattern), Some(made)) = (pattern.split_once(" -> "), made.split_once(" -> "))
        else {
            return false;
        };
        let is_of = |pattern: &str, status: &str| match pattern.strip_suffix('*') {
            Some(begins) => status.starts_with(begins),
            None => pattern == status,
        };
        is_of(pattern.0, made.0) && is_of(pattern.1, made.1)
    }

    const PAGE: &str = include_str!("../../../engine/docs/transitions.md");

    /// What a part may be asked to say, as the page names it before a colon.
    const FORMS: [&str; 6] = ["absent", "as wanted", "to make", "to write", "to delete", "else"];

    /// Catches a move that the page gained, and that no history is asked for; one that is asked for and
    /// that the page does not know; and one that is asked for and excused.
    #[test]
    fn every_move_of_the_page_is_made_by_histories_or_excused() {
        let page = page();
        assert!(page.len() > 100, "{}", page.len());
        let known: BTreeSet<String> =
            MADE.iter().chain(&SELDOM).map(|one| (*one).to_owned()).collect();
        let untold: Vec<&String> =
            page.iter().filter(|one| !known.contains(*one) && !is_excused(one)).collect();
        assert!(untold.is_empty(), "neither made nor excused: {untold:#?}");
        let both: Vec<&String> = known.iter().filter(|one| is_excused(one)).collect();
        assert!(both.is_empty(), "made and excused: {both:?}");
        let is_there = |one: &&String| !one.contains("none");
        let unknown: Vec<&String> =
            known.iter().filter(is_there).filter(|one| !page.contains(*one)).collect();
        assert!(unknown.is_empty(), "the page does not know {unknown:?}");
        for (pattern, why) in NEVER {
            assert!(page.iter().any(|one| covers(pattern, one)), "{pattern} excuses nothing");
            assert!(!why.is_empty(), "{pattern}");
        }
    }

    /// All moves of all tables. Those of the first follow on any other in the same step, and come to no
    /// pair of statuses that is not there anyway.
    fn page() -> BTreeSet<String> {
        let rows: Vec<Vec<&str>> = PAGE.lines().filter_map(row).collect();
        let outcomes = rows.iter().flat_map(|row| row[2].split("; ").filter_map(outcome));
        let statuses: BTreeSet<String> =
            rows.iter().flat_map(|row| named(row[1])).chain(outcomes).collect();
        let mut of_input: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for row in &rows {
            of_input.entry(row[0]).or_default().extend(named(row[1]));
        }
        let mut moves = BTreeSet::new();
        for row in &rows {
            let from: BTreeSet<String> = match row[1] {
                "any" => statuses.clone(),
                "any other" => statuses.difference(&of_input[row[0]]).cloned().collect(),
                named_ones => named(named_ones).collect(),
            };
            let to: BTreeSet<String> = row[2].split("; ").filter_map(outcome).collect();
            for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (from, to))) {
                moves.extend((from != to).then(|| format!("{from} -> {to}")));
            }
        }
        moves
    }

    fn row(line: &str) -> Option<Vec<&str>> {
        let cells = line.strip_prefix("| ")?.strip_suffix(" |")?;
        let cells: Vec<&str> = cells.split(" | ").collect();
        (cells.len() == 3 && cells[2] != "comes to").then_some(cells)
    }

    /// The statuses that a cell names, in the words of the journal.
    fn named(cell: &str) -> impl Iterator<Item = String> {
        let named = cell.split(", ").filter(|one| !one.starts_with("any"));
        named.map(word).collect::<Vec<_>>().into_iter()
    }

    fn word(status: &str) -> String {
        match status.strip_prefix("parked: ") {
            Some(why) => format!("parked:{}", why.replace(' ', "-")),
            None => status.replace(' ', "-"),
        }
    }

    /// The status that one outcome comes to; `None` where it stays.
    fn outcome(text: &str) -> Option<String> {
        let forms = text.split(": ").next().unwrap_or_default();
        let of_form = forms.split(", ").all(|form| FORMS.contains(&form));
        let rest = if of_form { &text[forms.len() + 2..] } else { text };
        let status = rest.split(", ").next().filter(|status| *status != "stays")?;
        Some(word(status))
    }
}
