//! A week of the calendars as one, with what is copied of it and where to.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use kalends::core::graph::CalendarRole;
use kalends::core::ids::{CalendarId, EventId};
use kalends::core::ports::{Clock as _, GraphStore as _};
use kalends::core::read::{self as answers, MirrorLine};
use kalends::core::slice::{Config, ReadSet};
use kalends::core::time::Timestamp;
use kalends::recurrence::{Civil, Date, Gap, Zone};
use kalends_tokio::SystemClock;

use super::grid::{Hour, Hours, SLOTS, lanes};
use super::model::{Agenda, Calendar, Occurrence, Status, read};
use crate::args::{EventsArgs, SpanArgs};
use crate::commands::{events, rule};
use crate::data::Data;
use crate::error::CliError;
use crate::lookup::label;
use crate::show::{clock, detail};

/// Events of a week that are shown.
const WEEK_MAX: u32 = 300;
/// Colours of calendars; they come again where there are more.
const TINTS: usize = 6;
/// Seconds of one line of the grid.
const SLOT_S: u32 = 1_800;

#[derive(Template)]
#[template(path = "week.html")]
pub(super) struct WeekPart {
    title: String,
    monday: String,
    before: String,
    after: String,
    zone: String,
    legend: Vec<Named>,
    hours: Vec<Hour>,
    days: Vec<Day>,
    empty: bool,
    more: bool,
}

struct Named {
    name: String,
    tint: usize,
    mark: String,
}

struct Day {
    name: String,
    label: String,
    today: bool,
    all_day: Vec<Shown>,
    events: Vec<Shown>,
}

/// An event as one day shows it.
struct Shown {
    event: String,
    anchor: String,
    title: String,
    calendar: String,
    tint: usize,
    mark: String,
    /// When it begins, or that it lasts the day.
    time: String,
    /// When it ends, behind that.
    end: String,
    /// Where in the grid, as names of the style.
    place: String,
    copies: Vec<Copy>,
}

struct Copy {
    text: String,
    state: &'static str,
}

/// What all days are drawn from.
struct Drawing<'a> {
    found: &'a Status,
    copies: BTreeMap<String, Vec<MirrorLine>>,
    config: &'a Config,
    zone: &'a Zone,
}

impl WeekPart {
    /// The week that a day is in; this one without a day.
    pub(super) async fn of(
        data: &Data,
        first: Option<&str>,
        found: &Status,
    ) -> Result<Self, CliError> {
        let zone = rule::home(data).await?;
        let today = zone.civil(SystemClock.now()).date();
        let monday = monday_of(first, today);
        let at = |day: Date| zone.instant(Civil::new(day, 0), Gap::Shift);
        let span = SpanArgs { from: at(monday), to: at(monday.add_days(7)) };
        let args = EventsArgs { span, limit: Some(WEEK_MAX), after: None };
        let agenda: Agenda = read(events::list(data, args).await)?;
        let config = data.config().await?;
        let copies = copies(data, &agenda).await?;
        let drawing = Drawing { found, copies, config: &config, zone: &zone };
        let days: Vec<Date> = (0..7).map(|n| monday.add_days(n)).collect();
        let timed = days.iter().map(|day| drawing.timed(&agenda, *day)).collect::<Vec<_>>();
        let hours = Hours::around(timed.iter().flatten().map(|one| one.slots));
        let shown = days.iter().zip(timed).map(|(day, timed)| Day {
            name: day_name(*day),
            label: format!("{} {day}", weekday(*day)),
            today: *day == today,
            all_day: drawing.all_day(&agenda, *day),
            events: drawing.placed(*day, timed, hours),
        });
        Ok(Self {
            title: format!("Week of {monday}"),
            monday: monday.to_string(),
            before: monday.add_days(-7).to_string(),
            after: monday.add_days(7).to_string(),
            zone: zone.to_string(),
            legend: drawing.legend(&agenda),
            hours: hours.list(),
            days: shown.collect(),
            empty: agenda.occurrences.is_empty(),
            more: agenda.next.is_some(),
        })
    }
}

/// The first day of the week that a day is in; of this one without a day.
pub(super) fn monday_of(asked: Option<&str>, today: Date) -> Date {
    let asked = asked.and_then(|text| text.parse::<Date>().ok()).unwrap_or(today);
    asked.add_days(-i32::from(asked.weekday().index()))
}

/// The mirrors of all events of a page.
async fn copies(
    data: &Data,
    agenda: &Agenda,
) -> Result<BTreeMap<String, Vec<MirrorLine>>, CliError> {
    let ids = agenda.occurrences.iter().filter_map(|one| one.event.parse::<EventId>().ok());
    let want = ReadSet { events: ids.collect(), ..ReadSet::default() };
    let slice = data.store.load(data.keys.graph, &want).await?;
    let bundles = slice.events.iter().filter_map(|(id, bundle)| Some((id, bundle.as_ref()?)));
    let explained = bundles.map(|(id, bundle)| {
        let found = answers::explain((&slice.config, &BTreeSet::new()), *id, bundle, []);
        (id.to_string(), found.mirrors)
    });
    Ok(explained.collect())
}

/// An event that begins, goes on or ends within a day, with the lines of the grid that it takes.
struct Timed<'a> {
    one: &'a Occurrence,
    slots: (u32, u32),
    time: (String, String),
}

