//! Notices, taken in: what each says of a watch of ours, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::graph::Calendar;
use kalends_core::ids::ScopeId;
use kalends_core::keys::GraphKeys;
use kalends_core::notice::{Heard, InboundRequest, Notice, Refusal};
use kalends_core::ports::Provider;
use kalends_core::slice::{ReadSet, Slice};
use kalends_core::step::Env;
use kalends_core::watch::{self, WatchSecrets};

use crate::decide::Decider;
use crate::error::DriverError;
use crate::ports::Ports;
use crate::sync::Driver;

/// A request from outside that claims to be a notice for accounts of a kind.
#[derive(Clone, Copy)]
pub struct Claim<'a> {
    /// The kind.
    pub kind: &'a str,
    /// Its provider, for its notices alone.
    pub provider: &'a dyn Provider,
    /// The request.
    pub request: &'a InboundRequest,
}

impl std::fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claim").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The watches of one graph as they were read last, so that not each notice has all of them read.
///
/// A watch that was closed since is believed for a while, which does no harm: what it says is taken in
/// by the watch's own row, which has it no more. One that is not known here is looked for once more.
#[derive(Debug, Default)]
pub struct KnownWatches {
    kinds: BTreeMap<String, WatchSecrets>,
    reads: u64,
}

impl KnownWatches {
    /// How often all watches of a kind were read.
    #[must_use]
    pub const fn reads(&self) -> u64 {
        self.reads
    }
}

/// What several requests say.
#[derive(Debug)]
pub struct Noticed {
    /// How each is answered, in their order; `None`: later, since what it says was not taken in.
    pub answers: Vec<Option<Notice>>,
    /// What kept it from being taken in.
    pub failed: Option<DriverError>,
}

impl<P: Ports> Driver<P> {
    /// Takes in a request from outside that claims to be a notice for accounts of a kind: what
    /// watches of ours say in it is committed as scopes to be read, and nothing else is done. What
    /// comes back says how to answer.
    ///
    /// # Errors
    /// [`DriverError`] where it could not be committed: do not answer it as heard.
    pub async fn notice(
        &self,
        keys: &GraphKeys,
        (kind, provider): (&str, &dyn Provider),
        request: &InboundRequest,
    ) -> Result<Notice, DriverError> {
        let claim = Claim { kind, provider, request };
        let Noticed { answers, failed } =
            self.notices(keys, &mut KnownWatches::default(), &[claim]).await;
        match (answers.into_iter().next().flatten(), failed) {
            (None, Some(error)) => Err(error),
            (answer, _) => Ok(answer.unwrap_or(Notice::Refuse(Refusal::Malformed))),
        }
    }

    /// The same for several that came together, in one commit, and what each is answered with. All
    /// watches are read where one names a watch that is not known, and that once. What needs neither,
    /// such as a provider's question whether anybody listens, is answered though the store fails.
    pub async fn notices(
        &self,
        keys: &GraphKeys,
        known: &mut KnownWatches,
        claims: &[Claim<'_>],
    ) -> Noticed {
        let mut fresh = BTreeSet::new();
        let mut noticed = Noticed { answers: Vec::new(), failed: None };
        for claim in claims {
            let said = self.said(keys, (known, &mut fresh), claim).await;
            noticed.answers.push(said.map_err(|error| noticed.failed = Some(error)).ok());
        }
        let heard: Vec<Heard> = noticed.answers.iter().flatten().flat_map(words).cloned().collect();
        if let Err(error) = self.deliver(keys, &heard).await {
            let is_answered = |notice: &Notice| words(notice).is_empty();
            noticed
                .answers
                .iter_mut()
                .for_each(|answer| *answer = answer.take().filter(is_answered));
            noticed.failed = Some(error);
        }
        noticed
    }

    /// What a request says, by the watches that are known, or were read for these requests.
    async fn said(
        &self,
        keys: &GraphKeys,
        (known, fresh): (&mut KnownWatches, &mut BTreeSet<String>),
        Claim { kind, provider, request }: &Claim<'_>,
    ) -> Result<Notice, DriverError> {
        let secrets = known.kinds.entry((*kind).to_owned()).or_default();
        let notice = provider.notice(request, secrets);
        if !secrets.take_refused() || fresh.contains(*kind) {
            return Ok(notice);
        }
        // It may speak for a watch that was opened, renewed or told of since.
        *secrets = self.watches_of(keys, kind).await?;
        known.reads += 1;
        fresh.insert((*kind).to_owned());
        let notice = provider.notice(request, secrets);
        // What is refused after all has nothing read again for the next.
        let _ = secrets.take_refused();
        Ok(notice)
    }

    /// Takes in what watches said.
    ///
    /// # Errors
    /// [`DriverError`] where it could not be committed.
    pub async fn deliver(&self, keys: &GraphKeys, words: &[Heard]) -> Result<(), DriverError> {
        if words.is_empty() {
            return Ok(());
        }
        let decider = Decider::new(self.ports(), keys, self.draw_run());
        let scopes = words.iter().map(|word| word.scope);
        let want = ReadSet {
            watches: scopes.clone().collect(),
            cursors: scopes.collect(),
            ..ReadSet::default()
        };
        let step = |s: &Slice, env: &Env| watch::heard(s, words, env);
        decider.decide("heard", want, step).await.map(drop)
    }

    async fn watches_of(&self, keys: &GraphKeys, kind: &str) -> Result<WatchSecrets, DriverError> {
        let decider = Decider::new(self.ports(), keys, self.draw_run());
        let scopes = scopes(&decider.load(&ReadSet::default()).await?, kind);
        let want = ReadSet { watches: scopes.into_iter().collect(), ..ReadSet::default() };
        let slice = decider.load(&want).await?;
        let known =
            slice.watches.iter().filter_map(|(scope, watch)| Some((*scope, watch.as_ref()?)));
        Ok(WatchSecrets::of(known.flat_map(|(scope, watch)| watch.open(scope, keys))))
    }
}

fn words(notice: &Notice) -> &[Heard] {
    match notice {
        Notice::Heard(words) => words,
        Notice::Answer(_) | Notice::Refuse(_) => &[],
    }
}

fn scopes(slice: &Slice, kind: &str) -> Vec<ScopeId> {
    let config = &slice.config;
    let of_kind = |calendar: &&Calendar| {
        config.accounts.get(&calendar.account).is_some_and(|account| account.provider == kind)
    };
    config.calendars.values().filter(of_kind).map(Calendar::scope).collect()
}
