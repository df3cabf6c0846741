//! Every fault, by name, must change what a client meets in a script that touches all methods.

use crate::support::{
    NOW, create, event, fill, multiget, propfind, put, query, request, server, sync, token, xml,
};
use kalends_testkit::caldav_sim::{CaldavSim, Fault, Profile, SimReply, When};

/// A morning of a client and a person; what the client saw and what the server holds after it.
fn script(profile: Profile, fault: Option<&str>) -> (Vec<SimReply>, String) {
    let (mut sim, calendar) = server(profile);
    sim.person(NOW - 90 * 86_400_000).put(&calendar, "old.ics", &old()).unwrap();
    fill(&mut sim, &calendar, 4);
    let orphan = event("orphan@test", "RECURRENCE-ID:20260105T100000Z\r\n");
    sim.person(NOW).put(&calendar, "orphan.ics", &orphan).unwrap();
    sim.person(NOW).delete(&calendar, "e4.ics").unwrap();
    let known = sim.handle(NOW + 5_000, &sync(&calendar, ""));
    let known = token(&known);
    if let Some(name) = fault {
        assert!(sim.plan("*", "*", When::Always, name), "{name}");
    }
    let mut seen = discover(&mut sim);
    seen.push(sim.handle(NOW + 5_000, &sync(&calendar, "")));
    change(&mut sim, &calendar);
    seen.extend(write(&mut sim, &calendar));
    seen.extend(read(&mut sim, &calendar, &known));
    let held: Vec<_> = sim.calendars().iter().map(|path| sim.resources(path)).collect();
    (seen, format!("{held:?} {:?}", sim.mail()))
}

fn old() -> String {
    event("old@test", "").replace("20260105T1", "20251005T1")
}

fn discover(sim: &mut CaldavSim) -> Vec<SimReply> {
    let home = sim.home("alice", false).unwrap().to_owned();
    let props = "<d:current-user-principal/><d:principal-URL/><c:calendar-home-set/>\
                 <s:getctag/><d:getetag/><d:displayname/>";
    let principal = home.replace("calendars", "principals");
    [
        propfind("/.well-known/caldav", "0", props),
        propfind(&principal, "0", props),
        propfind(&home, "1", props),
    ]
    .iter()
    .map(|request| sim.handle(NOW + 5_000, request))
    .collect()
}

/// Some faults take the calendar away; then there is nothing left to change.
fn change(sim: &mut CaldavSim, calendar: &str) {
    let mut person = sim.person(NOW + 6_000);
    let odd = event("odd@test", "X-ODD:1\r\n");
    let _ = person.put(calendar, "brief.ics", &event("brief@test", ""));
    let _ = person.delete(calendar, "brief.ics");
    let _ = person.put(calendar, "a b@c.ics", &odd);
    let _ = person.edit(calendar, "e1.ics", |text| text.replace("Planning", "Other"));
    let _ = person.edit(calendar, "e2.ics", |text| text.replace("Planning", "Other"));
}

fn write(sim: &mut CaldavSim, calendar: &str) -> Vec<SimReply> {
    let at = |name: &str| format!("{calendar}{name}");
    let home = calendar.trim_end_matches("work/").to_owned();
    let patch = "<d:propertyupdate xmlns:d=\"DAV:\"><d:set><d:prop><d:displayname>N</d:displayname>\
        </d:prop></d:set></d:propertyupdate>";
    let invitation = event("i@test", "X-A:1\r\nATTENDEE:mailto:bob@example.com\r\n");
    [
        create(&at("new.ics"), &event("new@test", "X-A:1\r\n")),
        put(&at("new.ics"), &event("new@test", "X-A:2\r\n")).header("If-Match", "*"),
        create(&at("twin.ics"), &event("new@test", "")),
        create(&at("again.ics"), &event("e4@test", "")),
        create(&at("i.ics"), &invitation),
        request("GET", &at("new.ics")),
        xml("PROPPATCH", calendar, "0", patch),
        xml("MKCALENDAR", &format!("{home}made/"), "0", ""),
    ]
    .iter()
    .map(|request| sim.handle(NOW + 7_000, request))
    .collect()
}

fn read(sim: &mut CaldavSim, calendar: &str, known: &str) -> Vec<SimReply> {
    let few = ["new.ics", "none.ics"].map(|name| format!("{calendar}{name}"));
    let many: Vec<String> = (0..12).map(|number| format!("{calendar}e{number}.ics")).collect();
    [
        sync(calendar, known),
        propfind(calendar, "1", "<d:getetag/><d:displayname/><s:getctag/>"),
        multiget(calendar, &few),
        multiget(calendar, &many),
        query(calendar, ""),
    ]
    .iter()
    .map(|request| sim.handle(NOW + 7_000, request))
    .collect()
}

#[test]
fn every_fault_by_name_changes_what_a_client_meets() {
    let bases = [Profile::plain, Profile::sabre];
    let clean = bases.map(|base| script(base(), None));
    let names = Fault::names();
    assert!(names.len() > 100, "{}", names.len());
    for name in &names {
        let shown =
            bases.iter().zip(&clean).any(|(base, clean)| script(base(), Some(name)) != *clean);
        assert!(shown, "{name} has no effect");
    }
}

#[test]
fn every_number_of_the_fact_book_has_a_fault_or_a_reason() {
    let names = Fault::names();
    let has = |number: &str| {
        names.iter().any(|name| name == number || name.starts_with(&format!("{number}-")))
    };
    for number in 1..=46 {
        assert!(has(&format!("C{number}")), "C{number}");
    }
    for number in (1..=16).chain(20..=24) {
        assert!(has(&format!("X{number}")), "X{number}");
    }
    for process in ["X17", "X18", "X19"] {
        assert!(!has(process), "{process} happens to the client, not on the wire");
    }
}

#[test]
fn names_are_unique_and_unknown_ones_are_refused() {
    let mut names = Fault::names();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    let (mut sim, _) = server(Profile::plain());
    assert!(!sim.plan("*", "*", When::Always, "C99"));
    assert!(sim.faults_mut().rules().is_empty());
}

#[test]
fn a_clean_script_is_deterministic() {
    assert_eq!(script(Profile::plain(), None), script(Profile::plain(), None));
}
