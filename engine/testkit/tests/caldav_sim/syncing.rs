use crate::support::{NOW, event, fill, gone, names, put, server, sync, sync_with, token};
use kalends_testkit::caldav_sim::{CaldavSim, Profile, SimReply};

fn start(profile: Profile) -> (CaldavSim, String, String) {
    let (mut sim, calendar) = server(profile);
    fill(&mut sim, &calendar, 3);
    let reply = sim.handle(NOW + 10_000, &sync(&calendar, ""));
    assert_eq!(reply.status, 207);
    (sim, calendar, token(&reply))
}

fn delta(sim: &mut CaldavSim, calendar: &str, token: &str) -> SimReply {
    sim.handle(NOW + 60_000, &sync(calendar, token))
}

const SYNCING: [fn() -> Profile; 5] =
    [Profile::plain, Profile::radicale, Profile::xandikos, Profile::sabre, Profile::cyrus];

#[test]
fn an_initial_sync_lists_all_and_the_next_one_nothing() {
    for profile in SYNCING {
        let (mut sim, calendar) = server(profile());
        fill(&mut sim, &calendar, 3);
        let first = sim.handle(NOW, &sync(&calendar, ""));
        assert_eq!(names(&first), ["e1.ics", "e2.ics", "e3.ics"]);
        let next = delta(&mut sim, &calendar, &token(&first));
        assert!(names(&next).is_empty());
        assert_eq!(token(&next), token(&first));
    }
}

#[test]
fn a_delta_holds_what_changed_was_made_and_was_deleted() {
    for profile in SYNCING {
        let (mut sim, calendar, before) = start(profile());
        let mut person = sim.person(NOW + 20_000);
        person.delete(&calendar, "e1.ics").unwrap();
        person.edit(&calendar, "e2.ics", |text| text.replace("Planning", "Other")).unwrap();
        person.put(&calendar, "e4.ics", &event("e4@test", "")).unwrap();
        let reply = delta(&mut sim, &calendar, &before);
        assert_eq!(names(&reply), ["e1.ics", "e2.ics", "e4.ics"]);
        assert_eq!(gone(&reply), ["e1.ics"]);
        assert_ne!(token(&reply), before);
    }
}

#[test]
fn what_lived_only_inside_the_window_is_a_404_or_left_out() {
    for (profile, listed) in [
        (Profile::radicale(), true),
        (Profile::sabre(), true),
        (Profile::xandikos(), false),
        (Profile::plain(), false),
    ] {
        let (mut sim, calendar, before) = start(profile);
        let mut person = sim.person(NOW + 20_000);
        person.put(&calendar, "brief.ics", &event("brief@test", "")).unwrap();
        person.delete(&calendar, "brief.ics").unwrap();
        let reply = delta(&mut sim, &calendar, &before);
        assert_eq!(names(&reply) == ["brief.ics"], listed);
        assert_eq!(names(&reply).is_empty(), !listed);
    }
}

#[test]
fn deleting_and_restoring_equal_content_is_no_change_only_for_content_tokens() {
    for (profile, changed) in [(Profile::xandikos(), false), (Profile::sabre(), true)] {
        let (mut sim, calendar, before) = start(profile);
        let mut person = sim.person(NOW + 20_000);
        person.delete(&calendar, "e1.ics").unwrap();
        person.undelete(&calendar, "e1.ics").unwrap();
        assert_eq!(!names(&delta(&mut sim, &calendar, &before)).is_empty(), changed);
    }
}

#[test]
fn a_bad_token_is_answered_as_each_server_does() {
    for (profile, status) in [
        (Profile::radicale(), 403),
        (Profile::xandikos(), 412),
        (Profile::sabre(), 403),
        (Profile::cyrus(), 403),
        (Profile::davical(), 207),
        (Profile::sogo(), 207),
    ] {
        let (mut sim, calendar, _) = start(profile);
        sim.person(NOW + 20_000).delete(&calendar, "e1.ics").unwrap();
        let reply = delta(&mut sim, &calendar, "garbage");
        assert_eq!(reply.status, status);
        if status == 207 {
            assert_eq!(names(&reply), ["e2.ics", "e3.ics"], "a full list without deletions");
            assert!(gone(&reply).is_empty());
        } else {
            assert!(reply.text().contains("valid-sync-token"));
        }
    }
}

