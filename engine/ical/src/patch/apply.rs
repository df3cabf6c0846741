//! The whole of a patch: what differs, the edits, and the proof that they say what is wanted.

use std::borrow::Cow;

use kalends_core::event::Body;
use kalends_recurrence::Timestamp;

use super::content::{Change, revised};
use super::edits::Edits;
use super::origin::{Origin, names, parts};
use super::{fields, series};
use crate::read::{cut, nothing};
use crate::syntax::{Document, Kind, prepared};
use crate::write::{Uses, zone_lines};
use crate::zones::{Names, Zones};
use crate::{PatchError, Reader};

/// Edits `raw`, which says `base`, so that it says `want`; for an owner whose addresses are not
/// known, so that the own answer stays as it is. See [`Reader::patch`].
///
/// # Errors
///
/// See [`PatchError`].
pub fn patch(
    raw: &[u8],
    base: &Body,
    want: &Body,
    stamp: Timestamp,
) -> Result<Vec<u8>, PatchError> {
    Reader::default().patch(raw, base, want, stamp)
}

impl Reader {
    /// Edits an origin's own text, which says `base`, so that it says `want`.
    ///
    /// Only the properties of fields that differ are touched; all else stays byte for byte, with
    /// its order, its folding and its line endings. In each VEVENT that is touched DTSTAMP and
    /// LAST-MODIFIED become `stamp`, and SEQUENCE rises where the owner organises it and its times
    /// or status changed. A new exception is the master's own text, changed. The result is read
    /// again: it says what is wanted, and of all other fields what the text said before.
    ///
    /// # Errors
    ///
    /// [`PatchError::Unreadable`] where the text cannot be read, [`PatchError::Changed`] where it
    /// says neither what the change starts from nor what it leads to, [`PatchError::Unsayable`]
    /// where the edited text would say something else.
    pub fn patch(
        &self,
        raw: &[u8],
        base: &Body,
        want: &Body,
        stamp: Timestamp,
    ) -> Result<Vec<u8>, PatchError> {
        let known = !self.addresses.is_empty();
        let changed = fields::of_body(base, want, known);
        if changed.is_empty() {
            return Ok(raw.to_vec());
        }
        let held = self.object(raw).map_err(PatchError::Unreadable)?.body;
        let strayed = fields::of_body(&held, base, known);
        let other = fields::of_body(&held, want, known);
        if let Some(field) = changed.iter().find(|one| strayed.contains(one) && other.contains(one))
        {
            return Err(PatchError::Changed(field));
        }
        let patched = self.edited(raw, (base, want), stamp)?;
        let found = self.object(&patched).map_err(|_| PatchError::Unsayable(changed[0]))?.body;
        let wrong =
            fields::of_body(&found, want, known).into_iter().find(|one| changed.contains(one));
        let touched = fields::of_body(&found, &held, known);
        let touched = touched.into_iter().find(|one| !changed.contains(one));
        match wrong.or(touched) {
            Some(field) => Err(PatchError::Unsayable(field)),
            None => Ok(patched),
        }
    }

    fn edited(
        &self,
        raw: &[u8],
        (base, want): (&Body, &Body),
        stamp: Timestamp,
    ) -> Result<Vec<u8>, PatchError> {
        let text = prepared(raw);
        let document = Document::parse(&text);
        let mut zones = Zones::new(&document);
        let own = self.addresses.as_slice();
        let found = parts(&document, &mut zones, own, base.instance_of.as_ref());
        let found = found.map_err(PatchError::Unreadable)?;
        let parts = found.ok_or_else(|| PatchError::Unreadable(nothing(&document)))?;
        let names = names(&document, &mut zones);
        let origin = Origin {
            main: parts.main,
            content: &base.content,
            overrides: parts.overrides,
            events_end: parts.events_end,
            names: &names,
            own,
            stamp,
        };
        let mut edits = Edits::of(&text);
        main_edits(&origin, &mut edits, &mut zones, (base, want))?;
        series::exceptions(&origin, &mut edits, (base, want))?;
        add_zones(&document, &mut edits, &names, want)?;
        let patched = edits.apply(0..text.len());
        Ok(match &text {
            Cow::Borrowed(inner) => around(raw, inner, &patched),
            Cow::Owned(_) => patched,
        })
    }
}

fn main_edits(
    origin: &Origin<'_, '_, '_>,
    edits: &mut Edits<'_>,
    zones: &mut Zones,
    (base, want): (&Body, &Body),
) -> Result<(), PatchError> {
    let mut here = edits.apart();
    let (old, new) = (&base.content, &want.content);
    let change = Change { base: old, want: new, own: origin.own, names: origin.names };
    change.edit(&mut here, origin.main)?;
    if base.instance_of.is_none() && base.recurrence != want.recurrence {
        series::recurrence(origin, &mut here, zones, (base, want));
    }
    if !here.is_empty() {
        let times = old.span != new.span || old.status != new.status;
        let rises = new.organized && (times || base.recurrence != want.recurrence);
        revised(&mut here, origin.main, origin.stamp, rises);
        edits.take(here);
    }
    Ok(())
}

/// Puts in the VTIMEZONEs of zones that the text did not name before.
fn add_zones(
    document: &Document<'_>,
    edits: &mut Edits<'_>,
    names: &Names,
    want: &Body,
) -> Result<(), PatchError> {
    let mut uses = Uses::default();
    uses.body(want);
    uses.zones.retain(|zone, _| !names.knows(zone));
    if uses.zones.is_empty() {
        return Ok(());
    }
    let calendars = document.calendars.iter().filter(|one| one.kind == Kind::Calendar);
    let mut calendars = calendars.filter(|one| one.children(Kind::Event).next().is_some());
    let calendar = calendars.next().ok_or_else(|| PatchError::Unreadable(cut()))?;
    let mut lines = edits.lines();
    zone_lines(&mut lines, &uses);
    edits.insert(calendar.properties_end, lines.into_bytes());
    Ok(())
}

/// What stood before and after the text that was edited: a byte order mark, NULs.
fn around(raw: &[u8], inner: &[u8], patched: &[u8]) -> Vec<u8> {
    let before = if raw.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let after = before + inner.len();
    [&raw[..before], patched, &raw[after..]].concat()
}
