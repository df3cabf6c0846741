//! Between what the oracle knows of an event and the engine's own values.

use kalends_core::event::{Body, Busy, Content, Exception, Person, Privacy, Recurrence, Span};
use kalends_core::time::{Civil, Date, Length, Rule, When, Zone};
use kalends_oracle::{self as oracle, Change, Origin};

use crate::words::{Shown, word};

const HOUR_SECONDS: i64 = 3_600;

/// What a program stores for an origin.
#[must_use]
pub(crate) fn body(origin: &Origin) -> Body {
    let mut master = content(origin, &origin.start, &origin.title);
    master.location = word(origin, origin.private, "place", Shown::Full);
    master.categories = vec![word(origin, origin.private, "categories", Shown::None)];
    let exception = |one: &oracle::Exception| Exception {
        original: when(&one.original),
        this_and_future: false,
        content: {
            let mut content = content(origin, &one.start, &one.title);
            if one.private {
                content.privacy = Privacy::Private;
            }
            content.location = word(origin, origin.private || one.private, "place", Shown::Full);
            content
        },
    };
    let mut exceptions: Vec<Exception> = origin.exceptions.iter().map(exception).collect();
    exceptions.sort_by(|a, b| a.original.cmp(&b.original));
    let recurrence = (!origin.rule.is_empty()).then(|| Recurrence {
        rules: vec![Rule::parse(&origin.rule).unwrap()],
        extras: Vec::new(),
        excluded: origin.excluded.iter().map(|start| when(start)).collect(),
    });
    Body { content: master, recurrence, exceptions, instance_of: None }
}

fn content(origin: &Origin, start: &str, title: &str) -> Content {
    let person = |name: &str| Person { name: String::new(), email: format!("{name}@example.com") };
    let mut content = Content::at(span(start));
    title.clone_into(&mut content.title);
    content.description.clone_from(&origin.description);
    content.busy = if origin.free { Busy::Free } else { Busy::Busy };
    content.privacy = if origin.private { Privacy::Private } else { Privacy::Default };
    if origin.invited {
        content.organizer = Some(person("host"));
        content.attendees = vec![person("guest")];
    }
    content
}

fn span(start: &str) -> Span {
    let start = when(start);
    let length = if start.is_date() {
        Length::Nominal { days: 1, seconds: 0 }
    } else {
        Length::Nominal { days: 0, seconds: HOUR_SECONDS }
    };
    Span { start, length, end_zone: None }
}

/// All texts of a body, one a line.
#[must_use]
pub(crate) fn texts(body: &Body) -> String {
    let changed = body.exceptions.iter().map(|one| &one.content);
    let all = std::iter::once(&body.content).chain(changed);
    let texts = all.flat_map(|content| {
        let own = [&content.title, &content.description, &content.location, &content.meeting];
        own.into_iter().chain(&content.categories)
    });
    texts.map(|text| format!("{text}\n")).collect()
}

/// The origin that an object is.
#[must_use]
pub(crate) fn origin(uid: &str, body: &Body) -> Origin {
    let content = &body.content;
    let exceptions = body.exceptions.iter().map(|one| oracle::Exception {
        original: text(&one.original),
        start: text(&one.content.span.start),
        title: one.content.title.clone(),
        private: one.content.privacy.is_private() && !content.privacy.is_private(),
    });
    let recurrence = body.recurrence.as_ref();
    let mut excluded: Vec<String> =
        recurrence.map(|r| r.excluded.iter().map(text).collect()).unwrap_or_default();
    excluded.sort();
    Origin {
        calendar: 0,
        uid: uid.to_owned(),
        title: content.title.clone(),
        description: content.description.clone(),
        start: text(&content.span.start),
        private: content.privacy.is_private(),
        free: content.busy == Busy::Free,
        invited: !content.attendees.is_empty(),
        rule: recurrence.map_or_else(String::new, |r| {
            r.rules.iter().map(Rule::text).collect::<Vec<_>>().join(";")
        }),
        exceptions: exceptions.collect(),
        excluded,
    }
}

