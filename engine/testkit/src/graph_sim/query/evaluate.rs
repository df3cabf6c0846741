//! Whether an item fits a filter.

use std::cmp::Ordering;

use serde_json::Value;

use super::super::times;
use super::expression::{Comparison, Expression, Function, Literal};
use super::options::at;

impl Expression {
    /// Whether an item fits. Its extended properties stand under their navigation name.
    pub(crate) fn fits(&self, item: &Value) -> bool {
        self.fits_as(item, "")
    }

    /// `variable` is what paths inside of `any` begin with.
    fn fits_as(&self, item: &Value, variable: &str) -> bool {
        match self {
            Self::And(left, right) => left.fits_as(item, variable) && right.fits_as(item, variable),
            Self::Or(left, right) => left.fits_as(item, variable) || right.fits_as(item, variable),
            Self::Not(inner) => !inner.fits_as(item, variable),
            Self::Any(path, inner_variable, inner) => {
                let items = at(item, inside(path, variable)).as_array();
                items.into_iter().flatten().any(|item| inner.fits_as(item, inner_variable))
            }
            Self::Call(function, path, text) => {
                let value =
                    valued(item, path, variable).as_str().unwrap_or_default().to_lowercase();
                let text = text.to_lowercase();
                match function {
                    Function::StartsWith => value.starts_with(&text),
                    Function::EndsWith => value.ends_with(&text),
                    Function::Contains => value.contains(&text),
                }
            }
            Self::Compare(path, comparison, literal) => {
                let is_id = inside(path, variable) == "id";
                let order = compare(valued(item, path, variable), literal, is_id);
                holds(*comparison, order)
            }
        }
    }
}

fn inside<'a>(path: &'a str, variable: &str) -> &'a str {
    let rest = path.strip_prefix(variable).filter(|_| !variable.is_empty());
    rest.map_or(path, |rest| rest.strip_prefix('/').unwrap_or(rest))
}

fn valued<'a>(item: &'a Value, path: &str, variable: &str) -> &'a Value {
    match inside(path, variable) {
        "" => item,
        path => at(item, path),
    }
}

/// `None` where the two cannot be compared. Values of extended properties compare without regard
/// to case, their names with it (3.8).
fn compare(value: &Value, literal: &Literal, is_id: bool) -> Option<Ordering> {
    match (value, literal) {
        (Value::String(value), Literal::Text(text)) if is_id => Some(same_id(value, text)),
        (Value::String(value), Literal::Text(text)) => {
            Some(value.to_lowercase().cmp(&text.to_lowercase()))
        }
        (Value::String(value), Literal::Bare(word)) => {
            let (left, right) = (times::parse_instant(value)?, times::parse_instant(word)?);
            Some(left.cmp(&right))
        }
        (Value::Bool(value), Literal::Bare(word)) => Some(value.to_string().cmp(word)),
        (Value::Null, Literal::Bare(word)) if word == "null" => Some(Ordering::Equal),
        (Value::Number(value), Literal::Bare(word)) => {
            value.as_f64()?.partial_cmp(&word.parse().ok()?)
        }
        (_, Literal::Text(_) | Literal::Bare(_)) => None,
    }
}

/// `String {guid} Name x`: the GUID in any case, the name as it is.
pub(crate) fn same_id(left: &str, right: &str) -> Ordering {
    folded(left).cmp(&folded(right))
}

/// An id of an extended property with its GUID in lower case.
pub(crate) fn folded(id: &str) -> String {
    let Some((head, rest)) = id.split_once('{') else {
        return id.to_owned();
    };
    let Some((guid, tail)) = rest.split_once('}') else {
        return id.to_owned();
    };
    format!("{head}{{{}}}{tail}", guid.to_ascii_lowercase())
}

fn holds(comparison: Comparison, order: Option<Ordering>) -> bool {
    match comparison {
        Comparison::Equal => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => order.is_some_and(Ordering::is_le),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
    }
}

#[cfg(test)]
mod tests {
    use super::super::expression::parse;
    use serde_json::json;

    #[test]
    fn items_fit_by_property_member_and_extended_property() {
        let item = json!({
            "subject": "Lunch",
            "isAllDay": false,
            "categories": ["Mirror", "Red"],
            "lastModifiedDateTime": "2026-01-02T00:00:00.0000000Z",
            "singleValueExtendedProperties":
                [{"id": "String {ABC} Name kal_m", "value": "Mark"}],
        });
        let fits = |text: &str| parse(text).unwrap().fits(&item);
        assert!(fits("subject eq 'lunch'"));
        assert!(fits("categories/any(c: c eq 'Red') and isAllDay eq false"));
        assert!(fits("lastModifiedDateTime gt 2026-01-01T12:00:00Z"));
        assert!(fits("startswith(subject,'lu') and not contains(subject,'x')"));
        let by_mark = |id: &str, value: &str| {
            fits(&format!(
                "singleValueExtendedProperties/any(p: p/id eq '{id}' and p/value eq '{value}')"
            ))
        };
        assert!(by_mark("String {abc} Name kal_m", "mark"));
        assert!(!by_mark("String {abc} Name KAL_M", "mark"));
        assert!(!by_mark("String {abc} Name kal_m", "other"));
    }
}
