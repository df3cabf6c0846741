//! The content of a mirror at a level.

use crate::event::{Busy, Content, Privacy, Span, Status};
use crate::filter::is_tentative;
use crate::form;
use crate::graph::{Capabilities, DetailLevel};
use crate::limits::{LINE_BYTES_MAX, TEXT_BYTES_MAX, bound, bound_chars, bound_octets, octets};
use crate::normalize;
use crate::policy::{self, Disclosure};
use crate::template;
use crate::time::{Length, When};

/// How contents are shown: the same for the master and every changed instance.
#[derive(Clone, Copy)]
pub(super) struct Show<'a> {
    pub(super) strictest: Privacy,
    pub(super) template: Option<&'a str>,
    pub(super) disclosure: &'a Disclosure,
    pub(super) target: &'a Capabilities,
    /// The octets of iCalendar that one content may take for its texts, where the target says how
    /// large an object may be.
    pub(super) octets_max: Option<usize>,
}

impl Show<'_> {
    /// The level of a content: by its own privacy and by that of the event's other presences.
    pub(super) fn level(&self, content: &Content) -> DetailLevel {
        policy::shown(self.disclosure, self.strictest.max(content.privacy))
    }

    /// What the target is to say, at `span`.
    pub(super) fn content(&self, origin: &Content, span: &Span) -> Content {
        let level = self.level(origin);
        let mut shown = Content::at(self.span(span));
        shown.status = if is_tentative(origin) { Status::Tentative } else { Status::Confirmed };
        shown.busy = match origin.busy {
            Busy::Tentative => Busy::Busy,
            Busy::Free | Busy::Busy | Busy::OutOfOffice | Busy::Elsewhere => origin.busy,
        };
        shown.title = self.title(&origin.title, level);
        shown.privacy = Privacy::Private;
        if level == DetailLevel::Full {
            if !self.strictest.max(origin.privacy).is_private() {
                shown.privacy = Privacy::Default;
            }
            shown.location = bound(&origin.location, LINE_BYTES_MAX).to_owned();
            shown.description = self.description(origin, &shown.title, &shown.location);
        }
        shown
    }

    fn title(&self, own: &str, level: DetailLevel) -> String {
        let mut title = template::render(self.template, own, level);
        let kept = bound_chars(bound(&title, LINE_BYTES_MAX), self.target.title_chars_max).len();
        title.truncate(kept);
        title
    }

    fn description(&self, origin: &Content, title: &str, location: &str) -> String {
        let mut text = origin.description.clone();
        if self.disclosure.people {
            append(&mut text, "With: ", &names(origin));
        }
        if self.disclosure.meeting {
            append(&mut text, "Meeting: ", &origin.meeting);
        }
        let bytes_max = TEXT_BYTES_MAX.saturating_sub(title.len() + location.len());
        let bounded = bound(&text, bytes_max).len();
        let mut kept = bound_chars(&text[..bounded], self.target.description_chars_max).len();
        if let Some(max) = self.octets_max {
            let left = max.saturating_sub(octets(title) + octets(location));
            kept = bound_octets(&text[..kept], left).len();
        }
        text.truncate(kept);
        text
    }

    /// The span as the target can hold it: floating times in its zone where it has none, singles
    /// at times that exist, no end before the start.
    fn span(&self, span: &Span) -> Span {
        let start = in_target(&span.start, self.target);
        if normalize::exists(&start) {
            let length = form::canonical_length(&start, span.length);
            return Span { start, length, end_zone: span.end_zone.clone() };
        }
        let moved = Span { start: start.clone(), ..span.clone() };
        let seconds =
            form::end(&moved, &self.target.zone).millis_since(form::key(&start)).div_euclid(1_000);
        let start = match start {
            When::Zoned(_, zone) => When::Zoned(zone.civil(form::key(&moved.start)), zone),
            When::Floating(_) | When::Date(_) => start,
        };
        Span { start, length: Length::Exact(seconds.max(0)), end_zone: span.end_zone.clone() }
    }
}

/// A time as the target can hold it.
pub(super) fn in_target(when: &When, target: &Capabilities) -> When {
    match when {
        When::Floating(civil) if !target.floating => When::Zoned(*civil, target.zone.clone()),
        When::Zoned(..) | When::Floating(_) | When::Date(_) => when.clone(),
    }
}

/// Adds a paragraph, unless there is nothing to say.
fn append(text: &mut String, label: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(label);
    text.push_str(value);
}

/// The names of all people, the organizer first, each once; the address where there is no name.
fn names(content: &Content) -> String {
    let mut shown: Vec<&str> = Vec::new();
    for person in content.organizer.iter().chain(&content.attendees) {
        let name = if person.name.is_empty() { &person.email } else { &person.name };
        if !name.is_empty() && !shown.contains(&name.as_str()) {
            shown.push(name);
        }
    }
    shown.join(", ")
}
