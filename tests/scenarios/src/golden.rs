//! A story's file: the script, a line `---`, and the outcome.

use kalends_sim_tests::{Script, retell};

use crate::parse::parse;
use crate::tell::tell;

/// How a history ends in which nothing is wrong.
const AS_IT_SHOULD: &str = "it ends as it should";
const RULE: &str = "\n---\n";

/// A story as its file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// What happens.
    pub script: String,
    /// What is to be seen.
    pub outcome: String,
}

impl Story {
    /// Takes a file apart; without a rule there is no outcome yet.
    #[must_use]
    pub fn of(file: &str) -> Self {
        let (script, outcome) = file.split_once(RULE).unwrap_or((file.trim_end(), ""));
        Self { script: script.to_owned(), outcome: outcome.to_owned() }
    }

    /// The file anew, with what was seen.
    #[must_use]
    pub fn with(&self, seen: &str) -> String {
        format!("{}{RULE}{seen}", self.script)
    }

    /// Whether it is a history of the simulated world, as `cargo xtask sim` prints one that fails.
    #[must_use]
    pub fn is_history(&self) -> bool {
        self.script.lines().any(|line| line.starts_with("world "))
    }

    /// What is to be seen when the story is told now.
    ///
    /// # Errors
    /// The line that cannot be read or carried out, in words.
    pub fn tell(&self) -> Result<String, String> {
        if self.is_history() {
            let script = Script::read(&self.script)?;
            return Ok(retell(&script).unwrap_or_else(|| AS_IT_SHOULD.to_owned()) + "\n");
        }
        let told = parse(&self.script).and_then(|(cast, lines)| tell(&cast, &lines));
        told.map_err(|trouble| trouble.to_string())
    }
}

/// The lines in which two outcomes differ, `-` those that were expected and `+` those seen, each
/// with its number; empty where they agree.
#[must_use]
pub fn difference(expected: &str, seen: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), seen.lines().collect());
    let common = lengths(&old, &new);
    let (mut at, mut to) = (0, 0);
    let mut out = String::new();
    while at < old.len() || to < new.len() {
        if at < old.len() && to < new.len() && old[at] == new[to] {
            (at, to) = (at + 1, to + 1);
        } else if to == new.len() || (at < old.len() && common[at + 1][to] >= common[at][to + 1]) {
            out += &format!("-{:3} {}\n", at + 1, old[at]);
            at += 1;
        } else {
            out += &format!("+{:3} {}\n", to + 1, new[to]);
            to += 1;
        }
    }
    out
}

/// How many lines two texts have in common from each pair of lines on.
fn lengths(old: &[&str], new: &[&str]) -> Vec<Vec<usize>> {
    let mut common = vec![vec![0; new.len() + 1]; old.len() + 1];
    for at in (0..old.len()).rev() {
        for to in (0..new.len()).rev() {
            common[at][to] = if old[at] == new[to] {
                common[at + 1][to + 1] + 1
            } else {
                common[at + 1][to].max(common[at][to + 1])
            };
        }
    }
    common
}
