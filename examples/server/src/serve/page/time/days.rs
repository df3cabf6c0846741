//! A week's free times, and what speaks against the others.

use askama::Template;
use kalends::core::ports::Clock as _;
use kalends::core::schedule::{Hours, Rule, Stretch, Why};
use kalends::core::slice::Config;
use kalends::core::time::Timestamp;
use kalends::recurrence::{Civil, Date, Gap, Zone};
use kalends_tokio::SystemClock;

use super::super::week::{day_name, monday_of, weekday};
use crate::args::{AvailabilityArgs, Moment};
use crate::commands::{availability, rule};
use crate::data::Data;
use crate::error::CliError;
use crate::show::{Look, clock, lasting, looks};

#[derive(Template)]
#[template(path = "time_days.html")]
pub(super) struct DaysPart {
    monday: String,
    before: String,
    after: String,
    zone: String,
    hours: Vec<String>,
    marks: Vec<String>,
    days: Vec<Day>,
}

struct Day {
    date: Date,
    name: String,
    label: String,
    today: bool,
    /// How each half hour looks, as names of the style.
    cells: Vec<&'static str>,
    free: Vec<Free>,
    against: Vec<Against>,
}

struct Free {
    text: String,
    length: String,
    /// Its beginning, as a form takes it.
    at: String,
}

struct Against {
    text: String,
    why: String,
}

impl DaysPart {
    /// The week that a day is in; this one without a day.
    pub(super) async fn of(data: &Data, first: Option<&str>) -> Result<Self, CliError> {
        let zone = rule::home(data).await?;
        let today = zone.civil(SystemClock.now()).date();
        let monday = monday_of(first, today);
        let day = |n: i32| Moment::Local(Civil::new(monday.add_days(n), 0));
        let args = AvailabilityArgs {
            from: Some(day(0)),
            to: Some(day(7)),
            zone: Some(zone),
            caller: None,
            reasons: false,
            public: false,
        };
        let found = availability::find(data, args).await?;
        let (time, zone) = (&found.time, &found.zone);
        let days = (0..7).map(|n| day_of(time, zone, monday.add_days(n), today));
        Ok(Self {
            monday: monday.to_string(),
            before: monday.add_days(-7).to_string(),
            after: monday.add_days(7).to_string(),
            zone: zone.to_string(),
            hours: working_hours(&found.config, zone),
            marks: (0..24).step_by(3).map(|hour| format!("{hour:02}")).collect(),
            days: days.collect(),
        })
    }
}

fn day_of(time: &[Stretch], zone: &Zone, date: Date, today: Date) -> Day {
    let at = |date: Date| zone.instant(Civil::new(date, 0), Gap::Shift);
    let (start, end) = (at(date), at(date.add_days(1)));
    let during = time.iter().filter(|one| one.range.start < end && start < one.range.end);
    let (mut free, mut against) = (Vec::new(), Vec::new());
    for one in during {
        let (from, to) = (one.range.start.max(start), one.range.end.min(end));
        let text = span(zone, (from, to), end);
        if one.is_free() {
            let begins = zone.civil(from);
            let at = format!("{}T{}", begins.date(), clock(begins));
            free.push(Free { text, length: lasting(to.millis_since(from)), at });
        } else if one.why.iter().any(|why| !matches!(why, Why::Hours)) {
            let why: Vec<&str> = one.why.iter().map(|why| words(*why)).collect();
            against.push(Against { text, why: why.join(", ") });
        }
    }
    Day {
        date,
        name: day_name(date),
        label: format!("{} {date}", weekday(date)),
        today: date == today,
        cells: looks(time, zone, date).into_iter().map(class).collect(),
        free,
        against,
    }
}

/// `09:00–10:30`; a day ends at 24:00.
fn span(zone: &Zone, (from, to): (Timestamp, Timestamp), midnight: Timestamp) -> String {
    let end = if to == midnight { "24:00".to_owned() } else { clock(zone.civil(to)) };
    format!("{}–{end}", clock(zone.civil(from)))
}

fn working_hours(config: &Config, zone: &Zone) -> Vec<String> {
    let hours = config.rules.values().filter_map(|rule| {
        let Rule::Hours(Hours { .. }) = rule else { return None };
        Some(rule::said(rule, zone))
    });
    hours.collect()
}

const fn class(look: Look) -> &'static str {
    match look {
        Look::Blank => "blank",
        Look::Free => "free",
        Look::Busy => "busy",
        Look::Held => "held",
        Look::Perhaps => "perhaps",
        Look::Kept => "kept",
        Look::Outside => "outside",
    }
}

const fn words(why: Why) -> &'static str {
    match why {
        Why::Busy => "busy",
        Why::Held => "held",
        Why::Perhaps => "perhaps busy",
        Why::Closed => "closed by hand",
        Why::Trip => "on a trip",
        Why::Notice => "too soon, or past",
        Why::Horizon => "too far ahead",
        Why::Milestone => "a day kept for something else",
        Why::Hours => "outside of working hours",
        Why::Focus => "kept for work alone",
        Why::Buffer => "kept free around a meeting",
        Why::DailyLimit => "the day holds enough meetings",
        Why::WeeklyLimit => "the week holds enough meetings",
    }
}
