//! C14 to C30: change detection and fetching go wrong.

use crate::support::{
    NOW, create, event, fill, multiget, names, propfind, query, server, sync, texts, token, xml,
};
use kalends_testkit::caldav_sim::{CaldavSim, Profile, SimReply, When};

fn with(name: &str) -> (CaldavSim, String) {
    let (mut sim, calendar) = server(Profile::plain());
    fill(&mut sim, &calendar, 5);
    assert!(sim.plan("*", "*", When::Always, name));
    (sim, calendar)
}

fn first_token(sim: &mut CaldavSim, calendar: &str) -> String {
    token(&sim.handle(NOW, &sync(calendar, "")))
}

#[test]
fn c14_every_status_with_and_without_the_element() {
    for status in [400, 403, 405, 409, 410, 412, 415, 418, 500, 501] {
        for bare in [false, true] {
            let name = if bare { format!("C14-{status}-bare") } else { format!("C14-{status}") };
            let (mut sim, calendar) = with(&name);
            let token = first_token(&mut sim, &calendar);
            let reply = sim.handle(NOW, &sync(&calendar, &token));
            assert_eq!(reply.status, status);
            assert_eq!(reply.text().contains("valid-sync-token"), !bare);
        }
    }
    let (mut sim, calendar) = with("C14-full");
    let known = first_token(&mut sim, &calendar);
    sim.person(NOW).delete(&calendar, "e1.ics").unwrap();
    let reply = sim.handle(NOW, &sync(&calendar, &known));
    assert_eq!((reply.status, names(&reply).len()), (207, 4));
    assert!(!names(&reply).contains(&"e1.ics".to_owned()), "the deletion is lost");
}

#[test]
fn a_first_report_that_comes_late_gives_a_token_that_tells_of_the_rest() {
    let (mut sim, calendar) = server(Profile::plain());
    fill(&mut sim, &calendar, 5);
    sim.expire_tokens(&calendar);
    sim.come_late(&calendar, 2);
    let late = sim.handle(NOW, &sync(&calendar, ""));
    assert_eq!(names(&late).len(), 3, "it says that it is whole");
    let rest = sim.handle(NOW, &sync(&calendar, &token(&late)));
    assert_eq!((rest.status, names(&rest).len()), (207, 2));
    let next = sim.handle(NOW, &sync(&calendar, ""));
    assert_eq!(names(&next).len(), 5, "once only");

    sim.come_late(&calendar, 1);
    let listing = propfind(&calendar, "1", "<d:sync-token/>");
    let late = sim.handle(NOW, &listing);
    let now = sim.handle(NOW, &listing);
    assert!(!late.text().contains("e5.ics") && now.text().contains("e5.ics"));
    assert_ne!(token(&late), token(&now));
    assert_eq!(names(&sim.handle(NOW, &sync(&calendar, &token(&late)))), ["e5.ics"]);
}

#[test]
fn c15_echoes_any_token() {
    let (mut sim, calendar) = with("C15");
    let known = first_token(&mut sim, &calendar);
    fill(&mut sim, &calendar, 6);
    let reply = sim.handle(NOW, &sync(&calendar, &known));
    assert_eq!((names(&reply).len(), token(&reply)), (0, known));
}

#[test]
fn c16_pages_to_the_end_or_forever() {
    let (mut sim, calendar) = with("C16");
    let mut all = Vec::new();
    let mut at = String::new();
    let mut pages = 0;
    loop {
        let reply = sim.handle(NOW, &sync(&calendar, &at));
        pages += 1;
        all.extend(names(&reply).into_iter().filter(|name| !name.is_empty()));
        at = token(&reply);
        if !reply.text().contains("507") {
            break;
        }
    }
    assert_eq!((pages, all.len()), (3, 5));
    let (mut sim, calendar) = with("C16-same");
    let reply = sim.handle(NOW, &sync(&calendar, ""));
    assert!(reply.text().contains("507"));
    assert!(texts(&reply, "sync-token").concat().is_empty(), "the token it was asked with");
}

