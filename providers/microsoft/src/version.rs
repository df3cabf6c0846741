//! Versions as the engine keeps them: the entity tag, and what a later write must know of the
//! object without reading it again.

use kalends_core::event::{Body, Content, Recurrence};
use kalends_core::graph::Capabilities;
use kalends_core::ids::Version;
use kalends_core::normalize;
use kalends_core::provider::{Failure, FailureClass};
use kalends_core::time::{Gap, When, Zone};
use sha2::{Digest, Sha256};

use crate::context::fail;
use crate::recurrence;

/// A version, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// The entity tag, for conditions.
    pub(crate) etag: String,
    pub(crate) kind: HeldKind,
}

/// What kind of object it is the version of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HeldKind {
    Single,
    /// A changed instance of a series.
    Instance,
    /// A series.
    Series(SeriesSketch),
}

/// A series, as short as it can be told from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeriesSketch {
    /// Of its times and its rule: writing others drops what was changed of instances.
    pub(crate) shape: String,
    /// Of what was cancelled and changed of its instances: not every change of those gives the
    /// series another tag.
    pub(crate) holes: String,
}

impl Held {
    pub(crate) fn single(etag: String) -> Self {
        Self { etag, kind: HeldKind::Single }
    }

    pub(crate) fn instance(etag: String) -> Self {
        Self { etag, kind: HeldKind::Instance }
    }

    pub(crate) fn series(etag: String, sketch: SeriesSketch) -> Self {
        Self { etag, kind: HeldKind::Series(sketch) }
    }

    /// The entity tag as a condition of a write.
    ///
    /// # Errors
    /// None is known: nothing is written without one.
    pub(crate) fn condition(&self) -> Result<&str, Failure> {
        condition(Some(&self.etag))
    }

    pub(crate) fn version(&self) -> Version {
        Version(match &self.kind {
            HeldKind::Single => self.etag.clone(),
            HeldKind::Instance => format!("{} i", self.etag),
            HeldKind::Series(SeriesSketch { shape, holes }) => {
                format!("{} s {shape} {holes}", self.etag)
            }
        })
    }

    /// Tags hold no white space (RFC 9110 section 8.8.3).
    pub(crate) fn of(version: &Version) -> Self {
        let mut words = version.0.split(' ');
        let etag = words.next().unwrap_or_default().to_owned();
        let kind = match (words.next(), words.next(), words.next()) {
            (Some("i"), ..) => HeldKind::Instance,
            (Some("s"), Some(shape), Some(holes)) => {
                let (shape, holes) = (shape.to_owned(), holes.to_owned());
                HeldKind::Series(SeriesSketch { shape, holes })
            }
            _ => HeldKind::Single,
        };
        Self { etag, kind }
    }
}

/// The tag of what was just read, as a condition of a write.
///
/// # Errors
/// The server gave none: nothing is written without one.
pub(crate) fn condition(tag: Option<&str>) -> Result<&str, Failure> {
    tag.filter(|tag| !tag.is_empty()).ok_or_else(|| {
        let detail = "the server does not say at which version the event is: read it again";
        fail(FailureClass::Stale, "graph.no-version", detail)
    })
}

impl SeriesSketch {
    /// Of a series; `changed`: the changed instances that belong to its object, with their tags.
    pub(crate) fn of(body: &Body, changed: &[String]) -> Self {
        let none = Recurrence::default();
        let recurrence = body.recurrence.as_ref().unwrap_or(&none);
        Self {
            shape: shape(&body.content, recurrence),
            holes: holes(&recurrence.excluded, changed),
        }
    }
}

fn shape(content: &Content, recurrence: &Recurrence) -> String {
    let mut plain = Content::at(content.span.clone());
    let mut rules = recurrence.rules.clone();
    if let Some((start, rule)) = recurrence::kept(&content.span.start, recurrence) {
        plain.span.start = start;
        rules = vec![rule];
    }
    let recurrence = Recurrence { rules, ..Recurrence::default() };
    let body = Body { recurrence: Some(recurrence), ..Body::single(plain) };
    short(&normalize::hash(&body, &Capabilities::default()).0)
}

fn holes(excluded: &[When], changed: &[String]) -> String {
    let utc = Zone::utc();
    let mut keys: Vec<i64> =
        excluded.iter().map(|when| when.instant(&utc, Gap::Shift).as_seconds()).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut digest = Sha256::new();
    keys.iter().for_each(|key| digest.update(key.to_be_bytes()));
    for text in changed {
        digest.update([0xFF]);
        digest.update(text);
    }
    short(&digest.finalize())
}

fn short(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_read_back() {
        let sketch = SeriesSketch { shape: "00ff".into(), holes: "11".into() };
        for held in [
            Held::single("W/\"a+b/=\"".into()),
            Held::instance("W/\"a\"".into()),
            Held::series("W/\"a\"".into(), sketch),
        ] {
            assert_eq!(Held::of(&held.version()), held);
        }
    }
}
