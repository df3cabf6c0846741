//! Tools of the Model Context Protocol: over HTTP behind a key, and over standard input and output.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use serde_json::{Value, json};
use support::api::{Answer, Api, key, settle};
use support::carrier::now_ms;
use support::{Kalends, calendar, hours, stamp, two_accounts};

/// Sends one message of the protocol.
fn ask(api: &Api, key: &str, method: &str, params: &Value) -> Answer {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let bearer = format!("Bearer {key}");
    let headers =
        [("Authorization", bearer.as_str()), ("Accept", "application/json, text/event-stream")];
    api.ask("POST /mcp", &headers, &message.to_string())
}

/// What a tool answers, and whether it is an error.
fn call(api: &Api, key: &str, tool: &str, arguments: &Value) -> (bool, Value) {
    let params = json!({"name": format!("calendar.{tool}"), "arguments": arguments});
    let answer = ask(api, key, "tools/call", &params).done();
    let result = &answer["result"];
    assert!(result.is_object(), "{tool}: {answer}");
    (result["isError"] == true, result["structuredContent"].clone())
}

fn done(api: &Api, key: &str, tool: &str, arguments: &Value) -> Value {
    let (failed, said) = call(api, key, tool, arguments);
    assert!(!failed, "{tool} {arguments}: {said}");
    said
}

fn refused(api: &Api, key: &str, tool: &str, arguments: &Value) -> String {
    let (failed, said) = call(api, key, tool, arguments);
    assert!(failed, "{tool} {arguments}: {said}");
    said["code"].as_str().unwrap().to_owned()
}

/// The day so many days from now.
fn day(days: i64) -> String {
    hours(24 * days).to_string()[..10].to_owned()
}