#[test]
fn an_expired_token_and_one_of_another_calendar_are_bad() {
    let (mut sim, calendar, before) = start(Profile::radicale());
    let other = sim.add_calendar("alice", "other");
    assert_eq!(sim.handle(NOW, &sync(&other, &before)).status, 403);
    fill(&mut sim, &calendar, 4);
    sim.expire_tokens(&calendar);
    assert_eq!(delta(&mut sim, &calendar, &before).status, 403);
}

#[test]
fn a_token_from_the_future_is_echoed_by_sabre_and_refused_by_radicale() {
    for (profile, echoed) in [(Profile::sabre(), true), (Profile::radicale(), false)] {
        let (mut sim, calendar, _) = start(profile);
        let backup = sim.clone();
        fill(&mut sim, &calendar, 5);
        let future = token(&delta(&mut sim, &calendar, ""));
        sim.restore(&backup);
        let reply = delta(&mut sim, &calendar, &future);
        assert_eq!(reply.status == 207, echoed);
        if echoed {
            assert_eq!((names(&reply).len(), token(&reply)), (0, future));
        }
    }
}

#[test]
fn an_initial_sync_of_radicale_lists_the_dead() {
    for (profile, listed) in [(Profile::radicale(), true), (Profile::cyrus(), false)] {
        let (mut sim, calendar, _) = start(profile);
        sim.person(NOW + 20_000).delete(&calendar, "e2.ics").unwrap();
        let reply = delta(&mut sim, &calendar, "");
        assert_eq!(gone(&reply) == ["e2.ics"], listed);
    }
}

#[test]
fn a_limit_pages_on_cyrus_loses_on_xandikos_and_is_ignored_elsewhere() {
    let limit = "<d:limit><d:nresults>2</d:nresults></d:limit>";
    let (mut cyrus, calendar, _) = start(Profile::cyrus());
    let first = cyrus.handle(NOW, &sync_with(&calendar, "", limit));
    assert_eq!(names(&first), ["e1.ics", "e2.ics", ""]);
    assert!(first.text().contains("507") && first.text().contains("number-of-matches"));
    let second = cyrus.handle(NOW, &sync_with(&calendar, &token(&first), limit));
    assert_eq!(names(&second), ["e3.ics"]);

    let (mut xandikos, calendar, _) = start(Profile::xandikos());
    let first = xandikos.handle(NOW, &sync_with(&calendar, "", limit));
    assert_eq!(names(&first), ["e1.ics", "e2.ics"]);
    assert!(!first.text().contains("507"));
    let second = xandikos.handle(NOW, &sync(&calendar, &token(&first)));
    assert!(names(&second).is_empty(), "the rest is lost");

    let (mut sabre, calendar, _) = start(Profile::sabre());
    assert_eq!(names(&sabre.handle(NOW, &sync_with(&calendar, "", limit))).len(), 3);
}

#[test]
fn data_comes_with_the_report_only_where_the_server_gives_it() {
    for (profile, given) in [
        (Profile::radicale(), true),
        (Profile::cyrus(), true),
        (Profile::sabre(), true),
        (Profile::sogo(), true),
        (Profile::xandikos(), false),
        (Profile::davical(), false),
    ] {
        let (mut sim, calendar, _) = start(profile);
        assert_eq!(delta(&mut sim, &calendar, "").text().contains("BEGIN:VEVENT"), given);
    }
}

#[test]
fn a_put_of_equal_bytes_is_a_change_on_sabre_only() {
    for (profile, moves) in [(Profile::sabre(), true), (Profile::radicale(), false)] {
        let (mut sim, calendar, _) = start(profile);
        let path = format!("{calendar}own.ics");
        let text = event("own@test", "");
        sim.handle(NOW, &put(&path, &text));
        let before = token(&delta(&mut sim, &calendar, ""));
        sim.handle(NOW, &put(&path, &text));
        assert_eq!(!names(&delta(&mut sim, &calendar, &before)).is_empty(), moves);
    }
}

#[test]
fn sogo_repeats_the_last_second_and_starts_at_minus_one() {
    let (mut sim, calendar) = server(Profile::sogo());
    assert_eq!(token(&delta(&mut sim, &calendar, "")), "-1");
    fill(&mut sim, &calendar, 2);
    let first = delta(&mut sim, &calendar, "");
    let again = delta(&mut sim, &calendar, &token(&first));
    assert_eq!(names(&again), ["e2.ics"]);
}

#[test]
fn servers_without_the_report_refuse_it() {
    let (mut sim, calendar) = server(Profile::no_sync());
    let reply = sim.handle(NOW, &sync(&calendar, ""));
    assert_eq!(reply.status, 403);
    assert!(reply.text().contains("supported-report"));
}
