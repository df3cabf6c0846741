//! What histories exercised, and how often.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use kalends_core::plan::Row;
use serde_json::Value;

use crate::expected::expected;
use crate::keep::Keep;
use crate::life::Depth;
use crate::world::World;

/// Counts by group and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage(BTreeMap<&'static str, BTreeMap<String, u64>>);

impl Coverage {
    /// Adds to one count.
    pub fn add(&mut self, group: &'static str, name: &str, times: u64) {
        let names = self.0.entry(group).or_default();
        match names.get_mut(name) {
            Some(known) => *known += times,
            None => drop(names.insert(name.to_owned(), times)),
        }
    }

    /// Takes over the counts of another.
    pub fn join(&mut self, other: Self) {
        for (group, names) in other.0 {
            names.into_iter().for_each(|(name, times)| self.add(group, &name, times));
        }
    }

    /// How often something was exercised.
    #[must_use]
    pub fn times(&self, group: &'static str, name: &str) -> u64 {
        self.0.get(group).and_then(|names| names.get(name)).copied().unwrap_or_default()
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

    /// In what states mirrors and their parts, calendars and what lies beside them are.
    pub(crate) fn states<S: Keep>(&mut self, world: &World<S>) {
        world.store.look(world.keys.graph, |rows| rows.values().for_each(|row| self.state(row)));
    }

    fn state(&mut self, row: &Row) {
        match row {
            Row::Mirror(_, _, mirror) => {
                self.add("mirror", &first_word(&mirror.wanted), 1);
                self.add("mirror", &first_word(&mirror.mode), 1);
            }
            Row::Part(_, _, part) => {
                self.add("part", &first_word(&part.status), 1);
                self.add("part", "Gone", u64::from(part.gone.is_some()));
            }
            Row::Presence(_, _, presence) => {
                self.add("origin", "Gone", u64::from(presence.gone.is_some()));
                self.add("origin", "Pending", u64::from(presence.pending.is_some()));
            }
            Row::Aside(aside) => self.add("aside", &first_word(&aside.what), 1),
            Row::Edge(edge) => self.add("edge", &first_word(&edge.state), 1),
            Row::Account(_)
            | Row::Calendar(_)
            | Row::Policy(..)
            | Row::Review(_)
            | Row::Rule(..)
            | Row::Hold(_)
            | Row::Session(_)
            | Row::Event(_)
            | Row::Object(..)
            | Row::Sweep(..)
            | Row::Cursor(..)
            | Row::Watch(..)
            | Row::Run(_)
            | Row::Meeting(_)
            | Row::Received(..)
            | Row::Health(..) => {}
        }
    }

    /// What was judged by which check, for which laws, and what was noted.
    pub(crate) fn judged<S: Keep>(&mut self, world: &World<S>) {
        for (check, times) in world.judged.times() {
            self.add("check", check.name(), times);
            check.laws().iter().for_each(|law| self.add("law", law, times));
        }
        for (code, times) in world.judged.notes() {
            self.add("note", &code, times);
        }
    }

    /// What the histories that are lived in turn at this depth have to come by and did not.
    #[must_use]
    pub fn never(&self, depth: Depth) -> Vec<String> {
        let mut missed = expected(depth);
        missed.retain(|(group, name)| self.times(group, name) == 0);
        missed.into_iter().map(|(group, name)| format!("{group} {name}")).collect()
    }

    /// How parts went from one status to another.
    pub(crate) fn moves<S: Keep>(&mut self, world: &World<S>) {
        for (_, payload) in world.store.journal(world.keys.graph) {
            let bytes = payload.map(|payload| payload.0).unwrap_or_default();
            let changes: Vec<Value> = serde_json::from_slice(&bytes).unwrap_or_default();
            for row in changes.iter().filter(|row| is_part(row)) {
                let (from, to) = (status(&row["b"]), status(&row["a"]));
                if from != to {
                    self.add("move", &format!("{from} -> {to}"), 1);
                }
            }
        }
    }

    /// Why rows changed.
    pub(crate) fn journal<S: Keep>(&mut self, world: &World<S>) {
        for what in world.store.causes(world.keys.graph) {
            self.add("cause", what.code(), 1);
        }
    }
}

fn is_part(change: &Value) -> bool {
    change["k"].as_str().is_some_and(|key| key.starts_with("part/"))
}

/// What a row of a part says of its status, in the words of the journal; of one that says nothing
/// of it, nothing, and of none, that.
fn status(row: &Value) -> String {
    match row.get("s") {
        Some(Value::String(word)) => word.clone(),
        // A reason may have a number behind it.
        Some(parked) => {
            let word = parked.to_string().replace(['{', '}', '"'], "");
            word.trim_end_matches(|letter: char| letter == ':' || letter.is_ascii_digit())
                .to_owned()
        }
        None if row.is_null() => "none".to_owned(),
        None => String::new(),
    }
}

/// The first word of a state as it is written in code, and of what it holds no policy and nothing of
/// what is wrong with an object.
fn first_word(state: &dyn fmt::Debug) -> String {
    let mut word = FirstWord(String::new());
    // It ends with an error where the rest is not looked at.
    let _rest = write!(word, "{state:?}");
    let FirstWord(word) = word;
    let end = ["(pol", "(Quarantine"].iter().filter_map(|rest| word.find(rest)).min();
    word[..end.unwrap_or(word.len())].to_owned()
}

/// Takes a text to the first space or brace.
struct FirstWord(String);

impl fmt::Write for FirstWord {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = text.find([' ', '{']);
        self.0.push_str(&text[..end.unwrap_or(text.len())]);
        if end.is_some() { Err(fmt::Error) } else { Ok(()) }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (group, names) in &self.0 {
            for (name, times) in names {
                writeln!(f, "{group:12} {name:44} {times:>12}")?;
            }
        }
        Ok(())
    }
}
