//! Versions of events.
//!
//! Google's ids do not tell an instance of a series from an event of its own, and are not to be
//! taken apart (facts of the API: writes, "never construct or parse instance ids"). But deleting an
//! instance means something else than deleting an event. So the version of an instance names its
//! series: the engine gives it back with each write.

use kalends_core::ids::Version;
use kalends_core::provider::{Failure, FailureClass};

use crate::context::fail;

/// Parts the tag of an instance from the id of its series; no tag holds it.
const IN: &str = "\" in ";

/// The tag of an event, as a condition has it: nothing that is there is written without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag(String);

impl Tag {
    /// The tag that an answer gave, if it did.
    pub(crate) fn of(etag: Option<&str>) -> Option<Self> {
        let etag = etag.filter(|etag| !etag.is_empty())?;
        Some(Self(if etag.ends_with('"') { etag.to_owned() } else { format!("\"{etag}\"") }))
    }

    /// The tag that an answer gave.
    ///
    /// # Errors
    /// Where it gave none: then nothing can be written.
    pub(crate) fn needed(etag: Option<&str>) -> Result<Self, Failure> {
        let none = "the answer gives no version of the event: nothing was written; try later";
        Self::of(etag).ok_or_else(|| fail(FailureClass::Protocol, "google.no-version", none))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

/// The version of an event, or of an instance of this series.
pub(crate) fn version(etag: Option<&str>, series: Option<&str>) -> Option<Version> {
    let Tag(quoted) = Tag::of(etag)?;
    Some(match series {
        Some(series) => Version(format!("{}{IN}{series}", &quoted[..quoted.len() - 1])),
        None => Version(quoted),
    })
}

/// The tag to send as a condition, and the series it is an instance of.
pub(crate) fn parts(version: &Version) -> (Tag, Option<String>) {
    match version.0.split_once(IN) {
        Some((etag, series)) => (Tag(format!("{etag}\"")), Some(series.to_owned())),
        None => (Tag(version.0.clone()), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_gives_back_the_tag_and_the_series() {
        let alone = version(Some("\"31\""), None).unwrap();
        let tag = || Tag("\"31\"".to_owned());
        assert_eq!((alone.0.as_str(), parts(&alone)), ("\"31\"", (tag(), None)));
        let instance = version(Some("\"31\""), Some("abc_R2")).unwrap();
        assert_eq!(parts(&instance), (tag(), Some("abc_R2".into())));
        assert_eq!(version(Some("31"), None), Some(alone));
        assert_eq!(version(None, Some("abc")), None);
    }
}