/// A rule with its parts in the order in which people here write them: it says nothing (RFC 5545,
/// 3.3.10), and Google may make another one of it (F24).
pub(crate) fn as_people_write(rule: &str) -> String {
    let mut parts: Vec<&str> = rule.split(';').collect();
    let of = |part: &str| ["FREQ=", "COUNT="].iter().position(|name| part.starts_with(name));
    parts.sort_by_key(|part| of(part).unwrap_or(usize::MAX));
    parts.join(";")
}

/// An object after a person's program put a change into it.
pub(crate) fn change(body: &mut Body, change: &Change) {
    match change {
        Change::Title(title) => body.content.title.clone_from(title),
        Change::Description(text) => body.content.description.clone_from(text),
        Change::Start(start) => body.content.span = span(start),
        Change::Move(original, start) => instance(body, original).span = span(start),
        Change::Retitle(original, title) => instance(body, original).title.clone_from(title),
        Change::Cancel(original) => {
            let original = when(original);
            body.exceptions.retain(|one| one.original != original);
            if let Some(recurrence) = &mut body.recurrence {
                recurrence.excluded.push(original);
            }
        }
    }
}

/// The instance as one that is changed.
fn instance<'a>(body: &'a mut Body, original: &str) -> &'a mut Content {
    let at = when(original);
    if !body.exceptions.iter().any(|one| one.original == at) {
        let content = Content { span: span(original), ..body.content.clone() };
        body.exceptions.push(Exception { original: at.clone(), this_and_future: false, content });
        body.exceptions.sort_by(|a, b| a.original.cmp(&b.original));
    }
    let of_it = body.exceptions.iter_mut().find(|one| one.original == at);
    &mut of_it.unwrap().content
}

/// A start as iCalendar writes it: `20260610`, `20260610T090000Z`, `Europe/Berlin:20260610T090000`
/// in a zone, or `20260610T090000` in none.
fn when(text: &str) -> When {
    let (zone, stamp) = text.split_once(':').unwrap_or(("", text));
    let number = |range| stamp.get(range).and_then(|digits: &str| digits.parse::<u32>().ok());
    let part = |range| number(range).unwrap();
    let (month, day) = (part(4..6), part(6..8));
    let date = Date::new(part(0..4) as i32, month as u8, day as u8).unwrap();
    if stamp.len() == 8 {
        return When::Date(date);
    }
    let civil = Civil::new(date, part(9..11) * 3_600 + part(11..13) * 60 + part(13..15));
    match zone {
        "" if stamp.ends_with('Z') => When::Zoned(civil, Zone::utc()),
        "" => When::Floating(civil),
        zone => When::Zoned(civil, Zone::parse(zone).unwrap()),
    }
}

fn text(when: &When) -> String {
    let (year, month, day) = when.civil().date().ymd();
    let date = format!("{year:04}{month:02}{day:02}");
    let seconds = when.civil().seconds_of_day();
    let time = format!("{:02}{:02}{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match when {
        When::Date(_) => date,
        When::Floating(_) => format!("{date}T{time}"),
        When::Zoned(_, zone) if *zone == Zone::utc() => format!("{date}T{time}Z"),
        When::Zoned(_, zone) => format!("{}:{date}T{time}", zone.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches an order that takes what a rule says for something else, or is no order.
    #[test]
    fn a_rule_is_read_as_people_write_it_whatever_the_order_of_its_parts() {
        for rule in ["", "FREQ=DAILY;COUNT=5", "FREQ=WEEKLY;COUNT=4;BYDAY=WE,FR"] {
            let mut parts: Vec<&str> = rule.split(';').collect();
            parts.sort_unstable();
            assert_eq!(as_people_write(&parts.join(";")), rule);
            assert_eq!(as_people_write(rule), rule);
        }
        assert_ne!(as_people_write("COUNT=4;FREQ=DAILY"), "FREQ=DAILY;COUNT=5");
    }
}
