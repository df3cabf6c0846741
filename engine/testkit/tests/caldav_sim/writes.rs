use crate::support::{NOW, create, event, fill, names, put, request, server, sync};
use kalends_testkit::caldav_sim::{CaldavSim, Profile, SimReply};

fn delete(sim: &mut CaldavSim, path: &str, tag: &str) -> SimReply {
    sim.handle(NOW, &request("DELETE", path).header("If-Match", tag))
}

#[test]
fn creating_over_something_is_412_but_not_on_sogo() {
    for (profile, status) in
        [(Profile::plain(), 412), (Profile::sabre(), 412), (Profile::sogo(), 204)]
    {
        let (mut sim, calendar) = server(profile);
        let path = format!("{calendar}a.ics");
        let first = sim.handle(NOW, &create(&path, &event("a@test", "")));
        assert_eq!(first.status, 201);
        let again = create(&path, &event("a@test", "LOCATION:Elsewhere\r\n"));
        assert_eq!(sim.handle(NOW, &again).status, status);
    }
}

#[test]
fn updates_need_the_present_etag() {
    let (mut sim, calendar) = server(Profile::plain());
    let path = format!("{calendar}a.ics");
    let made = sim.handle(NOW, &create(&path, &event("a@test", "")));
    let tag = made.get("ETag").unwrap().to_owned();
    let text = event("a@test", "LOCATION:Elsewhere\r\n");
    let update = put(&path, &text).header("If-Match", &tag);
    let done = sim.handle(NOW, &update);
    assert_eq!(done.status, 204);
    assert_ne!(done.get("ETag"), Some(tag.as_str()));
    assert_eq!(sim.handle(NOW, &update).status, 412);
    assert_eq!(
        sim.handle(NOW, &put(&format!("{calendar}b.ics"), &text).header("If-Match", &tag)).status,
        412
    );
    assert_eq!(sim.resources(&calendar)["a.ics"], text);
}

#[test]
fn deletes_need_the_present_etag_but_not_on_sogo() {
    for (profile, status, gone) in [(Profile::plain(), 412, false), (Profile::sogo(), 204, true)] {
        let (mut sim, calendar) = server(profile);
        fill(&mut sim, &calendar, 1);
        let path = format!("{calendar}e1.ics");
        assert_eq!(delete(&mut sim, &path, "\"stale\"").status, status);
        assert_eq!(sim.resources(&calendar).is_empty(), gone);
    }
    let (mut radicale, calendar) = server(Profile::radicale());
    fill(&mut radicale, &calendar, 1);
    let path = format!("{calendar}e1.ics");
    assert_eq!(delete(&mut radicale, &path, "*").status, 200);
    assert_eq!(delete(&mut radicale, &path, "*").status, 404);
}

#[test]
fn a_uid_that_is_taken_is_refused_with_the_rival_s_href_where_servers_do() {
    for (profile, status) in [
        (Profile::radicale(), 409),
        (Profile::xandikos(), 412),
        (Profile::cyrus(), 403),
        (Profile::sabre(), 201),
        (Profile::davical(), 201),
    ] {
        let (mut sim, calendar) = server(profile);
        fill(&mut sim, &calendar, 1);
        let path = format!("{calendar}twin.ics");
        let reply = sim.handle(NOW, &create(&path, &event("e1@test", "")));
        assert_eq!(reply.status, status);
        if status != 201 {
            assert!(reply.text().contains("no-uid-conflict"));
            assert_eq!(names(&reply), ["e1.ics"]);
        }
    }
}

#[test]
fn uids_are_unique_per_calendar_or_per_user() {
    for (profile, status) in [(Profile::radicale(), 201), (Profile::cyrus(), 403)] {
        let (mut sim, calendar) = server(profile);
        fill(&mut sim, &calendar, 1);
        let other = sim.add_calendar("alice", "other");
        let path = format!("{other}e1.ics");
        assert_eq!(sim.handle(NOW, &create(&path, &event("e1@test", ""))).status, status);
    }
}

