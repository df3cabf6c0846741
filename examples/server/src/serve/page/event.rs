//! One event: when it takes place, why it is where it is, where it is copied, and what happened.

use core::ops::Range;

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use kalends::core::ids::EventId;
use kalends::core::mirror::PartKey;
use kalends::core::plan::JobKey;
use kalends::core::ports::{Clock as _, GraphStore as _};
use kalends::core::read::{self as answers, Occurring};
use kalends::core::slice::{Bundle, Config, ReadSet};
use kalends::core::time::{Timestamp, When};
use kalends::core::wire;
use kalends::recurrence::{Date, Zone};
use kalends_tokio::SystemClock;

use super::looks::rendered;
use super::model::{Explained, Mirror, Part, read};
use super::runs::{at, happened};
use super::session::Visitor;
use crate::commands::{explain, rule};
use crate::data::Data;
use crate::error::CliError;
use crate::show::{clock, day, local};

/// How many instances of a series are shown, and days that it leaves out.
const SHOWN: usize = 10;
/// How many objects of one copy are told of.
const PARTS: usize = 12;
const DAY_MS: i64 = 86_400_000;
/// How far ahead instances are looked for.
const AHEAD_MS: i64 = 400 * DAY_MS;

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    explained: Explained,
    times: Times,
    history: Vec<Happened>,
    copied: Vec<Vec<String>>,
}

/// When it takes place.
#[derive(Default)]
struct Times {
    is_series: bool,
    instances: Vec<Instance>,
    more: bool,
    left_out: Vec<String>,
}

struct Instance {
    stamp: String,
    time: String,
    /// How it differs from what its series gives.
    changed: Option<String>,
}

struct Happened {
    at: String,
    stamp: String,
    what: String,
}

pub(super) async fn show(visitor: Visitor, Path(event): Path<String>) -> Response {
    rendered(page(&visitor.data, &event).await)
}

async fn page(data: &Data, event: &str) -> Result<EventPage, CliError> {
    let explained: Explained = read(explain::one(data, event).await)?;
    let zone = rule::home(data).await?;
    let history = explained.history.iter().map(|line| Happened {
        at: at(&line.at, &zone),
        stamp: line.at.clone(),
        what: happened(&line.cause).to_owned(),
    });
    let history = history.collect();
    let found = event.parse::<EventId>().ok();
    let want = ReadSet { events: found.into_iter().collect(), ..ReadSet::default() };
    let slice = data.store.load(data.keys.graph, &want).await?;
    let bundle = found.and_then(|event| slice.events.get(&event).cloned().flatten());
    let bundle = bundle.unwrap_or_default();
    let first = bundle.presences.values().next();
    let like = first.map(|one| &one.body.content.span.start);
    let told = |mirror: &Mirror| parts(&mirror.parts, like, &zone);
    let copied = explained.mirrors.iter().map(told).collect();
    let times = found.map(|event| times(&slice.config, event, &bundle, &zone));
    Ok(EventPage { explained, times: times.unwrap_or_default(), history, copied })
}

/// The next instances of a series; a single event's one time, whenever that is.
fn times(config: &Config, event: EventId, bundle: &Bundle, zone: &Zone) -> Times {
    let is_series = bundle.presences.values().any(|one| one.body.recurrence.is_some());
    let now = SystemClock.now();
    let range = match is_series {
        true => now.saturating_add_millis(-DAY_MS)..now.saturating_add_millis(AHEAD_MS),
        false => Timestamp::MIN..Timestamp::MAX,
    };
    let shown = answers::agenda(config, event, bundle, &range);
    let titles: Vec<&str> =
        bundle.presences.values().map(|one| one.body.content.title.as_str()).collect();
    let more = shown.list.len() > SHOWN || shown.cut;
    let instance = |one: &Occurring| Instance {
        stamp: one.start.to_string(),
        time: time(one, zone),
        changed: changed(one, &titles, zone),
    };
    let instances = shown.list.iter().take(SHOWN).map(instance).collect();
    Times { is_series, instances, more, left_out: left_out(bundle, zone.civil(now).date()) }
}

