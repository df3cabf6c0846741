//! Versions of events.
//!
//! Google's ids do not tell an instance of a series from an event of its own, and are not to be
//! taken apart (facts of the API: writes, "never construct or parse instance ids"). But deleting an
//! instance means something else than deleting an event. So the version of an instance names its
//! series: the engine gives it back with each write.

use kalends_core::ids::Version;

/// Parts the tag of an instance from the id of its series; no tag holds it.
const IN: &str = "\" in ";

/// The version of an event, or of an instance of this series.
pub(crate) fn version(etag: Option<&str>, series: Option<&str>) -> Option<Version> {
    let etag = etag.filter(|etag| !etag.is_empty())?;
    let quoted = if etag.ends_with('"') { etag.to_owned() } else { format!("\"{etag}\"") };
    Some(match series {
        Some(series) => Version(format!("{}{IN}{series}", &quoted[..quoted.len() - 1])),
        None => Version(quoted),
    })
}

/// The tag to send as a condition, and the series it is an instance of.
pub(crate) fn parts(version: &Version) -> (String, Option<String>) {
    match version.0.split_once(IN) {
        Some((etag, series)) => (format!("{etag}\""), Some(series.to_owned())),
        None => (version.0.clone(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_gives_back_the_tag_and_the_series() {
        let alone = version(Some("\"31\""), None).unwrap();
        assert_eq!((alone.0.as_str(), parts(&alone)), ("\"31\"", ("\"31\"".into(), None)));
        let instance = version(Some("\"31\""), Some("abc_R2")).unwrap();
        assert_eq!(parts(&instance), ("\"31\"".into(), Some("abc_R2".into())));
        assert_eq!(version(Some("31"), None), Some(alone));
        assert_eq!(version(None, Some("abc")), None);
    }
}
