//! C31 to C45 and X20 to X24: writes go wrong.

use crate::support::{NOW, create, event, fill, names, put, request, server, xml};
use kalends_testkit::caldav_sim::{CaldavSim, Profile, When};

fn with(name: &str) -> (CaldavSim, String) {
    let (mut sim, calendar) = server(Profile::plain());
    fill(&mut sim, &calendar, 1);
    assert!(sim.plan("*", "*", When::Always, name));
    (sim, calendar)
}

fn text() -> String {
    event("new@test", "X-MARK:1\r\n")
}

#[test]
fn c31_no_etag_after_put_or_only_another_header() {
    let (mut sim, calendar) = with("C31");
    let path = format!("{calendar}new.ics");
    assert_eq!(sim.handle(NOW, &create(&path, &text())).get("ETag"), None);
    assert!(sim.handle(NOW, &request("GET", &path)).get("ETag").is_some());
    let (mut sim, calendar) = with("C31-oc");
    let reply = sim.handle(NOW, &create(&format!("{calendar}new.ics"), &text()));
    assert!(reply.get("ETag").is_none() && reply.get("OC-ETag").is_some());
}

#[test]
fn c32_c42_the_stored_body_is_another_one() {
    let (mut sim, calendar) = with("C32");
    let reply = sim.handle(NOW, &create(&format!("{calendar}new.ics"), &text()));
    assert!(reply.get("ETag").is_some());
    assert_ne!(sim.resources(&calendar)["new.ics"], text());
    let (mut sim, calendar) = with("C42");
    sim.handle(NOW, &create(&format!("{calendar}new.ics"), &text()));
    assert_eq!(sim.resources(&calendar)["new.ics"], event("new@test", ""));
}

#[test]
fn c33_the_etag_is_stale_at_once() {
    let (mut sim, calendar) = with("C33");
    let path = format!("{calendar}new.ics");
    let made = sim.handle(NOW, &create(&path, &text()));
    let update = put(&path, &text()).header("If-Match", made.get("ETag").unwrap());
    assert_eq!(sim.handle(NOW, &update).status, 412);
    assert_eq!(sim.resources(&calendar)["new.ics"], text());
}

#[test]
fn c34_412_with_and_without_a_rival() {
    let (mut sim, calendar) = with("C34");
    assert_eq!(sim.handle(NOW, &create(&format!("{calendar}new.ics"), &text())).status, 412);
    assert_eq!(sim.resources(&calendar).len(), 1);
    let (mut sim, calendar) = with("C34-raced");
    let path = format!("{calendar}new.ics");
    assert_eq!(sim.handle(NOW, &create(&path, &text())).status, 412);
    assert!(sim.resources(&calendar)["new.ics"].contains("SUMMARY:Rival"));
    sim.faults_mut().clear();
    let tag = sim.handle(NOW, &request("GET", &path)).get("ETag").unwrap().to_owned();
    assert!(sim.plan("PUT", "*", When::Nth(1), "X23"));
    assert_eq!(sim.handle(NOW, &put(&path, &text()).header("If-Match", &tag)).status, 412);
    assert!(sim.resources(&calendar)["new.ics"].contains("Moved by a rival"));
}

#[test]
fn c35_names_the_rival_under_each_status() {
    for status in [409, 412, 403] {
        let (mut sim, calendar) = with(&format!("C35-{status}"));
        let other = sim.add_calendar("alice", "other");
        let reply = sim.handle(NOW, &create(&format!("{other}x.ics"), &event("e1@test", "")));
        assert_eq!((reply.status, names(&reply)), (status, vec!["e1.ics".to_owned()]));
        assert_eq!(sim.resources(&calendar).len(), 1);
    }
}

