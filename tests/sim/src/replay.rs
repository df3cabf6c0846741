//! The journal replayed to rows, by the form of its texts alone: another way than the engine's own,
//! so that neither stands in for the other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use kalends_core::journal::Payload;
use kalends_core::plan::Row;
use kalends_core::wire;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Rows under their keys as text.
pub(crate) type Rows<'a> = BTreeMap<Cow<'a, str>, Held<'a>>;

type Fields<'a> = BTreeMap<&'a str, &'a RawValue>;

/// A value as it stands in the journal, or put together from what stands there.
#[derive(Debug)]
pub(crate) enum Held<'a> {
    Text(&'a str),
    Fields(BTreeMap<&'a str, Self>),
}

/// A change of one row.
#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    k: Cow<'a, str>,
    #[serde(borrow)]
    b: &'a RawValue,
    #[serde(borrow)]
    a: &'a RawValue,
}

/// Applies all changes of an entry.
///
/// # Panics
/// Where it is no payload, or changes fields of a row that is not there.
pub(crate) fn replay<'a>(payload: &'a Payload, rows: &mut Rows<'a>) {
    let changes: Vec<Change<'a>> = serde_json::from_slice(&payload.0).unwrap();
    for Change { k, b, a } in changes {
        // Contents that lost stand beside the rows.
        if k.starts_with("lost:") || k.starts_with("said:") {
            continue;
        }
        if a.get() == "null" {
            rows.remove(&k);
        } else if b.get() == "null" {
            rows.insert(k, Held::Text(a.get()));
        } else {
            rows.get_mut(&k).expect("the row is there").merge(b.get(), a.get());
        }
    }
}

impl<'a> Held<'a> {
    /// Takes out what stands before alone, and puts in what stands after.
    fn merge(&mut self, before: &'a str, after: &'a str) {
        let (before, after) = (fields(before), fields(after));
        let own = self.open();
        for field in before.keys().filter(|field| !after.contains_key(*field)) {
            own.remove(field);
        }
        for (field, to) in after {
            let from = before.get(field).map(|from| from.get());
            match (own.get_mut(field), from) {
                (Some(held), Some(from)) if is_object(from) && is_object(to.get()) => {
                    held.merge(from, to.get());
                }
                (Some(_), _) | (None, _) => {
                    own.insert(field, Held::Text(to.get()));
                }
            }
        }
    }

    fn open(&mut self) -> &mut BTreeMap<&'a str, Self> {
        if let Self::Text(text) = *self {
            let own = fields(text).into_iter();
            *self =
                Self::Fields(own.map(|(field, value)| (field, Self::Text(value.get()))).collect());
        }
        match self {
            Self::Fields(own) => own,
            Self::Text(_) => unreachable!("it was opened"),
        }
    }

    /// Whether it is this row.
    pub(crate) fn is(&self, row: &Row) -> bool {
        self.says(std::str::from_utf8(&wire::encode(row)).unwrap())
    }

    fn says(&self, text: &str) -> bool {
        match self {
            Self::Text(own) => *own == text,
            Self::Fields(own) => {
                is_object(text) && {
                    let said = fields(text);
                    said.len() == own.len()
                        && said.iter().all(|(field, value)| {
                            own.get(field).is_some_and(|held| held.says(value.get()))
                        })
                }
            }
        }
    }
}

fn is_object(text: &str) -> bool {
    text.starts_with('{')
}

/// The fields of an object; their names are ours, and none of them is escaped.
fn fields(object: &str) -> Fields<'_> {
    serde_json::from_str(object).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(text: &str) -> Payload {
        Payload(text.as_bytes().to_vec())
    }

    #[test]
    fn fields_are_changed_taken_out_and_put_in_within_fields_too() {
        let all = [
            payload(r#"[{"k":"event/1","b":null,"a":{"x":{"y":1,"z":"{"},"w":[{}]}}]"#),
            payload(r#"[{"k":"said:event/1","b":null,"a":{}},{"k":"event/2","b":null,"a":{}}]"#),
            payload(r#"[{"k":"event/1","b":{"x":{"y":1},"w":[{}]},"a":{"x":{"v":3}}}]"#),
            payload(r#"[{"k":"event/2","b":{},"a":null}]"#),
        ];
        let mut rows = Rows::new();
        all.iter().for_each(|one| replay(one, &mut rows));
        assert_eq!(rows.keys().collect::<Vec<_>>(), ["event/1"]);
        let held = &rows["event/1"];
        assert!(held.says(r#"{"x":{"z":"{","v":3}}"#));
        for other in [r#"{"x":{"z":"{","v":4}}"#, r#"{"x":{"z":"{"}}"#, "{}", "null"] {
            assert!(!held.says(other), "{other}");
        }
        assert!(!held.says(r#"{"x":{"z":"{","v":3},"w":[{}]}"#));
    }
}
