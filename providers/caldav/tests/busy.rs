//! When others have time: asked of every measured server, and not taken for free where it is not told.

#![allow(clippy::unwrap_used, reason = "what is not as expected ends a test")]

mod common;

use common::{Answer, NOW, config, ics, run};
use kalends_caldav::Caldav;
use kalends_core::availability::{Availability, Schedule, Taken};
use kalends_core::event::Busy;
use kalends_core::ports::{Credential, HttpHead, HttpRequest, Provider as _};
use kalends_core::provider::{Done, FailureClass, Output, ProviderOp};
use kalends_testkit::caldav_sim::{CaldavSim, Profile, SimRequest};

const ORIGIN: &str = "http://127.0.0.1:8080";

fn ask(sim: &mut CaldavSim, request: &HttpRequest) -> Answer {
    let reply = sim.handle(
        NOW.as_millis(),
        &SimRequest {
            method: request.method.to_owned(),
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        },
    );
    let headers = reply.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone()));
    Answer::Whole(HttpHead { status: reply.status, headers: headers.collect() }, reply.body)
}

fn schedules(outputs: &[Output]) -> Vec<Schedule> {
    let told = outputs.iter().map(|output| match output {
        Output::Schedule(schedule) => (**schedule).clone(),
        Output::Item(_) | Output::Name { .. } | Output::Calendar(_) => panic!("{output:?}"),
    });
    told.collect()
}

fn op(of: &[&str]) -> ProviderOp {
    let of = of.iter().map(|one| (*one).to_owned()).collect();
    let (from, to) = ("2026-06-10T00:00:00Z", "2026-06-11T00:00:00Z");
    ProviderOp::FreeBusy { of, from: from.parse().unwrap(), to: to.parse().unwrap() }
}

#[test]
fn calendars_tell_when_they_are_taken_and_what_is_not_told_is_unknown() {
    let (mut told, mut silent) = (0, 0);
    for profile in Profile::all() {
        let name = format!("{profile:?}");
        let offers = profile.reads.free_busy;
        let mut sim = CaldavSim::new(profile, 7);
        sim.set_strict(true);
        sim.add_user("alice", "secret");
        let work = sim.add_calendar("alice", "work");
        sim.person(NOW.as_millis()).put(&work, "a.ics", &ics("a@x", "Secret")).unwrap();
        let address = format!("{ORIGIN}{work}");
        let of = [work.as_str(), address.as_str(), "/nowhere/", "https://b.example/cal/", "b@c"];
        let heard = run(&config(&format!("{ORIGIN}/"), ""), &op(&of), 997, |request| {
            assert!(request.url.starts_with(ORIGIN), "{}", request.url);
            ask(&mut sim, request)
        });
        assert_eq!(heard.done, Done::Fetched, "{name}");
        let said = schedules(&heard.outputs);
        let mut names: Vec<&str> = said.iter().map(|one| one.of.as_str()).collect();
        let mut expected = of.to_vec();
        names.sort_unstable();
        expected.sort_unstable();
        assert_eq!(names, expected, "{name}");
        let (from, to) = ("2026-06-10T09:00:00Z", "2026-06-10T10:00:00Z");
        let taken = Taken { from: from.parse().unwrap(), to: to.parse().unwrap(), how: Busy::Busy };
        for one in said {
            match one.availability {
                Availability::Known(times) => {
                    assert!(offers && one.of.contains(&work), "{name}: {}", one.of);
                    assert_eq!(times, [taken], "{name}");
                    told += 1;
                }
                Availability::Unknown { .. } => silent += 1,
            }
        }
        assert_eq!(sim.violations(), [], "{name}");
    }
    assert!(told > 0 && silent > told, "{told} {silent}");
}

#[test]
fn who_is_at_no_calendar_of_the_server_is_not_asked_for_there() {
    let caldav = Caldav::new(config(&format!("{ORIGIN}/"), ""));
    let refused = caldav.start(&op(&["b@c"]), &Credential::None).err().unwrap();
    assert_eq!(refused.class, FailureClass::Unsupported);
}
