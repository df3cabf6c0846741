//! What became of a case: which failures, what was set aside and why, and which events it gave.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::event::Body;
use kalends_core::plan::Row;
use kalends_core::presence::Presence;
use kalends_core::provider::{Failure, Item, Output, Payload};
use kalends_core::read;
use kalends_core::time::When;
use kalends_driver::Report;
use kalends_sim_tests::World;
use kalends_testkit::memory::MemoryStore;

/// More of a title than this is not said, and of so many events the first and the last alone.
const TITLE_MAX: usize = 12;
const EVENTS_MAX: usize = 6;

/// What became of a case. Where nothing failed and nothing was set aside, it was read as it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The codes of failures.
    pub failures: BTreeSet<String>,
    /// The codes of what was set aside.
    pub asides: BTreeSet<String>,
    /// The events that it gave.
    pub events: BTreeSet<String>,
}

impl Outcome {
    /// Whether nothing failed, and nothing was set aside.
    #[must_use]
    pub fn is_swallowed(&self) -> bool {
        self.failures.is_empty() && self.asides.is_empty()
    }

    /// As lists of outcomes say it.
    #[must_use]
    pub fn said(&self) -> String {
        let parts = [
            ("fails", &self.failures, " "),
            ("sets aside", &self.asides, " "),
            ("gives", &self.events, "; "),
        ];
        let said = |(verb, what, between): (&str, &BTreeSet<String>, &str)| {
            let mut what: Vec<&str> = what.iter().map(String::as_str).collect();
            let count = format!("… {} in all …", what.len());
            if what.len() > EVENTS_MAX {
                what.splice(1..what.len() - 1, [&*count]);
            }
            (!what.is_empty()).then(|| format!("{verb} {}", what.join(between)))
        };
        let said: Vec<String> = parts.into_iter().filter_map(said).collect();
        if said.is_empty() { "gives nothing".to_owned() } else { said.join(", ") }
    }
}

/// What is recorded of the objects of a world: of each by its address what it says, or the code
/// of why it was set aside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    events: BTreeMap<String, String>,
    asides: BTreeMap<String, String>,
}

impl Recorded {
    /// What is recorded now.
    #[must_use]
    pub fn of(world: &World<MemoryStore>) -> Self {
        let mut recorded = Self::default();
        for row in world.store.rows(world.keys.graph).into_values() {
            if let Row::Presence(_, _, it) = &row {
                recorded.events.insert(it.object.0.clone(), presence(it));
            } else if let Row::Aside(aside) = &row {
                recorded.asides.insert(aside.object.0.clone(), read::aside(&aside.what).code);
            }
        }
        recorded
    }

    /// What a sync made of a case, that began with `before`. What one of the calendars alone shows says in
    /// which.
    #[must_use]
    pub fn since(&self, before: &Self, report: &Report) -> Outcome {
        let failures = report.failures.iter().map(|(_, _, failure)| failure.code.clone());
        Outcome {
            failures: failures.collect(),
            asides: anew(&self.asides, &before.asides),
            events: anew(&self.events, &before.events),
        }
    }
}

/// What was not so before, in as many calendars as there are two of.
fn anew(now: &BTreeMap<String, String>, before: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut places: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (object, said) in now.iter().filter(|(object, said)| before.get(*object) != Some(*said)) {
        let calendar = object.rsplit('/').nth(1).unwrap_or_default();
        places.entry(said).or_default().insert(calendar);
    }
    let told = |(said, calendars): (&str, BTreeSet<&str>)| match calendars.first() {
        Some(only) if calendars.len() == 1 => format!("{said} in {only} alone"),
        Some(_) | None => said.to_owned(),
    };
    places.into_iter().map(told).collect()
}

/// What a conversation gave, and how it failed if it did.
#[must_use]
pub fn of_outputs(outputs: &[Output], failure: Option<&Failure>) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.failures.extend(failure.map(|failure| failure.code.clone()));
    for output in outputs {
        match output {
            Output::Item(Item::Broken(broken)) => {
                outcome.asides.insert(broken.code.clone());
            }
            Output::Item(Item::Event(it)) => {
                outcome.events.insert(match &it.payload {
                    Payload::Whole(it) => body(it),
                    Payload::Instance { original, .. } => {
                        format!("an instance at {}", when(original))
                    }
                });
            }
            Output::Item(
                Item::Message(_) | Item::Removed { .. } | Item::AsRuled { .. } | Item::Listed(_),
            )
            | Output::Calendar(_)
            | Output::Name { .. }
            | Output::Schedule(_) => {}
        }
    }
    outcome
}

/// What an event says, as far as the wrongs of objects are about it, in a few words.
fn presence(presence: &Presence) -> String {
    let doubts: String = presence.doubts.iter().map(|code| format!(" ({code})")).collect();
    body(&presence.body) + &doubts
}

fn body(body: &Body) -> String {
    let title: String =
        body.content.title.chars().take(TITLE_MAX).flat_map(char::escape_default).collect();
    let mut said = format!("{title:?} at {}", when(&body.content.span.start));
    if body.recurrence.is_some() {
        said += ", a series";
    }
    if !body.exceptions.is_empty() {
        said += &format!(" with {} changed", body.exceptions.len());
    }
    if body.instance_of.is_some() {
        said += ", an instance of a series";
    }
    said
}

fn when(when: &When) -> String {
    match when {
        When::Zoned(civil, zone) => format!("{civil} {}", zone.name()),
        When::Floating(civil) => format!("{civil}"),
        When::Date(date) => format!("{date}"),
    }
}
