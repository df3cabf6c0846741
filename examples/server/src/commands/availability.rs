//! When the person has time.

use std::ops::Range;
use std::sync::Arc;

use kalends::Asked;
use kalends::core::ports::Clock as _;
use kalends::core::schedule::Stretch;
use kalends::core::slice::Config;
use kalends::core::time::Timestamp;
use kalends::recurrence::Zone;
use kalends_tokio::SystemClock;

use crate::args::AvailabilityArgs;
use crate::data::Data;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::show::{lasting, local, picture, table};
use crate::view::{Availability, FreeTime, HoursView, StretchView, TimeView};

/// What a question found.
pub(crate) struct Found {
    /// The zone that days and local times were read in.
    pub(crate) zone: Zone,
    pub(crate) range: Range<Timestamp>,
    pub(crate) config: Arc<Config>,
    /// The whole time, without gaps.
    pub(crate) time: Vec<Stretch>,
}

pub(crate) async fn run(data: &Data, args: AvailabilityArgs) -> Result<Outcome, CliError> {
    let (public, with_reasons) = (args.public, args.reasons);
    let Found { zone, range, config, time } = find(data, args).await?;
    if public {
        return Ok(self::public(&time, &zone));
    }
    let json = Availability {
        zone: zone.to_string(),
        from: range.start.to_string(),
        to: range.end.to_string(),
        working_hours: working_hours(&config),
        stretches: time.iter().map(StretchView::of).collect(),
    };
    let text = if with_reasons { reasons(&time, &zone) } else { picture(&time, &zone) };
    Ok(Outcome::new(json, text))
}

/// When the person has time.
pub(crate) async fn find(data: &Data, args: AvailabilityArgs) -> Result<Found, CliError> {
    let AvailabilityArgs { from, to, zone, caller, .. } = args;
    let asked = Asked { from, to, zone, caller };
    let (zone, inquiry) = asked.inquiry(&*data.config().await?, SystemClock.now())?;
    let (config, time) = data.ahead.own_time(&data.store, data.keys.graph, &inquiry).await?;
    Ok(Found { zone, range: inquiry.range, config, time })
}

/// The working hours, in every answer.
pub(crate) fn working_hours(config: &Config) -> Vec<HoursView> {
    kalends::working_hours(config).map(HoursView::of).collect()
}

fn reasons(time: &[Stretch], zone: &Zone) -> String {
    let rows = time.iter().map(|one| {
        let why: Vec<&str> = one.why.iter().map(|why| why.code()).collect();
        let why = if why.is_empty() { "free".to_owned() } else { why.join(", ") };
        let length = lasting(one.range.end.millis_since(one.range.start));
        [local(one.range.start, zone), local(one.range.end, zone), length, why]
    });
    table(["from", "to", "length", "why"], rows, "nothing")
}

/// What anybody may be shown: when there is time, and nothing of why not. Working hours are why not:
/// beside them, what is not offered inside of them would be known to be taken, and their zone says
/// where somebody lives.
fn public(time: &[Stretch], zone: &Zone) -> Outcome {
    let free: Vec<&Range<Timestamp>> =
        time.iter().filter(|one| one.is_free()).map(|one| &one.range).collect();
    let time = |one: &&Range<Timestamp>| TimeView {
        start: one.start.to_string(),
        end: one.end.to_string(),
    };
    let json = FreeTime { free: free.iter().map(time).collect() };
    let rows = free.iter().map(|one| [local(one.start, zone), local(one.end, zone)]);
    Outcome::new(json, table(["from", "to"], rows, "no time"))
}
