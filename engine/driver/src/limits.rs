//! Bounds of a run.

use crate::budget::Budget;

/// What bounds the runs of one driver.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) limits: Limits,
    pub(crate) budget: Budget,
}

/// Bounds of a run; the defaults suit a host with one small machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Accounts talked to at once.
    pub accounts: usize,
    /// Calendars written to at once, each with one write under way.
    pub lanes: usize,
    /// Items handed to one `ingest`.
    pub batch_items: usize,
    /// Bytes of answers that may come in, or of items, before items are handed on, whatever their
    /// number.
    pub batch_bytes: usize,
    /// Objects in one fetch; providers take no more than 50.
    pub fetch_ids: usize,
    /// Listed ids in one `reconcile`.
    pub range_ids: usize,
    /// Bytes of what a listing named that are held in memory; what is beyond them lies in the store
    /// until the listing ends.
    pub listing_bytes: usize,
    /// Objects that a listing found to be read alone and that are held at once.
    pub wanted_ids: usize,
    /// The longest one reading conversation may take, in milliseconds, the storing of what it
    /// gives among it.
    pub read_ms: i64,
    /// The longest one writing conversation may take, in milliseconds.
    pub write_ms: i64,
    /// The most requests of one conversation.
    pub conversation_requests: u32,
    /// How long a job is leased, in milliseconds; longer than a write and its settling, and as short
    /// as a host that died is to be waited for. A job that lists for longer may be claimed by
    /// another worker meanwhile: that costs a second listing, and no second effect.
    pub lease_ms: i64,
    /// After how many milliseconds a calendar is compared whole, even where its token says that
    /// nothing changed: it repairs what servers with broken tokens kept back.
    pub compare_ms: i64,
    /// After how many milliseconds a calendar is read though its watch has told of nothing: a word
    /// may be lost.
    pub watched_ms: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            accounts: 4,
            lanes: 4,
            batch_items: 320,
            batch_bytes: 1 << 20,
            fetch_ids: 50,
            range_ids: 500,
            listing_bytes: 512 * 1024,
            wanted_ids: 2_048,
            read_ms: 1_800_000,
            write_ms: 60_000,
            conversation_requests: 2_000,
            lease_ms: 300_000,
            compare_ms: 7 * 86_400_000,
            watched_ms: 3_600_000,
        }
    }
}
