//! Reading what changed in one calendar.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::ids::{CalendarId, ProviderId, Version};
use kalends_core::provider::{Done, FailureClass, Item, Listed, Listing, ProviderOp};
use kalends_core::slice::{ObjectRange, ReadSet, Slice};
use kalends_core::step::{Env, ListingRange};

use crate::converse::Ended;
use crate::error::DriverError;
use crate::fetch::{Intake, Place, Reading, wrong_end};
use crate::ports::Ports;
use crate::run::Run;
use crate::steps;

type Named = (ProviderId, Option<Version>);
/// One object of a listing: its id, and its version where that is to be compared.
type Entry<'a> = (&'a ProviderId, Option<&'a Version>);

impl<P: Ports> Run<'_, P> {
    /// Lists a calendar, takes in what is new and different, and moves the cursor in the end. A
    /// token that the provider does not know any more costs a whole comparison, whether it says so
    /// or answers with all that it holds.
    ///
    /// `written`: what we wrote and no listing has shown. Where a listing of changes leaves it out
    /// it is asked for alone.
    pub(crate) async fn pull(
        &self,
        place: &Place,
        listing: Listing,
        written: &[ProviderId],
    ) -> Result<Reading, DriverError> {
        let mut listing = listing;
        loop {
            let op =
                ProviderOp::List { calendar: place.provider_id.clone(), listing: listing.clone() };
            let changes = matches!(listing, Listing::Since(_));
            let mut intake = Intake::new(self, place.calendar);
            intake.written = changes.then_some(written);
            match self.talk(place.account, &place.opened, &op, &mut intake).await? {
                Ended::Done(Done::Listed(listed)) => {
                    let Intake { names, read, ask, tells_known, .. } = intake;
                    if changes
                        && (tells_known
                            || self.tells_known(place.calendar, &names, written).await?)
                    {
                        listing = Listing::Names;
                        continue;
                    }
                    let heard = Heard { names, read, ask, written };
                    return self.complete(place, heard, listed).await;
                }
                Ended::Done(Done::Failed(failure)) => {
                    let lost = failure.class == FailureClass::CursorLost;
                    if !lost || !changes {
                        return Ok(Reading::Failed(failure));
                    }
                    listing = Listing::Names;
                }
                Ended::Done(_) => return Ok(Reading::Failed(wrong_end("a listing"))),
                Ended::Stopped => return Ok(Reading::Stopped),
            }
        }
    }

    /// Reads what differs, then lets the cursor and the end of the listing in together.
    async fn complete(
        &self,
        place: &Place,
        heard: Heard<'_>,
        listed: Listed,
    ) -> Result<Reading, DriverError> {
        let Heard { names, read, ask, written } = heard;
        let untold =
            |id: &&ProviderId| !listed.whole && !names.contains_key(*id) && !read.contains(*id);
        let untold: Vec<ProviderId> = written.iter().filter(untold).cloned().collect();
        let differing = if listed.whole {
            self.reconcile(place.calendar, &names, &read).await?
        } else {
            self.differing(place.calendar, names).await?
        };
        let unread = differing.into_iter().filter(|id| !read.contains(id));
        let wanted: BTreeSet<ProviderId> = unread.chain(ask).chain(untold).collect();
        match self.fetch(place, wanted).await? {
            Reading::Whole => {}
            other @ (Reading::Failed(_) | Reading::Stopped) => return Ok(other),
        }
        let late = self.ingest(place.calendar.into(), vec![Item::Listed(listed)]).await?;
        if !written.is_empty() {
            let mut want = ReadSet::default();
            want.cursors.insert(place.calendar.into());
            let step = |s: &Slice, env: &Env| steps::shown(s, place.calendar.into(), written, env);
            self.record("shown", want, step).await?;
        }
        self.fetch(place, late.into_iter().collect()).await
    }

    /// Whether a listing of changes names something that is recorded just so, and not by a write of
    /// ours: then it is no listing of changes, and what it leaves out may be gone.
    pub(crate) async fn tells_known(
        &self,
        calendar: CalendarId,
        names: &BTreeMap<ProviderId, Option<Version>>,
        written: &[ProviderId],
    ) -> Result<bool, DriverError> {
        let theirs: BTreeMap<_, _> = names
            .iter()
            .filter(|(id, _)| !written.contains(id))
            .map(|(id, version)| (id.clone(), version.clone()))
            .collect();
        let told = theirs.len();
        Ok(told > 0 && self.differing(calendar, theirs).await?.len() < told)
    }

    /// Compares a whole listing with what is recorded, range by range, without a hole. What must
    /// be fetched. What came with its content is as recorded by now, so its version is not kept.
    async fn reconcile(
        &self,
        calendar: CalendarId,
        names: &BTreeMap<ProviderId, Option<Version>>,
        read: &BTreeSet<ProviderId>,
    ) -> Result<Vec<ProviderId>, DriverError> {
        let unread = names.iter().filter(|(id, _)| !read.contains(*id));
        let mut all: Vec<Entry<'_>> = unread.map(|(id, version)| (id, version.as_ref())).collect();
        all.extend(read.iter().map(|id| (id, None)));
        all.sort_unstable();
        let mut fetch = Vec::new();
        for range in ranges(calendar, &all, self.limits.range_ids) {
            let found = self.reconcile_range(&range).await?;
            fetch.extend(found.into_iter().filter(|id| !read.contains(id)));
        }
        Ok(fetch)
    }

    async fn reconcile_range(&self, range: &ListingRange) -> Result<Vec<ProviderId>, DriverError> {
        let mut want = ReadSet::default();
        want.ranges.insert(ObjectRange {
            calendar: range.calendar,
            after: range.after.clone(),
            until: range.until.clone(),
        });
        // A range may hold any number of recorded objects that were not listed: the step takes
        // what fits into one plan, and the next round finds the rest.
        loop {
            let step = |s: &Slice, env: &Env| steps::reconcile(s, range, env);
            let plan = self.plan("reconcile", want.clone(), step).await?;
            if plan.taken > 0 {
                return Ok(plan.fetch);
            }
            if plan.is_empty() {
                return Err(DriverError::Stuck { step: "reconcile" });
            }
        }
    }

    /// Which of the names that a listing of changes gave are not recorded like that.
    async fn differing(
        &self,
        calendar: CalendarId,
        names: BTreeMap<ProviderId, Option<Version>>,
    ) -> Result<Vec<ProviderId>, DriverError> {
        let names: Vec<Named> = names.into_iter().collect();
        let mut differing = Vec::new();
        for some in names.chunks(self.limits.range_ids.max(1)) {
            let mut want = ReadSet::default();
            want.objects.extend(some.iter().map(|(id, _)| (calendar, id.clone())));
            let step = |s: &Slice, _: &Env| steps::differing(s, calendar, some);
            differing.extend(self.decider.decide("differing", want, step).await?);
        }
        Ok(differing)
    }
}

