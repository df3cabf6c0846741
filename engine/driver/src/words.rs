//! What a listing told, in the order of ids, wherever it lies: sorted logs are merged as they are
//! read, one piece of each in memory.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use kalends_core::ids::{ProviderId, Version};
use kalends_core::ports::StoreError;
use kalends_core::scratch::Scratch;

use crate::log::{Log, NAMED, READ, WANTED, last_word, order};
use crate::shelf::Shelf;

/// What a listing said of one object in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) id: ProviderId,
    pub(crate) version: Option<Version>,
    pub(crate) flags: u8,
}

impl Word {
    /// The object, and the version that it was named with.
    pub(crate) fn named(self) -> (ProviderId, Option<Version>) {
        (self.id, self.version)
    }

    /// Whether the object is there.
    pub(crate) const fn is_there(&self) -> bool {
        self.flags & (NAMED | READ) != 0
    }

    /// Whether it was named, be it with its content or without.
    pub(crate) const fn is_named(&self) -> bool {
        self.flags & NAMED != 0
    }

    /// Whether its content came with the listing.
    pub(crate) const fn is_read(&self) -> bool {
        self.flags & READ != 0
    }

    /// Whether it is to be read alone.
    pub(crate) const fn is_wanted(&self) -> bool {
        self.flags & WANTED != 0
    }
}

/// Reads words one after the other. A clone goes on from the same place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    /// The oldest first: of two that tell of one object, the later holds.
    sources: Vec<Source>,
}

/// A sorted log, in pieces or whole.
#[derive(Debug, Clone, Default)]
struct Source {
    pieces: Range<u32>,
    log: Arc<Log>,
    next: usize,
}

impl Source {
    fn at(&self) -> Option<usize> {
        self.log.at.get(self.next).copied()
    }
}

impl Words {
    /// Of pieces on a shelf, and of a log behind them; each sorted, the oldest first.
    pub(crate) fn of(shelved: impl Iterator<Item = Range<u32>>, log: Log) -> Self {
        let shelved = shelved.map(|pieces| Source { pieces, ..Source::default() });
        let log = Source { log: Arc::new(log), ..Source::default() };
        Self { sources: shelved.chain([log]).collect() }
    }

    /// The next word, in the order of ids.
    pub(crate) async fn next<S: Scratch>(
        &mut self,
        shelf: &Shelf<'_, S>,
    ) -> Result<Option<Word>, StoreError> {
        for source in &mut self.sources {
            while source.at().is_none() {
                let Some(piece) = source.pieces.next() else { break };
                source.log = Arc::new(shelf.take(piece).await?);
                source.next = 0;
            }
        }
        Ok(self.merged())
    }

    /// The word on the smallest id of all sources.
    fn merged(&mut self) -> Option<Word> {
        let mut least: Option<(&Source, usize)> = None;
        let (mut same, mut flags) = (Vec::new(), 0);
        for (number, source) in self.sources.iter().enumerate() {
            let Some(at) = source.at() else { continue };
            let new = source.log.flags(at);
            let found = least.map(|(older, there)| order(source.log.id(at), older.log.id(there)));
            match found {
                Some(Ordering::Greater) => {}
                Some(Ordering::Equal) => {
                    let (all, replaces) = last_word(flags, new);
                    flags = all;
                    if replaces {
                        least = Some((source, at));
                    }
                    same.push(number);
                }
                Some(Ordering::Less) | None => {
                    least = Some((source, at));
                    flags = new;
                    same = vec![number];
                }
            }
        }
        let (id, version) = least.map(|(source, at)| source.log.named(at))?;
        for number in same {
            if let Some(source) = self.sources.get_mut(number) {
                source.next += 1;
            }
        }
        Some(Word { id, version, flags })
    }
}
