//! Reading what changed in one calendar.

use std::collections::BTreeSet;

use kalends_core::ids::{CalendarId, ProviderId, Version};
use kalends_core::ingest::{Began, Lacking};
use kalends_core::provider::{self, Done, FailureClass, Listing, ProviderOp};
use kalends_core::scratch::{Pad, Scratch as _, Waste};
use kalends_core::slice::{ReadSet, Slice};
use kalends_core::step::Env;

use crate::compare::Told;
use crate::converse::Ended;
use crate::error::DriverError;
use crate::fetch::{Intake, Place, Reading, Source, wrong_end};
use crate::heard::Heard;
use crate::ports::Ports;
use crate::run::Run;
use crate::shelf::Shelf;
use crate::steps;
use crate::wanted::Wanted;
use crate::words::Word;

/// An object by id, with its version where the listing told it.
pub(crate) type Named = (ProviderId, Option<Version>);

/// After what time no listing goes on: what lies in the store for longer is of one that was dropped,
/// or of a process that died.
const LEFT_MS: i64 = 86_400_000;

impl<P: Ports> Run<'_, P> {
    /// Throws away what listings left in the store that never came to their end, whatever calendar
    /// they were of.
    pub(crate) async fn clear_shelves(&self) -> Result<(), DriverError> {
        let before = self.now().saturating_add_millis(-LEFT_MS);
        Ok(self.ports.store().throw_away(self.keys.graph, Waste::Before(before)).await?)
    }

    /// Lists a calendar, takes in what is new and different, and moves the cursor in the end. A
    /// token that the provider does not know any more costs a whole comparison, whether it says so
    /// or answers with all that it holds.
    ///
    /// `began`: how far it was read. What we wrote and no listing has shown is asked for alone,
    /// where a listing of changes leaves it out.
    pub(crate) async fn pull(
        &self,
        place: &Place,
        listing: Listing,
        began: &Began,
    ) -> Result<Reading, DriverError> {
        let pad = Pad { calendar: place.calendar, run: self.id };
        let shelf = Shelf::new(self.ports.store(), self.keys.graph, pad, self.now());
        let reading = self.list(place, listing, began, &shelf).await;
        let cleared = shelf.clear().await;
        let reading = reading?;
        cleared?;
        Ok(reading)
    }

    async fn list(
        &self,
        place: &Place,
        listing: Listing,
        began: &Began,
        shelf: &Shelf<'_, P::Store>,
    ) -> Result<Reading, DriverError> {
        let written = began.cursor().written.as_slice();
        let mut listing = listing;
        loop {
            let op =
                ProviderOp::List { calendar: place.provider_id.clone(), listing: listing.clone() };
            let changes = matches!(listing, Listing::Since(_));
            let heard = Heard::new(shelf, self.limits.listing_bytes);
            let source = if changes { Source::Changes } else { Source::Otherwise };
            let mut intake = Intake::new(self, place, source, Some(heard));
            intake.written = changes.then_some(written);
            let ended = self.talk(place.account, &place.opened, &op, &mut intake).await?;
            intake.flush().await?;
            match ended {
                Ended::Done(Done::Listed(listed)) => {
                    let Intake { heard, tells_known, .. } = intake;
                    let calendar = place.calendar;
                    let told = Told {
                        calendar,
                        shelf,
                        words: heard.map(Heard::sorted).unwrap_or_default(),
                    };
                    if changes && (tells_known || self.names_known(&told, written).await?) {
                        listing = Listing::Names;
                        continue;
                    }
                    if changes && !told.is_empty().await? {
                        self.found_changes(place.calendar.into(), began.cursor().read_at).await?;
                    }
                    return self.complete(place, told, began, listed).await;
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
        told: Told<'_, P::Store>,
        began: &Began,
        listed: provider::Listed,
    ) -> Result<Reading, DriverError> {
        let written = began.cursor().written.as_slice();
        let mut untold: BTreeSet<ProviderId> = written.iter().cloned().collect();
        let knows_nothing = began.goes_on(&listed);
        let mut rest = Some(told.begin());
        let mut first = true;
        // In rounds, so that only so much is held that is to be read.
        while let Some(walk) = rest.take() {
            let mut wanted = Wanted::default();
            if listed.whole {
                rest = self.reconcile(&told, walk, first, (&mut untold, &mut wanted)).await?;
            } else {
                rest = self.find_differing(&told, walk, &mut untold, &mut wanted).await?;
                if rest.is_none() {
                    untold.iter().cloned().for_each(|id| wanted.add(id));
                    untold.retain(|_| knows_nothing);
                }
            }
            first = false;
            let source = if listed.whole { Source::Otherwise } else { Source::Changes };
            match self.fetch(place, wanted, source).await? {
                Reading::Whole => {}
                other @ (Reading::Failed(_) | Reading::Stopped) => return Ok(other),
            }
        }
        let scope = place.calendar.into();
        let mut want = ReadSet::default();
        want.cursors.insert(scope);
        want.runs.insert(self.id);
        let step = |s: &Slice, env: &Env| steps::ended(s, scope, began, &listed, env);
        let late = self.plan("ended", want, step).await?.fetch;
        if !written.is_empty() {
            let mut want = ReadSet::default();
            want.cursors.insert(place.calendar.into());
            want.objects.extend(untold.iter().map(|id| (place.calendar, id.clone())));
            let lacking = if listed.whole { Lacking::Whole } else { Lacking::WentOn };
            let step =
                |s: &Slice, env: &Env| steps::shown(s, scope, written, (lacking, &untold), env);
            self.record("shown", want, step).await?;
        }
        self.fetch(place, late.into_iter().collect(), Source::Otherwise).await
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

    /// The same of all that was named without its content, or before it came.
    async fn names_known(
        &self,
        told: &Told<'_, P::Store>,
        written: &[ProviderId],
    ) -> Result<bool, DriverError> {
        let mut walk = told.begin();
        while !walk.is_over() {
            let words = walk.next(told.shelf, self.limits.range_ids.max(1)).await?;
            let names = words.into_iter().filter(Word::is_named).map(Word::named);
            if self.tells_known(told.calendar, names, written).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
