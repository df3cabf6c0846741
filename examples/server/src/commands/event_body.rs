//! An event as it is sent in: what is not named stays.

use kalends::core::event::{Body, Content, Person, Span};
use kalends::core::time::{Civil, Date, Extra, Gap, Length, Rule, Timestamp, When, Zone};
use schemars::JsonSchema;
use serde::Deserialize;
use utoipa::ToSchema;

use super::event_clock::{Clock, as_shown, shown_by, skipped};
use crate::args::EventFlags;
use crate::error::CliError;
use crate::view::{BusyWord, PersonView, PrivacyWord, StatusWord};

/// The most rules that a series has here.
const RULES_MAX: usize = 20;
/// The most starts that are added to or taken out of a series one by one.
const STARTS_MAX: usize = 1_000;
/// The most people that an event names here, and the longest name or address of one.
const PEOPLE_MAX: usize = 200;
const TEXT_MAX: usize = 1_000;
/// The longest event: as long as a year.
const LENGTH_S_MAX: i64 = 366 * 86_400;

/// What an event says. What is not named stays as it is, or as it is by default.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventBody {
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) location: Option<String>,
    /// The address of a video meeting; empty: none.
    pub(crate) meeting: Option<String>,
    /// A day (2026-03-02), a time by the clock of `zone` (2026-03-02T09:00), or one with its offset
    /// (2026-03-02T09:00:00+01:00).
    pub(crate) start: Option<String>,
    /// As `start`, and not in it: a day lasts to the next one. By default an hour, or a day.
    pub(crate) end: Option<String>,
    /// The zone of start and end, as Europe/Berlin; by default the home zone, or UTC for times with
    /// an offset.
    pub(crate) zone: Option<String>,
    /// Rules of a series, as FREQ=WEEKLY;BYDAY=MO (RFC 5545); an empty list: it takes place once.
    #[schema(max_items = 20)]
    pub(crate) rules: Option<Vec<String>>,
    /// Starts that are added to a series one by one, written as `start`.
    #[schema(max_items = 1000)]
    pub(crate) added: Option<Vec<String>>,
    /// Starts that are taken out of a series one by one, written as `start`.
    #[schema(max_items = 1000)]
    pub(crate) excluded: Option<Vec<String>>,
    pub(crate) status: Option<StatusWord>,
    pub(crate) busy: Option<BusyWord>,
    pub(crate) privacy: Option<PrivacyWord>,
    pub(crate) categories: Option<Vec<String>>,
    /// Whom it names, in an event of the graph's own calendar. Nobody is invited or told by it.
    #[schema(max_items = 200)]
    pub(crate) attendees: Option<Vec<PersonView>>,
}

impl From<EventFlags> for EventBody {
    fn from(flags: EventFlags) -> Self {
        let some = |list: Vec<String>| (!list.is_empty()).then_some(list);
        Self {
            title: flags.title,
            description: flags.description,
            location: flags.location,
            meeting: flags.meeting,
            start: flags.start,
            end: flags.end,
            zone: flags.zone,
            rules: some(flags.rule),
            added: None,
            excluded: some(flags.exclude),
            status: flags.status,
            busy: flags.busy,
            privacy: flags.privacy,
            categories: some(flags.category),
            attendees: None,
        }
    }
}

impl EventBody {
    /// A new event.
    pub(crate) fn made(&self, home: &Zone) -> Result<Body, CliError> {
        let start = self.start.as_deref().ok_or_else(|| CliError::usage("an event has a start"))?;
        let start = self.time(start, &Clock::In(home.clone()))?;
        let said = start.civil();
        let start = if self.is_series() { start } else { as_shown(start) };
        let length = match &self.end {
            Some(end) if said != start.civil() => self.length(&start, end).map_err(|_| {
                let shown = start.civil();
                let text = format!("clocks skip {said} that day, and show {shown} then");
                CliError::usage(format!("{text}: an event ends after that, within a year"))
            })?,
            Some(end) => self.length(&start, end)?,
            None if start.is_date() => Length::Nominal { days: 1, seconds: 0 },
            None => Length::Exact(3_600),
        };
        let content = Content::at(Span { start, length, end_zone: None });
        let mut body = Body::single(content);
        self.say(&mut body)?;
        self.recur(&mut body)?;
        in_calendars(&body)?;
        Ok(body)
    }

