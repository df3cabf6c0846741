//! What a careful client never sends. Findings are logged; where the simulator is strict they are
//! refused as well. What Graph itself refuses is refused always.

/// One thing a client should not have sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Index of the request in the log.
    pub request: usize,
    /// Which rule it breaks.
    pub rule: Rule,
    /// What was wrong.
    pub detail: String,
}

/// Rules of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A body breaks the published types (3.2).
    Contract,
    /// A body without a JSON content type.
    ContentType,
    /// A query parameter that means nothing there.
    Query,
    /// A property that only the service sets.
    ReadOnly,
    /// A write without `If-Match` (3.7).
    Unconditional,
    /// A creation without `transactionId` (3.6).
    NoTransaction,
    /// A time with an offset: what it means is not known (3.2).
    Offset,
    /// A call about events outside the space of immutable ids, or a change of spaces (3.5).
    Ids,
    /// A path that is not of the API.
    Path,
}