#[test]
fn bodies_are_refused_after_the_measured_table() {
    let good = event("v@test", "");
    let bodies = [
        ("garbage", "no calendar".to_owned(), [400, 412, 415]),
        ("todo", good.replace("VEVENT", "VTODO"), [201, 403, 403]),
        ("no uid", good.replace("UID:v@test\r\n", ""), [400, 201, 201]),
        ("no start", good.replace("DTSTART:20260105T100000Z\r\n", ""), [400, 201, 415]),
        ("method", good.replace("BEGIN:VEVENT", "METHOD:PUBLISH\r\nBEGIN:VEVENT"), [201, 201, 415]),
        ("bad rule", event("v@test", "RRULE:FREQ=FORTNIGHTLY\r\n"), [400, 201, 500]),
        ("bare LF", good.replace("\r\n", "\n"), [201, 201, 201]),
    ];
    for (what, body, statuses) in bodies {
        let profiles = [Profile::radicale(), Profile::xandikos(), Profile::sabre()];
        for (profile, status) in profiles.into_iter().zip(statuses) {
            let name = profile.name;
            let (mut sim, calendar) = server(profile);
            let reply = sim.handle(NOW, &create(&format!("{calendar}v.ics"), &body));
            assert_eq!(reply.status, status, "{what} on {name}");
            assert_eq!(sim.resources(&calendar).len() == 1, status == 201);
        }
    }
}

#[test]
fn an_etag_follows_a_put_only_where_the_server_gives_one() {
    let text = event("a@test", "X-B:1\\,2\r\n");
    for (profile, given) in [
        (Profile::radicale(), true),
        (Profile::xandikos(), true),
        (Profile::sabre(), true),
        (Profile::cyrus(), true),
    ] {
        let (mut sim, calendar) = server(profile);
        let reply = sim.handle(NOW, &create(&format!("{calendar}a.ics"), &text));
        assert_eq!(reply.get("ETag").is_some(), given);
    }
    let invitation =
        event("i@test", "ORGANIZER:mailto:alice@example.com\r\nATTENDEE:mailto:b@x\r\n");
    for profile in [Profile::sabre(), Profile::cyrus(), Profile::davical()] {
        let (mut sim, calendar) = server(profile);
        let reply = sim.handle(NOW, &create(&format!("{calendar}i.ics"), &invitation));
        assert_eq!(reply.get("ETag"), None, "scheduling changes the object");
    }
}

#[test]
fn invitations_are_counted_everywhere_and_delivered_where_servers_schedule() {
    let text = event(
        "i@test",
        "ORGANIZER:mailto:alice@example.com\r\nATTENDEE:mailto:bob@example.com\r\n",
    );
    for (profile, leaks) in [(Profile::sabre(), true), (Profile::radicale(), false)] {
        let (mut sim, calendar) = server(profile);
        sim.add_user("bob", "hush");
        let bobs = sim.add_calendar("bob", "home");
        let path = format!("{calendar}i.ics");
        sim.handle(NOW, &create(&path, &text));
        assert_eq!(sim.mail().len(), 1);
        assert_eq!(sim.mail()[0].attendees, ["mailto:bob@example.com"]);
        assert_eq!(sim.resources(&bobs).len() == 1, leaks);
        delete(&mut sim, &path, "*");
        assert_eq!(sim.mail()[1].method, "CANCEL");
    }
}

#[test]
fn move_keeps_the_text_and_shows_in_both_deltas() {
    let (mut sim, calendar) = server(Profile::plain());
    fill(&mut sim, &calendar, 1);
    let other = sim.add_calendar("alice", "other");
    let before = sim.resources(&calendar)["e1.ics"].clone();
    let moving = request("MOVE", &format!("{calendar}e1.ics"))
        .header("Destination", &format!("http://localhost{other}e1.ics"))
        .header("Overwrite", "F");
    assert_eq!(sim.handle(NOW, &moving).status, 201);
    assert!(sim.resources(&calendar).is_empty());
    assert_eq!(sim.resources(&other)["e1.ics"], before);
    assert_eq!(names(&sim.handle(NOW, &sync(&other, ""))), ["e1.ics"]);
    fill(&mut sim, &calendar, 1);
    assert_eq!(sim.handle(NOW, &moving).status, 412);
}

#[test]
fn a_put_without_its_calendar_is_409_and_on_the_calendar_405() {
    let (mut sim, calendar) = server(Profile::plain());
    let home = sim.home("alice", false).unwrap().to_owned();
    let text = event("a@test", "");
    assert_eq!(sim.handle(NOW, &create(&format!("{home}none/a.ics"), &text)).status, 409);
    assert_eq!(sim.handle(NOW, &create(&calendar, &text)).status, 405);
    sim.person(NOW).set_read_only(&calendar, true).unwrap();
    let reply = sim.handle(NOW, &create(&format!("{calendar}a.ics"), &text));
    assert_eq!(reply.status, 403);
    assert!(reply.text().contains("need-privileges"));
}

#[test]
fn a_deleted_calendar_is_gone_but_not_on_xandikos() {
    for (profile, left) in [(Profile::plain(), 0), (Profile::xandikos(), 1)] {
        let (mut sim, calendar) = server(profile);
        let reply = sim.handle(NOW, &request("DELETE", &calendar));
        assert_eq!((reply.status, sim.calendars().len()), (204, left));
    }
}
