//! One VEVENT so that it says another content.

use kalends_core::event::{Content, Person, Response};
use kalends_recurrence::Timestamp;

use super::edits::Edits;
use crate::PatchError;
use crate::read::{MEETING_PROPERTIES, address, is_meeting, is_own};
use crate::syntax::{Component, escaped, parameter, utc_text};
use crate::write::{busy_word, class_word, end_line, status_word, transp_word, when_line};
use crate::zones::Names;

/// What a VEVENT says and should say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change<'c> {
    pub(super) base: &'c Content,
    pub(super) want: &'c Content,
    pub(super) own: &'c [String],
    pub(super) names: &'c Names,
}

impl Change<'_> {
    /// Edits what differs. Forms of a field that cannot be edited with it go, since they would go on
    /// saying the old: X-ALT-DESC with the description, X-APPLE-STRUCTURED-LOCATION and GEO with the
    /// location.
    pub(super) fn edit(
        self,
        edits: &mut Edits<'_>,
        event: &Component<'_>,
    ) -> Result<(), PatchError> {
        let Self { base, want, .. } = self;
        if base.kind != want.kind {
            return Err(PatchError::Unsayable("kind"));
        }
        self.texts(edits, event);
        if base.meeting != want.meeting {
            one_line(&want.meeting, "meeting")?;
            set_meeting(edits, event, &want.meeting);
        }
        if base.span != want.span {
            self.span(edits, event);
        }
        self.words(edits, event);
        if base.categories != want.categories {
            let names: Vec<String> = want.categories.iter().map(|name| escaped(name)).collect();
            let line = format!("CATEGORIES:{}", names.join(","));
            let lines = if names.is_empty() { Vec::new() } else { vec![line] };
            edits.set(event, &["CATEGORIES"], &lines);
        }
        self.people(edits, event)
    }

    fn texts(self, edits: &mut Edits<'_>, event: &Component<'_>) {
        let Self { base, want, .. } = self;
        let texts: [(&str, &str, &str, &[&str]); 3] = [
            ("SUMMARY", &base.title, &want.title, &[]),
            ("DESCRIPTION", &base.description, &want.description, &["X-ALT-DESC"]),
            ("LOCATION", &base.location, &want.location, &["X-APPLE-STRUCTURED-LOCATION", "GEO"]),
        ];
        for (name, _, text, others) in texts.into_iter().filter(|(_, old, new, _)| old != new) {
            let head = event.property(name).map_or_else(
                || name.to_owned(),
                |old| {
                    let encoded = ["ENCODING", "CHARSET", "QUOTED-PRINTABLE", "ALTREP"];
                    format!("{}{}", old.name(), old.parameters_without(&encoded))
                },
            );
            let line = format!("{head}:{}", escaped(text));
            edits.set(event, &[name], &if text.is_empty() { Vec::new() } else { vec![line] });
            edits.set(event, others, &[]);
        }
    }

    fn words(self, edits: &mut Edits<'_>, event: &Component<'_>) {
        let Self { base, want, .. } = self;
        if base.status != want.status {
            edits.set(event, &["STATUS"], &[format!("STATUS:{}", status_word(want.status))]);
        }
        if base.busy != want.busy {
            const FINER: &str = "X-MICROSOFT-CDO-BUSYSTATUS";
            edits.set(event, &["TRANSP"], &[format!("TRANSP:{}", transp_word(want.busy))]);
            let plain = matches!(busy_word(want.busy), "BUSY" | "FREE");
            if !plain || event.property(FINER).is_some() {
                edits.set(event, &[FINER], &[format!("{FINER}:{}", busy_word(want.busy))]);
            }
        }
        if base.privacy != want.privacy {
            let line = class_word(want.privacy).map(|word| format!("CLASS:{word}"));
            edits.set(event, &["CLASS"], line.as_slice());
        }
    }

    fn span(self, edits: &mut Edits<'_>, event: &Component<'_>) {
        let (old, new) = (&self.base.span, &self.want.span);
        if old.start != new.start {
            edits.set(event, &["DTSTART"], &[when_line("DTSTART", &new.start, self.names)]);
        }
        let by_duration = event.property("DTEND").is_none() && event.property("DURATION").is_some();
        let end = end_line(new, by_duration, self.names);
        let kept = by_duration && old.length == new.length && old.end_zone == new.end_zone;
        if !kept || old.start.is_date() != new.start.is_date() {
            edits.set(event, &["DTEND", "DURATION"], end.as_slice());
        }
        const ALL_DAY: &str = "X-MICROSOFT-CDO-ALLDAYEVENT";
        if old.start.is_date() != new.start.is_date() && event.property(ALL_DAY).is_some() {
            let word = if new.start.is_date() { "TRUE" } else { "FALSE" };
            edits.set(event, &[ALL_DAY], &[format!("{ALL_DAY}:{word}")]);
        }
    }

    fn people(self, edits: &mut Edits<'_>, event: &Component<'_>) -> Result<(), PatchError> {
        let Self { base, want, own, .. } = self;
        if base.organizer != want.organizer {
            let email = want.organizer.as_ref().map(|person| person.email.as_str());
            one_line(email.unwrap_or_default(), "organizer")?;
            let line = want.organizer.as_ref().map(|person| person_line("ORGANIZER", person, ""));
            edits.set(event, &["ORGANIZER"], line.as_slice());
        }
        let gone =
            |person: &Person| base.attendees.contains(person) && !want.attendees.contains(person);
        for line in event.all("ATTENDEE") {
            let email = address(line);
            let name = line.parameter("CN").unwrap_or_default().trim().to_owned();
            if gone(&Person { name, email }) {
                edits.replace(line, None);
            }
        }
        for person in want.attendees.iter().filter(|person| !base.attendees.contains(person)) {
            if person.email.is_empty() {
                return Err(PatchError::Unsayable("attendees"));
            }
            one_line(&person.email, "attendees")?;
            let asked = ";PARTSTAT=NEEDS-ACTION;RSVP=TRUE";
            let mut lines = edits.lines();
            lines.line(&person_line("ATTENDEE", person, asked));
            edits.insert(event.properties_end, lines.into_bytes());
        }
        if base.response == want.response {
            return Ok(());
        }
        let mut mine = event.all("ATTENDEE").filter(|attendee| is_own(attendee, own));
        let (Some(attendee), Some(word)) = (mine.next(), partstat(want.response)) else {
            return Err(PatchError::Unsayable("response"));
        };
        let kept = attendee.parameters_without(&["PARTSTAT", "RSVP"]);
        let value = attendee.value();
        edits.replace(attendee, Some(format!("{}{kept};PARTSTAT={word}:{value}", attendee.name())));
        Ok(())
    }
}

