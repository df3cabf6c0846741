//! What a listing names while it goes on. A calendar may hold any number of objects: what is beyond
//! a bound is sorted and laid on a shelf, and sorted logs are merged there when they become many.

use std::ops::Range;

use kalends_core::ids::{ProviderId, Version};
use kalends_core::ports::StoreError;
use kalends_core::scratch::Scratch;

use crate::log::{Log, NAMED, READ, REMOVED, WANTED};
use crate::shelf::Shelf;
use crate::words::Words;

/// Sorted logs of one size that are merged to one.
const MERGED_TOGETHER: usize = 8;
/// The bytes after which a piece is laid on the shelf.
const PIECE_BYTES: usize = 16 * 1024;

/// What a listing tells while it goes on.
#[derive(Debug)]
pub(crate) struct Heard<'a, S> {
    shelf: &'a Shelf<'a, S>,
    log: Log,
    /// The most bytes that are held here.
    bytes_max: usize,
    /// The oldest first, and the largest.
    shelved: Vec<Shelved>,
}

/// A sorted log on the shelf.
#[derive(Debug)]
struct Shelved {
    /// How often what is in it was merged.
    merged: u32,
    pieces: Range<u32>,
}

impl<'a, S: Scratch> Heard<'a, S> {
    pub(crate) fn new(shelf: &'a Shelf<'a, S>, bytes_max: usize) -> Self {
        Self { shelf, log: Log::default(), bytes_max, shelved: Vec::new() }
    }

    /// An object was named without its content.
    pub(crate) fn named(&mut self, id: &ProviderId, version: Option<&Version>) {
        self.log.push(NAMED, id, version);
    }

    /// An object came with its content.
    pub(crate) fn read(&mut self, id: &ProviderId) {
        self.log.push(READ, id, None);
    }

    /// An object is gone, whatever was said of it before.
    pub(crate) fn removed(&mut self, id: &ProviderId) {
        self.log.push(REMOVED, id, None);
    }

    /// An object is to be read alone, whatever was said of it.
    pub(crate) fn wanted(&mut self, id: &ProviderId) {
        self.log.push(WANTED, id, None);
    }

    /// Lays on the shelf what is too much to be held.
    pub(crate) async fn ease(&mut self) -> Result<(), StoreError> {
        if self.log.size() < self.bytes_max {
            return Ok(());
        }
        let mut log = std::mem::take(&mut self.log);
        log.sort();
        let pieces = self.lay(Words::of([].into_iter(), log)).await?;
        self.shelved.push(Shelved { merged: 0, pieces });
        while let Some(from) = self.shelved.len().checked_sub(MERGED_TOGETHER)
            && let Some(last) = self.shelved.last().map(|log| log.merged)
            && self.shelved.iter().skip(from).all(|log| log.merged == last)
        {
            let together = self.shelved.split_off(from).into_iter().map(|log| log.pieces);
            let pieces = self.lay(Words::of(together, Log::default())).await?;
            self.shelved.push(Shelved { merged: last + 1, pieces });
        }
        Ok(())
    }

    /// All that it told, each object once, sorted by id; the last word holds.
    pub(crate) fn sorted(self) -> Words {
        let Self { mut log, shelved, .. } = self;
        log.sort();
        Words::of(shelved.into_iter().map(|log| log.pieces), log)
    }

    async fn lay(&self, mut words: Words) -> Result<Range<u32>, StoreError> {
        let first = self.shelf.next();
        let mut log = Log::default();
        while let Some(word) = words.next(self.shelf).await? {
            log.push(word.flags, &word.id, word.version.as_ref());
            if log.size() >= PIECE_BYTES {
                self.shelf.lay(&log).await?;
                log = Log::default();
            }
        }
        self.shelf.lay(&log).await?;
        Ok(first..self.shelf.next())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kalends_core::ids::{CalendarId, GraphId, RunId};
    use kalends_core::scratch::{Pad, Waste};
    use kalends_core::time::Timestamp;
    use kalends_testkit::block_on::block_on;
    use kalends_testkit::memory::MemoryStore;

    use super::*;
    use crate::words::Word;

    const GRAPH: GraphId = GraphId::from_bytes([1; 16]);
    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    const PAD: Pad =
        Pad { calendar: CalendarId::from_bytes([2; 16]), run: RunId::from_bytes([3; 16]) };

    fn store() -> MemoryStore {
        let store = MemoryStore::new();
        store.create(GRAPH);
        store
    }

    fn all(mut words: Words, shelf: &Shelf<'_, MemoryStore>) -> Result<Vec<Word>, StoreError> {
        let mut all = Vec::new();
        while let Some(word) = block_on(words.next(shelf))? {
            all.push(word);
        }
        Ok(all)
    }

    /// Some thousand words about some hundred objects, drawn from a seed.
    fn tell(heard: &mut Heard<'_, MemoryStore>, seed: u64) -> Result<(), StoreError> {
        let mut state = seed * 2 + 1;
        for n in 0..3_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let id = ProviderId(format!("/c/{}.ics", (state >> 33) % 400));
            match (state >> 50) % 8 {
                0..4 => heard.named(&id, Some(&Version(n.to_string()))),
                4 | 5 => heard.read(&id),
                6 => heard.removed(&id),
                _ => heard.wanted(&id),
            }
            block_on(heard.ease())?;
        }
        Ok(())
    }

    #[test]
    fn what_lies_on_the_shelf_is_told_as_if_it_were_held() {
        for seed in 0..20 {
            let (held, shelved) = (store(), store());
            let no_shelf = Shelf::new(&held, GRAPH, PAD, NOW);
            let shelf = Shelf::new(&shelved, GRAPH, PAD, NOW);
            let mut whole = Heard::new(&no_shelf, usize::MAX);
            let mut pieces = Heard::new(&shelf, 600 + 100 * usize::try_from(seed).unwrap());
            tell(&mut whole, seed).unwrap();
            tell(&mut pieces, seed).unwrap();
            assert!(no_shelf.next() == 0 && shelf.next() > 20, "{}", shelf.next());
            assert!(pieces.shelved.iter().any(|log| log.merged > 0), "some were merged");
            assert!(pieces.shelved.len() < 3 * MERGED_TOGETHER, "{}", pieces.shelved.len());
            let whole = all(whole.sorted(), &no_shelf).unwrap();
            let words = pieces.sorted();
            assert_eq!(all(words.clone(), &shelf).unwrap(), whole, "seed {seed}");
            assert_eq!(all(words, &shelf).unwrap(), whole, "a clone reads the same");
            let ids: BTreeMap<_, _> = whole.iter().map(|word| (&word.id, ())).collect();
            assert_eq!(ids.len(), whole.len());
        }
    }

    #[test]
    fn a_piece_that_is_lost_ends_the_listing() {
        let store = store();
        let shelf = Shelf::new(&store, GRAPH, PAD, NOW);
        let mut heard = Heard::new(&shelf, 600);
        tell(&mut heard, 1).unwrap();
        block_on(store.throw_away(GRAPH, Waste::Pad(PAD))).unwrap();
        assert!(matches!(all(heard.sorted(), &shelf), Err(StoreError::Failed(_))));
    }

    #[test]
    fn nothing_is_left_on_the_shelf() {
        let store = store();
        let shelf = Shelf::new(&store, GRAPH, PAD, NOW);
        let mut heard = Heard::new(&shelf, 600);
        tell(&mut heard, 1).unwrap();
        block_on(shelf.clear()).unwrap();
        for piece in 0..shelf.next() {
            assert_eq!(block_on(store.pick_up(GRAPH, PAD, piece)), Ok(None));
        }
    }
}