/// What a listing gave beside the items that were taken in.
struct Heard<'a> {
    names: BTreeMap<ProviderId, Option<Version>>,
    read: BTreeSet<ProviderId>,
    ask: BTreeSet<ProviderId>,
    written: &'a [ProviderId],
}

/// Cuts a sorted listing into ranges that together cover all ids there can be, one at a time.
fn ranges<'a>(
    calendar: CalendarId,
    all: &'a [Entry<'a>],
    size: usize,
) -> impl Iterator<Item = ListingRange> + 'a {
    let mut rest = Some(all);
    let mut after = None;
    std::iter::from_fn(move || {
        let (listed, beyond) = rest.map(|rest| rest.split_at(rest.len().min(size.max(1))))?;
        rest = Some(beyond).filter(|beyond| !beyond.is_empty());
        let until = listed.last().filter(|_| rest.is_some()).map(|(id, _)| (*id).clone());
        let listed = listed.iter().map(|(id, version)| ((*id).clone(), version.cloned())).collect();
        let range = ListingRange { calendar, after: after.take(), until: until.clone(), listed };
        after = until;
        Some(range)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<Named> {
        names.iter().map(|name| (ProviderId((*name).to_owned()), None)).collect()
    }

    #[test]
    fn ranges_cover_all_ids_without_a_hole() {
        let calendar = CalendarId::from_bytes([1; 16]);
        for (names, size) in [
            (&[][..], 2),
            (&["a"][..], 2),
            (&["a", "b"][..], 2),
            (&["a", "b", "c", "d", "e"][..], 2),
            (&["a", "b", "c", "d"][..], 2),
        ] {
            let named = named(names);
            let all: Vec<Entry<'_>> = named.iter().map(|(id, _)| (id, None)).collect();
            let ranges: Vec<ListingRange> = ranges(calendar, &all, size).collect();
            assert_eq!(ranges.first().unwrap().after, None);
            assert_eq!(ranges.last().unwrap().until, None);
            for pair in ranges.windows(2) {
                assert_eq!(pair[0].until, pair[1].after);
                assert_eq!(pair[0].until.as_ref(), pair[0].listed.last().map(|(id, _)| id));
            }
            let all: Vec<Named> = ranges.into_iter().flat_map(|range| range.listed).collect();
            assert_eq!(all, named);
        }
    }
}
