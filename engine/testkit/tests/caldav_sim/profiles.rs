use crate::support::{NOW, create, event, names, propfind, put, query, server, sync, xml};
use kalends_testkit::caldav_sim::{CaldavSim, Profile};

const ZONED: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\n\
    UID:z@test\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20260105T100000\r\n\
    SUMMARY:Planning\r\nX-MARK;X-P=1:a\\,b\\;c\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

fn stored(profile: Profile) -> String {
    let (mut sim, calendar) = server(profile);
    assert_eq!(sim.handle(NOW, &create(&format!("{calendar}z.ics"), ZONED)).status, 201);
    sim.resources(&calendar)["z.ics"].clone()
}

#[test]
fn davical_and_sabre_keep_every_octet() {
    assert_eq!(stored(Profile::davical()), ZONED);
    assert_eq!(stored(Profile::sabre()), ZONED);
}

#[test]
fn radicale_reorders_and_adds_the_zone() {
    let text = stored(Profile::radicale());
    assert!(text.contains("BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n"));
    assert!(text.find("SUMMARY:").unwrap() < text.find("UID:").unwrap());
    assert!(text.contains("X-MARK;X-P=1:a\\,b\\;c"));
}

#[test]
fn xandikos_reorders_only() {
    let text = stored(Profile::xandikos());
    assert!(!text.contains("VTIMEZONE"));
    assert!(text.find("SUMMARY:").unwrap() < text.find("UID:").unwrap());
}

#[test]
fn cyrus_unescapes_x_values_and_gives_one_etag_for_put_and_get() {
    assert!(stored(Profile::cyrus()).contains("X-MARK;X-P=1:a,b;c\r\n"));
    let (mut sim, calendar) = server(Profile::cyrus());
    let made = sim.handle(NOW, &create(&format!("{calendar}z.ics"), ZONED));
    let listed = sim.handle(NOW, &sync(&calendar, ""));
    assert!(listed.text().contains(made.get("ETag").unwrap()));
}

#[test]
fn sabre_invents_a_missing_uid_and_gives_no_etag() {
    let (mut sim, calendar) = server(Profile::sabre());
    let path = format!("{calendar}n.ics");
    let reply = sim.handle(NOW, &create(&path, &event("n@test", "").replace("UID:n@test\r\n", "")));
    assert_eq!((reply.status, reply.get("ETag")), (201, None));
    assert!(sim.resources(&calendar)["n.ics"].contains("UID:repaired-"));
}

#[test]
fn sogo_etags_return_with_other_content() {
    let (mut sim, calendar) = server(Profile::sogo());
    let path = format!("{calendar}a.ics");
    let first = sim.handle(NOW, &put(&path, &event("a@test", "")));
    sim.person(NOW).delete(&calendar, "a.ics").unwrap();
    let second = sim.handle(NOW, &put(&path, &event("a@test", "LOCATION:New\r\n")));
    assert_eq!(first.get("ETag"), Some("\"gcs00000000\""));
    assert_eq!(second.get("ETag"), first.get("ETag"));
}

#[test]
fn hrefs_are_spelled_as_each_server_does() {
    for (profile, part) in [
        (Profile::sogo(), "a b.ics"),
        (Profile::xandikos(), "http://localhost/alice/calendars/work/a%20b.ics"),
        (Profile::davical(), "<D:href>/caldav.php/alice/work/a%20b.ics"),
    ] {
        let (mut sim, calendar) = server(profile);
        sim.person(NOW).put(&calendar, "a b.ics", &event("a@test", "")).unwrap();
        assert!(sim.handle(NOW, &sync(&calendar, "")).text().contains(part), "{part}");
    }
}

#[test]
fn one_orphan_poisons_every_query_of_radicale_and_a_bad_rule_those_of_sabre() {
    let orphan = event("o@test", "RECURRENCE-ID:20260105T100000Z\r\n");
    let rule = event("r@test", "RRULE:FREQ=NEVER\r\n");
    for (profile, bad, harmless, status) in
        [(Profile::radicale(), &orphan, &rule, 400), (Profile::sabre(), &rule, &orphan, 500)]
    {
        let (mut sim, calendar) = server(profile);
        let mut person = sim.person(NOW);
        person.put(&calendar, "harmless.ics", harmless).unwrap();
        assert_eq!(sim.handle(NOW, &query(&calendar, "")).status, 207);
        sim.person(NOW).put(&calendar, "bad.ics", bad).unwrap();
        assert_eq!(sim.handle(NOW, &query(&calendar, "")).status, status);
        assert_eq!(sim.handle(NOW, &propfind(&calendar, "1", "<d:getetag/>")).status, 207);
    }
}

fn rename(sim: &mut CaldavSim, calendar: &str) -> (Vec<String>, bool) {
    let body = "<d:propertyupdate xmlns:d=\"DAV:\"><d:set><d:prop><d:displayname>N</d:displayname>\
        </d:prop></d:set></d:propertyupdate>";
    let before = crate::support::token(&sim.handle(NOW, &sync(calendar, "")));
    sim.handle(NOW, &xml("PROPPATCH", calendar, "0", body));
    let reply = sim.handle(NOW, &sync(calendar, &before));
    (names(&reply), crate::support::token(&reply) != before)
}

#[test]
fn renaming_is_silent_moves_the_token_or_lists_the_collection() {
    let (mut sim, calendar) = server(Profile::radicale());
    assert_eq!(rename(&mut sim, &calendar), (vec![], false));
    let (mut sim, calendar) = server(Profile::xandikos());
    assert_eq!(rename(&mut sim, &calendar), (vec![], true));
    let (mut sim, calendar) = server(Profile::sabre());
    assert_eq!(rename(&mut sim, &calendar), (vec!["work".to_owned()], true));
}

#[test]
fn sabre_wants_depth_one_for_queries() {
    let (mut sim, calendar) = server(Profile::sabre());
    let mut ask = query(&calendar, "");
    ask.headers.retain(|(name, _)| name != "Depth");
    assert_eq!(sim.handle(NOW, &ask).status, 400);
    let (mut plain, calendar) = server(Profile::plain());
    ask.url = calendar;
    assert_eq!(plain.handle(NOW, &ask).status, 207);
}

#[test]
fn ctags_move_with_changes_where_there_are_any() {
    for (profile, present) in [(Profile::no_sync(), true), (Profile::bare(), false)] {
        let (mut sim, calendar) = server(profile);
        let ask = propfind(&calendar, "0", "<s:getctag/><d:sync-token/>");
        let first = sim.handle(NOW, &ask).text();
        assert_eq!(sim.handle(NOW, &ask).text(), first);
        sim.person(NOW).put(&calendar, "a.ics", &event("a@test", "")).unwrap();
        assert_eq!(sim.handle(NOW, &ask).text() != first, present);
        assert_eq!(first.contains("<CS:getctag>"), present);
    }
}
