//! An origin's text is edited where it must be, and nowhere else.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that finds nothing must stop")]

use kalends_core::event::{Body, Busy, Person, Response, Status};
use kalends_ical::{PatchError, Reader, export, patch};
use kalends_recurrence::{Length, Timestamp, When, Zone};
use proptest::prelude::*;

mod common;
use common::bodies::body;
use common::{event, object, vtimezone};

const STAMP: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const KEPT: &str = "X-KEEP;X-P=\"a:b\":some\\, thing\r\n";
const ALARM: &str = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:beep\r\nTRIGGER:-PT5M\r\n\
    END:VALARM\r\nEND:VEVENT\r\n";

/// A text that says a body, with things in it that are not ours.
fn origin(body: &Body) -> String {
    let text = String::from_utf8(export(&[("uid-1".into(), body.clone())], STAMP)).unwrap();
    text.replace("END:VEVENT\r\n", &format!("{KEPT}{ALARM}"))
        .replace("CALSCALE", "X-WR-CALNAME:mine\r\nCALSCALE")
}

fn read(bytes: &[u8]) -> Body {
    let text = String::from_utf8_lossy(bytes);
    Reader::default().object(bytes).unwrap_or_else(|error| panic!("{error}\n{text}")).body
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_patched_text_says_what_is_wanted(base in body(), mut want in body(), meeting in any::<bool>()) {
        if meeting {
            want.content.meeting = "https://meet.google.com/abc".into();
        }
        let raw = origin(&base);
        let patched = match patch(raw.as_bytes(), &base, &want, STAMP) {
            Ok(patched) => patched,
            Err(error) => return Err(TestCaseError::fail(format!("{error}\n{raw}"))),
        };
        prop_assert_eq!(&read(&patched), &want);
        let text = String::from_utf8(patched).unwrap();
        let events = text.matches("BEGIN:VEVENT").count();
        prop_assert_eq!(text.matches(KEPT).count(), events);
        prop_assert_eq!(text.matches(ALARM).count(), events);
        prop_assert!(text.contains("X-WR-CALNAME:mine\r\n"));
    }

    #[test]
    fn nothing_changes_where_nothing_is_wanted(base in body()) {
        let raw = origin(&base);
        prop_assert_eq!(patch(raw.as_bytes(), &base, &base, STAMP).unwrap(), raw.as_bytes());
    }
}

const MEETING: &str = "DTSTART;TZID=W. Europe Standard Time:20260105T090000\r\n\
    DURATION:PT1H\r\nRRULE:FREQ=DAILY\r\nSUMMARY;LANGUAGE=de:Old\r\nX-ALT-DESC:<b>x</b>\r\n\
    description:x\r\nSEQUENCE:4\r\nORGANIZER:mailto:me@home.example\r\n\
    ATTENDEE;X-NUM=3;PARTSTAT=ACCEPTED:mailto:me@home.example\r\n\
    EXDATE;TZID=W. Europe Standard Time:20260106T090000,20260107T090000";

fn reader() -> Reader {
    Reader { addresses: vec!["me@home.example".into()] }
}

/// Lines that went and lines that came.
fn difference(old: &str, new: &str) -> (Vec<String>, Vec<String>) {
    let missing = |one: &str, other: &str| {
        let mut left: Vec<&str> = other.split("\r\n").collect();
        let mut gone = Vec::new();
        for line in one.split("\r\n") {
            match left.iter().position(|there| *there == line) {
                Some(at) => drop(left.remove(at)),
                None => gone.push(line.to_owned()),
            }
        }
        gone
    };
    (missing(old, new), missing(new, old))
}

fn edited(change: impl FnOnce(&mut Body)) -> (Vec<String>, Vec<String>) {
    let raw = object(&(vtimezone("W. Europe Standard Time", "") + &event(MEETING)));
    let base = reader().object(raw.as_bytes()).unwrap().body;
    let mut want = base.clone();
    change(&mut want);
    let patched = reader().patch(raw.as_bytes(), &base, &want, STAMP).unwrap();
    assert_eq!(reader().object(&patched).unwrap().body, want);
    difference(&raw, &String::from_utf8(patched).unwrap())
}

const STAMPED: [&str; 2] = ["DTSTAMP:20270115T080000Z", "LAST-MODIFIED:20270115T080000Z"];

#[test]
fn a_new_title_touches_its_line_alone() {
    let (gone, new) = edited(|want| want.content.title = "Neu, ganz".into());
    assert_eq!(gone, ["DTSTAMP:20260101T000000Z", "SUMMARY;LANGUAGE=de:Old"]);
    assert_eq!(new, [STAMPED[0], "SUMMARY;LANGUAGE=de:Neu\\, ganz", STAMPED[1]]);
}

