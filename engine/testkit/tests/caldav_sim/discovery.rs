use crate::support::{NOW, names, propfind, request, server, texts, xml};
use kalends_testkit::caldav_sim::{CollectionKind, Profile, SimRequest};

#[test]
fn the_walk_leads_from_well_known_to_calendars_on_every_profile_that_has_it() {
    for profile in Profile::all() {
        let name = profile.name;
        let base = profile.layout.base;
        let redirects = profile.access.well_known.is_some();
        let (mut sim, calendar) = server(profile);
        let first = sim.handle(NOW, &propfind("/.well-known/caldav", "0", ""));
        assert_eq!(first.get("Location").is_some(), redirects, "{name}");
        assert_eq!(first.status == 404, !redirects, "{name}");
        let ask = propfind(base, "0", "<d:current-user-principal/>");
        let principal = texts(&sim.handle(NOW, &ask), "href").pop().unwrap();
        let ask = propfind(&principal, "0", "<c:calendar-home-set/>");
        let home = texts(&sim.handle(NOW, &ask), "href").pop().unwrap();
        let listing = sim.handle(NOW, &propfind(&home, "1", "<d:resourcetype/>"));
        assert_eq!(listing.status, 207, "{name}");
        assert!(listing.text().contains(&calendar), "{name}: {}", listing.text());
        assert!(sim.violations().is_empty(), "{name}: {:?}", sim.violations());
    }
}

#[test]
fn depth_one_lists_the_home_and_its_calendars_but_not_their_members() {
    let (mut sim, calendar) = server(Profile::plain());
    crate::support::fill(&mut sim, &calendar, 2);
    let home = sim.home("alice", false).unwrap().to_owned();
    let listing = sim.handle(NOW, &propfind(&home, "1", "<d:displayname/>"));
    assert_eq!(texts(&listing, "href"), [home, calendar]);
}

#[test]
fn a_missing_property_is_a_propstat_404_and_not_a_missing_resource() {
    let (mut sim, calendar) = server(Profile::plain());
    let reply = sim.handle(NOW, &propfind(&calendar, "0", "<d:displayname/><d:nothing/>"));
    let text = reply.text();
    assert!(text.contains("work"));
    assert_eq!(text.matches("<D:propstat>").count(), 2);
    assert!(text.contains("404 Not Found"));
}

#[test]
fn calendars_tell_reports_components_tokens_and_privileges() {
    let (mut sim, calendar) = server(Profile::plain());
    let props = "<d:supported-report-set/><c:supported-calendar-component-set/><d:sync-token/>\
                 <s:getctag/><d:current-user-privilege-set/>";
    let text = sim.handle(NOW, &propfind(&calendar, "0", props)).text();
    for part in ["sync-collection", "calendar-multiget", "name=\"VEVENT\"", "<D:write/>"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("404"));
    sim.person(NOW).set_read_only(&calendar, true).unwrap();
    let text = sim.handle(NOW, &propfind(&calendar, "0", props)).text();
    assert!(text.contains("<D:read/>") && !text.contains("<D:write/>"));
}

#[test]
fn other_collections_are_told_apart_by_their_resource_type() {
    let (mut sim, _) = server(Profile::sabre());
    let home = sim.home("alice", false).unwrap().to_owned();
    sim.add_collection(&format!("{home}feed/"), "alice", CollectionKind::Subscribed);
    let text = sim.handle(NOW, &propfind(&home, "1", "<d:resourcetype/>")).text();
    for kind in ["schedule-inbox", "schedule-outbox", "subscribed", "calendar"] {
        assert!(text.contains(&format!("{kind}/>")), "{kind}");
    }
    assert_eq!(sim.calendars().len(), 1);
}

#[test]
fn strangers_are_challenged_let_in_or_told_to_log_in() {
    let ask = |base: &str| SimRequest {
        headers: vec![("Depth".into(), "0".into())],
        ..propfind(base, "0", "<d:current-user-principal/>")
    };
    let (mut plain, _) = server(Profile::plain());
    let reply = plain.handle(NOW, &ask("/dav/"));
    assert_eq!(reply.status, 401);
    assert!(reply.get("WWW-Authenticate").unwrap().starts_with("Basic"));
    let (mut open, _) = server(Profile::xandikos());
    assert!(open.handle(NOW, &ask("/")).text().contains("/alice/"));
    let (mut cyrus, calendar) = server(Profile::cyrus());
    assert!(cyrus.handle(NOW, &ask("/dav/")).text().contains("unauthenticated"));
    assert_eq!(cyrus.handle(NOW, &ask(&calendar)).status, 401);
}

