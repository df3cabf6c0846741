use crate::support::{
    NOW, create, event, propfind, put, query, request, server, sync, sync_with, xml,
};
use kalends_testkit::caldav_sim::{Profile, Rule, SimRequest};

fn rules(requests: &[SimRequest]) -> Vec<Rule> {
    let (mut sim, calendar) = server(Profile::plain());
    crate::support::fill(&mut sim, &calendar, 1);
    for request in requests {
        sim.handle(NOW, request);
    }
    sim.violations().iter().map(|found| found.rule).collect()
}

const WORK: &str = "/dav/calendars/alice/work/";

#[test]
fn a_careful_client_breaks_no_rule() {
    let path = format!("{WORK}new.ics");
    let careful = [
        propfind(WORK, "0", "<d:getetag/>"),
        sync(WORK, ""),
        query(WORK, "<c:time-range start=\"20260101T000000Z\" end=\"20260201T000000Z\"/>"),
        create(&path, &event("new@test", "")),
        request("DELETE", &path).header("If-Match", "\"x\""),
        request("DELETE", WORK),
    ];
    assert_eq!(rules(&careful), []);
}

#[test]
fn each_careless_request_breaks_its_rule() {
    let path = format!("{WORK}e1.ics");
    let mut no_depth = propfind(WORK, "0", "");
    no_depth.headers.retain(|(name, _)| name != "Depth");
    let mut no_type = sync(WORK, "");
    no_type.headers.retain(|(name, _)| name != "Content-Type");
    let limit = "<d:limit><d:nresults>5</d:nresults></d:limit>";
    let open = "<c:time-range start=\"20260101T000000Z\"/>";
    for (request, rule) in [
        (no_depth, Rule::Depth),
        (propfind(WORK, "infinity", ""), Rule::Depth),
        (no_type, Rule::ContentType),
        (xml("PROPFIND", WORK, "0", "<d:propfind>"), Rule::MalformedXml),
        (xml("PROPFIND", WORK, "0", "<propfind xmlns=\"dav\"/>"), Rule::WrongRoot),
        (sync_with(WORK, "", limit), Rule::SyncLimit),
        (query(WORK, open), Rule::Query),
        (put(&path, &event("e1@test", "")), Rule::UnconditionalPut),
        (request("DELETE", &path), Rule::UnconditionalDelete),
        (request("DELETE", &path).header("If-Match", "W/\"1\""), Rule::EntityTag),
        (request("MOVE", &path), Rule::Destination),
        (request("LOCK", &path), Rule::Method),
    ] {
        assert!(rules(std::slice::from_ref(&request)).contains(&rule), "{rule:?}: {request:?}");
    }
}

#[test]
fn each_fault_of_a_body_is_a_violation() {
    let good = event("new@test", "");
    let long = format!("DESCRIPTION:{}\r\n", "x".repeat(80));
    let zoned = "DTSTART;TZID=Europe/Berlin:20260105T100000";
    for body in [
        good.replace("\r\n", "\n"),
        event("new@test", &long),
        good.replace("DTSTART:20260105T100000Z", zoned),
        good.replace("UID:new@test\r\n", ""),
        good.replace("DTSTAMP:20260101T000000Z\r\n", ""),
        good.replace("DTSTART:20260105T100000Z\r\n", ""),
        good.replace("VERSION:2.0\r\n", ""),
        event("new@test", "RRULE:FREQ=SOMETIMES\r\n"),
        event("new@test", "RRULE:FREQ=DAILY;UNTIL=20260201\r\n"),
        event("new@test", "DURATION:PT1H\r\n"),
        event("new@test", "SUMMARY:Twice\r\n"),
        good.replace("BEGIN:VEVENT", "METHOD:REQUEST\r\nBEGIN:VEVENT"),
        good.replace("END:VCALENDAR\r\n", "END:VCALENDAR"),
        good.replace("SUMMARY:Planning", "SUMMARY:Pl\u{0}nning"),
        "no calendar".to_owned(),
    ] {
        let found = rules(&[create(&format!("{WORK}new.ics"), &body)]);
        assert!(found.contains(&Rule::Icalendar), "{body}");
    }
}

/// Catches a mirror with people, a conference or an alarm; of a person's event they are no news.
#[test]
fn a_mirror_that_would_reach_somebody_is_a_violation() {
    let alarm =
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n";
    let guest = "ATTENDEE:mailto:guest@example.com\r\n";
    let host = "ORGANIZER:mailto:host@example.com\r\n";
    let call = "CONFERENCE;VALUE=URI:https://meet.example/1\r\n";
    let found =
        |lines: &str| rules(&[create(&format!("{WORK}new.ics"), &event("new@test", lines))]);
    let mark = "X-KALENDS-MARK:m\r\n";
    assert_eq!(found(mark), []);
    for loud in [alarm, guest, host, call] {
        assert_eq!(found(&format!("{mark}{loud}")), [Rule::Silence], "{loud}");
        assert_eq!(found(loud), [], "{loud}");
    }
}

#[test]
fn a_strict_server_refuses_what_a_lenient_one_only_notes() {
    let (mut sim, calendar) = server(Profile::plain());
    let careless = put(&format!("{calendar}a.ics"), &event("a@test", ""));
    assert_eq!(sim.handle(NOW, &careless).status, 201);
    sim.set_strict(true);
    assert_eq!(sim.handle(NOW, &careless).status, 400);
    assert_eq!(sim.violations().len(), 2);
    assert_eq!(sim.violations()[1].request, 1);
}

#[test]
fn document_types_and_undeclared_entities_are_refused() {
    let (mut sim, calendar) = server(Profile::plain());
    for body in [
        "<!DOCTYPE x [<!ENTITY a \"b\">]><d:propfind xmlns:d=\"DAV:\"><d:allprop/></d:propfind>",
        "<d:propfind xmlns:d=\"DAV:\">&a;<d:allprop/></d:propfind>",
        "<q:propfind xmlns:d=\"DAV:\"/>",
        "",
    ] {
        let reply = sim.handle(NOW, &xml("REPORT", &calendar, "0", body));
        assert_eq!(reply.status, 400, "{body}");
    }
}

#[test]
fn the_log_holds_requests_and_replies_in_order() {
    let (mut sim, calendar) = server(Profile::plain());
    sim.handle(NOW, &sync(&calendar, ""));
    sim.handle(NOW + 5, &request("GET", &calendar));
    let log = sim.log();
    assert_eq!(log.len(), 2);
    assert!(String::from_utf8_lossy(&log[0].request.body).contains("sync-collection"));
    assert_eq!((log[1].at_ms, log[1].reply.status), (NOW + 5, 405));
    sim.clear_log();
    assert!(sim.log().is_empty());
}
