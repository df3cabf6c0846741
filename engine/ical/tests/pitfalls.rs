//! Every known pitfall of reading what an event says, by its name.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that finds nothing must stop")]

use kalends_core::event::{Body, Busy, Privacy, Response, Status};
use kalends_ical::{Decoded, Reader};

mod common;
use common::{code, event, exact, object, read, times};

const DAILY: &str = "DTSTART;TZID=Europe/Berlin:20260105T090000\r\nRRULE:FREQ=DAILY";

#[test]
fn overrides_become_exceptions_in_order() {
    let text = event("RECURRENCE-ID:20260107T080000Z\r\nDTSTART:20260107T100000Z\r\nSUMMARY:b")
        + &event("RECURRENCE-ID;VALUE=DATE:20260106\r\nDTSTART:20260106T100000Z\r\nSUMMARY:a")
        + &event(DAILY)
        + &event("RECURRENCE-ID;RANGE=THISANDFUTURE:20260109T080000Z\r\nDTSTART:20260109T110000Z");
    let body = read(&text);
    let titles: Vec<&str> = body.exceptions.iter().map(|one| one.content.title.as_str()).collect();
    assert_eq!(titles, ["a", "b", ""]);
    assert_eq!(body.exceptions.iter().filter(|one| one.this_and_future).count(), 1);
}

#[test]
fn a_cancelled_instance_is_an_exclusion_however_it_is_written() {
    let by_override = event(DAILY)
        + &event(
            "RECURRENCE-ID;TZID=Europe/Berlin:20260107T090000\r\n\
            DTSTART;TZID=Europe/Berlin:20260107T090000\r\nSTATUS:CANCELLED",
        );
    let by_exdate = event(&format!("{DAILY}\r\nEXDATE;TZID=Europe/Berlin:20260107T090000"));
    assert_eq!(read(&by_override), read(&by_exdate));
}

#[test]
fn an_exdate_wins_over_an_override_of_the_same_instant() {
    let text = event(&format!("{DAILY}\r\nEXDATE:20260107T080000Z"))
        + &event(
            "RECURRENCE-ID;TZID=Europe/Berlin:20260107T090000\r\n\
            DTSTART;TZID=Europe/Berlin:20260107T100000",
        );
    assert_eq!(read(&text).exceptions, []);
}

#[test]
fn of_two_overrides_of_one_instance_the_newer_holds() {
    let one = |sequence: u32, title: &str| {
        event(&format!(
            "RECURRENCE-ID:20260107T080000Z\r\nDTSTART:20260107T100000Z\r\n\
             SEQUENCE:{sequence}\r\nSUMMARY:{title}"
        ))
    };
    let body = read(&(event(DAILY) + &one(3, "new") + &one(2, "old")));
    assert_eq!(body.exceptions.len(), 1);
    assert_eq!(body.exceptions[0].content.title, "new");
}

#[test]
fn orphan_overrides_are_all_kept() {
    let one = |day: u32, more: &str| {
        event(&format!(
            "RECURRENCE-ID:202601{day:02}T080000Z\r\nDTSTART:202601{day:02}T090000Z{more}"
        ))
    };
    let body = read(&one(7, ""));
    assert!(body.instance_of.is_some() && body.recurrence.is_none());
    let body = read(&(one(7, "") + &one(5, "\r\nSTATUS:CANCELLED") + &one(9, "")));
    let recurrence = body.recurrence.clone().unwrap();
    assert_eq!(
        body.instance_of.as_ref().map(|at| at.civil().to_string()).as_deref(),
        Some("2026-01-07T08:00:00")
    );
    assert_eq!((recurrence.extras.len(), recurrence.excluded.len()), (1, 1));
    assert_eq!(body.exceptions.len(), 1);
}