#[test]
fn c17_loses_what_is_beyond_the_page() {
    let (mut sim, calendar) = with("C17");
    let first = sim.handle(NOW, &sync(&calendar, ""));
    assert_eq!(names(&first).len(), 2);
    assert!(!first.text().contains("507"));
    assert!(names(&sim.handle(NOW, &sync(&calendar, &token(&first)))).is_empty());
}

#[test]
fn c18_c19_list_the_dead_and_the_short_lived() {
    let (mut sim, calendar) = with("C18");
    sim.person(NOW).delete(&calendar, "e1.ics").unwrap();
    assert_eq!(names(&sim.handle(NOW, &sync(&calendar, ""))).len(), 5);
    let (mut sim, calendar) = with("C19");
    let known = first_token(&mut sim, &calendar);
    sim.person(NOW).put(&calendar, "brief.ics", &event("brief@test", "")).unwrap();
    sim.person(NOW).delete(&calendar, "brief.ics").unwrap();
    assert_eq!(names(&sim.handle(NOW, &sync(&calendar, &known))), ["brief.ics"]);
}

#[test]
fn c20_the_collection_is_in_its_own_delta() {
    let (mut sim, calendar) = with("C20");
    let known = first_token(&mut sim, &calendar);
    let body = "<d:propertyupdate xmlns:d=\"DAV:\"><d:set><d:prop><d:displayname>N</d:displayname>\
        </d:prop></d:set></d:propertyupdate>";
    sim.handle(NOW, &xml("PROPPATCH", &calendar, "0", body));
    let reply = sim.handle(NOW, &sync(&calendar, &known));
    assert_eq!(texts(&reply, "href"), [calendar.trim_end_matches('/')]);
}

#[test]
fn c21_the_second_write_of_a_second_is_lost() {
    let (mut sim, calendar) = with("C21");
    sim.person(NOW + 9_100).put(&calendar, "a.ics", &event("a@test", "")).unwrap();
    let known = first_token(&mut sim, &calendar);
    sim.person(NOW + 9_900).put(&calendar, "b.ics", &event("b@test", "")).unwrap();
    assert!(names(&sim.handle(NOW, &sync(&calendar, &known))).is_empty());
    sim.person(NOW + 10_000).put(&calendar, "c.ics", &event("c@test", "")).unwrap();
    assert_eq!(names(&sim.handle(NOW, &sync(&calendar, &known))), ["c.ics"]);
}

#[test]
fn c22_c23_c24_take_away_or_freeze_what_tells_changes() {
    let ask = |sim: &mut CaldavSim, calendar: &str| {
        sim.handle(NOW, &propfind(calendar, "0", "<d:supported-report-set/><s:getctag/>")).text()
    };
    let (mut sim, calendar) = with("C22");
    assert!(!ask(&mut sim, &calendar).contains("sync-collection"));
    assert_eq!(sim.handle(NOW, &sync(&calendar, "")).status, 403);
    let (mut sim, calendar) = with("C23");
    assert!(!ask(&mut sim, &calendar).contains("<CS:getctag>"));
    let (mut sim, calendar) = with("C24-frozen");
    let before = ask(&mut sim, &calendar);
    fill(&mut sim, &calendar, 6);
    assert_eq!(ask(&mut sim, &calendar), before);
    let (mut sim, calendar) = with("C24-restless");
    assert_ne!(ask(&mut sim, &calendar), ask(&mut sim, &calendar));
}

