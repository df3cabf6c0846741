//! C1 to C13, C46 and the transport faults: what comes back in place of an answer.

use crate::support::{NOW, create, event, fill, names, propfind, request, server, sync, texts};
use kalends_testkit::caldav_sim::{CaldavSim, Delivery, Profile, SimReply, When};

/// One listing of the home and one sync report under the fault.
fn under(name: &str) -> (CaldavSim, SimReply, SimReply) {
    let (mut sim, calendar) = server(Profile::plain());
    fill(&mut sim, &calendar, 3);
    assert!(sim.plan("*", "*", When::Always, name));
    let home = sim.home("alice", false).unwrap().to_owned();
    let listing = sim.handle(NOW, &propfind(&home, "1", "<d:displayname/>"));
    let report = sim.handle(NOW, &sync(&calendar, ""));
    (sim, listing, report)
}

fn location(name: &str) -> String {
    under(name).1.get("Location").unwrap().to_owned()
}

#[test]
fn c2_redirects_lead_to_the_base_another_host_plain_http_or_nowhere() {
    for status in [301, 302, 303, 307, 308] {
        let (_, reply, _) = under(&format!("C2-{status}"));
        assert_eq!((reply.status, reply.get("Location")), (status, Some("/dav/")));
    }
    assert_eq!(location("C2-host"), "https://dav.elsewhere.example/");
    assert_eq!(location("C2-http"), "http://localhost/dav/calendars/alice/");
    assert_eq!(location("C2-loop"), "/dav/calendars/alice/");
    assert!(location("X13").starts_with("http://login."));
}

#[test]
fn c3_c4_c5_discovery_properties() {
    let ask = |name: &str| {
        let (mut sim, _) = server(Profile::plain());
        assert!(sim.plan("*", "*", When::Always, name));
        let props = "<c:calendar-home-set/><d:principal-URL/><d:current-user-principal/>";
        sim.handle(NOW, &propfind("/dav/principals/alice/", "0", props)).text()
    };
    assert!(ask("C3-two").contains("/dav/shared/alice/"));
    assert!(ask("C3-absolute").contains("http://localhost:8443/dav/calendars/alice/"));
    assert!(ask("C4").contains("404"));
    assert!(ask("C5").contains("unauthenticated"));
}

#[test]
fn c6_c7_c8_c9_refuse_in_every_way() {
    let (_, page, _) = under("C6");
    assert_eq!((page.status, page.get("Content-Type").unwrap()), (200, "text/html; charset=utf-8"));
    assert!(under("C7-digest").1.get("WWW-Authenticate").unwrap().contains("stale=true"));
    assert!(under("C7-bearer").1.get("WWW-Authenticate").unwrap().contains("invalid_token"));
    let two = under("C7-two").1;
    let challenges = two.headers.iter().filter(|(name, _)| name == "WWW-Authenticate");
    assert_eq!(challenges.count(), 2);
    assert_eq!((under("C8-403").1.status, under("C8-404").1.status), (403, 404));
    let (mut sim, first, _) = under("C9");
    assert_eq!(first.status, 401);
    sim.faults_mut().clear();
    assert_eq!(sim.handle(NOW, &propfind("/dav/", "0", "")).status, 401, "it stays revoked");
}

#[test]
fn c10_spells_and_spoils_xml() {
    let text = |name: &str| under(name).2.text();
    assert!(text("C10-prefixes").contains("<C:multistatus"));
    assert!(text("C10-default").contains("<multistatus xmlns=\"DAV:\""));
    assert!(text("C10-cdata").contains("<![CDATA["));
    assert!(under("C10-bomb").1.text().contains("&b9;"));
    assert!(std::str::from_utf8(&under("C10-utf8").2.body).is_err());
    assert!(under("C10-huge").2.body.len() > 4 << 20);
    assert!(!text("C10-truncated").contains("</D:multistatus>"));
    assert!(text("C10-comments").contains("<!--"));
    assert_eq!(under("C10-type").2.get("Content-Type"), Some("text/plain"));
}