#[test]
fn bearer_tokens_and_passwords_open_only_what_is_ones_own() {
    let (mut sim, calendar) = server(Profile::plain());
    sim.add_user("bob", "hush");
    let bobs = sim.add_calendar("bob", "home");
    sim.set_bearer("alice", Some("t0ken"));
    let ask = |path: &str, header: &str| {
        let mut request = propfind(path, "0", "<d:displayname/>");
        request.headers[0].1 = header.to_owned();
        request
    };
    assert_eq!(sim.handle(NOW, &ask(&calendar, "Bearer t0ken")).status, 207);
    assert_eq!(sim.handle(NOW, &ask(&calendar, "Bearer other")).status, 401);
    assert_eq!(sim.handle(NOW, &ask(&calendar, "Basic YWxpY2U6d3Jvbmc=")).status, 401);
    assert_eq!(sim.handle(NOW, &ask(&bobs, "Bearer t0ken")).status, 403);
    sim.set_password("alice", "new");
    assert_eq!(sim.handle(NOW, &propfind(&calendar, "0", "")).status, 401);
}

#[test]
fn what_is_not_there_is_404_or_a_multistatus_with_404() {
    let path = |sim: &kalends_testkit::caldav_sim::CaldavSim| {
        format!("{}nothing/", sim.home("alice", false).unwrap())
    };
    let (mut plain, _) = server(Profile::plain());
    let nothing = path(&plain);
    assert_eq!(plain.handle(NOW, &propfind(&nothing, "0", "")).status, 404);
    let (mut xandikos, _) = server(Profile::xandikos());
    let nothing = path(&xandikos);
    let reply = xandikos.handle(NOW, &propfind(&nothing, "0", ""));
    assert_eq!(reply.status, 207);
    assert!(reply.text().contains("404"));
}

#[test]
fn calendars_are_made_once_in_a_home_with_their_properties() {
    let (mut sim, _) = server(Profile::plain());
    let home = sim.home("alice", false).unwrap().to_owned();
    let body = "<c:mkcalendar xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><d:set>\
        <d:prop><d:displayname>Busy &amp; so on</d:displayname><c:supported-calendar-component-set>\
        <c:comp name=\"VEVENT\"/><c:comp name=\"VTODO\"/></c:supported-calendar-component-set>\
        </d:prop></d:set></c:mkcalendar>";
    let path = format!("{home}overlay/");
    assert_eq!(sim.handle(NOW, &xml("MKCALENDAR", &path, "0", body)).status, 201);
    assert_eq!(sim.handle(NOW, &xml("MKCALENDAR", &path, "0", body)).status, 405);
    let props = "<d:displayname/><c:supported-calendar-component-set/>";
    let text = sim.handle(NOW, &propfind(&path, "0", props)).text();
    assert!(text.contains("Busy &amp; so on") && text.contains("VTODO"));
    let deep = format!("{home}no/such/");
    assert_eq!(sim.handle(NOW, &xml("MKCALENDAR", &deep, "0", body)).status, 403);
    let mkcol = "<d:mkcol xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><d:set><d:prop>\
        <d:resourcetype><d:collection/><c:calendar/></d:resourcetype></d:prop></d:set></d:mkcol>";
    let other = format!("{home}other/");
    assert_eq!(sim.handle(NOW, &xml("MKCOL", &other, "0", mkcol)).status, 201);
    assert_eq!(sim.calendars().len(), 3);
}

#[test]
fn proppatch_renames_and_options_tell_the_classes() {
    let (mut sim, calendar) = server(Profile::plain());
    let body = "<d:propertyupdate xmlns:d=\"DAV:\"><d:set><d:prop><d:displayname>New</d:displayname>\
        </d:prop></d:set></d:propertyupdate>";
    assert_eq!(sim.handle(NOW, &xml("PROPPATCH", &calendar, "0", body)).status, 207);
    let reply = sim.handle(NOW, &propfind(&calendar, "0", "<d:displayname/>"));
    assert_eq!(texts(&reply, "displayname"), ["New"]);
    let options = sim.handle(NOW, &request("OPTIONS", &calendar));
    assert!(options.get("DAV").unwrap().contains("calendar-access"));
    assert_eq!(names(&reply), [""]);
}
