//! A span of time that holds every instance of a body, for range queries.

use kalends_core::event::{Body, Recurrence, Span};
use kalends_core::time::{Extra, Gap, Length, Rule, Until, When, Zone};

use crate::value::INTEGER_MAX;

/// Floating times and days are seen in zones from UTC-12 to UTC+14, and a nominal day may have 25
/// hours.
const SLACK_MS: i64 = 15 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// Start and end in milliseconds; no end where there may be none. May be wider than the
/// instances, never narrower: rules are not expanded.
pub(crate) fn extent(body: &Body) -> (i64, Option<i64>) {
    let (mut starts, mut ends) = of_span(&body.content.span);
    for exception in &body.exceptions {
        let (start, end) = of_span(&exception.content.span);
        starts = starts.min(start);
        ends = ends.max(end);
    }
    let length = ends.saturating_sub(starts);
    let Some(recurrence) = &body.recurrence else {
        return (clamp(starts), Some(clamp(ends)));
    };
    for extra in &recurrence.extras {
        let (start, end) = of_extra(extra, length);
        starts = starts.min(start);
        ends = ends.max(end);
    }
    let moving = body.exceptions.iter().any(|exception| exception.this_and_future);
    let last = if moving { None } else { last_end(recurrence, ends, length) };
    (clamp(starts), last.map(clamp))
}

fn last_end(recurrence: &Recurrence, ends: i64, length: i64) -> Option<i64> {
    recurrence.rules.iter().try_fold(ends, |ends, rule| {
        Some(ends.max(last_start(rule)?.saturating_add(length).saturating_add(SLACK_MS)))
    })
}

/// No instance of the rule starts later; `None` where it has no end or only a count.
fn last_start(rule: &Rule) -> Option<i64> {
    Some(match rule.until()? {
        Until::Date(date) => i64::from(date.days()).saturating_add(1).saturating_mul(DAY_MS),
        Until::Local(civil) => civil.seconds().saturating_mul(1_000),
        Until::Utc(at) => at.as_millis(),
    })
}

fn of_span(span: &Span) -> (i64, i64) {
    around(&span.start, span.length)
}

fn of_extra(extra: &Extra, length: i64) -> (i64, i64) {
    match extra {
        Extra::At(start) => {
            let (from, to) = around(start, Length::Exact(0));
            (from, to.saturating_add(length))
        }
        Extra::Period { start, length } => around(start, *length),
    }
}

fn around(start: &When, length: Length) -> (i64, i64) {
    let at = start.instant(&Zone::utc(), Gap::Shift).as_millis();
    let slack = if start.zone().is_some() { 0 } else { SLACK_MS };
    let (ms, nominal) = match length {
        Length::Exact(seconds) => (seconds.saturating_mul(1_000), 0),
        Length::Nominal { days, seconds } => {
            let ms = seconds.saturating_mul(1_000);
            (i64::from(days).saturating_mul(DAY_MS).saturating_add(ms), SLACK_MS)
        }
    };
    let from = at.saturating_sub(slack);
    (from, at.saturating_add(ms.max(0)).saturating_add(slack.max(nominal)))
}

fn clamp(ms: i64) -> i64 {
    ms.clamp(-INTEGER_MAX, INTEGER_MAX)
}

#[cfg(test)]
mod tests {
    use kalends_core::event::{Content, Exception};
    use kalends_core::time::{Civil, Date};

    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn at(start: When, length: Length) -> Body {
        Body::single(Content::at(Span { start, length, end_zone: None }))
    }

    fn noon() -> When {
        When::Zoned(Civil::from_seconds(43_200), Zone::utc())
    }

    fn series(rule: &str) -> Body {
        let rules = vec![Rule::parse(rule).unwrap()];
        let recurrence = Some(Recurrence { rules, ..Recurrence::default() });
        Body { recurrence, ..at(noon(), Length::Exact(3_600)) }
    }

    #[test]
    fn a_zoned_single_is_where_it_is() {
        let body = at(noon(), Length::Exact(3_600));
        assert_eq!(extent(&body), (12 * HOUR_MS, Some(13 * HOUR_MS)));
    }

    #[test]
    fn a_day_is_wide_enough_for_every_zone() {
        let day = When::Date(Date::from_days(0));
        let body = at(day, Length::Nominal { days: 1, seconds: 0 });
        let (starts, ends) = extent(&body);
        assert!(starts <= -14 * HOUR_MS, "the day begins first at UTC+14");
        assert!(ends >= Some(36 * HOUR_MS), "the day ends last at UTC-12");
    }

    #[test]
    fn a_series_ends_with_until_and_else_never() {
        assert_eq!(extent(&series("FREQ=DAILY")).1, None);
        assert_eq!(extent(&series("FREQ=DAILY;COUNT=2")).1, None);
        let (_, ends) = extent(&series("FREQ=DAILY;UNTIL=19700105T120000Z"));
        let last = 4 * DAY_MS + 13 * HOUR_MS;
        assert!(ends.is_some_and(|ends| ends >= last && ends <= last + DAY_MS), "{ends:?}");
        let (_, ends) = extent(&series("FREQ=DAILY;UNTIL=19700105"));
        assert!(ends >= Some(last));
    }

    #[test]
    fn moved_and_added_instances_lie_within() {
        let mut body = series("FREQ=DAILY;UNTIL=19700103T120000Z");
        let early = When::Zoned(Civil::from_seconds(-86_400), Zone::utc());
        let late = When::Zoned(Civil::from_seconds(90 * 86_400), Zone::utc());
        let span = Span { start: early, length: Length::Exact(60), end_zone: None };
        let content = Content::at(span);
        body.exceptions.push(Exception { original: noon(), this_and_future: false, content });
        if let Some(recurrence) = &mut body.recurrence {
            recurrence.extras.push(Extra::At(late));
        }
        let (starts, ends) = extent(&body);
        assert_eq!(starts, -DAY_MS);
        assert!(ends >= Some(90 * DAY_MS + HOUR_MS));
        body.exceptions[0].this_and_future = true;
        assert_eq!(extent(&body).1, None);
    }

    #[test]
    fn the_far_ends_of_time_stay_within_what_is_bound() {
        let far = When::Floating(Civil::from_seconds(i64::MAX / 2_000));
        let (starts, ends) = extent(&at(far, Length::Exact(i64::MAX)));
        assert!(starts <= INTEGER_MAX && ends == Some(INTEGER_MAX));
    }
}
