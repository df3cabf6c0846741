//! Google's discovery document of the Calendar API, read once: which methods there are, what they
//! take, and what the resources look like. Nothing here is written by hand twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::schema::Schema;

static DOCUMENT: LazyLock<Discovery> = LazyLock::new(|| {
    let text = include_str!("../../data/calendar.v3.json");
    let document: Document = serde_json::from_str(text).unwrap_or_default();
    Discovery::new(document)
});

/// The document as it is used here.
#[derive(Debug)]
pub(crate) struct Discovery {
    methods: Vec<Method>,
    /// Resources by name.
    pub(crate) schemas: BTreeMap<String, Schema>,
    /// Query parameters of every method.
    pub(crate) parameters: BTreeMap<String, Parameter>,
    /// All scopes of the API.
    pub(crate) scopes: BTreeSet<String>,
}

/// One method of the API.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Method {
    /// Such as `calendar.events.list`.
    pub(crate) id: String,
    pub(crate) http_method: String,
    /// Below the service path, with names in braces.
    pub(crate) path: String,
    pub(crate) parameters: BTreeMap<String, Parameter>,
    /// The token needs one of these.
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) request: Option<Reference>,
    pub(crate) response: Option<Reference>,
}

/// A named schema.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Reference {
    #[serde(rename = "$ref")]
    pub(crate) name: String,
}

/// A parameter in the path or the query.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Parameter {
    pub(crate) location: String,
    pub(crate) repeated: bool,
    pub(crate) required: bool,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) format: String,
    #[serde(rename = "enum")]
    pub(crate) values: Vec<String>,
    pub(crate) minimum: Option<String>,
    pub(crate) maximum: Option<String>,
}

#[derive(Default, Deserialize)]
struct Document {
    resources: BTreeMap<String, Resource>,
    schemas: BTreeMap<String, Schema>,
    parameters: BTreeMap<String, Parameter>,
    auth: Auth,
}

#[derive(Default, Deserialize)]
struct Resource {
    #[serde(default)]
    methods: BTreeMap<String, Method>,
}

#[derive(Default, Deserialize)]
struct Auth {
    oauth2: Scopes,
}

#[derive(Default, Deserialize)]
struct Scopes {
    scopes: BTreeMap<String, serde_json::Value>,
}

/// The document.
pub(crate) fn discovery() -> &'static Discovery {
    &DOCUMENT
}

impl Discovery {
    fn new(document: Document) -> Self {
        let methods =
            document.resources.into_values().flat_map(|found| found.methods.into_values());
        Self {
            methods: methods.collect(),
            schemas: document.schemas,
            parameters: document.parameters,
            scopes: document.auth.oauth2.scopes.into_keys().collect(),
        }
    }

    /// The method that a request means, and the parameters in its path. The path is decoded segment
    /// by segment and starts after the service path.
    pub(crate) fn find(
        &self,
        http: &str,
        segments: &[String],
    ) -> Option<(&Method, BTreeMap<String, String>)> {
        let fitting = self.methods.iter().filter(|method| method.http_method == http);
        let mut found: Vec<_> = fitting
            .filter_map(|method| Some((method, match_path(&method.path, segments)?)))
            .collect();
        // `events/import` is a method, not an event named so.
        found.sort_by_key(|(_, named)| named.len());
        found.into_iter().next()
    }
}

fn match_path(template: &str, segments: &[String]) -> Option<BTreeMap<String, String>> {
    let parts: Vec<&str> = template.split('/').collect();
    if parts.len() != segments.len() {
        return None;
    }
    let mut named = BTreeMap::new();
    for (part, segment) in parts.iter().zip(segments) {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) if !segment.is_empty() => {
                named.insert(name.to_owned(), segment.clone());
            }
            None if part == segment => {}
            Some(_) | None => return None,
        }
    }
    Some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(path: &str) -> Vec<String> {
        path.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn the_document_is_read_whole() {
        assert_eq!(discovery().methods.len(), 38);
        assert_eq!(discovery().schemas.len(), 39);
        assert_eq!(discovery().scopes.len(), 18);
        assert!(discovery().parameters.contains_key("fields"));
    }

    #[test]
    fn a_path_finds_the_method_that_is_meant() {
        let named = |http: &str, path: &str| {
            discovery().find(http, &segments(path)).map(|(method, _)| method.id.clone())
        };
        assert_eq!(named("POST", "calendars/a@b/events/import").unwrap(), "calendar.events.import");
        assert_eq!(named("PUT", "calendars/a@b/events/import").unwrap(), "calendar.events.update");
        assert_eq!(named("GET", "calendars/a@b/nothing"), None);
        let (_, found) = discovery().find("GET", &segments("calendars/a@b/events/e1")).unwrap();
        assert_eq!(found["calendarId"], "a@b");
        assert_eq!(found["eventId"], "e1");
    }
}