    /// Whether it names what makes a series.
    fn is_series(&self) -> bool {
        [&self.rules, &self.added].into_iter().flatten().any(|list| !list.is_empty())
    }

    /// An event with what is named here.
    pub(crate) fn changed(&self, body: &Body, home: &Zone) -> Result<Body, CliError> {
        let mut body = body.clone();
        self.say(&mut body)?;
        let before = body.content.span.clone();
        let stays_series = body.recurrence.is_some() && self.rules.is_none();
        let recurs = stays_series || self.is_series();
        if let Some(start) = &self.start {
            let clock = Clock::of(&before.start).unwrap_or_else(|| Clock::In(home.clone()));
            let start = self.time(start, &clock)?;
            let start = if recurs { start } else { as_shown(start) };
            if start.is_date() != before.start.is_date() {
                // A length of days says nothing of hours, and the other way round.
                body.content.span.length = match start.is_date() {
                    true => Length::Nominal { days: 1, seconds: 0 },
                    false => Length::Exact(3_600),
                };
                body.content.span.end_zone = None;
            }
            body.content.span.start = start;
        } else if self.zone.is_some() {
            return Err(CliError::usage("a zone needs a start"));
        }
        if let Some(end) = &self.end {
            let start = body.content.span.start.clone();
            // A provider's event may begin in the hour that clocks skip, and take place once.
            let start = if recurs { start } else { as_shown(start) };
            body.content.span.length = self.length(&start, end)?;
            body.content.span.end_zone = None;
        }
        let moved = body.content.span.start != before.start;
        if moved && body.recurrence.is_some() && self.rules.is_none() {
            return Err(CliError::usage(
                "a series that is moved needs its rules again: name `rules` too",
            ));
        }
        self.recur(&mut body)?;
        in_calendars(&body)?;
        Ok(body)
    }

    fn say(&self, body: &mut Body) -> Result<(), CliError> {
        let content = &mut body.content;
        set(&mut content.title, self.title.clone());
        set(&mut content.description, self.description.clone());
        set(&mut content.location, self.location.clone());
        if self.meeting.as_deref().is_some_and(|meeting| !is_reached(meeting)) {
            return Err(CliError::usage(
                "a meeting is an address as https://meet.example.org/1, or tel: or sip: and a number",
            ));
        }
        set(&mut content.meeting, self.meeting.clone());
        set(&mut content.status, self.status.map(Into::into));
        set(&mut content.busy, self.busy.map(Into::into));
        set(&mut content.privacy, self.privacy.map(Into::into));
        set(&mut content.categories, self.categories.clone());
        let long = |one: &PersonView| {
            [&one.name, &one.email].iter().any(|text| text.chars().count() > TEXT_MAX)
        };
        if self.attendees.as_ref().is_some_and(|all| all.len() > PEOPLE_MAX || all.iter().any(long))
        {
            return Err(CliError::usage("an event names at most 200 people, each in 1000 letters"));
        }
        let people = self.attendees.as_ref().map(|people| {
            let of = |one: &PersonView| Person { name: one.name.clone(), email: one.email.clone() };
            people.iter().map(of).collect()
        });
        set(&mut content.attendees, people);
        // Only what is said here: an event that came with more lines keeps them.
        let lines = [&self.title, &self.location, &self.meeting];
        let emails = self.attendees.iter().flatten().map(|one| &one.email);
        let mut lines = lines.into_iter().flatten().chain(emails);
        if lines.any(|text| text.contains(['\r', '\n', '\0'])) {
            return Err(CliError::usage(
                "title, location, meeting and addresses are one line each",
            ));
        }
        Ok(())
    }

