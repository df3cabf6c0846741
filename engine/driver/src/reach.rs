//! How far the connection to an account reaches.

use kalends_core::graph::Window;
use kalends_core::ids::AccountId;
use kalends_core::slice::Config;

use crate::ports::Opened;

/// The connection, reaching as far as the widest edge that leads from or to a calendar of the account.
///
/// It is the same for listings, for reads of one event and before writes: where gaps among instances
/// are what was cancelled, two that reach less or more see two different series.
pub(crate) fn reaching(opened: Opened, config: &Config, account: AccountId) -> Opened {
    let calendars = &config.calendars;
    let is_own = |calendar| calendars.get(calendar).is_some_and(|c| c.account == account);
    let edges = config.edges.values().filter(|edge| is_own(&edge.from) || is_own(&edge.to));
    let widest = edges.map(|edge| edge.options.window).reduce(|a, b| Window {
        past_days: a.past_days.max(b.past_days),
        future_days: a.future_days.max(b.future_days),
    });
    match widest.and_then(|window| opened.provider.reaching(window)) {
        Some(provider) => Opened { provider, ..opened },
        None => opened,
    }
}