#[test]
fn statuses() {
    let with = |more: &str| read(&event(&format!("DTSTART:20260105T090000Z\r\n{more}"))).content;
    let busy = [
        ("X-A:1", Busy::Busy),
        ("TRANSP:OPAQUE", Busy::Busy),
        ("transp:transparent", Busy::Free),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", Busy::Free),
        ("TRANSP:OPAQUE\r\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", Busy::Busy),
        ("TRANSP:TRANSPARENT\r\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY", Busy::Free),
        ("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", Busy::Tentative),
        ("TRANSP:OPAQUE\r\nX-MICROSOFT-CDO-BUSYSTATUS:OOF", Busy::OutOfOffice),
        ("TRANSP:TRANSPARENT\r\nX-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE", Busy::Elsewhere),
        ("X-MICROSOFT-CDO-BUSYSTATUS:SOMETHING", Busy::Busy),
    ];
    for (more, meant) in busy {
        assert_eq!(with(more).busy, meant, "{more}");
    }
    let class = [
        ("CLASS:PUBLIC", Privacy::Public),
        ("CLASS:private", Privacy::Private),
        ("CLASS:CONFIDENTIAL", Privacy::Confidential),
        ("CLASS:X-SECRET", Privacy::Private),
        ("X-A:1", Privacy::Default),
    ];
    for (more, meant) in class {
        assert_eq!(with(more).privacy, meant, "{more}");
    }
    assert_eq!(with("STATUS:CANCELLED").status, Status::Cancelled);
    assert_eq!(with("STATUS:NEEDS-ACTION").status, Status::Confirmed);
}

#[test]
fn texts() {
    let with = |more: &str| read(&event(&format!("DTSTART:20260105T090000Z\r\n{more}"))).content;
    assert_eq!(with("SUMMARY;LANGUAGE=de:a\\, b\\; c\\nd").title, "a, b; c\nd");
    assert_eq!(with("SUMMARY:fol\r\n ded").title, "folded");
    assert_eq!(with("SUMMARY:tab\r\n\tbed").title, "tabbed");
    assert_eq!(with("CATEGORIES:a\\,b,c\r\nCATEGORIES:d").categories, ["a,b", "c", "d"]);
    assert_eq!(
        with("SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:M=C3=BCnchen").title,
        "München"
    );
    assert_eq!(with("SUMMARY:x\r\n\r\n\r\nLOCATION:y").location, "y");
    assert_eq!(with("SUMMARY:x\r\nno colon here\r\n and on\r\nLOCATION:y").location, "y");
    assert_eq!(with("SUMMARY:first\r\nSUMMARY:second").title, "first");
}

#[test]
fn a_fold_inside_a_letter_is_joined_before_decoding() {
    let mut bytes = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTART:20260105T090000Z\r\n\
        SUMMARY:M\xc3\r\n \xbcnchen\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        .to_vec();
    assert_eq!(Reader::default().object(&bytes).unwrap().body.content.title, "München");
    bytes = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTART:20260105T090000Z\r\n\
        SUMMARY:M\xfcnchen\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        .to_vec();
    assert_eq!(Reader::default().object(&bytes).unwrap().body.content.title, "München");
}

#[test]
fn line_endings_marks_and_nuls_of_all_kinds_are_read() {
    let plain = object(&event("DTSTART:20260105T090000Z\r\nSUMMARY:x"));
    let meant = read_object(plain.as_bytes());
    let forms = [
        plain.replace("\r\n", "\n"),
        plain.replace("\r\n", "\r"),
        format!("\u{feff}{plain}"),
        format!("{plain}\0\0\0"),
        plain.trim_end().to_owned(),
        plain.to_lowercase().replace("uid:u", "UID:u"),
        plain.replace("\r\n", "\r\n\r\n"),
    ];
    for form in forms {
        assert_eq!(read_object(form.as_bytes()).body.content, meant.body.content, "{form:?}");
    }
}

fn read_object(bytes: &[u8]) -> Decoded {
    Reader::default().object(bytes).unwrap()
}

#[test]
fn an_alarm_says_nothing_of_the_event() {
    let text = event(
        "DTSTART:20260105T090000Z\r\nBEGIN:VALARM\r\nTRIGGER:-PT5M\r\nDESCRIPTION:alarm\r\n\
         SUMMARY:alarm\r\nDURATION:PT9H\r\nATTENDEE:mailto:x@y.example\r\nEND:VALARM",
    );
    let content = read(&text).content;
    assert_eq!((content.title.as_str(), content.description.as_str()), ("", ""));
    assert_eq!(content.span.length, exact(0));
    assert_eq!(content.attendees, []);
}