#[test]
fn a_new_description_takes_its_html_form_along() {
    let (gone, new) = edited(|want| want.content.description = "y".into());
    assert_eq!(gone, ["DTSTAMP:20260101T000000Z", "X-ALT-DESC:<b>x</b>", "description:x"]);
    assert_eq!(new, [STAMPED[0], "description:y", STAMPED[1]]);
}

#[test]
fn a_move_keeps_the_name_of_the_zone_and_the_duration_and_raises_the_sequence() {
    let (gone, new) = edited(|want| {
        let zone = want.content.span.start.zone().cloned().unwrap();
        let later = want.content.span.start.civil().add_seconds(3_600);
        want.content.span.start = When::Zoned(later, zone);
    });
    assert_eq!(gone.len(), 3, "{gone:?}");
    assert!(new.contains(&"DTSTART;TZID=W. Europe Standard Time:20260105T100000".to_owned()));
    assert!(new.contains(&"SEQUENCE:5".to_owned()), "{new:?}");
}

#[test]
fn one_more_cancelled_instance_is_one_more_line() {
    let (gone, new) = edited(|want| {
        let first = want.recurrence.as_ref().unwrap().excluded[0].clone();
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let next = When::Zoned(first.civil().add_seconds(4 * 86_400), zone);
        want.recurrence.as_mut().unwrap().excluded.push(next);
    });
    assert_eq!(gone.len(), 2, "{gone:?}");
    assert!(new.contains(&"EXDATE;TZID=W. Europe Standard Time:20260110T090000".to_owned()));
}

/// Catches dates that are told apart by the order in which they were left out.
#[test]
fn an_instance_before_those_cancelled_already_is_cancelled_too() {
    let raw = object(&(vtimezone("W. Europe Standard Time", "") + &event(MEETING)));
    let base = reader().object(raw.as_bytes()).unwrap().body;
    let mut want = base.clone();
    let excluded = &mut want.recurrence.as_mut().unwrap().excluded;
    let zone = Zone::parse("Europe/Berlin").unwrap();
    let before = excluded[0].civil().add_seconds(-86_400);
    excluded.push(When::Zoned(before, zone));
    let patched = reader().patch(raw.as_bytes(), &base, &want, STAMP).unwrap();
    let (_, new) = difference(&raw, &String::from_utf8(patched).unwrap());
    assert!(new.contains(&"EXDATE;TZID=W. Europe Standard Time:20260105T090000".to_owned()));
}

#[test]
fn a_restored_instance_leaves_its_list() {
    let (gone, new) = edited(|want| drop(want.recurrence.as_mut().unwrap().excluded.remove(0)));
    let old = "EXDATE;TZID=W. Europe Standard Time:20260106T090000,20260107T090000";
    assert!(gone.contains(&old.to_owned()), "{gone:?}");
    assert!(new.contains(&"EXDATE;TZID=W. Europe Standard Time:20260107T090000".to_owned()));
}

#[test]
fn the_own_answer_changes_in_the_own_attendee() {
    let (gone, new) = edited(|want| want.content.response = Response::Declined);
    let old = "ATTENDEE;X-NUM=3;PARTSTAT=ACCEPTED:mailto:me@home.example";
    assert!(gone.contains(&old.to_owned()), "{gone:?}");
    let changed = "ATTENDEE;X-NUM=3;PARTSTAT=DECLINED:mailto:me@home.example";
    assert!(new.contains(&changed.to_owned()), "{new:?}");
}

#[test]
fn people_are_asked_and_let_go() {
    let guest = Person { name: "A, B".into(), email: "guest@far.example".into() };
    let (gone, new) = edited(|want| want.content.attendees.push(guest.clone()));
    assert_eq!(gone.len(), 1, "{gone:?}");
    let asked = "ATTENDEE;CN=\"A, B\";PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:guest@far.exa";
    assert!(new.iter().any(|line| line.starts_with(asked)), "{new:?}");
}

#[test]
fn a_new_exception_carries_what_is_not_known_here() {
    let (_, new) = edited(|want| {
        let original = When::Zoned(
            want.content.span.start.civil().add_seconds(7 * 86_400),
            Zone::parse("Europe/Berlin").unwrap(),
        );
        let mut content = want.content.clone();
        content.span.start = original.clone();
        content.busy = Busy::Free;
        let exception =
            kalends_core::event::Exception { original, this_and_future: false, content };
        want.exceptions.push(exception);
    });
    let attendee = "ATTENDEE;X-NUM=3;PARTSTAT=ACCEPTED:mailto:me@home.example";
    for line in [
        attendee,
        "TRANSP:TRANSPARENT",
        "RECURRENCE-ID;TZID=W. Europe Standard Time:20260112T090000",
    ] {
        assert!(new.contains(&line.to_owned()), "{line} in {new:?}");
    }
    assert!(!new.iter().any(|line| line.starts_with("RRULE")));
}