    fn recur(&self, body: &mut Body) -> Result<(), CliError> {
        let (rules, added, excluded) = (&self.rules, &self.added, &self.excluded);
        if rules.is_none() && added.is_none() && excluded.is_none() {
            return Ok(());
        }
        let too_many = |list: &Option<Vec<String>>, most: usize| {
            list.as_ref().is_some_and(|list| list.len() > most)
        };
        let over = [too_many(rules, RULES_MAX), too_many(added, STARTS_MAX)];
        if over.contains(&true) || too_many(excluded, STARTS_MAX) {
            return Err(CliError::usage("a series has at most 20 rules and 1000 starts of a kind"));
        }
        let mut recurrence = body.recurrence.clone().unwrap_or_default();
        if let Some(rules) = rules {
            let read = |text: &String| {
                Rule::parse(text).map_err(|error| CliError::usage(format!("{text:?}: {error}")))
            };
            recurrence.rules = rules.iter().map(read).collect::<Result<_, _>>()?;
            // Instances were changed of another series.
            body.exceptions.clear();
            recurrence.excluded.clear();
            recurrence.extras.clear();
        }
        let start = &body.content.span.start;
        let read = |text: &String| {
            let at = self.like(text, start)?;
            let is_of_its_kind = std::mem::discriminant(&at) == std::mem::discriminant(start);
            let wrong = || CliError::usage(format!("{text:?} is not written as the start is"));
            is_of_its_kind.then_some(at).ok_or_else(wrong)
        };
        if let Some(starts) = added {
            let read = |text: &String| read(text).map(Extra::At);
            recurrence.extras = starts.iter().map(read).collect::<Result<_, _>>()?;
        }
        if let Some(starts) = excluded {
            recurrence.excluded = starts.iter().map(read).collect::<Result<_, _>>()?;
        }
        let is_series = !recurrence.rules.is_empty() || !recurrence.extras.is_empty();
        body.recurrence = is_series.then_some(recurrence);
        if !is_series {
            body.exceptions.clear();
        }
        Ok(())
    }

    /// A time by the clock of a start that is there.
    fn like(&self, text: &str, start: &When) -> Result<When, CliError> {
        self.time(text, &Clock::of(start).unwrap_or_else(|| Clock::In(Zone::utc())))
    }

    /// A time by the clock of the zone that is named, or else by this one.
    fn time(&self, text: &str, clock: &Clock) -> Result<When, CliError> {
        let named = self.zone.as_deref().map(|name| {
            Zone::resolve(name).ok_or_else(|| {
                CliError::usage(format!("there is no zone {name:?}: Europe/Berlin is one"))
            })
        });
        let named = named.transpose()?;
        if let Ok(day) = text.parse::<Date>() {
            return Ok(When::Date(day));
        }
        let padded = if text.len() == 16 { format!("{text}:00") } else { text.to_owned() };
        if let Ok(civil) = padded.parse::<Civil>() {
            return Ok(match (named, clock) {
                (Some(zone), _) => When::Zoned(civil, zone),
                (None, Clock::In(zone)) => When::Zoned(civil, zone.clone()),
                (None, Clock::Floating) => When::Floating(civil),
            });
        }
        let at: Timestamp = text.parse().map_err(|_| {
            CliError::usage(format!(
                "{text:?} is no time: 2026-03-02, 2026-03-02T09:00 and 2026-03-02T09:00:00+01:00 are"
            ))
        })?;
        let zone = named.unwrap_or_else(Zone::utc);
        Ok(When::Zoned(zone.civil(at), zone))
    }

