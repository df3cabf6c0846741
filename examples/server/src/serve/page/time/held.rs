//! What is held, and until when.

use askama::Template;
use kalends::core::ports::Clock as _;
use kalends::core::schedule::Hold;
use kalends::core::time::Timestamp;
use kalends::recurrence::Zone;
use kalends_tokio::SystemClock;

use super::super::session::Visitor;
use crate::commands::{hold, rule};
use crate::error::CliError;
use crate::show::local;

const DAY_MS: i64 = 86_400_000;

#[derive(Template)]
#[template(path = "time_holds.html")]
pub(super) struct HoldsPart {
    token: String,
    holds: Vec<Held>,
    /// Whether any calendar but the graph's own shows them.
    is_carried: bool,
}

struct Held {
    id: String,
    from: String,
    to: String,
    until: String,
    is_live: bool,
    /// Whether it ends sooner than a day from now.
    is_short: bool,
    /// It belongs to a search or to others' meeting: what becomes of it is decided there.
    of_meeting: bool,
}

impl HoldsPart {
    pub(super) async fn of(visitor: &Visitor) -> Result<Self, CliError> {
        let (config, zone) = (visitor.data.config().await?, rule::home(&visitor.data).await?);
        let now = SystemClock.now();
        let mut holds: Vec<&Hold> = config.holds.values().collect();
        holds.sort_by_key(|hold| (hold.range.start, hold.id));
        Ok(Self {
            token: visitor.token.clone(),
            holds: holds.into_iter().map(|hold| held(hold, &zone, now)).collect(),
            is_carried: hold::is_carried(&config),
        })
    }
}

fn held(hold: &Hold, zone: &Zone, now: Timestamp) -> Held {
    Held {
        id: hold.id.to_string(),
        from: local(hold.range.start, zone),
        to: local(hold.range.end, zone),
        until: local(hold.expires, zone),
        is_live: hold.is_live(now),
        is_short: hold.is_live(now) && hold.expires < now.saturating_add_millis(DAY_MS),
        of_meeting: hold.meeting.is_some(),
    }
}
