//! What Outlook lets a program ask
//! (<https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits>).

use kalends_core::budget::{Allowance, Costs, Of, Rate};

/// 10,000 requests in ten minutes of one mailbox, and four at once, of which one is left to whoever
/// else asks in the program's name. A round names what changed, and each thing is read by itself.
pub(crate) const ALLOWANCE: Allowance = Allowance {
    provider: "microsoft",
    rates: &[Rate { of: Of::Account, requests: 10_000, span_ms: 600_000 }],
    at_once: Some(3),
    costs: Costs { look: 1, list: 1, read: 1, write: 1 },
};