    fn length(&self, start: &When, end: &str) -> Result<Length, CliError> {
        let end = self.like(end, start)?;
        let early = || CliError::usage("an event ends after it begins, within a year");
        match (start, &end) {
            (When::Date(first), When::Date(last)) => {
                let days = last.days() - first.days();
                let fits = (1..=366).contains(&days);
                fits.then_some(Length::Nominal { days, seconds: 0 }).ok_or_else(early)
            }
            (When::Date(_), _) | (_, When::Date(_)) => {
                Err(CliError::usage("start and end are both days, or both times"))
            }
            (When::Floating(_), When::Zoned(..)) | (When::Zoned(..), When::Floating(_)) => {
                Err(CliError::usage("start and end are both in a zone, or both in none"))
            }
            (start, end) => {
                let utc = Zone::utc();
                let (from, to) = (start.instant(&utc, Gap::Shift), end.instant(&utc, Gap::Shift));
                let seconds = match skipped(start) {
                    // Only of a series: whenever its other instances are, they last as the clock says.
                    Some(_) => shown_by(start, end).seconds() - start.civil().seconds(),
                    None => to.millis_since(from) / 1_000,
                };
                let fits = (0..=LENGTH_S_MAX).contains(&seconds);
                fits.then_some(Length::Exact(seconds)).ok_or_else(early)
            }
        }
    }
}

/// The first day that an event may not reach: iCalendar knows no year of five digits, and a zone may be a
/// day ahead of it.
const END: &str = "9999-12-31";

/// Refuses what ends when no calendar can say so.
fn in_calendars(body: &Body) -> Result<(), CliError> {
    let late = || CliError::usage(format!("an event ends before {END}"));
    let span = &body.content.span;
    let end: Date = END.parse().map_err(|_| late())?;
    let length_days = match span.length {
        Length::Exact(seconds) => seconds / 86_400 + 1,
        Length::Nominal { days, seconds } => i64::from(days) + seconds / 86_400,
    };
    let start = i64::from(span.start.civil().date().days());
    if start + length_days <= i64::from(end.days()) { Ok(()) } else { Err(late()) }
}

