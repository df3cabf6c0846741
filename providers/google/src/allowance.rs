//! What Google lets a program ask (<https://developers.google.com/workspace/calendar/api/guides/quota>).

use kalends_core::budget::{Allowance, Costs, Of, Rate};

const MINUTE_MS: i64 = 60_000;

/// 600 requests a minute and person, 10,000 a minute and project. A list gives what changed, and
/// the answer to a write is the event as it is kept. That one calendar takes one write at a time is
/// the engine's rule everywhere.
pub(crate) const ALLOWANCE: Allowance = Allowance {
    provider: "google",
    rates: &[
        Rate { of: Of::Account, requests: 600, span_ms: MINUTE_MS },
        Rate { of: Of::Everyone, requests: 10_000, span_ms: MINUTE_MS },
    ],
    at_once: None,
    costs: Costs { look: 1, list: 1, read: 0, write: 1 },
};