#[test]
fn c36_a_deleted_uid_stays_taken() {
    for status in [400, 403] {
        let (mut sim, calendar) = with(&format!("C36-{status}"));
        let path = format!("{calendar}e1.ics");
        assert_eq!(sim.handle(NOW, &request("DELETE", &path).header("If-Match", "*")).status, 204);
        assert_eq!(sim.handle(NOW, &create(&path, &event("e1@test", ""))).status, status);
        assert_eq!(sim.handle(NOW, &create(&path, &event("e2@test", ""))).status, 201);
    }
}

#[test]
fn c37_c38_c39_name_their_precondition() {
    for (name, element) in [
        ("C37", "need-privileges"),
        ("C38", "max-resource-size"),
        ("C39", "supported-calendar-component"),
    ] {
        let (mut sim, calendar) = with(name);
        let reply = sim.handle(NOW, &create(&format!("{calendar}new.ics"), &text()));
        assert_eq!(reply.status, 403);
        assert!(reply.text().contains(element));
        assert_eq!(sim.resources(&calendar).len(), 1);
    }
}

#[test]
fn c41_the_write_is_done_though_the_answer_is_lost() {
    let (mut sim, calendar) = with("C41");
    sim.handle(NOW, &create(&format!("{calendar}new.ics"), &text()));
    assert_eq!(sim.resources(&calendar).len(), 2);
    sim.handle(NOW, &request("DELETE", &format!("{calendar}new.ics")).header("If-Match", "*"));
    assert_eq!(sim.resources(&calendar).len(), 1);
}

#[test]
fn c41_the_write_is_done_though_the_answer_says_that_the_server_failed() {
    let (mut sim, calendar) = with("C41-500");
    let reply = sim.handle(NOW, &create(&format!("{calendar}new.ics"), &text()));
    assert_eq!((reply.status, reply.get("ETag")), (500, None));
    assert_eq!(sim.resources(&calendar).len(), 2);
}

#[test]
fn c43_the_server_chooses_the_name() {
    let (mut sim, calendar) = with("C43");
    let reply = sim.handle(NOW, &create(&format!("{calendar}mine.ics"), &text()));
    assert_eq!(reply.status, 201);
    assert_eq!(reply.get("Location"), Some(format!("{calendar}new@test.ics").as_str()));
    assert!(sim.resources(&calendar).contains_key("new@test.ics"));
}

#[test]
fn c44_no_calendars_are_made() {
    for status in [403, 405, 409] {
        let (mut sim, _) = with(&format!("C44-{status}"));
        let path = format!("{}made/", sim.home("alice", false).unwrap());
        assert_eq!(sim.handle(NOW, &xml("MKCALENDAR", &path, "0", "")).status, status);
        assert_eq!(sim.calendars().len(), 1);
    }
}

#[test]
fn c45_an_attendee_costs_a_mail_and_a_plain_event_none() {
    let (mut sim, calendar) = with("C45");
    sim.handle(NOW, &create(&format!("{calendar}new.ics"), &text()));
    assert!(sim.mail().is_empty());
    let invitation = event("i@test", "ATTENDEE:mailto:bob@example.com\r\n");
    let reply = sim.handle(NOW, &create(&format!("{calendar}i.ics"), &invitation));
    assert_eq!((sim.mail().len(), reply.get("ETag")), (1, None));
}

#[test]
fn x20_to_x24_change_the_world_before_the_request() {
    let update =
        |calendar: &str| put(&format!("{calendar}e1.ics"), &text()).header("If-Match", "*");
    let (mut sim, calendar) = with("X20");
    assert_eq!(sim.handle(NOW, &update(&calendar)).status, 403);
    let (mut sim, calendar) = with("X21");
    assert_eq!(sim.handle(NOW, &update(&calendar)).status, 409);
    assert!(sim.calendars().is_empty());
    let (mut sim, calendar) = with("X22");
    assert_eq!(sim.handle(NOW, &update(&calendar)).status, 401);
    let (mut sim, calendar) = with("X24");
    assert_eq!(sim.handle(NOW, &update(&calendar)).status, 412);
    assert!(sim.resources(&calendar).is_empty());
}
