//! iCalendar as a person's program writes it, and a reader of its own for what is to be seen.

use kalends_oracle::{Exception, Mirror, Origin};

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
    out += &component(origin, &origin.start, &lines);
    for one in &origin.exceptions {
        let mut lines =
            vec![format!("SUMMARY:{}", one.title), format!("RECURRENCE-ID:{}", one.original)];
        lines.extend(
            (!origin.description.is_empty()).then(|| format!("DESCRIPTION:{}", origin.description)),
        );
        lines.extend(origin.private.then(|| "CLASS:PRIVATE".to_owned()));
        lines.extend(origin.free.then(|| "TRANSP:TRANSPARENT".to_owned()));
        out += &component(origin, &one.start, &lines);
    }
    out + "END:VCALENDAR\r\n"
}

fn component(origin: &Origin, start: &str, lines: &[String]) -> String {
    format!(
        "BEGIN:VEVENT\r\nUID:{}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{start}\r\nDURATION:PT1H\r\n{}\r\n\
         END:VEVENT\r\n",
        origin.uid,
        lines.join("\r\n")
    )
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
            original: field(one, "RECURRENCE-ID"),
            start: field(one, "DTSTART"),
            title: field(one, "SUMMARY"),
        })
        .collect();
    exceptions.sort();
    Mirror {
        title: field(master, "SUMMARY"),
        description: field(master, "DESCRIPTION"),
        start: field(master, "DTSTART"),
        rule: field(master, "RRULE"),
        exceptions,
    }
}

fn field(component: &str, name: &str) -> String {
    let line = component.lines().find(|line| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':') || rest.starts_with(';'))
    });
    line.and_then(|line| line.split_once(':'))
        .map(|(_, value)| value.to_owned())
        .unwrap_or_default()
}

/// The origin that a stored text is, where a person made it from something else.
#[must_use]
pub fn origin(text: &str, calendar: usize) -> Origin {
    let shown = read(text);
    let flat = text.replace("\r\n", "\n").replace("\n ", "");
    Origin {
        calendar,
        uid: field(&flat, "UID"),
        title: shown.title,
        description: shown.description,
        start: shown.start,
        private: ["PRIVATE", "CONFIDENTIAL"].contains(&field(&flat, "CLASS").as_str()),
        free: field(&flat, "TRANSP") == "TRANSPARENT",
        rule: shown.rule,
        exceptions: shown.exceptions,
    }
}