#[test]
fn line_endings_marks_and_nuls_stay() {
    let plain = object(&event("DTSTART:20260105T090000Z\r\nSUMMARY:x"));
    let raw = format!("\u{feff}{}\0", plain.replace("\r\n", "\n"));
    let base = read(raw.as_bytes());
    let mut want = base.clone();
    want.content.status = Status::Tentative;
    let patched = String::from_utf8(patch(raw.as_bytes(), &base, &want, STAMP).unwrap()).unwrap();
    assert!(patched.starts_with('\u{feff}') && patched.ends_with('\0'));
    assert!(!patched.contains('\r'));
}

#[test]
fn a_field_that_someone_else_changed_is_not_written_over() {
    let raw = object(&event("DTSTART:20260105T090000Z\r\nSUMMARY:theirs\r\nLOCATION:there"));
    let mut base = read(raw.as_bytes());
    base.content.title = "old".into();
    let mut want = base.clone();
    want.content.title = "ours".into();
    let refused = patch(raw.as_bytes(), &base, &want, STAMP);
    assert_eq!(refused, Err(PatchError::Changed("title")));
    want = base.clone();
    want.content.location = "here".into();
    let merged = read(&patch(raw.as_bytes(), &base, &want, STAMP).unwrap());
    assert_eq!(
        (merged.content.title.as_str(), merged.content.location.as_str()),
        ("theirs", "here")
    );
}

/// Catches an address that ends its line and begins another property.
#[test]
fn an_address_of_several_lines_is_refused() {
    let raw = object(&event("DTSTART:20260105T090000Z"));
    let base = read(raw.as_bytes());
    for end in ["\r\n", "\n", "\r", "\r\n "] {
        let mut want = base.clone();
        want.content.meeting =
            format!("https://meet.google.com/abc{end}ATTENDEE:mailto:x@x.example");
        let refused = patch(raw.as_bytes(), &base, &want, STAMP);
        assert_eq!(refused, Err(PatchError::Unsayable("meeting")), "{end:?}");
        let mut want = base.clone();
        let email = format!("a@home.example{end}ATTACH:https://x.example");
        want.content.attendees.push(Person { name: String::new(), email });
        let refused = patch(raw.as_bytes(), &base, &want, STAMP);
        assert_eq!(refused, Err(PatchError::Unsayable("attendees")), "{end:?}");
    }
}

#[test]
fn what_an_edit_cannot_say_is_refused() {
    let raw = object(&event("DTSTART:20260105T090000Z"));
    let base = read(raw.as_bytes());
    let mut want = base.clone();
    want.content.kind = kalends_core::event::Kind::Focus;
    let refused = patch(raw.as_bytes(), &base, &want, STAMP);
    assert_eq!(refused, Err(PatchError::Unsayable("kind")));
}

const CANCELLED: &str = "RECURRENCE-ID;TZID=W. Europe Standard Time:20260113T090000\r\n\
    DTSTART;TZID=W. Europe Standard Time:20260113T090000\r\nSTATUS:CANCELLED\r\nX-KEEP:1";

#[test]
fn an_instance_cancelled_by_a_vevent_stays_so_and_comes_back_without_it() {
    let zone = vtimezone("W. Europe Standard Time", "");
    let raw = object(&(zone + &event(MEETING) + &event(CANCELLED)));
    let base = reader().object(raw.as_bytes()).unwrap().body;
    let mut want = base.clone();
    let excluded = &mut want.recurrence.as_mut().unwrap().excluded;
    assert_eq!(excluded.len(), 3);
    excluded.remove(0);
    let patched = reader().patch(raw.as_bytes(), &base, &want, STAMP).unwrap();
    let text = String::from_utf8(patched.clone()).unwrap();
    assert!(
        text.contains("X-KEEP:1") && !text.contains("EXDATE;TZID=W. Europe Standard Time:20260113")
    );
    let mut back = want.clone();
    back.recurrence.as_mut().unwrap().excluded.pop();
    let text = String::from_utf8(reader().patch(&patched, &want, &back, STAMP).unwrap()).unwrap();
    assert!(!text.contains("X-KEEP:1"));
    assert_eq!(reader().object(text.as_bytes()).unwrap().body, back);
}

