//! The query of a request, decoded.

use serde_json::Value;

use super::super::answer::Refusal;
use super::expression::{self, Expression};
use crate::wire::decode_path;

/// Names and values in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) parts: Vec<(String, String)>,
}

/// One `$expand` of a navigation property.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expansion {
    pub(crate) name: String,
    pub(crate) filter: Option<Expression>,
}

impl Query {
    /// Reads `a=b&c=d`; a plus is a blank.
    pub(crate) fn read(text: &str) -> Self {
        let parts = text.split('&').filter(|part| !part.is_empty()).map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name), decode(value))
        });
        Self { parts: parts.collect() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.parts.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Refuses system options that are not among `known`; names that are no system options and
    /// not known are given back.
    pub(crate) fn only(&self, known: &[&str]) -> Result<Vec<String>, Refusal> {
        let is_known = |name: &str| known.iter().any(|one| one.eq_ignore_ascii_case(name));
        let odd = self.parts.iter().map(|(name, _)| name).filter(|name| !is_known(name));
        let odd: Vec<String> = odd.cloned().collect();
        match odd.iter().find(|name| name.starts_with('$')) {
            Some(name) => {
                let message = format!(
                    "The query specified in the URI is not valid. Query option '{name}' is not allowed."
                );
                Err(Refusal::new(400, "BadRequest", &message))
            }
            None => Ok(odd),
        }
    }

    /// A number of a system option.
    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let message = format!("Invalid value '{text}' for {name} query option found.");
        text.parse().map(Some).map_err(|_| Refusal::new(400, "BadRequest", &message))
    }

    /// The names of `$select`.
    pub(crate) fn selected(&self) -> Option<Vec<String>> {
        let names = self.get("$select")?.split(',').map(|name| name.trim().to_owned());
        Some(names.filter(|name| !name.is_empty()).collect())
    }

    /// The expression of `$filter`.
    pub(crate) fn filter(&self) -> Result<Option<Expression>, Refusal> {
        self.get("$filter").map(parse).transpose()
    }

    /// The properties of `$expand`, each with its own filter.
    pub(crate) fn expansions(&self) -> Result<Vec<Expansion>, Refusal> {
        let Some(text) = self.get("$expand") else {
            return Ok(Vec::new());
        };
        split_outside(text, ',').into_iter().map(expansion).collect()
    }

    /// The query with one option set to another value, as text.
    pub(crate) fn with(&self, name: &str, value: &str) -> String {
        let others = self.parts.iter().filter(|(known, _)| !known.eq_ignore_ascii_case(name));
        let spelt = |(name, value): (&str, &str)| format!("{}={}", encode(name), encode(value));
        let parts = others.map(|(name, value)| (name.as_str(), value.as_str()));
        parts.chain([(name, value)]).map(spelt).collect::<Vec<_>>().join("&")
    }
}

fn expansion(text: &str) -> Result<Expansion, Refusal> {
    let (name, inner) = match text.split_once('(') {
        None => (text.trim(), None),
        Some((name, rest)) => (name.trim(), rest.trim().strip_suffix(')')),
    };
    let mut filter = None;
    for option in inner.map(|inner| split_outside(inner, ';')).unwrap_or_default() {
        match option.trim().split_once('=') {
            Some(("$filter", text)) => filter = Some(parse(text)?),
            Some(("$select", _)) => {}
            Some(_) | None => {
                let message = format!("Could not understand '{option}' in $expand.");
                return Err(Refusal::new(400, "BadRequest", &message));
            }
        }
    }
    Ok(Expansion { name: name.to_owned(), filter })
}

fn parse(text: &str) -> Result<Expression, Refusal> {
    expression::parse(text)
        .map_err(|why| Refusal::new(400, "BadRequest", &format!("Invalid filter clause: {why}")))
}

/// Parts at a character that stands outside quotes and parentheses.
fn split_outside(text: &str, at: char) -> Vec<&str> {
    let (mut quoted, mut depth) = (false, 0_i32);
    text.split(move |c| {
        quoted ^= c == '\'';
        if !quoted {
            depth += i32::from(c == '(') - i32::from(c == ')');
        }
        c == at && !quoted && depth == 0
    })
    .collect()
}

fn decode(text: &str) -> String {
    decode_path(&text.replace('+', " "))
}

/// Percent-encodes what is not unreserved, but for the dollar of system options.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~$".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A value at a path of names between slashes.
pub(crate) fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('/').fold(value, |value, name| value.get(name).unwrap_or(&Value::Null))
}