#[test]
fn c11_c12_c13_spell_responses_otherwise() {
    let text = |name: &str| under(name).2.text();
    assert_eq!(text("C11-propstat").matches("404 Not Found").count(), 3);
    assert_eq!(text("C11-response").matches("404 Not Found").count(), 1 + 2);
    assert!(text("C12-absolute").contains("<D:href>http://localhost/dav/"));
    assert!(text("C12-double").contains("/e1.ics"));
    assert_eq!(names(&under("C12-self").2)[0], "");
    assert!(!texts(&under("C12-slash").1, "href").iter().any(|href| href.ends_with('/')));
    assert!(text("C13").contains("never-heard-of"));
    let (mut sim, calendar) = server(Profile::plain());
    sim.person(NOW).put(&calendar, "a b@c.ics", &event("a@test", "")).unwrap();
    for (name, spelled) in [
        ("C12-encoded", "a%20b%40c.ics"),
        ("C12-double", "a%2520b%2540c.ics"),
        ("C12-raw", "a b@c.ics"),
    ] {
        sim.faults_mut().clear();
        assert!(sim.plan("*", "*", When::Always, name));
        assert_eq!(names(&sim.handle(NOW, &sync(&calendar, ""))), [spelled]);
    }
}

#[test]
fn c46_the_date_header_is_hours_off() {
    assert_eq!(under("C46").1.get("Date"), Some("Thu, 01 Jan 2026 05:00:00 GMT"));
    assert_eq!(under("C46-behind").1.get("Date"), Some("Wed, 31 Dec 2025 19:00:00 GMT"));
}

#[test]
fn x_faults_say_what_the_connection_does() {
    for (name, delivery, commits) in [
        ("X1", Delivery::Refused, false),
        ("X2", Delivery::DropBeforeCommit, false),
        ("X3", Delivery::TruncateAt(20), true),
        ("X4", Delivery::Stall, false),
        ("X4-body", Delivery::StallAt(20), true),
        ("X6", Delivery::DropAfterCommit, true),
        ("C41", Delivery::DropAfterCommit, true),
        ("X9", Delivery::ChunkedWithTrailers, true),
        ("X10", Delivery::Endless(b' '), true),
        ("X15", Delivery::TlsFailure, false),
        ("X16", Delivery::NoSuchHost, false),
    ] {
        let (mut sim, calendar) = server(Profile::plain());
        assert!(sim.plan("PUT", "*", When::Nth(1), name));
        let reply = sim.handle(NOW, &create(&format!("{calendar}a.ics"), &event("a@test", "")));
        assert_eq!(reply.delivery, delivery, "{name}");
        assert_eq!(sim.resources(&calendar).len() == 1, commits, "{name}");
    }
}

#[test]
fn x7_x8_x11_spoil_the_body() {
    let (_, long, _) = under("X7");
    assert_ne!(long.get("Content-Length"), Some(long.body.len().to_string().as_str()));
    let (_, packed, _) = under("X8");
    assert_eq!(packed.get("Content-Encoding"), Some("gzip"));
    assert_eq!(packed.body[..2], [0x1f, 0x8b]);
    let (_, empty, _) = under("X11");
    assert_eq!((empty.status, empty.body.is_empty()), (204, false));
}

#[test]
fn c40_and_x14_tell_when_to_come_back() {
    let after = |name: &str| under(name).1.get("Retry-After").map(str::to_owned);
    assert_eq!(after("C40-429").as_deref(), Some("30"));
    assert_eq!(after("C40-503-date").as_deref(), Some("Thu, 01 Jan 2026 00:02:00 GMT"));
    assert_eq!(after("X14-decimal").as_deref(), Some("1.5"));
    assert_eq!(after("X14-past").as_deref(), Some("Wed, 31 Dec 2025 00:00:00 GMT"));
    assert_eq!(after("X14-negative").as_deref(), Some("-5"));
    assert_eq!(after("X14-absent"), None);
    for status in [423, 429, 503, 504, 507] {
        assert_eq!(under(&format!("C40-{status}")).1.status, status);
    }
}

#[test]
fn rules_count_by_method_and_path() {
    let (mut sim, calendar) = server(Profile::plain());
    assert!(sim.plan("GET", "*work/*", When::Nth(2), "C40-503"));
    assert!(sim.plan("GET", "*", When::From(3), "C40-429"));
    let mut status = |path: &str| sim.handle(NOW, &request("GET", path)).status;
    let member = format!("{calendar}a.ics");
    assert_eq!(
        [status("/"), status(&member), status(&member), status(&member)],
        [404, 404, 503, 429]
    );
    assert_eq!(sim.faults_mut().rules()[0].1, 3);
}