#[test]
fn meetings_are_found_where_they_are_written() {
    let with =
        |more: &str| read(&event(&format!("DTSTART:20260105T090000Z\r\n{more}"))).content.meeting;
    assert_eq!(
        with("CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://v.example/1"),
        "https://v.example/1"
    );
    assert_eq!(with("X-GOOGLE-CONFERENCE:https://meet.google.com/a"), "https://meet.google.com/a");
    assert_eq!(with("URL:https://us02web.zoom.us/j/1?pwd=2"), "https://us02web.zoom.us/j/1?pwd=2");
    assert_eq!(with("URL:https://example.com/agenda"), "");
}

#[test]
fn the_owner_is_found_among_the_people() {
    let reader = Reader { addresses: vec!["me@home.example".into()] };
    let with = |people: &str| {
        let text = object(&event(&format!("DTSTART:20260105T090000Z\r\n{people}")));
        reader.object(text.as_bytes()).unwrap().body.content
    };
    let invited = with(
        "ORGANIZER;CN=\"Boss, Big\":mailto:boss@work.example\r\n\
         ATTENDEE;PARTSTAT=DECLINED;CN=Me:MAILTO:Me@Home.example\r\n\
         ATTENDEE;PARTSTAT=ACCEPTED:mailto:other@work.example",
    );
    assert_eq!((invited.response, invited.organized), (Response::Declined, false));
    assert_eq!(invited.organizer.unwrap().name, "Boss, Big");
    assert_eq!(invited.attendees.len(), 2);
    let mine = with("ORGANIZER:mailto:me@home.example\r\nATTENDEE:mailto:other@work.example");
    assert_eq!((mine.response, mine.organized), (Response::None, true));
    let alone = with("ORGANIZER:mailto:boss@work.example");
    assert_eq!((alone.organizer, alone.organized), (None, true));
    let by_urn = with("ATTENDEE;EMAIL=me@home.example;PARTSTAT=TENTATIVE:urn:uuid:1");
    assert_eq!(by_urn.response, Response::Tentative);
}

#[test]
fn what_is_broken_says_so_without_text_of_the_event() {
    let secret = "SUMMARY:secret plan";
    let cases = [
        ("<html>login</html>".to_owned(), "ical.syntax"),
        (String::new(), "ical.syntax"),
        (object(""), "ical.no-event"),
        (object("BEGIN:VTODO\r\nUID:u\r\nEND:VTODO\r\n"), "ical.no-event"),
        (
            object(&format!(
                "BEGIN:VEVENT\r\nDTSTART:20260105T090000Z\r\n{secret}\r\nEND:VEVENT\r\n"
            )),
            "ical.no-uid",
        ),
        (object(&event(secret)), "ical.no-start"),
        (object(&event(&format!("DTSTART:secret plan\r\n{secret}"))), "ical.bad-dtstart"),
        (object(&event("DTSTART:20260105T090000Z\r\nDTEND:secret plan")), "ical.bad-dtend"),
        (object(&event("DTSTART:20260105T090000Z\r\nDURATION:secret plan")), "ical.bad-duration"),
        (object(&event("DTSTART:20260105T090000Z\r\nRRULE:FREQ=secret plan")), "ical.bad-rrule"),
        (object(&event("DTSTART:20260105T090000Z\r\nEXRULE:FREQ=DAILY")), "ical.exrule"),
        (object(&event("DTSTART:20260105T090000Z\r\nEXDATE:secret plan")), "ical.bad-exdate"),
        (object(&event("DTSTART:20260105T090000Z")).replace("END:VCALENDAR\r\n", ""), "ical.cut"),
        (object(&event(DAILY)).replace("END:VEVENT\r\n", ""), "ical.cut"),
        (object(&(event(DAILY) + &event(DAILY).replace("UID:u", "UID:other"))), "ical.two-uids"),
    ];
    for (text, expected) in cases {
        let error = code(&text);
        assert_eq!(error.code, expected, "{text}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn absurd_years_are_read() {
    for start in ["16010101T000000Z", "99991231T235959Z", "00010101T000000Z"] {
        let body: Body = read(&event(&format!("DTSTART:{start}\r\nDURATION:P1D")));
        assert_eq!(times(&body).0.len(), "0001-01-01T00:00:00".len());
    }
}

#[test]
fn nesting_without_end_is_survived() {
    let deep = "BEGIN:X\r\n".repeat(200_000);
    let error = code(&format!("BEGIN:VCALENDAR\r\n{deep}"));
    assert_eq!(error.code, "ical.no-event");
}
