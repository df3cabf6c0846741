//! When the person has time.

use kalends::core::ports::Clock as _;
use kalends::recurrence::Zone;
use kalends::{Asked, Moment, own_time, working_hours};
use kalends_cloudflare::WorkerClock;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::config;
use crate::graph::Object;
use crate::problem::Problem;

/// Which time is looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Look {
    /// From this time on: a day, a local time of the home zone, or RFC 3339; today by default.
    from: Option<String>,
    /// To this time; a week later by default.
    to: Option<String>,
    /// The zone of local times; the home zone by default.
    zone: Option<String>,
    /// Who asks: what is waived for them does not count.
    caller: Option<String>,
}

/// The whole time, without gaps, with every reason against it as a code.
pub(crate) async fn answer(object: &Object, look: Look) -> Result<Value, Problem> {
    let (from, to) = (Moment::named(look.from)?, Moment::named(look.to)?);
    let zone = look.zone.as_deref().map(zone).transpose()?;
    let asked = Asked { from, to, zone, caller: look.caller };
    let (zone, inquiry) = asked.inquiry(&*config(object).await?, WorkerClock.now())?;
    let (store, graph) = (&object.driver().ports().store, object.keys().graph);
    let (config, time) = own_time(store, graph, &inquiry).await?;
    let hours = working_hours(&config).map(|hours| {
        json!({
            "zone": hours.zone.as_ref().map(ToString::to_string),
            "days": hours.days.0,
            "from_minute": hours.minutes.start,
            "to_minute": hours.minutes.end,
        })
    });
    let stretches = time.iter().map(|one| {
        json!({
            "start": one.range.start.to_string(),
            "end": one.range.end.to_string(),
            "free_permille": one.free_permille,
            "why": one.why.iter().map(|why| why.code()).collect::<Vec<_>>(),
        })
    });
    Ok(json!({
        "zone": zone.to_string(),
        "from": inquiry.range.start.to_string(),
        "to": inquiry.range.end.to_string(),
        "working_hours": hours.collect::<Vec<_>>(),
        "stretches": stretches.collect::<Vec<_>>(),
    }))
}

fn zone(text: &str) -> Result<Zone, Problem> {
    let unknown = || Problem::usage(format!("there is no zone {text:?}: Europe/Berlin is one"));
    Zone::resolve(text).ok_or_else(unknown)
}
