//! Components: what stands between BEGIN and END.

use std::borrow::Cow;
use std::ops::Range;

use ical::tree::line::IcalLine;

use super::Property;

/// Deeper than any calendar goes; a hostile text must not exhaust the stack of who walks it.
const DEPTH_MAX: usize = 16;

/// As many as most events have: room is made for them at once.
const EVENT_PROPERTIES: usize = 16;

/// The most lines of one component that are kept: some bytes of text take a hundred of memory.
const LINES_MAX: usize = 20_000;

/// The most lines of a text that are kept; an event counts as the lines that room is made for.
const ALL_LINES_MAX: usize = 2_000_000;

/// What a component is, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Calendar,
    Event,
    Zone,
    Standard,
    Daylight,
    FreeBusy,
    /// Alarms, to-dos and what is not known.
    Other,
}

/// A component, its properties and its children.
#[derive(Debug, Clone)]
pub(crate) struct Component<'a> {
    pub(crate) kind: Kind,
    name: Cow<'static, str>,
    /// From its BEGIN line to the end of its END line.
    pub(crate) span: Range<usize>,
    /// Where its own properties end: the first child, or the END line.
    pub(crate) properties_end: usize,
    /// Empty for [`Kind::Other`], so that nothing of an alarm is taken for the event's.
    pub(crate) properties: Vec<Property<'a>>,
    pub(crate) children: Vec<Self>,
    /// Whether its END was seen.
    pub(crate) closed: bool,
    /// Whether it has more lines than are kept.
    pub(crate) overfull: bool,
}

impl<'a> Component<'a> {
    /// Takes an event apart that was handed on, but for what stands inside it, such as its alarms.
    pub(crate) fn event_again(text: &'a [u8], span: Range<usize>) -> Option<Self> {
        let mut builder = Builder::new(text.get(..span.end)?, None);
        builder.at = span.start;
        builder.drops_inside = true;
        builder.open.push(component(Kind::Calendar, Cow::Borrowed("VCALENDAR"), 0..0));
        let calendars = builder.run().calendars.into_iter();
        calendars.flat_map(|calendar| calendar.children).find(|child| child.kind == Kind::Event)
    }

    /// The first property of a name.
    pub(crate) fn property(&self, name: &str) -> Option<&Property<'a>> {
        self.properties.iter().find(|property| property.is(name))
    }

    /// All properties of a name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &Property<'a>> {
        self.properties.iter().filter(move |property| property.is(name))
    }

    pub(crate) fn children(&self, kind: Kind) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.kind == kind)
    }
}

/// A text as components.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    /// The VCALENDARs; a text without one counts as one that was never opened.
    pub(crate) calendars: Vec<Component<'a>>,
    /// Whether BEGIN:VCALENDAR was seen.
    pub(crate) opened: bool,
    /// Whether it has more lines than are kept; then it says nothing that can be relied on.
    pub(crate) overfull: bool,
}

impl<'a> Document<'a> {
    /// Takes the text apart; lines that are none are passed over, components that are not closed
    /// are kept as such.
    pub(crate) fn parse(text: &'a [u8]) -> Self {
        Builder::new(text, None).run()
    }

    /// The same of a text that is too much to be kept as components: whatever ends right below a
    /// calendar, or outside of all, is handed on and kept only where it is given back. Of events
    /// it has little more than UID and RECURRENCE-ID, and not their children.
    pub(crate) fn hand_on(text: &'a [u8], hand: Hand<'_, 'a>) -> Self {
        Builder::new(text, Some(hand)).run()
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &Component<'a>> {
        self.calendars.iter().flat_map(|calendar| calendar.children(Kind::Event))
    }

    pub(crate) fn zones(&self) -> impl Iterator<Item = &Component<'a>> {
        self.calendars.iter().flat_map(|calendar| calendar.children(Kind::Zone))
    }

    /// Whether every calendar came to its end.
    pub(crate) fn is_complete(&self) -> bool {
        self.opened && self.calendars.iter().all(|calendar| calendar.closed)
    }
}

/// The text without byte order mark and trailing NULs; with line feeds where only carriage returns
/// end its lines.
pub(crate) fn prepared(bytes: &[u8]) -> Cow<'_, [u8]> {
    let bytes = &bytes[inner(bytes)];
    if bytes.contains(&b'\n') || !bytes.contains(&b'\r') {
        return Cow::Borrowed(bytes);
    }
    Cow::Owned(bytes.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect())
}

