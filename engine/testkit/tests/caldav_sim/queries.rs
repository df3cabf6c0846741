use crate::support::{NOW, event, fill, multiget, names, query, request, server, sync, texts, xml};
use kalends_testkit::caldav_sim::Profile;

const JANUARY: &str = "<c:time-range start=\"20260101T000000Z\" end=\"20260201T000000Z\"/>";
const MARCH: &str = "<c:time-range start=\"20260301T000000Z\" end=\"20260401T000000Z\"/>";

#[test]
fn multiget_gives_data_and_says_what_is_missing_as_each_server_does() {
    for (profile, gone) in [
        (Profile::plain(), Some(true)),
        (Profile::sabre(), Some(false)),
        (Profile::davical(), Some(false)),
    ] {
        let (mut sim, calendar) = server(profile);
        fill(&mut sim, &calendar, 2);
        let hrefs = ["e1.ics", "nothing.ics"].map(|name| format!("{calendar}{name}"));
        let reply = sim.handle(NOW, &multiget(&calendar, &hrefs));
        assert!(reply.text().contains("UID:e1@test"));
        assert_eq!(Some(names(&reply).contains(&"nothing.ics".to_owned())), gone);
    }
}

#[test]
fn hrefs_are_matched_however_they_are_spelled() {
    let (mut sim, calendar) = server(Profile::plain());
    let mut person = sim.person(NOW);
    person.put(&calendar, "a b@c.ics", &event("odd@test", "")).unwrap();
    let listing = sim.handle(NOW, &sync(&calendar, ""));
    assert_eq!(names(&listing), ["a%20b@c.ics"]);
    for spelled in ["a%20b@c.ics", "a%20b%40c.ics", "%61%20b@c.ics"] {
        let absolute = format!("http://localhost{calendar}{spelled}");
        let reply = sim.handle(NOW, &multiget(&calendar, &[absolute]));
        assert!(reply.text().contains("odd@test"), "{spelled}");
    }
}

#[test]
fn sabre_writes_carriage_returns_as_references() {
    for (profile, escaped) in [(Profile::sabre(), true), (Profile::davical(), false)] {
        let (mut sim, calendar) = server(profile);
        fill(&mut sim, &calendar, 1);
        let reply = sim.handle(NOW, &multiget(&calendar, &[format!("{calendar}e1.ics")]));
        assert_eq!(reply.text().contains("&#13;"), escaped);
    }
}

#[test]
fn a_time_range_sees_singles_series_overrides_and_exceptions() {
    let (mut sim, calendar) = server(Profile::plain());
    let mut person = sim.person(NOW);
    person.put(&calendar, "single.ics", &event("single@test", "")).unwrap();
    let weekly = event("weekly@test", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=20\r\n");
    person.put(&calendar, "weekly.ics", &weekly).unwrap();
    let short = event("short@test", "RRULE:FREQ=WEEKLY;COUNT=3\r\n");
    person.put(&calendar, "short.ics", &short).unwrap();
    let excluded =
        event("excluded@test", "RRULE:FREQ=MONTHLY;COUNT=3\r\nEXDATE:20260305T100000Z\r\n");
    person.put(&calendar, "excluded.ics", &excluded).unwrap();
    let january = sim.handle(NOW, &query(&calendar, JANUARY));
    assert_eq!(names(&january), ["excluded.ics", "short.ics", "single.ics", "weekly.ics"]);
    assert_eq!(names(&sim.handle(NOW, &query(&calendar, MARCH))), ["weekly.ics"]);
}

#[test]
fn zoned_times_follow_their_zone() {
    let (mut sim, calendar) = server(Profile::plain());
    let zoned = event("zoned@test", "").replace(
        "DTSTART:20260105T100000Z\r\nDTEND:20260105T110000Z",
        "DTSTART;TZID=Europe/Berlin:20260701T003000\r\nDTEND;TZID=Europe/Berlin:20260701T013000",
    );
    sim.person(NOW).put(&calendar, "zoned.ics", &zoned).unwrap();
    let june = "<c:time-range start=\"20260630T220000Z\" end=\"20260630T233000Z\"/>";
    assert_eq!(names(&sim.handle(NOW, &query(&calendar, june))), ["zoned.ics"]);
    let july = "<c:time-range start=\"20260701T000000Z\" end=\"20260702T000000Z\"/>";
    assert!(names(&sim.handle(NOW, &query(&calendar, july))).is_empty());
}

#[test]
fn property_filters_match_text_presence_and_absence() {
    let (mut sim, calendar) = server(Profile::plain());
    fill(&mut sim, &calendar, 2);
    sim.person(NOW).put(&calendar, "x.ics", &event("x@test", "X-KIND:one\r\n")).unwrap();
    let ask = |inner: &str| query(&calendar, inner);
    let uid = "<c:prop-filter name=\"UID\"><c:text-match>E2@</c:text-match></c:prop-filter>";
    assert_eq!(names(&sim.handle(NOW, &ask(uid))), ["e2.ics"]);
    assert_eq!(names(&sim.handle(NOW, &ask("<c:prop-filter name=\"X-KIND\"/>"))), ["x.ics"]);
    let without = "<c:prop-filter name=\"X-KIND\"><c:is-not-defined/></c:prop-filter>";
    assert_eq!(names(&sim.handle(NOW, &ask(without))), ["e1.ics", "e2.ics"]);
}

#[test]
fn free_busy_gives_periods_and_leaves_out_what_is_free() {
    let (mut sim, calendar) = server(Profile::plain());
    let mut person = sim.person(NOW);
    person.put(&calendar, "busy.ics", &event("busy@test", "")).unwrap();
    person.put(&calendar, "free.ics", &event("free@test", "TRANSP:TRANSPARENT\r\n")).unwrap();
    let body = format!(
        "<c:free-busy-query xmlns:c=\"urn:ietf:params:xml:ns:caldav\">{JANUARY}</c:free-busy-query>"
    );
    let reply = sim.handle(NOW, &xml("REPORT", &calendar, "1", &body));
    assert_eq!(reply.status, 200);
    assert_eq!(reply.text().matches("\nFREEBUSY:").count(), 1);
    assert!(reply.text().contains("FREEBUSY:20260105T100000Z/20260105T110000Z"));
    let (mut sogo, calendar) = server(Profile::sogo());
    assert_eq!(sogo.handle(NOW, &xml("REPORT", &calendar, "1", &body)).status, 501);
}

#[test]
fn get_gives_text_and_etag_and_a_304() {
    let (mut sim, calendar) = server(Profile::plain());
    fill(&mut sim, &calendar, 1);
    let path = format!("{calendar}e1.ics");
    let first = sim.handle(NOW, &request("GET", &path));
    assert_eq!(first.status, 200);
    let tag = first.get("ETag").unwrap().to_owned();
    let again = sim.handle(NOW, &request("GET", &path).header("If-None-Match", &tag));
    assert_eq!((again.status, again.body.len()), (304, 0));
    let listed = sim.handle(NOW, &sync(&calendar, ""));
    assert_eq!(texts(&listed, "getetag"), [tag]);
    assert_eq!(sim.handle(NOW, &request("GET", &calendar)).status, 405);
    let (mut radicale, calendar) = server(Profile::radicale());
    fill(&mut radicale, &calendar, 2);
    let whole = radicale.handle(NOW, &request("GET", &calendar));
    assert_eq!(whole.text().matches("BEGIN:VEVENT").count(), 2);
}