#[test]
fn c25_etags_are_missing_weak_unquoted_or_marked() {
    let tag = |name: &str| {
        let (mut sim, calendar) = with(name);
        texts(&sim.handle(NOW, &sync(&calendar, "")), "getetag")
            .first()
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(tag("C25-missing"), "");
    assert!(tag("C25-weak").starts_with("W/\""));
    assert!(!tag("C25-unquoted").contains('"'));
    assert!(tag("C25-gzip").ends_with("-gzip\""));
    let (mut sim, calendar) = with("C25-weak");
    let weak = texts(&sim.handle(NOW, &sync(&calendar, "")), "getetag").remove(0);
    let delete = crate::support::request("DELETE", &format!("{calendar}e1.ics"));
    let strong = weak.trim_start_matches("W/").to_owned();
    assert_eq!(sim.handle(NOW, &delete.clone().header("If-Match", &weak)).status, 412);
    assert_eq!(sim.handle(NOW, &delete.header("If-Match", &strong)).status, 204);
}

fn missing(name: &str) -> SimReply {
    let (mut sim, calendar) = with(name);
    sim.handle(NOW, &multiget(&calendar, &["e1.ics", "no.ics"].map(|n| format!("{calendar}{n}"))))
}

#[test]
fn c26_multiget_says_404_omits_or_fails_whole() {
    assert_eq!(names(&missing("C26-404")), ["e1.ics", "no.ics"]);
    assert_eq!(names(&missing("C26-omit")), ["e1.ics"]);
    assert_eq!(missing("C26-whole").status, 404);
}

#[test]
fn c27_one_poison_item_fails_the_report_that_reads_it() {
    for status in [400, 500] {
        let (mut sim, calendar) = with(&format!("C27-{status}"));
        sim.person(NOW).poison(&calendar, "e3.ics").unwrap();
        let ask = |name: &str| multiget(&calendar, &[format!("{calendar}{name}.ics")]);
        assert_eq!(sim.handle(NOW, &ask("e3")).status, status);
        assert_eq!(sim.handle(NOW, &ask("e2")).status, 207);
        assert_eq!(sim.handle(NOW, &query(&calendar, "")).status, status);
    }
}

#[test]
fn c28_a_query_is_three_minutes_late() {
    let (mut sim, calendar) = with("C28");
    let path = format!("{calendar}new.ics");
    sim.handle(NOW + 200_000, &create(&path, &event("new@test", "")));
    assert_eq!(names(&sim.handle(NOW + 200_000, &query(&calendar, ""))).len(), 5);
    assert_eq!(names(&sim.handle(NOW + 380_001, &query(&calendar, ""))).len(), 6);
}

#[test]
fn c29_large_multigets_are_refused() {
    for status in [413, 507] {
        let (mut sim, calendar) = with(&format!("C29-{status}"));
        let hrefs = |count: usize| vec![format!("{calendar}e1.ics"); count];
        assert_eq!(sim.handle(NOW, &multiget(&calendar, &hrefs(11))).status, status);
        assert_eq!(sim.handle(NOW, &multiget(&calendar, &hrefs(10))).status, 207);
    }
}

#[test]
fn c30_old_items_vanish_as_if_deleted() {
    let (mut sim, calendar) = with("C30");
    let month = 31 * 86_400_000;
    let known = first_token(&mut sim, &calendar);
    let endless = event("endless@test", "RRULE:FREQ=WEEKLY\r\n");
    sim.person(NOW).put(&calendar, "endless.ics", &endless).unwrap();
    sim.person(NOW).edit(&calendar, "e1.ics", |text| text.replace("Pl", "pl")).unwrap();
    let late = NOW + 5 * 86_400_000 + month;
    let listing = sim.handle(late, &propfind(&calendar, "1", "<d:getetag/>"));
    assert_eq!(names(&listing), ["", "endless.ics"]);
    assert_eq!(
        sim.handle(late, &crate::support::request("GET", &format!("{calendar}e2.ics"))).status,
        404
    );
    let delta = sim.handle(late, &sync(&calendar, &known));
    assert!(names(&delta).contains(&"e1.ics".to_owned()) && delta.text().contains("404"));
}
