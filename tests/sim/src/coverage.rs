//! What histories exercised, and how often.

use std::collections::BTreeMap;
use std::fmt;

use crate::keep::Keep;
use crate::world::World;

/// Counts by group and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage(BTreeMap<(&'static str, String), u64>);

impl Coverage {
    /// Adds to one count.
    pub fn add(&mut self, group: &'static str, name: &str, times: u64) {
        *self.0.entry((group, name.to_owned())).or_default() += times;
    }

    /// Takes over the counts of another.
    pub fn join(&mut self, other: Self) {
        for (key, times) in other.0 {
            *self.0.entry(key).or_default() += times;
        }
    }

    /// How often something was exercised.
    #[must_use]
    pub fn times(&self, group: &'static str, name: &str) -> u64 {
        self.0.get(&(group, name.to_owned())).copied().unwrap_or_default()
    }

    /// The lines of a script, by the words that they begin with.
    pub(crate) fn script(&mut self, script: &[String]) {
        for line in script {
            let words = line.split_whitespace().skip(1);
            let is_word = |word: &&str| {
                let plain = word.trim_end_matches([':', ',']);
                plain.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')
            };
            let mut said: Vec<&str> = words.clone().take_while(is_word).collect();
            if said == ["fault"] {
                said.extend(words.skip(1).take(1));
            }
            self.add("step", said.join(" ").trim_end_matches([':', ',']), 1);
        }
    }

    /// Why rows changed.
    pub(crate) fn journal<S: Keep>(&mut self, world: &World<S>) {
        let Some(memory) = world.store.memory() else { return };
        for (entry, _) in memory.journal(world.keys.graph) {
            self.add("cause", entry.cause.what.code(), 1);
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((group, name), times) in &self.0 {
            writeln!(f, "{group:12} {name:44} {times:>12}")?;
        }
        Ok(())
    }
}
