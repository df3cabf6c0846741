//! What servers refuse to tell, cut short or put off, by the numbers of the collected pitfalls.

use crate::common::{at_rest, origin, plan, settled, small};
use kalends_testkit::caldav_sim::{Profile, When};

/// Catches a lost cursor that ends the sync, loses changes, or writes everything anew.
#[test]
fn pitfall_17_a_lost_cursor_costs_a_comparison() {
    for fault in ["C14-403", "C14-403-bare", "C14-410-bare", "C14-full"] {
        let (world, mut history) = settled();
        for path in [0, 1, 3].map(|place| world.path(place).unwrap_or_default()) {
            world.http.sim().expire_tokens(&path);
        }
        plan(&world, "REPORT", "*", When::Always, fault);
        history.put(&world, "person-a.ics", origin(0, "a", "Changed", 20));
        history.delete(&world, 0, "person-b.ics");
        assert_eq!(world.settle(), 4, "{fault}");
        world.http.sim().faults_mut().clear();
        at_rest(&world, &history);
    }
}

/// Catches a cursor that moves with the pages before the one at which its token dies, and a listing
/// that is begun again and takes what it does not show for gone.
#[test]
fn pitfall_17_a_token_that_dies_on_the_third_page_loses_nothing() {
    for fault in ["C14-403", "C14-403-bare", "C14-410-bare", "C14-full"] {
        let (world, mut history) = settled();
        let pages = world.path(0).unwrap_or_default();
        for n in 0..9 {
            let uid = format!("page{n}");
            history.put(&world, &format!("person-{uid}.ics"), origin(0, &uid, &uid, 10 + n));
        }
        history.delete(&world, 0, "person-b.ics");
        plan(&world, "REPORT", &pages, When::Always, "C16");
        plan(&world, "REPORT", &pages, When::Nth(3), fault);
        let report = world.sync();
        let reports = world.http.sim().faults_mut().rules()[1].1;
        assert!(reports > 3, "{fault}: the listing is begun again after its {reports} requests");
        assert!(report.failures.is_empty(), "{fault}: {report:?}");
        at_rest(&world, &history);
        world.http.sim().faults_mut().clear();
        at_rest(&world, &history);
    }
}

/// Catches taking a short multiget for the truth, and asking on while the server wants rest.
#[test]
fn pitfall_20_servers_with_limits_are_met() {
    let faults =
        ["C29-207", "C29-413", "C29-507", "C26-omit", "C12-absolute", "C12-encoded", "C22"];
    // The one gives texts with its reports of changes, the other only when it is asked for them.
    let profiles = [Profile::plain(), Profile::no_sync()];
    for (profile, fault) in profiles.iter().flat_map(|one| faults.map(|fault| (one, fault))) {
        let (world, mut history) = small(profile.clone());
        at_rest(&world, &history);
        plan(&world, "*", "*", When::Always, fault);
        for n in 0..30 {
            let uid = format!("many{n}");
            history.put(&world, &format!("person-{uid}.ics"), origin(0, &uid, &uid, 10 + n % 15));
        }
        world.settle();
        assert!(
            history.differences(&world).is_empty(),
            "{fault}: {:?}",
            history.differences(&world)
        );
    }
}

/// Catches asking on while the server wants rest: as long as it says, and where it says nothing of
/// use, for some time all the same.
#[test]
fn pitfall_20_a_server_that_wants_rest_has_it() {
    for (fault, rests_ms) in [
        ("C40-503", 29_000),
        ("C40-503-date", 119_000),
        ("X14-negative", 20_000),
        ("X14-past", 20_000),
        ("X14-absent", 20_000),
        ("X14-decimal", 1_400),
    ] {
        let (world, mut history) = settled();
        history.put(&world, "person-e.ics", origin(0, "e", "New", 15));
        plan(&world, "REPORT", "*", When::Always, fault);
        plan(&world, "PROPFIND", "*", When::Always, fault);
        let throttled = world.sync();
        assert!(!throttled.failures.is_empty(), "{fault}: {throttled:?}");
        let asked = world.http.sim().log().len();
        assert!(asked > 0, "{fault}");
        for _ in 0..4 {
            world.clock.advance_millis(rests_ms / 4);
            let _resting = world.sync();
            assert_eq!(world.http.sim().log().len(), asked, "{fault}: it wants rest");
        }
        world.http.sim().faults_mut().clear();
        world.clock.advance_millis(60_000);
        at_rest(&world, &history);
    }
}