/// Catches a tool that writes before it was confirmed, one that sees another store than the rest,
/// and a run that cannot be taken back.
#[test]
fn what_a_tool_changes_is_a_plan_until_it_is_confirmed_and_can_be_taken_back() {
    let (server, kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    let listed = ask(&api, &key, "tools/list", &json!({})).done();
    let tools = listed["result"]["tools"].as_array().unwrap().clone();
    assert_eq!(tools.len(), 15, "{listed}");
    let span = json!({"from": day(0), "to": day(30)});
    let events = done(&api, &key, "list_events", &span);
    assert_eq!(events["occurrences"].as_array().unwrap().len(), 3, "what was synced");
    let new = json!({"title": "Focus", "start": format!("{}T09:00:00Z", day(9)),
        "attendees": [{"email": "carla@example.org"}]});
    let digest = || kalends.done("status")["digest"].clone();
    let before = digest();
    let planned = done(&api, &key, "create_event", &json!({"event": new}));
    assert_eq!((&planned["done"], &planned["run"]), (&json!(false), &Value::Null));
    assert_eq!(digest(), before, "a plan changes nothing");
    let made = done(&api, &key, "create_event", &json!({"event": new, "confirm": true}));
    let event = made["event"]["id"].as_str().unwrap().to_owned();
    let edge = json!({"from": "own/main", "to": "home/desk", "options": {"detail": "full"}});
    let planned = done(&api, &key, "set_policy_edge", &edge);
    assert_eq!(planned["edges"][0]["to"]["name"], "home/desk");
    for (field, value) in [("detail", json!("full")), ("may_notify", json!(false))] {
        assert_eq!(planned["edges"][0][field], value, "all that it does is shown: {planned}");
    }
    assert_eq!(kalends.done("edge list")["edges"], json!([]));
    let mut confirmed = edge.clone();
    confirmed["confirm"] = json!(true);
    let drawn = done(&api, &key, "set_policy_edge", &confirmed);
    settle(&api, &key);
    let mirrors = || server.sim().resources("/bob/desk/").into_values().collect::<Vec<_>>();
    let texts = mirrors();
    assert!(texts[0].contains("SUMMARY:Focus") && !texts[0].contains("carla"), "{texts:?}");
    let change = json!({"event": event, "change": {"title": "Deep work"}, "confirm": true});
    let changed = done(&api, &key, "update_event", &change);
    settle(&api, &key);
    assert!(mirrors()[0].contains("SUMMARY:Deep work"));
    let run = &changed["run"];
    let shown = done(&api, &key, "undo", &json!({"run": run}));
    assert!(!shown["entries"].as_array().unwrap().is_empty(), "{shown}");
    assert!(mirrors()[0].contains("SUMMARY:Deep work"));
    done(&api, &key, "undo", &json!({"run": run, "confirm": true}));
    done(&api, &key, "undo", &json!({"run": drawn["run"], "confirm": true}));
    settle(&api, &key);
    assert_eq!(mirrors(), Vec::<String>::new());
    let why = done(&api, &key, "explain_event", &json!({"event": event}));
    assert_eq!(why["presences"][0]["title"], "Focus");
    for tool in ["list_accounts", "get_sync_status", "plan", "list_policies"] {
        done(&api, &key, tool, &json!({}));
    }
    done(&api, &key, "get_availability", &span);
    done(&api, &key, "propose_times", &json!({"length": "45m"}));
    assert_eq!(done(&api, &key, "get_event", &json!({"event": event}))["title"], "Focus");
}

/// Catches a tool that goes through a gate that was closed to it, or sends around it.
#[test]
fn what_a_closed_edge_carries_is_left_alone() {
    let (_server, kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    let to_home = r#"{"from": "work/work", "to": "home"}"#;
    let made = api.with(&key, "POST /v1/edges", to_home).done();
    let (edge, run) = (made["edges"][0]["id"].as_str().unwrap(), made["run"].as_str().unwrap());
    settle(&api, &key);
    let events = done(&api, &key, "list_events", &json!({"from": day(0), "to": day(30)}));
    let event = events["occurrences"][0]["event"].clone();
    let gate = kalends.done(&format!("edge tools {edge} closed"));
    assert_eq!(gate, api.with(&key, &format!("GET /v1/edges/{edge}/tools"), "").done());
    assert_eq!(done(&api, &key, "list_policies", &json!({}))["closed_to_tools"], json!([edge]));
    for (tool, arguments) in [
        ("set_policy_edge", json!({"edge": edge, "options": {"detail": "full"}})),
        ("update_event", json!({"event": event, "change": {"title": "x"}, "confirm": true})),
        ("delete_event", json!({"event": event, "confirm": true})),
        ("undo", json!({"run": run, "confirm": true})),
        ("set_policy_edge", json!({"from": "work/work", "to": "home/desk", "confirm": true})),
    ] {
        assert_eq!(refused(&api, &key, tool, &arguments), "edge.closed", "{tool} {arguments}");
    }
    assert_eq!(kalends.done("edge list")["edges"].as_array().unwrap().len(), 1);
    // Nor through another edge that carries the same, or what all edges lean on.
    let more =
        api.with(&key, "POST /v1/edges", r#"{"from": "work/work", "to": "home/desk"}"#).done();
    let raise = json!({"edge": more["edges"][0]["id"], "options": {"detail": "full"}});
    assert_eq!(refused(&api, &key, "set_policy_edge", &raise), "edge.closed");
    api.with(&key, "PATCH /v1/settings", r#"{"detail_max": "busy"}"#).done();
    let lowered = api.with(&key, "GET /v1/journal", "").done();
    let mut entries = lowered["entries"].as_array().unwrap().iter();
    let lowered = entries.rfind(|entry| entry["cause"] == "authored").unwrap()["run"].clone();
    let back = json!({"run": lowered, "confirm": true});
    assert_eq!(refused(&api, &key, "undo", &back), "edge.closed");
    assert_eq!(api.with(&key, "GET /v1/settings", "").done()["person"]["detail_max"], "busy");
    let open = api.with(&key, &format!("PUT /v1/edges/{edge}/tools"), r#"{"open": true}"#).done();
    assert_eq!(open["open"], true);
    done(&api, &key, "update_event", &json!({"event": event, "change": {"title": "x"}}));
}

/// Catches a tool that lets guests be mailed, or shows what people alone may open.
#[test]
fn what_is_told_of_people_is_nothing_that_tools_set() {
    let (_server, kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    let made = api.with(&key, "POST /v1/edges", r#"{"from": "work/work", "to": "home"}"#).done();
    let edge = made["edges"][0]["id"].clone();
    for field in ["may_notify", "private_grant", "people", "meeting"] {
        let options = json!({field: true});
        let changed = json!({"edge": edge, "options": options, "confirm": true});
        assert_eq!(refused(&api, &key, "set_policy_edge", &changed), "arguments", "{field}");
        let new =
            json!({"from": "work/work", "to": "home/desk", "options": options, "confirm": true});
        assert_eq!(refused(&api, &key, "set_policy_edge", &new), "arguments", "{field}");
        assert_eq!(kalends.done("edge list")["edges"][0][field], false);
    }
}

/// The last run in which a person changed the set-up.
fn last_run(api: &Api, key: &str) -> Value {
    let journal = api.with(key, "GET /v1/journal", "").done();
    let mut entries = journal["entries"].as_array().unwrap().iter();
    entries.rfind(|entry| entry["cause"] == "authored").unwrap()["run"].clone()
}

/// Catches a tool that opens, by taking back what a person closed, what people alone may open.
#[test]
fn what_a_person_closed_no_tool_opens_by_taking_it_back() {
    let (_server, kalends, _) = two_accounts();
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let (key, tools) = (key(&kalends, ""), key(&kalends, "--scope tools"));
    settle(&api, &key);
    let made = api.with(&key, "POST /v1/edges", r#"{"from": "work/work", "to": "home"}"#).done();
    let edge = made["edges"][0]["id"].as_str().unwrap();
    let at = format!("/v1/edges/{edge}");
    for (line, opened, closed) in [
        (at.clone(), json!({"private_grant": true}), json!({"private_grant": false})),
        (at.clone(), json!({"may_notify": true}), json!({"may_notify": false})),
        ("/v1/settings".to_owned(), json!({"detail_max": "full"}), json!({"detail_max": "busy"})),
    ] {
        api.with(&key, &format!("PATCH {line}"), &opened.to_string()).done();
        api.with(&key, &format!("PATCH {line}"), &closed.to_string()).done();
        let before = api.with(&key, &format!("GET {line}"), "").done();
        let back = json!({"run": last_run(&api, &key), "confirm": true});
        assert_eq!(refused(&api, &tools, "undo", &back), "tools.people", "{closed}");
        assert_eq!(api.with(&key, &format!("GET {line}"), "").done(), before);
    }
    // What a tool may set it may take back.
    api.with(&key, &format!("PATCH {at}"), r#"{"detail": "title"}"#).done();
    done(&api, &tools, "undo", &json!({"run": last_run(&api, &key), "confirm": true}));
    assert_eq!(kalends.done("edge list")["edges"][0]["detail"], "busy");
}

/// Catches a change of which nobody can tell who asked for it.
#[test]
fn a_run_says_who_asked_for_it() {
    let (_server, kalends, _) = two_accounts();
    let made = kalends.done("edge add --from work/work --to home");
    let edge = made["edges"][0]["id"].as_str().unwrap().to_owned();
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let (app, tools) = (key(&kalends, ""), key(&kalends, "--scope tools"));
    let at = format!("PATCH /v1/edges/{edge}");
    api.with(&app, &at, r#"{"detail": "title"}"#).done();
    let change = json!({"edge": edge, "options": {"detail": "full"}, "confirm": true});
    done(&api, &tools, "set_policy_edge", &change);
    let cookie = api.form("/page/sign-in", &[], &format!("key={app}")).cookie();
    let cookie = [("Cookie", cookie.as_str())];
    let token = api.ask("GET /page", &cookie, "").token();
    let form = format!("token={token}&edge={edge}&from=&to=&detail=busy");
    assert_eq!(api.form("/page/edges", &cookie, &form).status, 303);
    let runs = api.with(&app, "GET /v1/runs", "").done();
    let by_hand = runs["runs"].as_array().unwrap().iter().filter(|run| run["undoable"] == true);
    let by: Vec<_> = by_hand.map(|run| run["by"].clone()).collect();
    let with = |means: &str, name: &str| json!({"with": means, "name": name});
    assert_eq!(by[..3], [with("page", "owner"), with("tool", "app"), with("key", "app")], "{runs}");
    assert_eq!(by[3], Value::Null, "the command line is nobody's");
    let page = api.ask("GET /page", &cookie, "").text;
    assert!(page.contains("by a tool with the key app"), "{page}");
}

/// Catches a tool by which guests hear of something.
#[test]
fn an_event_with_guests_is_left_alone() {
    let (server, kalends, work) = two_accounts();
    let (start, end) = (stamp(hours(100)), stamp(hours(101)));
    let text = calendar(&[format!(
        "BEGIN:VEVENT\r\nUID:g@x\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{start}\r\nDTEND:{end}\r\n\
         SUMMARY:Guests\r\nORGANIZER:mailto:alice@example.org\r\n\
         ATTENDEE:mailto:carla@example.org\r\nEND:VEVENT\r\n"
    )]);
    server.sim().person(now_ms()).put(&work, "g.ics", &text).unwrap();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    let listed = done(&api, &key, "list_events", &json!({"from": day(0), "to": day(30)}));
    let found =
        listed["occurrences"].as_array().unwrap().iter().find(|one| one["title"] == "Guests");
    let event = found.unwrap()["event"].clone();
    for confirm in [false, true] {
        let change = json!({"event": event, "change": {"title": "New"}, "confirm": confirm});
        assert_eq!(refused(&api, &key, "update_event", &change), "event.would-notify");
        let delete = json!({"event": event, "confirm": confirm});
        assert_eq!(refused(&api, &key, "delete_event", &delete), "event.would-notify");
    }
    settle(&api, &key);
    assert_eq!(server.sim().resources(&work)["g.ics"], text);
}

/// Catches a key that was given to a tool and opens the gate which holds the tool, or anything else
/// than the tools.
#[test]
fn a_key_for_tools_opens_the_tools_and_nothing_else() {
    let (_server, kalends, _) = two_accounts();
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let (full, tools) = (key(&kalends, ""), key(&kalends, "--scope tools"));
    settle(&api, &full);
    let made = api.with(&full, "POST /v1/edges", r#"{"from": "work/work", "to": "home"}"#).done();
    let edge = made["edges"][0]["id"].as_str().unwrap();
    kalends.done(&format!("edge tools {edge} closed"));
    for (line, body) in [
        (format!("PUT /v1/edges/{edge}/tools"), r#"{"open": true}"#),
        (format!("PATCH /v1/edges/{edge}"), r#"{"may_notify": true}"#),
        ("GET /v1/bundle".to_owned(), ""),
        ("GET /v1/accounts".to_owned(), ""),
        ("POST /v1/sign-ins".to_owned(), r#"{"provider": "google", "name": "g"}"#),
        ("GET /metrics".to_owned(), ""),
    ] {
        assert_eq!(api.with(&tools, &line, body).problem(), (403, "key.scope"), "{line}");
    }
    let page = api.form("/page/sign-in", &[], &format!("key={tools}"));
    assert_eq!((page.status, page.header("set-cookie")), (401, None));
    let new = json!({"event": {"title": "x", "start": day(9)}, "confirm": true});
    done(&api, &tools, "create_event", &new);
    let raise = json!({"edge": edge, "options": {"detail": "full"}, "confirm": true});
    assert_eq!(refused(&api, &tools, "set_policy_edge", &raise), "edge.closed");
    for scope in ["write", "metrics"] {
        let other = key(&kalends, &format!("--scope {scope}"));
        assert_eq!(ask(&api, &other, "tools/list", &json!({})).problem(), (403, "key.scope"));
    }
}

/// Catches a tool that carries what it read to an address that somebody else's event named, or reads
/// a file of this machine: it only looks, so nobody is asked before.
#[test]
fn a_tool_looks_for_times_with_people_and_reads_no_address() {
    let kalends = Kalends::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let at = listener.local_addr().unwrap();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    for of in [
        format!("http://{at}/?said=secret&x=.ics"),
        format!("http://a@{at}/x.ifb"),
        "file:///etc/x.ics".to_owned(),
        "nobody".to_owned(),
    ] {
        let wish = json!({"length": "45m", "with": [of]});
        assert_eq!(refused(&api, &key, "propose_times", &wish), "usage", "{of}");
    }
    assert!(listener.accept().is_err(), "nothing was asked");
    let crowd: Vec<_> = (0..51).map(|n| format!("p{n}@example.org")).collect();
    let wish = json!({"length": "45m", "with": crowd});
    assert_eq!(refused(&api, &key, "propose_times", &wish), "usage");
    done(&api, &key, "propose_times", &json!({"length": "45m", "with": ["bob@example.org"]}));
}

/// Catches tools without a key, tools of another user, and a key that writes without the right to.
#[test]
fn tools_are_those_of_the_user_of_the_key() {
    let (_server, kalends, _) = two_accounts();
    kalends.done("user add eve");
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let (own, eve) = (key(&kalends, ""), key(&kalends, "--user eve"));
    let looks = key(&kalends, "--scope read");
    settle(&api, &own);
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    assert_eq!(api.ask("POST /mcp", &[], &list).problem(), (401, "key.unknown"));
    assert_eq!(ask(&api, "kal_x", "tools/list", &json!({})).problem(), (401, "key.unknown"));
    let span = json!({"from": day(0), "to": day(30)});
    let mine = done(&api, &own, "list_events", &span);
    let event = mine["occurrences"][0]["event"].clone();
    assert_eq!(done(&api, &eve, "list_events", &span)["occurrences"], json!([]));
    assert_eq!(done(&api, &eve, "list_accounts", &json!({})), json!({"accounts": []}));
    assert_eq!(refused(&api, &eve, "get_event", &json!({"event": event})), "not-found");
    let new = json!({"event": {"title": "x", "start": day(9)}, "confirm": true});
    assert_eq!(refused(&api, &looks, "create_event", &new), "key.scope");
    assert_eq!(refused(&api, &own, "create_event", &json!({"events": 1})), "arguments");
    let ever = json!({"from": "0001-01-01", "to": "9999-12-31"});
    assert_eq!(refused(&api, &own, "list_events", &ever), "usage");
    let bearer = format!("Bearer {own}");
    let foreign = [
        ("Authorization", bearer.as_str()),
        ("Accept", "application/json, text/event-stream"),
        ("Host", "evil.example"),
    ];
    assert_eq!(api.ask_as(&foreign, "POST /mcp", &list).status, 403, "another name is no door");
}

/// Catches anything else on standard output than the protocol, and a person's tools that need a
/// server.
#[test]
fn the_same_tools_are_there_over_standard_input_and_output() {
    let kalends = Kalends::new();
    let mut child = kalends
        .command("mcp --read-only")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut talk = |message: Value, answers: bool| {
        writeln!(input, "{message}").unwrap();
        if !answers {
            return Value::Null;
        }
        serde_json::from_str::<Value>(&output.next().unwrap().unwrap()).unwrap()
    };
    let hello = talk(
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        }}),
        true,
    );
    assert_eq!(hello["result"]["serverInfo"]["name"], "kalends");
    talk(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}), false);
    let listed = talk(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}), true);
    assert_eq!(listed["result"]["tools"].as_array().unwrap().len(), 15);
    let called = |name: &str, arguments: Value| {
        json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call",
            "params": {"name": name, "arguments": arguments}})
    };
    let accounts = talk(called("calendar.list_accounts", json!({})), true);
    assert_eq!(accounts["result"]["structuredContent"], json!({"accounts": []}));
    let new = json!({"event": {"title": "x", "start": "2030-01-01"}, "confirm": true});
    let refused = talk(called("calendar.create_event", new), true);
    assert_eq!(refused["result"]["structuredContent"]["code"], "key.scope");
    drop(input);
    assert!(child.wait().unwrap().success());
    assert_eq!(output.count(), 0, "nothing else is said");
}

/// Catches a page elsewhere that uses somebody's tools from their browser, and what is no message of the
/// protocol that is answered as if it were none of its own.
#[test]
fn foreign_pages_are_turned_away_and_what_is_no_message_is_refused_in_the_protocol() {
    let kalends = Kalends::new();
    let (api, key) = (Api::start(&kalends, "--every 3600"), key(&kalends, ""));
    let bearer = format!("Bearer {key}");
    let accept = ("Accept", "application/json, text/event-stream");
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}).to_string();
    let from = |origin: &str, body: &str| {
        let headers = [("Authorization", bearer.as_str()), accept, ("Origin", origin)];
        api.ask("POST /mcp", &headers, body)
    };
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        assert_eq!(from(origin, &list).problem(), (403, "mcp.origin"), "{origin}");
    }
    let own = format!("http://{}", api.host());
    assert_eq!(from(&own, &list).done()["result"]["tools"].as_array().unwrap().len(), 15);
    for (body, code) in [
        ("{", -32_700),
        ("soon", -32_700),
        ("[]", -32_600),
        (r#"{"id": 1, "method": "tools/list"}"#, -32_600),
        (r#"{"jsonrpc": "2.0", "id": 1, "method": 7}"#, -32_600),
    ] {
        let headers = [("Authorization", bearer.as_str()), accept];
        let refused = api.ask("POST /mcp", &headers, body);
        assert!((400..500).contains(&refused.status), "{body}: {refused:?}");
        let error = &refused.json["error"];
        assert_eq!(
            (&refused.json["jsonrpc"], &error["code"]),
            (&json!("2.0"), &json!(code)),
            "{body}"
        );
        assert_eq!(refused.json["id"], Value::Null);
    }
}