const ROOM: &str = "DTSTART:20260105T090000Z\r\nDTEND:20260105T100000Z\r\nSUMMARY:Old\r\n\
    LOCATION:Here";
const TRUE_ALL_DAY: &str = "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\r\n";

/// An event after an edit, with a property more that says nothing of the event to us.
fn beside(property: &str, change: impl FnOnce(&mut Body)) -> String {
    let text = |more: &str| object(&event(&format!("{ROOM}\r\n{more}X-LAST:1")));
    let raw = text(property);
    let base = read(raw.as_bytes());
    assert_eq!(base, read(text("").as_bytes()), "{property}");
    let mut want = base.clone();
    change(&mut want);
    let patched = patch(raw.as_bytes(), &base, &want, STAMP).unwrap();
    assert_eq!(read(&patched), want);
    String::from_utf8(patched).unwrap()
}

fn all_day(body: &mut Body) {
    let span = &mut body.content.span;
    span.start = When::Date(span.start.civil().date());
    span.length = Length::Nominal { days: 1, seconds: 0 };
}

/// Catches a colour that is taken for a category or a title, and one that an edit takes away.
#[test]
fn a_colour_says_nothing_and_stays() {
    let colour = "color;X-APP=\"a:b\":Turq\r\n uoise\r\n";
    let edits: [fn(&mut Body); 4] = [
        |want| want.content.title = "New".into(),
        |want| want.content.categories.push("New".into()),
        |want| want.content.busy = Busy::Free,
        all_day,
    ];
    for edit in edits {
        let patched = beside(colour, edit);
        assert!(patched.contains(colour), "{patched}");
    }
}

/// Catches a position that is taken for a place, that an edit of something else takes away, and that
/// stays where the event no longer is.
#[test]
fn a_position_says_nothing_and_stays_as_long_as_the_place() {
    let position = "GEO;X-APP=1:48.85\r\n 299;2.36885\r\n";
    let patched = beside(position, |want| want.content.title = "New".into());
    assert!(patched.contains(position), "{patched}");
    let patched = beside(position, |want| want.content.location = "There".into());
    assert!(!patched.contains("GEO") && !patched.contains("2.36885"), "{patched}");
}

/// Catches what an organiser means others to show that is taken for what the event is shown as, and
/// that an edit takes away or rewrites.
#[test]
fn the_intended_status_says_nothing_and_stays() {
    for word in ["FREE", "OOF", "tentative"] {
        let intended = format!("X-MICROSOFT-CDO-INTENDEDSTATUS:{word}\r\n");
        let patched = beside(&intended, |want| want.content.busy = Busy::OutOfOffice);
        assert!(patched.contains(&intended), "{patched}");
        assert!(patched.contains("X-MICROSOFT-CDO-BUSYSTATUS:OOF\r\n"), "{patched}");
    }
}

/// Catches an event that is all day by this word and not by its start, a word that an edit rewrites
/// for nothing, one that goes on saying the old, and one that nobody had written.
#[test]
fn the_word_for_all_day_says_nothing_and_follows_the_start() {
    for word in ["TRUE", "false"] {
        let line = format!("x-microsoft-cdo-alldayevent:{word}\r\n");
        let patched = beside(&line, |want| want.content.title = "New".into());
        assert!(patched.contains(&line), "{patched}");
        let patched = beside(&line, all_day).to_uppercase();
        assert_eq!(patched.matches("ALLDAYEVENT").count(), 1, "{patched}");
        assert!(patched.contains(TRUE_ALL_DAY), "{patched}");
    }
    assert!(!beside("", all_day).contains("ALLDAYEVENT"));
}

/// Catches a series that changes because iCloud was asked for other days, and a mark of its that an
/// edit takes away.
#[test]
fn the_mark_of_a_changed_instance_says_nothing_and_stays() {
    let mark = "X-RECURRENCE-EXCEPTION;X-P=1:True\r\n";
    let series = |mark: &str| {
        let moved = "RECURRENCE-ID:20260106T090000Z\r\nDTSTART:20260106T110000Z\r\n";
        let master = format!("{ROOM}\r\n{mark}RRULE:FREQ=DAILY");
        object(&(event(&master) + &event(&format!("{moved}{mark}SUMMARY:Moved"))))
    };
    let raw = series(mark);
    let base = read(raw.as_bytes());
    assert_eq!(base, read(series("").as_bytes()));
    let mut want = base.clone();
    want.content.title = "New".into();
    want.exceptions[0].content.title = "Moved again".into();
    let patched = patch(raw.as_bytes(), &base, &want, STAMP).unwrap();
    assert_eq!(read(&patched), want);
    assert_eq!(String::from_utf8(patched).unwrap().matches(mark).count(), 2);
}
