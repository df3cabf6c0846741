//! Which listed objects differ from what is recorded, so that only those are fetched.

use crate::ids::{CalendarId, ProviderId, Version};
use crate::slice::{Missing, ReadSet, Slice};

/// Of objects listed by id and version, those that are new, changed or of unknown version. An
/// object in quarantine under the same version is not fetched again.
///
/// # Errors
/// [`Missing`] names every object that was not loaded.
pub fn differing(
    slice: &Slice,
    calendar: CalendarId,
    names: &[(ProviderId, Option<Version>)],
) -> Result<Vec<ProviderId>, Missing> {
    let mut missing = ReadSet::default();
    let mut found = Vec::new();
    for (id, version) in names {
        let key = (calendar, id.clone());
        match is_known(slice, &key, version.as_ref()) {
            Ok(true) => {}
            Ok(false) => found.push(id.clone()),
            Err(Missing(want)) => missing.merge(*want),
        }
    }
    if missing.is_empty() { Ok(found) } else { Err(Missing::of(missing)) }
}

fn is_known(
    slice: &Slice,
    key: &(CalendarId, ProviderId),
    version: Option<&Version>,
) -> Result<bool, Missing> {
    let Some(version) = version else {
        return Ok(false);
    };
    let row = slice.object(key)?.as_ref();
    Ok(row.is_some_and(|row| row.version.as_ref() == Some(version) && !row.gone))
}
