//! The kinds of rules, as forms that make them.

use std::collections::BTreeMap;

use kalends::core::schedule::Rule;
use kalends::core::slice::Config;
use serde_json::{Map, Value};

use super::fields::Fields;
use crate::commands::rule_body::RuleBody;
use crate::error::CliError;
use crate::show::lasting;

/// A kind of rule, and what its form asks.
pub(super) struct Kind {
    /// As programs name it.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) fields: &'static [Field],
}

/// A field of a form.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) input: Input,
    pub(super) example: &'static str,
    pub(super) required: bool,
}

/// What is typed in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    Text,
    Day,
    /// A day and a time of it.
    Moment,
    Number,
    /// Yes or no.
    Check,
    /// Several words, parted by commas.
    List,
}

impl Input {
    /// As the page's language calls it.
    pub(super) const fn html(self) -> &'static str {
        match self {
            Self::Text | Self::List => "text",
            Self::Day => "date",
            Self::Moment => "datetime-local",
            Self::Number => "number",
            Self::Check => "checkbox",
        }
    }

    fn json(self, text: &str) -> Result<Value, CliError> {
        let number = || {
            let wrong = |_| CliError::usage(format!("{text:?} is no number"));
            text.parse::<i32>().map(Value::from).map_err(wrong)
        };
        match self {
            Self::Text | Self::Day | Self::Moment => Ok(Value::from(text)),
            Self::Number => number(),
            Self::Check => Ok(Value::from(true)),
            Self::List => {
                let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
                Ok(parts.map(Value::from).collect())
            }
        }
    }
}