/// The same of a text that is owned, in its place.
pub(crate) fn prepared_owned(mut bytes: Vec<u8>) -> Vec<u8> {
    let Range { start, end } = inner(&bytes);
    bytes.truncate(end);
    bytes.drain(..start);
    match prepared(&bytes) {
        Cow::Borrowed(_) => bytes,
        Cow::Owned(with_line_feeds) => with_line_feeds,
    }
}

/// A text without byte order mark and trailing NULs.
fn inner(bytes: &[u8]) -> Range<usize> {
    let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    start..end.max(start)
}

/// Takes a component, and gives it back where it is to be kept.
pub(crate) type Hand<'h, 'a> = &'h mut dyn FnMut(Component<'a>) -> Option<Component<'a>>;

enum Step<'a> {
    Line(IcalLine<'a>, Range<usize>),
    /// It is none, or of no interest.
    Skipped,
}

struct Builder<'h, 'a> {
    text: &'a [u8],
    /// Takes what ends right below a calendar.
    hand: Option<Hand<'h, 'a>>,
    /// Whether what stands inside an event is not kept.
    drops_inside: bool,
    at: usize,
    /// The open components, the outermost first; the first is what stands outside of all.
    open: Vec<Component<'a>>,
    opened: bool,
    /// How many components are open that are nested beyond [`DEPTH_MAX`]; they are passed over.
    too_deep: usize,
    /// How many lines are kept, with the room that was made for more.
    kept: usize,
    overfull: bool,
}

impl<'h, 'a> Builder<'h, 'a> {
    fn new(text: &'a [u8], hand: Option<Hand<'h, 'a>>) -> Self {
        let outside = component(Kind::Calendar, Cow::Borrowed(""), 0..0);
        Self {
            text,
            drops_inside: hand.is_some(),
            hand,
            at: 0,
            open: vec![outside],
            opened: false,
            too_deep: 0,
            kept: 0,
            overfull: false,
        }
    }

