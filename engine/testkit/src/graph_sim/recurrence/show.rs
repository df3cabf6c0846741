//! A recurrence as the service shows it, with or without filler (3.9).

use serde_json::{Value, json};

use super::{DAYS, End, INDEXES, KINDS, Kind, Recurrence, word};

impl Recurrence {
    /// The recurrence in Graph's words.
    pub(crate) fn show(&self, has_filler: bool) -> Value {
        let mut out = json!({"pattern": self.show_pattern(), "range": self.show_range()});
        if has_filler {
            fill(&mut out["pattern"], &[("month", json!(0)), ("dayOfMonth", json!(0))]);
            fill(&mut out["pattern"], &[("firstDayOfWeek", json!("sunday"))]);
            fill(&mut out["pattern"], &[("index", json!("first"))]);
            let range = [("endDate", json!("0001-01-01")), ("numberOfOccurrences", json!(0))];
            fill(&mut out["range"], &range);
        }
        out
    }

    fn show_pattern(&self) -> Value {
        let pattern = &self.pattern;
        let mut out = json!({
            "type": word(&KINDS, pattern.kind),
            "interval": pattern.interval,
        });
        let days: Vec<&str> = pattern.days.iter().map(|day| word(&DAYS, *day)).collect();
        let index = word(&INDEXES, pattern.index);
        match pattern.kind {
            Kind::Daily => {}
            Kind::Weekly => {
                out["daysOfWeek"] = json!(days);
                out["firstDayOfWeek"] = json!(word(&DAYS, pattern.first_day));
            }
            Kind::AbsoluteMonthly => out["dayOfMonth"] = json!(pattern.day),
            Kind::AbsoluteYearly => {
                out["dayOfMonth"] = json!(pattern.day);
                out["month"] = json!(pattern.month);
            }
            Kind::RelativeMonthly => {
                out["daysOfWeek"] = json!(days);
                out["index"] = json!(index);
            }
            Kind::RelativeYearly => {
                out["daysOfWeek"] = json!(days);
                out["index"] = json!(index);
                out["month"] = json!(pattern.month);
            }
        }
        out
    }

    fn show_range(&self) -> Value {
        let mut out = json!({
            "startDate": self.start.to_string(),
            "recurrenceTimeZone": self.zone,
        });
        match self.end {
            End::Never => out["type"] = json!("noEnd"),
            End::On(end) => {
                out["type"] = json!("endDate");
                out["endDate"] = json!(end.to_string());
            }
            End::After(count) => {
                out["type"] = json!("numbered");
                out["numberOfOccurrences"] = json!(count);
            }
        }
        out
    }
}

fn fill(part: &mut Value, filler: &[(&str, Value)]) {
    for (name, value) in filler {
        if part.get(name).is_none() {
            part[name] = value.clone();
        }
    }
}
