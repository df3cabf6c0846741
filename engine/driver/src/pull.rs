//! Reading what changed in one calendar.

use std::collections::BTreeSet;

use kalends_core::cursor::Cursor;
use kalends_core::ids::{CalendarId, ProviderId};
use kalends_core::provider::{self, Done, FailureClass, Item, Listing, ProviderOp};
use kalends_core::slice::{ObjectRange, ReadSet, Slice};
use kalends_core::step::{Env, ListingRange};

use crate::converse::Ended;
use crate::error::DriverError;
use crate::fetch::{Intake, Place, Reading, wrong_end};
use crate::heard::{Listed, Named};
use crate::ports::Ports;
use crate::run::Run;
use crate::steps;
use crate::wanted::Wanted;

impl<P: Ports> Run<'_, P> {
    /// Lists a calendar, takes in what is new and different, and moves the cursor in the end. A
    /// token that the provider does not know any more costs a whole comparison, whether it says so
    /// or answers with all that it holds.
    ///
    /// `cursor`: how far it was read. What we wrote and no listing has shown is asked for alone,
    /// where a listing of changes leaves it out.
    pub(crate) async fn pull(
        &self,
        place: &Place,
        listing: Listing,
        cursor: &Cursor,
    ) -> Result<Reading, DriverError> {
        let written = cursor.written.as_slice();
        let mut listing = listing;
        loop {
            let op =
                ProviderOp::List { calendar: place.provider_id.clone(), listing: listing.clone() };
            let changes = matches!(listing, Listing::Since(_));
            let mut intake = Intake::new(self, place.calendar);
            intake.written = changes.then_some(written);
            let ended = self.talk(place.account, &place.opened, &op, &mut intake).await?;
            intake.flush().await?;
            match ended {
                Ended::Done(Done::Listed(listed)) => {
                    let Intake { heard, ask, tells_known, .. } = intake;
                    let heard = heard.sorted();
                    let known = || self.tells_known(place.calendar, heard.names(true), written);
                    if changes && (tells_known || known().await?) {
                        listing = Listing::Names;
                        continue;
                    }
                    if changes && heard.len() > 0 {
                        self.found_changes(place.calendar.into(), cursor.read_at).await?;
                    }
                    return self.complete(place, Heard { heard, ask, written }, listed).await;
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
        listed: provider::Listed,
    ) -> Result<Reading, DriverError> {
        let Heard { heard, ask, written } = heard;
        let mut wanted = Wanted::of(heard);
        if listed.whole {
            self.reconcile(place.calendar, &mut wanted).await?;
        } else {
            self.find_differing(place.calendar, &mut wanted).await?;
            let untold = |id: &&ProviderId| wanted.listed().find(id).is_none();
            let untold: Vec<ProviderId> = written.iter().filter(untold).cloned().collect();
            untold.into_iter().for_each(|id| wanted.add(id));
        }
        ask.into_iter().for_each(|id| wanted.add(id));
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
        names: impl Iterator<Item = Named>,
        written: &[ProviderId],
    ) -> Result<bool, DriverError> {
        let mut theirs = names.filter(|(id, _)| !written.contains(id));
        loop {
            let some: Vec<Named> = theirs.by_ref().take(self.limits.range_ids.max(1)).collect();
            if some.is_empty() {
                return Ok(false);
            }
            if self.differing(calendar, &some).await?.len() < some.len() {
                return Ok(true);
            }
        }
    }

    /// Compares a whole listing with what is recorded, range by range, without a hole, and marks
    /// what must be fetched. All of it before anything is fetched: an object under a new name takes
    /// the place of the old one only once that is known to be gone.
    async fn reconcile(
        &self,
        calendar: CalendarId,
        wanted: &mut Wanted,
    ) -> Result<(), DriverError> {
        let size = self.limits.range_ids.max(1);
        for from in (0..wanted.listed().len().max(1)).step_by(size) {
            let range = wanted.listed().range(calendar, from, size);
            self.reconcile_range(&range, wanted).await?;
        }
        Ok(())
    }

    async fn reconcile_range(
        &self,
        range: &ListingRange,
        wanted: &mut Wanted,
    ) -> Result<(), DriverError> {
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
                plan.fetch.into_iter().for_each(|id| wanted.add_differing(id));
                return Ok(());
            }
            if plan.is_empty() {
                return Err(DriverError::Stuck { step: "reconcile" });
            }
        }
    }

    /// Marks those of the names that a listing of changes gave that are not recorded like that.
    async fn find_differing(
        &self,
        calendar: CalendarId,
        wanted: &mut Wanted,
    ) -> Result<(), DriverError> {
        let mut differing = Vec::new();
        let mut names = wanted.listed().names(false);
        loop {
            let some: Vec<Named> = names.by_ref().take(self.limits.range_ids.max(1)).collect();
            if some.is_empty() {
                break;
            }
            differing.extend(self.differing(calendar, &some).await?);
        }
        drop(names);
        differing.into_iter().for_each(|id| wanted.add_differing(id));
        Ok(())
    }

    /// Which names are not recorded like that.
    async fn differing(
        &self,
        calendar: CalendarId,
        names: &[Named],
    ) -> Result<Vec<ProviderId>, DriverError> {
        let mut want = ReadSet::default();
        want.objects.extend(names.iter().map(|(id, _)| (calendar, id.clone())));
        let step = |s: &Slice, _: &Env| steps::differing(s, calendar, names);
        self.decider.decide("differing", want, step).await
    }
}

/// What a listing gave beside the items that were taken in.
struct Heard<'a> {
    heard: Listed,
    ask: BTreeSet<ProviderId>,
    written: &'a [ProviderId],
}