    fn run(mut self) -> Document<'a> {
        while !self.overfull
            && let Some(step) = self.next_line()
        {
            match step {
                Step::Line(line, span) if line.name.get().eq_ignore_ascii_case("BEGIN") => {
                    self.begin(&line, span);
                }
                Step::Line(line, span) if line.name.get().eq_ignore_ascii_case("END") => {
                    self.end(&line, &span);
                }
                Step::Line(line, span) => self.property(line, span),
                Step::Skipped => {}
            }
        }
        self.finish()
    }

    fn next_line(&mut self) -> Option<Step<'a>> {
        let rest = &self.text[self.at..];
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let start = self.at + blank;
        let rest = &self.text[start..];
        if rest.is_empty() {
            return None;
        }
        if self.hand.is_some() && self.is_in_event() && is_beside_the_point(rest) {
            self.skip(start);
            return Some(Step::Skipped);
        }
        Some(match IcalLine::take(rest) {
            Ok((line, tail)) => {
                self.at = self.text.len() - tail.len();
                Step::Line(line, start..self.at)
            }
            Err(_) => {
                self.skip(start);
                Step::Skipped
            }
        })
    }

    /// Whether a line that comes now is an event's, or of something in it.
    fn is_in_event(&self) -> bool {
        self.open.get(self.calendar_depth()).is_some_and(|open| open.kind == Kind::Event)
    }

    /// Passes over a line with its continuations.
    fn skip(&mut self, start: usize) {
        let mut rest = IcalLine::take_physical(&self.text[start..]).1;
        while matches!(rest.first(), Some(b' ' | b'\t')) {
            rest = IcalLine::take_physical(rest).1;
        }
        self.at = self.text.len() - rest.len();
    }

    fn begin(&mut self, line: &IcalLine<'a>, span: Range<usize>) {
        let name = line.raw_value_str();
        let (name, kind) = kind_of(name.trim());
        // Neither stands inside another component: the one before was never closed.
        match kind {
            Kind::Calendar => self.close_to(1, span.start),
            Kind::Event | Kind::Zone | Kind::FreeBusy => {
                self.close_to(self.calendar_depth(), span.start)
            }
            Kind::Standard | Kind::Daylight | Kind::Other => {}
        }
        if self.open.len() > DEPTH_MAX {
            self.too_deep += 1;
            return;
        }
        self.opened |= kind == Kind::Calendar;
        if let Some(parent) = self.open.last_mut().filter(|parent| parent.children.is_empty()) {
            parent.properties_end = span.start;
        }
        self.count(if kind == Kind::Event { EVENT_PROPERTIES } else { 1 });
        self.open.push(component(kind, name, span));
    }

    /// How many components are open up to the calendar.
    fn calendar_depth(&self) -> usize {
        1 + usize::from(self.open.get(1).is_some_and(|first| first.kind == Kind::Calendar))
    }

    fn end(&mut self, line: &IcalLine<'a>, span: &Range<usize>) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let name = line.raw_value_str();
        let name = name.trim();
        let opened = self.open.iter().rposition(|open| open.name.eq_ignore_ascii_case(name));
        let Some(depth) = opened.filter(|depth| *depth > 0) else {
            // Nothing goes on beyond the end of a calendar, wherever it began.
            if name.eq_ignore_ascii_case("VCALENDAR") {
                self.close_to(1, span.start);
            }
            return;
        };
        self.close_to(depth + 1, span.start);
        let Some(mut done) = self.open.pop() else {
            return;
        };
        if done.children.is_empty() {
            done.properties_end = span.start;
        }
        done.span.end = span.end;
        done.closed = true;
        self.attach(done);
    }

    /// Closes what is still open below a depth; it was cut.
    fn close_to(&mut self, depth: usize, at: usize) {
        self.too_deep = 0;
        while self.open.len() > depth.max(1) {
            let Some(mut cut) = self.open.pop() else {
                return;
            };
            if cut.children.is_empty() {
                cut.properties_end = at;
            }
            cut.span.end = at;
            self.attach(cut);
        }
    }

    fn attach(&mut self, done: Component<'a>) {
        if self.drops_inside && self.is_in_event() {
            return;
        }
        let is_below = done.kind != Kind::Calendar && self.open.len() == self.calendar_depth();
        let kept = match &mut self.hand {
            Some(hand) if is_below => hand(done),
            Some(_) | None => Some(done),
        };
        if let Some((parent, kept)) = self.open.last_mut().zip(kept) {
            parent.children.push(kept);
        }
    }

    fn property(&mut self, line: IcalLine<'a>, span: Range<usize>) {
        let Some(open) = self.open.last_mut().filter(|open| open.kind != Kind::Other) else {
            return;
        };
        if open.properties.len() >= LINES_MAX {
            open.overfull = true;
            // What holds for all events cannot be set aside with one of them.
            self.overfull |= open.kind != Kind::Event;
            return;
        }
        open.properties.push(Property::new(line, span));
        self.count(1);
    }

    const fn count(&mut self, lines: usize) {
        self.kept += lines;
        self.overfull |= self.kept > ALL_LINES_MAX;
    }

    fn finish(mut self) -> Document<'a> {
        self.close_to(1, self.text.len());
        let mut calendars = Vec::new();
        if let Some(mut outside) = self.open.pop() {
            let (inside, loose) =
                outside.children.drain(..).partition(|child| child.kind == Kind::Calendar);
            calendars = inside;
            outside.children = loose;
            outside.closed = !self.opened;
            if !outside.children.is_empty() {
                outside.closed = true;
                calendars.push(outside);
            }
        }
        Document { calendars, opened: self.opened, overfull: self.overfull }
    }
}

/// Whether the line that this text begins with is neither BEGIN nor END, neither UID nor
/// RECURRENCE-ID, and ends where it ends without looking into it.
fn is_beside_the_point(text: &[u8]) -> bool {
    let wanted: [&[u8]; 4] = [b"BE", b"EN", b"UI", b"RE"];
    let Some(start) = text.get(..2) else { return false };
    let is_plain = start.iter().all(u8::is_ascii_alphanumeric);
    if !is_plain || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(start)) {
        return false;
    }
    // What is quoted-printable goes on behind a `=` at the end of a line.
    let line = IcalLine::take_physical(text).0;
    !line.trim_ascii_end().ends_with(b"=")
}