impl Drawing<'_> {
    fn timed<'o>(&self, agenda: &'o Agenda, day: Date) -> Vec<Timed<'o>> {
        agenda.occurrences.iter().filter_map(|one| self.on(one, day)).collect()
    }

    fn on<'o>(&self, one: &'o Occurrence, day: Date) -> Option<Timed<'o>> {
        if one.all_day {
            return None;
        }
        let (start, end) = (one.start.parse().ok()?, one.end.parse().ok()?);
        let (start, end): (Timestamp, Timestamp) = (start, end);
        let (from, to) = (self.zone.civil(start), self.zone.civil(end));
        // What ends at midnight is not of the day that begins.
        let last = self.zone.civil(end.saturating_add_millis(-1).max(start)).date();
        if day < from.date() || last < day {
            return None;
        }
        let first = if from.date() == day { from.seconds_of_day() / SLOT_S } else { 0 };
        let ends = to.date() == day;
        let until = if ends { to.seconds_of_day().div_ceil(SLOT_S) } else { SLOTS };
        let time = (clock(from), format!("–{}", clock(to)));
        Some(Timed { one, slots: (first, until.max(first + 1)), time })
    }

    fn placed(&self, day: Date, timed: Vec<Timed<'_>>, hours: Hours) -> Vec<Shown> {
        let places = lanes(&timed.iter().map(|one| one.slots).collect::<Vec<_>>());
        let all = timed.into_iter().zip(places);
        all.map(|(Timed { one, slots, time }, lane)| {
            self.shown(one, day, time, format!("{} {lane}", hours.place(slots)))
        })
        .collect()
    }

    fn all_day(&self, agenda: &Agenda, day: Date) -> Vec<Shown> {
        let text = day.to_string();
        let on = |one: &&Occurrence| one.all_day && *one.start <= *text && *text < *one.end;
        let all = agenda.occurrences.iter().filter(on);
        all.map(|one| self.shown(one, day, ("all day".to_owned(), String::new()), String::new()))
            .collect()
    }

    fn shown(
        &self,
        one: &Occurrence,
        day: Date,
        (time, end): (String, String),
        place: String,
    ) -> Shown {
        let calendar = self.found.calendars.iter().find(|calendar| calendar.id == one.calendar);
        let copies = self.copies.get(&one.event).map(Vec::as_slice).unwrap_or_default();
        Shown {
            event: one.event.clone(),
            // Focus finds its place by it when the week is drawn anew.
            anchor: format!("e-{}-{day}-{}", one.event, one.start),
            title: if one.title.is_empty() { "(no title)".to_owned() } else { one.title.clone() },
            calendar: calendar.map_or_else(String::new, Calendar::label),
            tint: self.tint(&one.calendar),
            mark: self.mark(&one.calendar),
            time,
            end,
            place,
            copies: copies.iter().filter_map(|line| self.copy(line)).collect(),
        }
    }

    fn copy(&self, line: &MirrorLine) -> Option<Copy> {
        let codes = || line.parts.iter().map(|part| part.state.code.as_str());
        if !line.wanted && codes().all(|code| code == "absent") {
            return None;
        }
        let is_live =
            !line.parts.is_empty() && codes().all(|code| matches!(code, "live" | "absent"));
        let is_open = codes().any(|code| {
            matches!(code, "due" | "read-back" | "unsure") || code.starts_with("waits-for-")
        });
        let (state, word) = match (is_live, is_open || line.parts.is_empty()) {
            (true, _) => ("live", ""),
            (false, true) => ("open", ", on the way"),
            (false, false) => ("stuck", ", stuck"),
        };
        Some(Copy {
            text: format!("→ {} ({}{word})", self.target(line.to), detail(line.level)),
            state,
        })
    }

    /// A calendar of ours is called by its account alone.
    fn target(&self, id: CalendarId) -> String {
        let calendar = self.config.calendars.get(&id);
        let overlay = calendar.filter(|one| matches!(one.role, CalendarRole::Overlay(_)));
        let account = overlay.and_then(|one| self.config.accounts.get(&one.account));
        account.map_or_else(|| label(self.config, id), |account| account.name.clone())
    }

    fn tint(&self, calendar: &str) -> usize {
        self.place(calendar) % TINTS
    }

    /// What a calendar is told by without its colour: a letter, and a number from the second round.
    fn mark(&self, calendar: &str) -> String {
        let place = self.place(calendar);
        let letter = char::from(b'A' + u8::try_from(place % 26).unwrap_or_default());
        match place / 26 {
            0 => letter.to_string(),
            round => format!("{letter}{round}"),
        }
    }

    fn place(&self, calendar: &str) -> usize {
        let place = self.found.calendars.iter().position(|known| known.id == calendar);
        place.unwrap_or_default()
    }

    /// The calendars whose events are shown.
    fn legend(&self, agenda: &Agenda) -> Vec<Named> {
        let is_shown =
            |one: &&Calendar| agenda.occurrences.iter().any(|event| event.calendar == one.id);
        let shown = self.found.calendars.iter().filter(is_shown);
        let named = |one: &Calendar| Named {
            name: one.label(),
            tint: self.tint(&one.id),
            mark: self.mark(&one.id),
        };
        shown.map(named).collect()
    }
}

/// Its name, in full.
pub(super) fn weekday(day: Date) -> &'static str {
    const NAMES: [&str; 7] =
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    NAMES.get(usize::from(day.weekday().index())).copied().unwrap_or_default()
}

/// The head of its column.
pub(super) fn day_name(day: Date) -> String {
    format!("{} {}", &weekday(day)[..3], &day.to_string()[8..])
}