/// Addresses stand as they are: one with a control character could end its line where it is read.
fn one_line(address: &str, field: &'static str) -> Result<(), PatchError> {
    let is_line = !address.contains(char::is_control);
    is_line.then_some(()).ok_or(PatchError::Unsayable(field))
}

fn set_meeting(edits: &mut Edits<'_>, event: &Component<'_>, meeting: &str) {
    if let Some(page) = event.property("URL").filter(|page| is_meeting(&page.text())) {
        edits.replace(page, None);
    }
    let line = format!("CONFERENCE;VALUE=URI;FEATURE=VIDEO:{meeting}");
    let lines = if meeting.is_empty() { Vec::new() } else { vec![line] };
    edits.set(event, &MEETING_PROPERTIES, &lines);
}

fn person_line(name: &str, person: &Person, parameters: &str) -> String {
    let shown = match person.name.as_str() {
        "" => String::new(),
        shown => format!(";CN={}", parameter(shown)),
    };
    format!("{name}{shown}{parameters}:mailto:{}", person.email)
}

fn partstat(response: Response) -> Option<&'static str> {
    match response {
        Response::None => None,
        Response::Pending => Some("NEEDS-ACTION"),
        Response::Accepted => Some("ACCEPTED"),
        Response::Tentative => Some("TENTATIVE"),
        Response::Declined => Some("DECLINED"),
    }
}

/// Says that a VEVENT was revised. SEQUENCE belongs to who organises it, and rises where times,
/// repetition or status changed (RFC 5546 section 2.1.4).
pub(super) fn revised(edits: &mut Edits<'_>, event: &Component<'_>, stamp: Timestamp, rises: bool) {
    let now = utc_text(stamp);
    edits.set(event, &["DTSTAMP"], &[format!("DTSTAMP:{now}")]);
    edits.set(event, &["LAST-MODIFIED"], &[format!("LAST-MODIFIED:{now}")]);
    if rises {
        let old = event.property("SEQUENCE").and_then(|line| line.value().trim().parse().ok());
        let next = old.unwrap_or(0_u32).saturating_add(1);
        edits.set(event, &["SEQUENCE"], &[format!("SEQUENCE:{next}")]);
    }
}