fn time(one: &Occurring, zone: &Zone) -> String {
    if let Some(Range { start, end }) = one.days {
        let last = end.add_days(-1);
        return match start == last {
            true => format!("{}, all day", day(start)),
            false => format!("{} to {}, all day", day(start), day(last)),
        };
    }
    let (from, to) = (zone.civil(one.start), zone.civil(one.end));
    match from.date() == to.date() {
        true => format!("{}, {} to {}", day(from.date()), clock(from), clock(to)),
        false => {
            format!("{} {} to {} {}", day(from.date()), clock(from), day(to.date()), clock(to))
        }
    }
}

/// Another time than its series gives it, another title, or both.
fn changed(one: &Occurring, titles: &[&str], zone: &Zone) -> Option<String> {
    let (original, original_day) = one.original?;
    let is_moved = match (&one.days, original_day) {
        (Some(days), Some(day)) => days.start != day,
        (Some(_) | None, _) => one.start != original,
    };
    let before = original_day.map_or_else(|| local(original, zone), day);
    let moved = is_moved.then(|| format!("instead of {before}"));
    let called = (!titles.contains(&one.title.as_str())).then(|| format!("called “{}”", one.title));
    let all: Vec<String> = moved.into_iter().chain(called).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// The next days that a series leaves out.
fn left_out(bundle: &Bundle, today: Date) -> Vec<String> {
    let series = bundle.presences.values().filter_map(|one| one.body.recurrence.as_ref());
    let mut days: Vec<Date> =
        series.flat_map(|one| &one.excluded).map(|one: &When| one.civil().date()).collect();
    days.retain(|one| *one >= today);
    days.sort_unstable();
    days.dedup();
    days.into_iter().take(SHOWN).map(day).collect()
}

/// What is told of a copy's objects: of those that are instances, which. `like`: a start of its event.
fn parts(parts: &[Part], like: Option<&When>, zone: &Zone) -> Vec<String> {
    let told = parts.iter().take(PARTS).map(|part| line(part, like, zone));
    let mut told: Vec<String> = told.collect();
    if let Some(more) = parts.len().checked_sub(PARTS).filter(|more| *more > 0) {
        told.push(format!("and {more} more instances"));
    }
    told
}

fn line(part: &Part, like: Option<&When>, zone: &Zone) -> String {
    match wire::read_job_key(&format!("part/{}", part.part)) {
        Some(JobKey::Part(key)) => match key.part {
            PartKey::Whole => part.text.clone(),
            PartKey::Override(at) | PartKey::Single(at) => {
                format!("the instance of {}: {}", instance(at, like, zone), part.text)
            }
        },
        Some(JobKey::Origin(..) | JobKey::Overlay(_) | JobKey::Pull(_)) | None => part.text.clone(),
    }
}

/// An original start. Of days, and of times that are in no zone, the key holds what the wall shows.
fn instance(at: Timestamp, like: Option<&When>, zone: &Zone) -> String {
    let wall = Zone::utc();
    match like {
        Some(When::Date(_)) => day(wall.civil(at).date()),
        Some(When::Floating(_)) => local(at, &wall),
        Some(When::Zoned(..)) | None => local(at, zone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kalends::core::time::Civil;

    /// Catches an instance of a series of whole days that is said to be the day before, for somebody
    /// west of Greenwich.
    #[test]
    fn an_instance_is_named_by_the_day_that_the_wall_shows() {
        let at: Timestamp = "2026-12-07T09:00:00Z".parse().unwrap();
        let midnight: Timestamp = "2026-12-07T00:00:00Z".parse().unwrap();
        let civil = Zone::utc().civil(at);
        let new_york = Zone::parse("America/New_York").unwrap();
        let named = |at, like: &When| instance(at, Some(like), &new_york);
        assert_eq!(named(midnight, &When::Date(civil.date())), "Mon 2026-12-07");
        assert_eq!(named(at, &When::Floating(Civil::new(civil.date(), 0))), "2026-12-07 09:00");
        assert_eq!(named(at, &When::Zoned(civil, Zone::utc())), "2026-12-07 04:00");
    }
}
