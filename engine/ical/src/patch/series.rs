//! A series so that it repeats otherwise.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::event::{Body, Exception, Recurrence};
use kalends_recurrence::{Extra, When, Zone};

use super::content::{Change, revised};
use super::edits::Edits;
use super::origin::Origin;
use crate::PatchError;
use crate::read::{Instances, extra_of, when_of};
use crate::syntax::{Component, Property};
use crate::write::{extra_line, original_line, rule_line, when_line};
use crate::zones::Zones;

/// Edits the rules, the added and the cancelled instances in the master.
pub(super) fn recurrence(
    origin: &Origin<'_, '_, '_>,
    edits: &mut Edits<'_>,
    zones: &mut Zones,
    (base, want): (&Body, &Body),
) {
    let none = Recurrence::default();
    let old = base.recurrence.as_ref().unwrap_or(&none);
    let new = want.recurrence.as_ref().unwrap_or(&none);
    let main = origin.main;
    if old.rules != new.rules {
        let lines: Vec<String> = new.rules.iter().map(rule_line).collect();
        edits.set(main, &["RRULE"], &lines);
    }
    if old.extras != new.extras {
        let mut list = List { edits, component: main, name: "RDATE" };
        let wanted: BTreeSet<&Extra> = new.extras.iter().collect();
        let there = list.keep(|line, text| {
            let extra = extra_of(line, text, zones).ok()?;
            wanted.contains(&extra).then_some(extra)
        });
        let missing = new.extras.iter().filter(|extra: &&Extra| !there.contains(extra));
        list.add(missing.map(|extra| extra_line(extra, origin.names)).collect());
    }
    if old.excluded != new.excluded {
        let mut list = List { edits, component: main, name: "EXDATE" };
        let wanted: BTreeSet<&When> = new.excluded.iter().collect();
        let mut there = list.keep(|line, text| {
            let gone = when_of(line, text, zones).ok()?;
            wanted.contains(&gone).then_some(gone)
        });
        there.extend(origin.cancelled().cloned());
        let missing = new.excluded.iter().filter(|gone: &&When| !there.contains(gone));
        list.add(missing.map(|gone| when_line("EXDATE", gone, origin.names)).collect());
    }
}

/// The lines of a property that has lists of values.
struct List<'e, 't, 'd, 'a> {
    edits: &'e mut Edits<'t>,
    component: &'d Component<'a>,
    name: &'static str,
}

impl List<'_, '_, '_, '_> {
    /// Takes out the values that `read` does not give back, and gives those that stay.
    fn keep<T: Ord>(
        &mut self,
        mut read: impl FnMut(&Property<'_>, &str) -> Option<T>,
    ) -> BTreeSet<T> {
        let mut kept = BTreeSet::new();
        for line in self.component.all(self.name) {
            let value = line.value();
            let texts: Vec<&str> = value.split(',').collect();
            let mut left = Vec::with_capacity(texts.len());
            for text in &texts {
                if let Some(meant) = read(line, text) {
                    kept.insert(meant);
                    left.push(*text);
                }
            }
            if left.len() < texts.len() {
                let shorter = || format!("{}{}:{}", line.name(), line.parameters(), left.join(","));
                self.edits.replace(line, (!left.is_empty()).then(shorter));
            }
        }
        kept
    }

    fn add(&mut self, contents: Vec<String>) {
        let mut lines = self.edits.lines();
        for content in &contents {
            lines.line(content);
        }
        if !contents.is_empty() {
            self.edits.insert(self.component.properties_end, lines.into_bytes());
        }
    }
}

/// Changes, adds and takes out the VEVENTs of instances.
pub(super) fn exceptions(
    origin: &Origin<'_, '_, '_>,
    edits: &mut Edits<'_>,
    (base, want): (&Body, &Body),
) -> Result<(), PatchError> {
    let zone = want.content.span.start.zone().cloned().unwrap_or_else(Zone::utc);
    let excluded = want.recurrence.iter().flat_map(|new| &new.excluded);
    let excluded = Instances::of(excluded, &zone);
    let (in_want, in_base) = (by_instance(&want.exceptions), by_instance(&base.exceptions));
    for there in &origin.overrides {
        let key = instance(&there.exception);
        match (in_want.get(&key).copied(), in_base.get(&key).copied()) {
            (Some(wanted), known) => {
                let old = known.map_or(&there.exception.content, |known| &known.content);
                change(origin, edits, there.component, (old, &wanted.content))?;
            }
            (None, known) => {
                if known.is_some() || !excluded.have(&there.exception.original) {
                    edits.remove(there.component.span.clone());
                }
            }
        }
    }
    let there = origin.overrides.iter().map(|there| instance(&there.exception));
    let there: BTreeSet<_> = there.collect();
    for wanted in &want.exceptions {
        if !there.contains(&instance(wanted)) {
            let bytes = added(origin, edits, wanted)?;
            edits.insert(origin.events_end, bytes);
        }
    }
    Ok(())
}

/// The exceptions by what they change; of two that change the same, the first.
fn by_instance(list: &[Exception]) -> BTreeMap<(&When, bool), &Exception> {
    list.iter().rev().map(|exception| (instance(exception), exception)).collect()
}

const fn instance(exception: &Exception) -> (&When, bool) {
    (&exception.original, exception.this_and_future)
}

fn change(
    origin: &Origin<'_, '_, '_>,
    edits: &mut Edits<'_>,
    component: &Component<'_>,
    (base, want): (&kalends_core::event::Content, &kalends_core::event::Content),
) -> Result<(), PatchError> {
    let mut here = edits.apart();
    Change { base, want, own: origin.own, names: origin.names }.edit(&mut here, component)?;
    if !here.is_empty() {
        let rises = want.organized && (base.span != want.span || base.status != want.status);
        revised(&mut here, component, origin.stamp, rises);
        edits.take(here);
    }
    Ok(())
}

/// A new VEVENT for one instance: the master's own text, so that what is not known here stays with
/// the instance, without its repetition and with what is wanted.
fn added(
    origin: &Origin<'_, '_, '_>,
    edits: &Edits<'_>,
    wanted: &Exception,
) -> Result<Vec<u8>, PatchError> {
    let main = origin.main;
    let mut copy = edits.apart();
    copy.set(main, &["RRULE", "RDATE", "EXDATE", "EXRULE"], &[]);
    let key = original_line(&wanted.original, wanted.this_and_future, origin.names);
    copy.set(main, &["RECURRENCE-ID"], &[key]);
    let (base, want) = (origin.content, &wanted.content);
    Change { base, want, own: origin.own, names: origin.names }.edit(&mut copy, main)?;
    revised(&mut copy, main, origin.stamp, want.organized);
    let mut bytes = copy.apply(main.span.clone());
    if !bytes.ends_with(b"\n") {
        bytes.extend_from_slice(b"\r\n");
    }
    Ok(bytes)
}
