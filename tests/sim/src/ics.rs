//! iCalendar as a person's program writes it, and a reader of its own for what is to be seen.

use kalends_oracle::{Change, Exception, Mirror, Origin};

use crate::words::{Shown, word};

/// How long a day is as text.
const DATE: usize = "20260610".len();
const GUESTS: &str = "ORGANIZER:mailto:host@example.com\r\nATTENDEE:mailto:guest@example.com";

/// The text a person's program stores for an origin.
#[must_use]
pub fn write(origin: &Origin) -> String {
    let mut out = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//person//EN\r\n".to_owned();
    let mut lines = vec![format!("SUMMARY:{}", origin.title)];
    let mut add = |cond: bool, line: String| lines.extend(cond.then_some(line));
    add(!origin.description.is_empty(), format!("DESCRIPTION:{}", origin.description));
    add(origin.private, "CLASS:PRIVATE".to_owned());
    add(origin.free, "TRANSP:TRANSPARENT".to_owned());
    add(!origin.rule.is_empty(), format!("RRULE:{}", origin.rule));
    for original in &origin.excluded {
        add(true, at("EXDATE", original));
    }
    add(origin.invited, GUESTS.to_owned());
    lines.push(place(origin, origin.private));
    lines.extend(rest(origin));
    out += &component(origin, &origin.start, &lines);
    for one in &origin.exceptions {
        let mut lines = vec![format!("SUMMARY:{}", one.title), at("RECURRENCE-ID", &one.original)];
        lines.extend(
            (!origin.description.is_empty()).then(|| format!("DESCRIPTION:{}", origin.description)),
        );
        lines.extend((origin.private || one.private).then(|| "CLASS:PRIVATE".to_owned()));
        lines.extend(origin.free.then(|| "TRANSP:TRANSPARENT".to_owned()));
        lines.extend(origin.invited.then(|| GUESTS.to_owned()));
        lines.push(place(origin, origin.private || one.private));
        out += &component(origin, &one.start, &lines);
    }
    out + "END:VCALENDAR\r\n"
}

/// Where it takes place.
fn place(origin: &Origin, private: bool) -> String {
    format!("LOCATION:{}", word(origin, private, "place", Shown::Full))
}

/// What no edge shows: the alarm stands last, with a sound that no reader of ours takes for a text.
fn rest(origin: &Origin) -> [String; 3] {
    let word = |property| word(origin, origin.private, property, Shown::None);
    [
        format!("CATEGORIES:{}", word("categories")),
        format!("URL:https://example.com/{}", word("address")),
        format!(
            "BEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER:-PT15M\r\n\
             ATTACH:https://example.com/{}\r\nEND:VALARM",
            word("alarm")
        ),
    ]
}

fn component(origin: &Origin, start: &str, lines: &[String]) -> String {
    format!(
        "BEGIN:VEVENT\r\nUID:{}\r\nDTSTAMP:20260101T000000Z\r\n{}\r\nDURATION:{}\r\n{}\r\n\
         END:VEVENT\r\n",
        origin.uid,
        at("DTSTART", start),
        if start.len() == DATE { "P1D" } else { "PT1H" },
        lines.join("\r\n")
    )
}

/// A property with a time: `20260610` is a day, `20260610T090000Z` UTC, and
/// `Europe/Berlin:20260610T090000` a time in a zone.
fn at(name: &str, time: &str) -> String {
    match time.split_once(':') {
        Some((zone, local)) => format!("{name};TZID={zone}:{local}"),
        None if time.len() == DATE => format!("{name};VALUE=DATE:{time}"),
        None => format!("{name}:{time}"),
    }
}

/// What a stored text shows, without what only programs see.
#[must_use]
pub fn read(text: &str) -> Mirror {
    let text = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    let mut components = Vec::new();
    for part in text.split("BEGIN:VEVENT\n").skip(1) {
        components.push(part.split("END:VEVENT").next().unwrap_or_default());
    }
    let (mut masters, overrides): (Vec<&str>, Vec<&str>) =
        components.into_iter().partition(|one| field(one, "RECURRENCE-ID").is_empty());
    let master = masters.pop().unwrap_or_default();
    let mut exceptions: Vec<Exception> = overrides
        .into_iter()
        .map(|one| Exception {
            original: time(one, "RECURRENCE-ID"),
            start: time(one, "DTSTART"),
            title: field(one, "SUMMARY"),
            private: is_private(one) && !is_private(master),
        })
        .collect();
    exceptions.sort();
    Mirror {
        title: field(master, "SUMMARY"),
        description: field(master, "DESCRIPTION"),
        start: time(master, "DTSTART"),
        rule: field(master, "RRULE"),
        exceptions,
        excluded: excluded(master),
    }
}

fn excluded(component: &str) -> Vec<String> {
    let lines = component.lines().filter(|line| line.starts_with("EXDATE"));
    let mut all: Vec<String> =
        lines.filter_map(|line| line.split_once(':')).flat_map(zoned).collect();
    all.sort();
    all
}