const fn must(name: &'static str, label: &'static str, of: (Input, &'static str)) -> Field {
    Field { name, label, input: of.0, example: of.1, required: true }
}

const fn may(name: &'static str, label: &'static str, of: (Input, &'static str)) -> Field {
    Field { name, label, input: of.0, example: of.1, required: false }
}

const FROM: Field = must("from", "From", (Input::Moment, ""));
const TO: Field = must("to", "To", (Input::Moment, ""));
const DAYS: Field = must("days", "Days", (Input::Text, "mon-fri"));
const PART: Field = must("time", "Time of day", (Input::Text, "09:00-17:30"));
const DAY: Field = must("day", "Day", (Input::Day, ""));

/// All kinds, those that are used most first.
pub(super) static KINDS: &[Kind] = &[
    Kind {
        name: "home",
        title: "Home zone",
        fields: &[must("zone", "Zone", (Input::Text, "Europe/Berlin"))],
    },
    Kind {
        name: "hours",
        title: "Working hours",
        fields: &[DAYS, PART, may("zone", "Zone, where not your own", (Input::Text, ""))],
    },
    Kind {
        name: "day",
        title: "Other hours on a day",
        fields: &[DAY, may("times", "Times; none: a day off", (Input::List, "10:00-12:00"))],
    },
    Kind {
        name: "trip",
        title: "Trip",
        fields: &[
            must("zone", "Zone of the place", (Input::Text, "Asia/Tokyo")),
            must("from", "From, by its clock", (Input::Moment, "")),
            must("to", "To, by its clock", (Input::Moment, "")),
            may("name", "Name", (Input::Text, "Tokyo")),
            may("free", "It blocks nothing", (Input::Check, "")),
        ],
    },
    Kind {
        name: "buffers",
        title: "Buffers",
        fields: &[
            may("before", "Before a meeting", (Input::Text, "10m")),
            may("after", "After a meeting", (Input::Text, "5m")),
        ],
    },
    Kind {
        name: "notice",
        title: "Shortest notice",
        fields: &[must("length", "How long before", (Input::Text, "4h"))],
    },
    Kind {
        name: "horizon",
        title: "How far ahead",
        fields: &[must("length", "How far", (Input::Text, "60d"))],
    },
    Kind { name: "focus", title: "Focus time", fields: &[DAYS, PART] },
    Kind {
        name: "limits",
        title: "Limits",
        fields: &[
            may("day", "Meetings a day", (Input::Text, "4h")),
            may("week", "Meetings a week", (Input::Text, "16h")),
        ],
    },
    Kind { name: "milestone", title: "A day for something else", fields: &[DAY] },
    Kind { name: "open", title: "Opened by hand", fields: &[FROM, TO] },
    Kind { name: "closed", title: "Closed by hand", fields: &[FROM, TO] },
    Kind {
        name: "taste",
        title: "Taste",
        fields: &[DAYS, PART, must("points", "Points, for or against", (Input::Number, "20"))],
    },
    Kind {
        name: "vip",
        title: "VIP",
        fields: &[
            must("who", "Who", (Input::Text, "boss@example.org")),
            must("waive", "What does not count", (Input::List, "notice,outside-hours")),
        ],
    },
    Kind {
        name: "consent",
        title: "Consent",
        fields: &[
            must("graph", "Their graph", (Input::Text, "gph_…")),
            must("tier", "They may: ask, book or waive", (Input::Text, "ask")),
        ],
    },
];

/// What is recorded where there is one rule of a kind: its form begins with it, as it is replaced whole.
pub(super) struct Recorded(BTreeMap<(&'static str, &'static str), String>);

impl Recorded {
    pub(super) fn of(config: &Config) -> Self {
        // As a form takes it; nothing: empty.
        let length = |ms: i64| if ms > 0 { lasting(ms).replace(' ', "") } else { String::new() };
        let of = |rule: &Rule| match rule {
            Rule::Home(zone) => vec![(("home", "zone"), zone.to_string())],
            Rule::Buffers(before, after) => vec![
                (("buffers", "before"), length(*before)),
                (("buffers", "after"), length(*after)),
            ],
            Rule::Notice(ms) => vec![(("notice", "length"), length(*ms))],
            Rule::Horizon(ms) => vec![(("horizon", "length"), length(*ms))],
            Rule::Limits(limits) => vec![
                (("limits", "day"), length(limits.day_ms.unwrap_or(0))),
                (("limits", "week"), length(limits.week_ms.unwrap_or(0))),
            ],
            Rule::Hours(_)
            | Rule::Day(..)
            | Rule::Trip(..)
            | Rule::Focus(_)
            | Rule::Milestone(_)
            | Rule::Override(_)
            | Rule::Taste(_)
            | Rule::Vip(..)
            | Rule::Consent(..) => Vec::new(),
        };
        Self(config.rules.values().flat_map(of).collect())
    }

    pub(super) fn value(&self, kind: &Kind, field: &Field) -> &str {
        self.0.get(&(kind.name, field.name)).map_or("", String::as_str)
    }
}

/// What a recorded rule is called.
pub(super) fn title(kind: &str) -> &'static str {
    let known = KINDS.iter().find(|one| one.name == kind);
    known.map_or("Opened or closed by hand", |one| one.title)
}

/// The rule that a form describes, as programs send it.
pub(super) fn body(fields: &Fields) -> Result<RuleBody, CliError> {
    let name = fields.text("kind");
    let kind = KINDS.iter().find(|kind| kind.name == name);
    let kind = kind.ok_or_else(|| CliError::usage(format!("there is no rule {name:?}")))?;
    let mut body = Map::new();
    body.insert("kind".to_owned(), name.into());
    for field in kind.fields {
        match fields.get(field.name) {
            Some(text) => drop(body.insert(field.name.to_owned(), field.input.json(text)?)),
            None if field.input == Input::List => {
                drop(body.insert(field.name.to_owned(), Value::Array(Vec::new())))
            }
            None => {}
        }
    }
    serde_json::from_value(Value::Object(body)).map_err(|error| CliError::usage(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a form whose rule the command does not read, and a kind that has none.
    #[test]
    fn each_form_makes_the_rule_it_says() {
        let samples = [
            "kind=home&zone=Europe%2FBerlin",
            "kind=hours&days=mon-fri&time=09%3A00-17%3A30&zone=",
            "kind=day&day=2026-03-02&times=",
            "kind=day&day=2026-03-02&times=10:00-12:00, 14:00-16:00",
            "kind=trip&zone=Asia/Tokyo&from=2026-03-09T08:00&to=2026-03-14T20:00&name=&free=on",
            "kind=buffers&before=10m&after=",
            "kind=notice&length=4h",
            "kind=horizon&length=60d",
            "kind=focus&days=tue,thu&time=09:00-11:30",
            "kind=limits&day=4h&week=",
            "kind=milestone&day=2026-12-24",
            "kind=open&from=2026-03-07T10:00&to=2026-03-07T12:00",
            "kind=closed&from=2026-03-06T15:00&to=2026-03-06T18:00",
            "kind=taste&days=fri&time=14:00-18:00&points=-30",
            "kind=vip&who=boss@example.org&waive=notice,outside-hours",
            "kind=consent&graph=gph_01J9Z3NDEKTSV4RRFFQ69G5FAV&tier=book",
        ];
        for kind in KINDS {
            let start = format!("kind={}&", kind.name);
            assert!(samples.iter().any(|one| one.starts_with(&start)), "{start}");
        }
        for sample in samples {
            let pairs = url::form_urlencoded::parse(sample.as_bytes()).into_owned();
            let fields: Fields = serde_json::from_value(pairs.collect()).unwrap();
            let read = body(&fields).and_then(RuleBody::read);
            assert!(read.is_ok(), "{sample}: {:?}", read.err().map(|error| error.message));
        }
    }
}
