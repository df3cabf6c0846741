//! Comparing what a listing told with what is recorded, range by range.

use std::collections::{BTreeSet, VecDeque};

use kalends_core::ids::{CalendarId, ProviderId};
use kalends_core::ports::StoreError;
use kalends_core::scratch::Scratch;
use kalends_core::slice::{ReadSet, Slice};
use kalends_core::step::{Env, ListingRange};

use crate::error::DriverError;
use crate::ports::Ports;
use crate::pull::Named;
use crate::run::Run;
use crate::shelf::Shelf;
use crate::steps;
use crate::wanted::Wanted;
use crate::words::{Word, Words};

/// What a listing told, and where some of it may lie.
#[derive(Debug)]
pub(crate) struct Told<'a, S> {
    pub(crate) calendar: CalendarId,
    pub(crate) shelf: &'a Shelf<'a, S>,
    pub(crate) words: Words,
}

impl<S: Scratch> Told<'_, S> {
    /// Whether it told of nothing that is there.
    pub(crate) async fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(!self.begin().next(self.shelf, 1).await?.iter().any(Word::is_there))
    }

    /// A walk through all of it.
    pub(crate) fn begin(&self) -> Walk {
        Walk { words: self.words.clone(), back: VecDeque::new(), after: None, over: false }
    }
}

/// How far a comparison came. A clone goes on from there.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    words: Words,
    /// Words that were taken and put back.
    back: VecDeque<Word>,
    /// The object up to which it came.
    after: Option<ProviderId>,
    over: bool,
}

impl Walk {
    /// Whether it is at its end.
    pub(crate) const fn is_over(&self) -> bool {
        self.over
    }

    /// The words up to the one of the `size`th object that is there.
    pub(crate) async fn next<S: Scratch>(
        &mut self,
        shelf: &Shelf<'_, S>,
        size: usize,
    ) -> Result<Vec<Word>, StoreError> {
        let (mut words, mut there) = (Vec::new(), 0);
        while there < size {
            let word = match self.back.pop_front() {
                Some(word) => Some(word),
                None => self.words.next(shelf).await?,
            };
            let Some(word) = word else {
                self.over = true;
                break;
            };
            there += usize::from(word.is_there());
            words.push(word);
        }
        let last = words.iter().rfind(|word| word.is_there()).map(|word| word.id.clone());
        self.after = last.or_else(|| self.after.take());
        Ok(words)
    }

    /// Goes back to an object before the last one: puts back the words on what comes after it.
    fn return_to(&mut self, until: ProviderId, words: &mut Vec<Word>) {
        let kept = words.partition_point(|word| word.id <= until);
        words.drain(kept..).rev().for_each(|word| self.back.push_front(word));
        self.after = Some(until);
        self.over = false;
    }
}

impl<P: Ports> Run<'_, P> {
    /// Compares a whole listing with what is recorded, range by range, without a hole, and finds
    /// what must be fetched. On the first way all of it before anything is fetched: an object under
    /// a new name takes the place of the old one only once that is known to be gone. Gives from
    /// where on another way is to look for more; that one ends as soon as enough is wanted. What was
    /// listed is taken out of `untold`.
    pub(crate) async fn reconcile(
        &self,
        told: &Told<'_, P::Store>,
        mut walk: Walk,
        first: bool,
        (untold, wanted): (&mut BTreeSet<ProviderId>, &mut Wanted),
    ) -> Result<Option<Walk>, DriverError> {
        let mut rest = None;
        while !walk.is_over() {
            if rest.is_none() && wanted.len() >= self.limits.wanted_ids.max(1) {
                rest = Some(walk.clone());
                if !first {
                    break;
                }
            }
            let after = walk.after.clone();
            let mut words = walk.next(told.shelf, self.limits.range_ids.max(1)).await?;
            take_out(untold, &words);
            let listed = words.iter().filter(|word| word.is_there()).cloned().map(Word::named);
            let until = walk.after.clone().filter(|_| !walk.is_over());
            let calendar = told.calendar;
            let range = ListingRange { calendar, after, until, listed: listed.collect() };
            let mut want = ReadSet::default();
            want.ranges.insert(range.recorded());
            let step = |s: &Slice, env: &Env| steps::reconcile(s, &range, env);
            let plan = self.plan("reconcile", want, step).await?;
            match plan.until {
                // It may hold any number of recorded objects that were not listed.
                Some(until) => walk.return_to(until, &mut words),
                None if plan.taken == 0 => return Err(DriverError::Stuck { step: "reconcile" }),
                None => {}
            }
            if rest.is_none() {
                let read: BTreeSet<&ProviderId> =
                    words.iter().filter(|word| word.is_read()).map(|word| &word.id).collect();
                let unread = plan.fetch.into_iter().filter(|id| !read.contains(id));
                unread.chain(asked(&words)).for_each(|id| wanted.add(id));
            }
        }
        Ok(rest)
    }

    /// Finds those of the names that a listing of changes gave that are not recorded like that, and
    /// takes out of `untold` what it told of. Gives from where on to look for more.
    pub(crate) async fn find_differing(
        &self,
        told: &Told<'_, P::Store>,
        mut walk: Walk,
        untold: &mut BTreeSet<ProviderId>,
        wanted: &mut Wanted,
    ) -> Result<Option<Walk>, DriverError> {
        while !walk.is_over() {
            if wanted.len() >= self.limits.wanted_ids.max(1) {
                return Ok(Some(walk));
            }
            let words = walk.next(told.shelf, self.limits.range_ids.max(1)).await?;
            take_out(untold, &words);
            asked(&words).for_each(|id| wanted.add(id));
            let unread = words.into_iter().filter(|word| word.is_named() && !word.is_read());
            let names: Vec<Named> = unread.map(Word::named).collect();
            if !names.is_empty() {
                let differing = self.differing(told.calendar, &names).await?;
                differing.into_iter().for_each(|id| wanted.add(id));
            }
        }
        Ok(None)
    }

    /// Which names are not recorded like that.
    pub(crate) async fn differing(
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

/// Takes out what a listing told of.
fn take_out(untold: &mut BTreeSet<ProviderId>, words: &[Word]) {
    words.iter().filter(|word| word.is_there()).for_each(|word| {
        untold.remove(&word.id);
    });
}

/// What was asked for alone.
fn asked(words: &[Word]) -> impl Iterator<Item = ProviderId> {
    words.iter().filter(|word| word.is_wanted()).map(|word| word.id.clone())
}