/// What a name between BEGIN and END means.
fn kind_of(name: &str) -> (Cow<'static, str>, Kind) {
    const KNOWN: [(&str, Kind); 6] = [
        ("VEVENT", Kind::Event),
        ("VCALENDAR", Kind::Calendar),
        ("VTIMEZONE", Kind::Zone),
        ("STANDARD", Kind::Standard),
        ("DAYLIGHT", Kind::Daylight),
        ("VFREEBUSY", Kind::FreeBusy),
    ];
    let known = KNOWN.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.map_or_else(
        || (Cow::Owned(name.to_owned()), Kind::Other),
        |(known, kind)| (Cow::Borrowed(known), kind),
    )
}

fn component<'a>(kind: Kind, name: Cow<'static, str>, span: Range<usize>) -> Component<'a> {
    let properties_end = span.end;
    Component {
        kind,
        name,
        span,
        properties_end,
        properties: match kind {
            Kind::Event => Vec::with_capacity(EVENT_PROPERTIES),
            Kind::Calendar
            | Kind::Zone
            | Kind::Standard
            | Kind::Daylight
            | Kind::FreeBusy
            | Kind::Other => Vec::new(),
        },
        children: Vec::new(),
        closed: false,
        overfull: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Components that hide in others, are cut, fold their names, stand outside of all, or go on
    /// where a line seems to end.
    const TEXT: &str = "BEGIN:VEVENT\r\nUID:loose\r\nEND:VEVENT\r\n\
        BEGIN:VCALENDAR\r\nX-WR-CALNAME:N\r\nBEGIN:VEVENT\r\nUID:a\r\n\r\n  DTSTART:1\r\n\
        BEGIN:VALARM\r\nUID:alarm\r\nX:1\r\nEND:VALARM\r\nSUMMARY:after\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nU\r\n ID:fol\r\n ded\r\nDESCRIPTION;ENCODING=QUOTED-PRINTABLE:x=\r\n\
        END:VEVENT=\r\nUID:no\r\nB\r\n EGIN:VTODO\r\nE\r\n ND:VTODO\r\nnothing\r\n\
        BEGIN:VEVENT\r\nUID:b\r\nATTACH:AAA=\r\nEND:VTODO\r\nBEGIN:VALARM\r\n\
        BEGIN:VEVENT\r\nbegin:valarm\r\nend:valarm\r\nRECURRENCE-ID:1\r\nuid:c\r\nEND:VEVENT\r\n\
        BEGIN:VTIMEZONE\r\nTZID:Z\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n\
        BEGIN:VEVENT\r\nUID:last\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:d\r\nSUMMARY:d";

    /// Catches an event that ends elsewhere, or has other lines, where it is handed on, or is taken
    /// apart a second time.
    #[test]
    fn an_event_that_is_handed_on_is_the_same() {
        let mut seen = 0;
        for end in 0..=TEXT.len() {
            let text = &TEXT.as_bytes()[..end];
            let whole = Document::parse(text);
            let mut events: Vec<_> = whole.events().collect();
            events.sort_by_key(|event| event.span.start);
            let mut handed = Vec::new();
            let rest = Document::hand_on(text, &mut |one| {
                (one.kind == Kind::Event).then(|| handed.push(one.clone()));
                (one.kind != Kind::Event).then_some(one)
            });
            assert_eq!(rest.is_complete(), whole.is_complete(), "{end}");
            assert_eq!(rest.zones().count(), whole.zones().count(), "{end}");
            assert_eq!(handed.len(), events.len(), "{end}");
            for (handed, event) in handed.iter().zip(events) {
                let value = |one: &Component<'_>, name| one.property(name).map(Property::text);
                for name in ["UID", "RECURRENCE-ID"] {
                    assert_eq!(value(handed, name), value(event, name), "{end}");
                }
                assert_eq!(handed.closed, event.closed, "{end}");
                assert!(handed.children.is_empty(), "{end}");
                let again = Component::event_again(text, handed.span.clone()).unwrap();
                let same = Component {
                    properties_end: again.properties_end,
                    children: Vec::new(),
                    ..event.clone()
                };
                assert_eq!(format!("{again:?}"), format!("{same:?}"), "{end}");
                seen += 1;
            }
        }
        assert!(seen > 1_000, "{seen}");
    }
}
