//! Every law has tests, and each test says what breakage it catches.

use std::collections::BTreeSet;

use crate::code::Code;
use crate::tree::SourceFile;
use crate::workspace::Problem;

/// The laws of the engine, by their numbers.
pub const LAWS: &[&str] = &[
    "L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8", "L9", "L10", "L11", "L12", "L13", "L14", "L15",
    "L16",
];

/// Cases of a contract suite: functions that a macro turns into one test for each implementation.
const SUITES: &str = "engine/testkit/";

/// Holds the table in `engine/docs/invariants.md` against the tests it names.
///
/// A row has the law, the test as ``folder/file.rs::name_of_test``, and the breakage it catches.
#[must_use]
pub fn check_laws(invariants: &str, files: &[SourceFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut tested = BTreeSet::new();
    for row in invariants.lines().filter_map(Row::read) {
        match row.problem(files) {
            Some(problem) => problems.push(format!("invariants.md, {}: {problem}", row.law)),
            None => {
                tested.insert(row.law);
            }
        }
    }
    for law in LAWS.iter().filter(|law| !tested.contains(*law)) {
        problems.push(format!(
            "{law} has no running test; add a row `| {law} | `file.rs::test` | breakage |` to engine/docs/invariants.md"
        ));
    }
    problems
}

struct Row<'a> {
    law: &'a str,
    test: &'a str,
    breakage: &'a str,
}

impl<'a> Row<'a> {
    /// Reads a line of the table; other lines, its head and the list of laws among them, have no
    /// test in their second cell.
    fn read(line: &'a str) -> Option<Self> {
        let cells = line.trim().strip_prefix('|')?.strip_suffix('|')?;
        let mut cells = cells.split('|').map(str::trim);
        let (law, test) = (cells.next()?, cells.next()?);
        let test = test.strip_prefix('`')?.strip_suffix('`')?;
        Some(Self { law, test, breakage: cells.next().unwrap_or_default() })
    }

    fn problem(&self, files: &[SourceFile]) -> Option<String> {
        if !LAWS.contains(&self.law) {
            return Some(format!("there is no such law; `{}` needs one of L1 to L16", self.test));
        }
        let Some((path, name)) = self.test.split_once(".rs::") else {
            return Some(format!("write `{}` as `folder/file.rs::name_of_test`", self.test));
        };
        let (path, name) = (format!("{path}.rs"), name.rsplit("::").next().unwrap_or(name));
        let Some(file) = files.iter().find(|f| f.path == path) else {
            return Some(format!(
                "{path} does not exist; `{name}` must name its file from the root"
            ));
        };
        if self.breakage.is_empty() {
            return Some(format!("say which breakage `{name}` catches"));
        }
        match find_test(&file.text, name) {
            Found::Test => None,
            Found::Function if path.starts_with(SUITES) => None,
            Found::Function => Some(format!("`{name}` in {path} is no test; put #[test] above it")),
            Found::Nothing => Some(format!("{path} has no `fn {name}`; was the test renamed?")),
        }
    }
}

enum Found {
    Test,
    Function,
    Nothing,
}

fn find_test(text: &str, name: &str) -> Found {
    let code = Code::of(text);
    let lines: Vec<&str> = code.as_str().lines().map(str::trim).collect();
    let head = format!("fn {name}");
    let is_head = |line: &str| {
        line.find(&head).is_some_and(|at| {
            let after = line[at + head.len()..].trim_start();
            after.starts_with('(') || after.starts_with('<')
        })
    };
    let Some(at) = lines.iter().position(|line| is_head(line)) else {
        return Found::Nothing;
    };
    // Attributes and (blanked) doc comments stand between a function and the one before it.
    let above = lines[..at].iter().rev().take_while(|l| l.is_empty() || l.starts_with("#["));
    if above.into_iter().any(|l| l.starts_with("#[test]") || l.ends_with("::test]")) {
        Found::Test
    } else {
        Found::Function
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<SourceFile> {
        let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
        vec![
            file(
                "a/tests/t.rs",
                "#[test]\n/// Doc.\nfn one() {}\n\nfn helper() {}\n// fn gone() {}\n",
            ),
            file("engine/testkit/src/suite.rs", "/// A case.\npub fn case<S>(s: S) {}\n"),
        ]
    }

    fn check(row: &str) -> Vec<Problem> {
        let mut problems = check_laws(row, &files());
        problems.retain(|p| !p.contains("has no running test"));
        problems
    }

    #[test]
    fn a_law_without_a_row_is_missed() {
        let table = "| L3 | `a/tests/t.rs::one` | drops a field |";
        let problems = check_laws(table, &files());
        assert_eq!(problems.len(), LAWS.len() - 1);
        assert!(problems.iter().all(|p| !p.starts_with("L3 ")), "{problems:?}");
    }

    #[test]
    fn a_row_whose_test_is_wrong_does_not_count_for_its_law() {
        let problems = check_laws("| L3 | `a/tests/t.rs::gone` | drops a field |", &files());
        assert!(problems.iter().any(|p| p.starts_with("L3 has no running test")), "{problems:?}");
    }

    #[test]
    fn each_mistake_in_a_row_is_named() {
        for (row, words) in [
            ("| L1 | `a/tests/t.rs::gone` | x |", "has no `fn gone`"),
            ("| L1 | `a/tests/t.rs::on` | x |", "has no `fn on`"),
            ("| L1 | `a/tests/t.rs::helper` | x |", "is no test"),
            ("| L1 | `a/tests/u.rs::one` | x |", "does not exist"),
            ("| L1 | `one` | x |", "write `one` as"),
            ("| L1 | `a/tests/t.rs::one` |  |", "which breakage"),
            ("| L17 | `a/tests/t.rs::one` | x |", "no such law"),
        ] {
            let problems = check(row);
            assert!(problems.iter().any(|p| p.contains(words)), "{row}: {problems:?}");
        }
    }

    #[test]
    fn the_head_of_a_table_and_cases_of_a_suite_are_fine() {
        assert!(check("| law | test | breakage |\n|---|---|---|").is_empty());
        assert!(check("| L4 | `engine/testkit/src/suite.rs::case` | writes twice |").is_empty());
        assert!(check("| L1 | `a/tests/t.rs::tests::one` | x |").is_empty());
    }
}
