//! The same events as nettu-scheduler has them.

use std::collections::BTreeMap;

use kalends_core::event::Body;
use kalends_core::ids::EventId;
use kalends_core::slice::Bundle;
use kalends_core::time::{Date, Gap, Length, Rule, Zone};
use nettu_scheduler_domain::{
    CalendarEvent, CalendarSettings, RRuleFrequency, RRuleOptions, TimeSpan, Tz, WeekDay, Weekday,
    get_free_busy,
};

use crate::Times;

/// Events and the settings of the calendar they lie in.
pub(crate) struct Calendar {
    events: Vec<CalendarEvent>,
    settings: CalendarSettings,
}

/// Takes over all events; at their places all calendars have the same zone.
pub(crate) fn calendar(events: &BTreeMap<EventId, Bundle>) -> Calendar {
    let bodies = events.values().flat_map(|bundle| bundle.presences.values());
    let settings = CalendarSettings { timezone: Tz::Europe__Berlin, ..CalendarSettings::default() };
    Calendar { events: bodies.map(|presence| event(&presence.body)).collect(), settings }
}

/// What its service does for a person's free time: expands each event and joins what is busy.
pub(crate) fn busy(calendar: &Calendar, (start, end): (i64, i64)) -> Times {
    let span = TimeSpan::new(start, end);
    let instances =
        calendar.events.iter().flat_map(|one| one.expand(Some(&span), &calendar.settings));
    let busy = get_free_busy(instances.collect()).busy.inner();
    let inside = busy.into_iter().filter(|one| one.end_ts > start && one.start_ts < end);
    inside.map(|one| (one.start_ts.max(start), one.end_ts.min(end))).collect()
}

fn event(body: &Body) -> CalendarEvent {
    let span = &body.content.span;
    let start = span.start.instant(&Zone::utc(), Gap::Shift);
    let Length::Exact(seconds) = span.length else { panic!("no event here is counted in days") };
    let rule = body.recurrence.as_ref().map(|recurrence| &recurrence.rules[0]);
    CalendarEvent {
        start_ts: start.as_millis(),
        duration: seconds * 1_000,
        end_ts: start.as_millis() + seconds * 1_000,
        busy: true,
        recurrence: rule.map(|rule| options(rule, span.start.civil().date())),
        ..CalendarEvent::default()
    }
}

/// A rule as options, which want in words what a rule takes from its start.
fn options(rule: &Rule, start: Date) -> RRuleOptions {
    let (freq, interval) = match rule.text() {
        "FREQ=WEEKLY" => (RRuleFrequency::Weekly, 1),
        "FREQ=WEEKLY;INTERVAL=2" => (RRuleFrequency::Weekly, 2),
        "FREQ=MONTHLY" => (RRuleFrequency::Monthly, 1),
        "FREQ=DAILY;INTERVAL=3" => (RRuleFrequency::Daily, 3),
        other => panic!("{other} is none of the rules of these calendars"),
    };
    let weekday = Weekday::try_from(start.weekday().index()).unwrap();
    let weekly = (freq == RRuleFrequency::Weekly).then(|| vec![WeekDay::new(weekday)]);
    let monthly = (freq == RRuleFrequency::Monthly).then(|| vec![start.ymd().2 as isize]);
    RRuleOptions {
        freq,
        interval,
        count: None,
        until: None,
        bysetpos: None,
        byweekday: weekly,
        bymonthday: monthly,
        bymonth: None,
        byyearday: None,
        byweekno: None,
    }
}