/// The times of a property, in their zone.
fn zoned((head, values): (&str, &str)) -> Vec<String> {
    let zone = head.split(';').find_map(|part| part.strip_prefix("TZID="));
    let one = |value: &str| zone.map_or_else(|| value.to_owned(), |zone| format!("{zone}:{value}"));
    values.split(',').map(one).collect()
}

fn time(component: &str, name: &str) -> String {
    line(component, name).and_then(|line| zoned(line).pop()).unwrap_or_default()
}

fn line<'a>(component: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let is_named = |line: &&str| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':') || rest.starts_with(';'))
    };
    component.lines().find(is_named)?.split_once(':')
}

fn field(component: &str, name: &str) -> String {
    line(component, name).map(|(_, value)| value.to_owned()).unwrap_or_default()
}

fn is_private(component: &str) -> bool {
    ["PRIVATE", "CONFIDENTIAL"].contains(&field(component, "CLASS").as_str())
}

/// The origin that a stored text is, where a person made it from something else.
#[must_use]
pub fn origin(text: &str, calendar: usize) -> Origin {
    let shown = read(text);
    let flat = text.replace("\r\n", "\n").replace("\n ", "");
    let is_master = |part: &&str| field(part, "RECURRENCE-ID").is_empty();
    let master = flat.split("END:VEVENT").find(is_master).unwrap_or_default();
    Origin {
        calendar,
        uid: field(&flat, "UID"),
        title: shown.title,
        description: shown.description,
        start: shown.start,
        private: is_private(master),
        free: field(master, "TRANSP") == "TRANSPARENT",
        invited: !field(master, "ATTENDEE").is_empty(),
        rule: shown.rule,
        exceptions: shown.exceptions,
        excluded: shown.excluded,
    }
}

/// A stored text after a person's program put a change into it. What the program knows nothing of
/// stays.
#[must_use]
pub fn change(text: &str, change: &Change) -> String {
    let flat = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    let mut pieces: Vec<String> = flat.split_inclusive("END:VEVENT\n").map(str::to_owned).collect();
    let original = match change {
        Change::Title(_) | Change::Description(_) | Change::Start(_) => "",
        Change::Move(original, _) | Change::Retitle(original, _) | Change::Cancel(original) => {
            original
        }
    };
    let place_of = |pieces: &[String], original: &str| {
        pieces.iter().position(|piece| {
            piece.contains("BEGIN:VEVENT") && time(piece, "RECURRENCE-ID") == original
        })
    };
    let master = place_of(&pieces, "").unwrap_or_default();
    if let Change::Cancel(original) = change {
        if let Some(changed) = place_of(&pieces, original) {
            pieces[changed] = kept_around(&pieces[changed]);
        }
        let master = place_of(&pieces, "").unwrap_or_default();
        pieces[master] = pieces[master]
            .replace("END:VEVENT", &format!("{}\nEND:VEVENT", at("EXDATE", original)));
        return pieces.concat().replace('\n', "\r\n");
    }
    let place = place_of(&pieces, original).unwrap_or_else(|| {
        let instance = instance(&pieces[master], original);
        pieces.insert(master + 1, instance);
        master + 1
    });
    pieces[place] = match change {
        Change::Title(title) | Change::Retitle(_, title) => set(&pieces[place], "SUMMARY", title),
        Change::Description(text) => set(&pieces[place], "DESCRIPTION", text),
        Change::Start(start) | Change::Move(_, start) => {
            let lasting = set(&pieces[place], "DTEND", "");
            set_time(&set(&lasting, "DURATION", "PT1H"), "DTSTART", start)
        }
        Change::Cancel(_) => String::new(),
    };
    pieces.concat().replace('\n', "\r\n")
}

/// What stands before a component that goes away.
fn kept_around(piece: &str) -> String {
    piece.split("BEGIN:VEVENT").next().unwrap_or_default().to_owned()
}

/// The instance of a master as a component of its own.
fn instance(master: &str, original: &str) -> String {
    let begin = master.find("BEGIN:VEVENT").unwrap_or_default();
    let plain = ["RRULE", "EXDATE", "DTEND", "DURATION"]
        .into_iter()
        .fold(master[begin..].to_owned(), |piece, name| set(&piece, name, ""));
    let dated = set(&set_time(&plain, "DTSTART", original), "DURATION", "PT1H");
    set_time(&dated, "RECURRENCE-ID", original)
}

/// A component with another time.
fn set_time(component: &str, name: &str, time: &str) -> String {
    set(component, name, "").replacen("END:VEVENT", &format!("{}\nEND:VEVENT", at(name, time)), 1)
}

/// A component with another value of a property; empty: without it.
fn set(component: &str, name: &str, value: &str) -> String {
    let is_named = |line: &str| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':') || rest.starts_with(';'))
    };
    let mut lines: Vec<String> =
        component.lines().filter(|line| !is_named(line)).map(str::to_owned).collect();
    let end = lines.iter().position(|line| line == "END:VEVENT").unwrap_or(lines.len());
    if !value.is_empty() {
        lines.insert(end, format!("{name}:{value}"));
    }
    lines.join("\n") + "\n"
}