/// Whether somebody gets to a meeting by this address; an empty one takes it out.
fn is_reached(meeting: &str) -> bool {
    let scheme = meeting.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let known = ["https", "http", "tel", "sip", "sips", "xmpp"];
    meeting.is_empty() || scheme.is_some_and(|scheme| known.contains(&scheme.as_str()))
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::EventContent;

    fn made(text: &str) -> Result<EventContent, String> {
        let body: EventBody = serde_json::from_str(text).unwrap();
        let home = Zone::resolve("Europe/Berlin").unwrap();
        body.made(&home).map(|body| EventContent::of(&body)).map_err(|error| error.message)
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, start, end, zone) in [
            (r#"{"start": "2026-03-02"}"#, "2026-03-02", "2026-03-03", None),
            (r#"{"start": "2026-03-02", "end": "2026-03-05"}"#, "2026-03-02", "2026-03-05", None),
            (
                r#"{"start": "2026-03-29T01:30", "end": "2026-03-29T03:30"}"#,
                "2026-03-29T01:30:00",
                "2026-03-29T03:30:00",
                Some("Europe/Berlin"),
            ),
            (
                r#"{"start": "2026-03-02T09:00:00+01:00", "zone": "America/New_York"}"#,
                "2026-03-02T03:00:00",
                "2026-03-02T04:00:00",
                Some("America/New_York"),
            ),
        ] {
            let shown = made(text).unwrap();
            assert_eq!((shown.start.as_str(), shown.end.as_str()), (start, end), "{text}");
            assert_eq!(shown.zone.as_deref(), zone, "{text}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for (text, part) in [
            (r#"{"title": "x"}"#, "has a start"),
            (r#"{"start": "soon"}"#, "is no time"),
            (r#"{"start": "2026-03-02", "end": "2026-03-02"}"#, "ends after"),
            (r#"{"start": "2026-03-02", "end": "2026-03-02T10:00"}"#, "both days"),
            (r#"{"start": "2026-03-02T09:00", "zone": "Mars/Base"}"#, "no zone"),
            (r#"{"start": "2026-03-02", "rules": ["FREQ=NEVER"]}"#, "FREQ=NEVER"),
            (r#"{"start": "2026-03-02", "title": "a\nb"}"#, "one line"),
            (r#"{"start": "2026-03-02", "meeting": "javascript:alert(1)"}"#, "https://"),
            (r#"{"start": "2026-03-02", "meeting": "data:text/html,x"}"#, "https://"),
            (r#"{"start": "2026-03-02", "meeting": "room 5"}"#, "https://"),
            (r#"{"start": "9999-12-31T23:30"}"#, "9999-12-31"),
            (r#"{"start": "9999-12-31"}"#, "9999-12-31"),
            (r#"{"start": "9999-12-30", "end": "9999-12-31", "rules": ["FREQ=NEVER"]}"#, "NEVER"),
            (r#"{"start": "2027-03-28T03:15", "end": "2027-03-28T02:10"}"#, "ends after"),
            (
                r#"{"start": "2027-03-28T02:30", "end": "2027-03-28T03:15"}"#,
                "skip 2027-03-28T02:30",
            ),
            (r#"{"start": "2026-03-02", "attendees": [{"email": "a@x\nX:1"}]}"#, "one line"),
        ] {
            assert!(made(text).unwrap_err().contains(part), "{text}");
        }
    }

    /// Catches an end before its start, or one that lasts an hour longer than it was meant to, where clocks
    /// skip an hour, and days behind which no calendar goes on.
    #[test]
    fn an_end_is_behind_its_start_whatever_clocks_do() {
        for (text, start, end) in [
            (
                r#"{"start": "2027-03-28T02:30", "end": "2027-03-28T02:45"}"#,
                "2027-03-28T03:30:00",
                "2027-03-28T03:45:00",
            ),
            (r#"{"start": "2027-03-28T02:30"}"#, "2027-03-28T03:30:00", "2027-03-28T04:30:00"),
            (r#"{"start": "9999-12-30"}"#, "9999-12-30", "9999-12-31"),
            (r#"{"start": "9999-12-30T22:00"}"#, "9999-12-30T22:00:00", "9999-12-30T23:00:00"),
        ] {
            let shown = made(text).unwrap();
            assert_eq!((shown.start.as_str(), shown.end.as_str()), (start, end), "{text}");
        }
        let text = r#"{"start": "2027-03-28T02:30", "end": "2027-03-28T03:15",
            "rules": ["FREQ=DAILY;COUNT=3"]}"#;
        let series: EventBody = serde_json::from_str(text).unwrap();
        let body = series.made(&Zone::resolve("Europe/Berlin").unwrap()).unwrap();
        assert_eq!(body.content.span.length, Length::Exact(2_700));
        assert_eq!(body.content.span.start.civil().to_string(), "2027-03-28T02:30:00");
    }

    /// Catches an end that is read by another clock than the start, in the hour that clocks skip, and a
    /// provider's event that takes place once and is as long as its series would be.
    #[test]
    fn an_end_is_read_by_the_clock_of_its_start() {
        let home = Zone::resolve("Europe/Berlin").unwrap();
        let read = |text: &str| serde_json::from_str::<EventBody>(text).unwrap();
        for end in ["2027-03-28T04:30", "2027-03-28T04:30:00+02:00", "2027-03-28T02:30:00Z"] {
            let text = format!(
                r#"{{"start": "2027-03-28T02:30", "end": "{end}", "rules": ["FREQ=DAILY;COUNT=3"]}}"#
            );
            let body = read(&text).made(&home).unwrap();
            assert_eq!(body.content.span.length, Length::Exact(7_200), "{end}");
        }
        let both = r#"{"start": "2027-03-28T02:15", "end": "2027-03-28T02:45",
            "rules": ["FREQ=DAILY;COUNT=3"]}"#;
        let length = read(both).made(&home).unwrap().content.span.length;
        assert_eq!(length, Length::Exact(1_800));
        let mut once = read(r#"{"start": "2027-03-28T01:00"}"#).made(&home).unwrap();
        let skipped = "2027-03-28T02:30:00".parse::<Civil>().unwrap();
        once.content.span.start = When::Zoned(skipped, home.clone());
        let longer = read(r#"{"end": "2027-03-28T04:30"}"#).changed(&once, &home).unwrap();
        assert_eq!(longer.content.span.length, Length::Exact(3_600));
        assert_eq!(longer.content.span.start, once.content.span.start);
    }

    #[test]
    fn what_is_not_named_stays() {
        let home = Zone::utc();
        let read = |text: &str| serde_json::from_str::<EventBody>(text).unwrap();
        let first = read(
            r#"{"title": "a", "start": "2026-03-02T09:00", "end": "2026-03-02T11:00",
                "rules": ["FREQ=DAILY;COUNT=3"]}"#,
        );
        let body = first.made(&home).unwrap();
        let renamed = read(r#"{"title": "b"}"#).changed(&body, &home).unwrap();
        assert_eq!(renamed.content.title, "b");
        assert_eq!((renamed.content.span, renamed.recurrence), {
            (body.content.span.clone(), body.recurrence.clone())
        });
        let moved = read(r#"{"start": "2026-03-02T10:00"}"#).changed(&body, &home);
        assert!(moved.unwrap_err().message.contains("rules"));
        let cut = read(r#"{"excluded": ["2026-03-03T09:00"]}"#).changed(&body, &home).unwrap();
        assert_eq!(cut.recurrence.unwrap().excluded.len(), 1);
        let once = read(r#"{"rules": []}"#).changed(&body, &home).unwrap();
        assert_eq!(once.recurrence, None);
    }

    /// Catches an event whose place takes two lines, of which nothing can be changed.
    #[test]
    fn lines_that_were_there_stay_as_they_are() {
        let read = |text: &str| serde_json::from_str::<EventBody>(text).unwrap();
        let mut body = read(r#"{"start": "2026-03-02T09:00"}"#).made(&Zone::utc()).unwrap();
        body.content.location = "Main St 1\nBerlin".to_owned();
        let renamed = read(r#"{"title": "b"}"#).changed(&body, &Zone::utc()).unwrap();
        assert_eq!((renamed.content.title.as_str(), renamed.content.location), {
            ("b", "Main St 1\nBerlin".to_owned())
        });
    }

    /// Catches a floating event that gets a zone because its start is changed (L15).
    #[test]
    fn a_floating_event_stays_floating() {
        let home = Zone::resolve("Europe/Berlin").unwrap();
        let read = |text: &str| serde_json::from_str::<EventBody>(text).unwrap();
        let first = read(r#"{"start": "2026-03-02T09:00", "rules": ["FREQ=DAILY;COUNT=3"]}"#);
        let mut body = first.made(&home).unwrap();
        let civil = |text: &str| text.parse::<Civil>().unwrap();
        body.content.span.start = When::Floating(civil("2026-03-02T09:00:00"));
        let cut = read(r#"{"excluded": ["2026-03-03T09:00"]}"#).changed(&body, &home).unwrap();
        let excluded = cut.recurrence.unwrap().excluded;
        assert_eq!(excluded, [When::Floating(civil("2026-03-03T09:00:00"))]);
        let text = r#"{"start": "2026-03-02T10:00", "end": "2026-03-02T12:00", "rules": []}"#;
        let span = read(text).changed(&body, &home).unwrap().content.span;
        assert_eq!(span.start, When::Floating(civil("2026-03-02T10:00:00")));
        assert_eq!(span.length, Length::Exact(7_200));
        let text = r#"{"start": "2026-03-02T10:00", "zone": "Europe/Berlin", "rules": []}"#;
        let zoned = read(text).changed(&body, &home).unwrap().content.span.start;
        assert_eq!(zoned.zone(), Some(&home), "where that is said");
    }
}
