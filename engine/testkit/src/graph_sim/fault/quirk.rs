//! What the service does otherwise during one request.

/// One deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quirk {
    /// A refresh ends the token it was made with (G1; in truth the old one stays valid).
    OldRefreshDies,
    /// A scope is missing from what is granted (G5).
    ScopeSubset,
    /// Scopes come back in lower case (G5).
    ScopeCase,
    /// Scopes come back as URLs (G5).
    ScopeUrls,
    /// A page without items, with a link to the next one (G7).
    EmptyPage,
    /// A removal of something nobody knew (G8).
    UnknownRemoved,
    /// Occurrences without their master (G10).
    MasterAbsent,
    /// The older version of an event after the newer one (G11).
    Replayed,
    /// Everything twice in one page (G12).
    Doubled,
    /// A page in the opposite order.
    Backwards,
    /// A round that does not show the last changes yet (G13).
    Lagging,
    /// `Prefer: outlook.timezone` is ignored (G14).
    ZoneIgnored,
    /// Zones of origin are custom ones (G15).
    ZonesAreCustom,
    /// Events are not found through the mailbox, only through their calendar (G18).
    MailboxPathFails,
    /// `$expand` on a delta round gives 500 (G19).
    ExpandFails,
    /// Links lead below another prefix of the host (G20).
    LinksElsewhere,
    /// The item is being changed: 412 with and without `If-Match` (G23).
    ChangedMeanwhile,
    /// Some time after the write the service touches the event by itself (G25).
    TouchesLater,
    /// A handshake token with blanks, `+`, `%`, markup and letters beyond ASCII (G32).
    OddToken,
    /// The answer to the handshake counts as too late (G32).
    HandshakeTimesOut,
    /// The subscription is gone without a word (G38).
    SubscriptionVanishes,
    /// A subscription is granted for less than was asked (G39).
    ShortLife,
    /// The administrator declines.
    AdminDeclines,
    /// Members of a batch are answered in the opposite order (G31).
    BatchBackwards,
    /// Every other member of a batch is throttled (G31).
    BatchThrottled,
}
