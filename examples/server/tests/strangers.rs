//! What is one user's, and another one who tries every way in: routes, forms of the page, tools.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use serde_json::{Value, json};
use support::api::{Answer, Api, key, settle};
use support::carrier::Server;
use support::{Kalends, two_accounts, until};

const SPAN: &str = "?from=2020-01-01&to=2040-01-01";

/// What the owner has, by the names that paths give it.
struct Owner {
    key: String,
    admin: String,
    names: Vec<(&'static str, String)>,
    /// Texts that nobody else reads.
    secrets: Vec<String>,
}

impl Owner {
    fn named(&self, name: &str) -> &str {
        &self.names.iter().find(|(known, _)| *known == name).unwrap().1
    }

    /// Whether a text names something of the owner's. Entries have numbers in every graph.
    fn is_named_in(&self, text: &str) -> bool {
        let mut names = self.names.iter().filter(|(name, _)| *name != "entry");
        names.any(|(_, value)| text.contains(value.as_str()))
    }

    /// Everything of theirs that somebody could touch, without what moves as time goes by.
    fn all(&self, api: &Api, kalends: &Kalends) -> String {
        let webhook = self.named("webhook");
        let lists = [
            "accounts",
            "calendars",
            "edges",
            "consents",
            "feeds",
            "webhooks",
            "rules",
            "holds",
            "sessions",
            "settings",
            "held",
            "parked",
            "keys",
            "users",
        ];
        let mut lines: Vec<String> = lines_of(&lists);
        lines.push(format!("GET /v1/edges/{}/tools", self.named("edge")));
        lines.push(format!("GET /v1/webhooks/{webhook}/messages"));
        lines.push(format!("GET /v1/occurrences{SPAN}"));
        let mut all = vec![kalends.done("status")["digest"].to_string()];
        for line in lines {
            let of_admin = line.ends_with("/keys") || line.ends_with("/users");
            let key = if of_admin { &self.admin } else { &self.key };
            let mut found = api.with(key, &line, "").done();
            still(&mut found);
            all.push(format!("{line} {found}"));
        }
        all.join("\n")
    }
}

fn lines_of(lists: &[&str]) -> Vec<String> {
    lists.iter().map(|list| format!("GET /v1/{list}")).collect()
}

/// Takes out what moves though nobody touches it.
fn still(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let moves = |name: &String| {
                let times = ["used", "tries", "next", "last", "rests_until", "after"];
                times.contains(&name.as_str()) || name.ends_with("_at")
            };
            fields.retain(|name, _| !moves(name));
            fields.values_mut().for_each(still);
        }
        Value::Array(list) => list.iter_mut().for_each(still),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// An owner with one of everything that there is.
fn owner(api: &Api, kalends: &Kalends) -> Owner {
    let own = key(kalends, "");
    let admin = key(kalends, "--scope admin");
    settle(api, &own);
    let id = |line: &str, body: &str| {
        let made = api.with(&own, line, body).done();
        made["id"].as_str().unwrap().to_owned()
    };
    let rule = id("POST /v1/rules", r#"{"kind": "home", "zone": "Europe/Paris"}"#);
    let hold = id("POST /v1/holds", r#"{"at": "2030-01-01T09:00", "length": "1h"}"#);
    let session = id("POST /v1/sessions", r#"{"length": "1h", "title": "Alone"}"#);
    let feed = id("POST /v1/feeds", r#"{"name": "Mine", "detail": "full"}"#);
    let webhook = id("POST /v1/webhooks", r#"{"url": "http://127.0.0.1:9/hook"}"#);
    api.with(&own, "POST /v1/events", r#"{"title": "Told", "start": "2030-02-01"}"#).done();
    settle(api, &own);
    let status = kalends.done("status");
    let edge = status["edges"][0]["id"].as_str().unwrap().to_owned();
    let calendar = status["calendars"][0]["id"].as_str().unwrap().to_owned();
    let page = api.with(&own, &format!("GET /v1/occurrences{SPAN}"), "").done();
    let event = page["occurrences"][0]["event"].as_str().unwrap().to_owned();
    let journal = api.with(&own, "GET /v1/journal", "").done();
    let run = journal["entries"][0]["run"].as_str().unwrap().to_owned();
    let messages = format!("GET /v1/webhooks/{webhook}/messages");
    let first = || api.with(&own, &messages, "").done()["messages"][0]["id"].clone();
    until("a message waits", || first().is_string());
    let message = first().as_str().unwrap().to_owned();
    let kept = kalends.done("key list")["keys"][0]["id"].as_str().unwrap().to_owned();
    let secrets = ["alice", ":\"E1", ":\"E2", "Alone", &edge, &event, &status["graph"].to_string()];
    let secrets = secrets.map(|text| text.trim_matches('"').to_owned()).into();
    let names = [
        ("name", "work".to_owned()),
        ("calendar", calendar),
        ("edge", edge.clone()),
        ("event", event.clone()),
        ("part", format!("{event}/{edge}")),
        ("run", run),
        ("entry", "1".to_owned()),
        ("rule", rule),
        ("hold", hold),
        ("session", session),
        // Meetings come of words between graphs: tests/together.rs has them.
        ("meeting", "mtg_01J9Z3NDEKTSV4RRFFQ69G5FAV".to_owned()),
        ("feed", feed),
        ("key", kept),
        ("webhook", webhook),
        ("message", message),
    ];
    Owner { key: own, admin, names: names.into(), secrets }
}

fn started() -> (Server, Kalends, Api) {
    let (server, kalends, _) = two_accounts();
    kalends.done("edge add --from work/work --to home --detail full");
    kalends.done("sync");
    kalends.done("user add eve");
    let api = Api::start(&kalends, "--allow-private --every 3600");
    (server, kalends, api)
}

/// Whatever is sent, no answer tells what is another's.
#[track_caller]
fn tells_nothing(owner: &Owner, sent: &str, said: &str) {
    for secret in owner.secrets.iter().filter(|secret| !sent.contains(*secret)) {
        assert!(!said.contains(secret), "{sent} tells {secret}: {said}");
    }
}

/// Each path of the API with its method, its names filled in, and a body that it takes.
fn every_route(api: &Api, key: &str, names: &[(&str, String)]) -> Vec<(String, String)> {
    let document = api.with(key, "GET /v1/openapi.json", "").done();
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let mut path = path.clone();
        if !path.starts_with("/v1/") {
            // What is for everybody.
            continue;
        }
        for (name, value) in names {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        assert!(!path.contains('{'), "{path}: say what to fill in");
        let query = match path.as_str() {
            "/v1/occurrences" | "/v1/freebusy" => "?from=2020-01-01&to=2040-01-01",
            "/v1/changes" => "?after=0&follow=false",
            _ => "",
        };
        for method in methods.as_object().unwrap().keys() {
            let body = match (method.as_str(), path.as_str()) {
                ("post", "/v1/accounts") => json!({
                    "provider": "feed", "name": "f", "url": "http://127.0.0.1:1/f.ics"
                }),
                ("post", "/v1/edges") => json!({"from": "work/work", "to": "home"}),
                ("post", "/v1/sign-ins") => json!({"provider": "google", "name": "g"}),
                ("post", at) if at.ends_with("/reconnect") => json!({}),
                ("post", "/v1/proposals") => json!({"length": "1h"}),
                ("post", "/v1/rules") => json!({"kind": "home", "zone": "Europe/Berlin"}),
                ("post", "/v1/holds") => json!({"at": "2030-01-01T09:00", "length": "1h"}),
                ("post", at) if at.ends_with("/convert") => json!({}),
                ("post", "/v1/sessions") => json!({"length": "1h"}),
                ("post", at) if at.ends_with("/hold") => json!({}),
                ("patch", at) if at.starts_with("/v1/holds/") => json!({"expires": "1d"}),
                ("patch", "/v1/settings") => json!({"detail_max": "busy"}),
                ("post", "/v1/users") => json!({"name": "mallory"}),
                ("post", "/v1/keys") => json!({"user": "owner", "name": "stolen"}),
                ("post", "/v1/feeds") => json!({"name": "f"}),
                ("post", "/v1/webhooks") => json!({"url": "http://127.0.0.1:9/hook"}),
                ("patch", at) if at.starts_with("/v1/webhooks/") => json!({"on": false}),
                ("post", "/v1/erasure") => json!({"user": "nobody"}),
                ("post", "/v1/events") => json!({"title": "x", "start": "2030-01-01"}),
                ("patch", at) if at.starts_with("/v1/calendars/") => json!({"on": false}),
                ("patch", at) if at.starts_with("/v1/events/") => json!({"title": "x"}),
                ("patch", _) => json!({"detail": "full"}),
                ("put", at) if at.ends_with("/tools") => json!({"open": false}),
                ("put", _) => json!({"approve": true, "count": 1}),
                ("post", "/v1/mirrors/resume") => json!({"part": names[4].1}),
                ("post", "/v1/parked/retry") => json!({}),
                _ => Value::Null,
            };
            let body = if body.is_null() { String::new() } else { body.to_string() };
            let line = format!("{} {path}{query}", method.to_uppercase());
            routes.push((line, body));
        }
    }
    assert!(routes.len() >= 80, "{}", routes.len());
    routes
}

/// Catches a route that opens a graph by anything else than the key, one that needs none, one that
/// changes what a key may only look at, and one that reaches a feed, a webhook, a message, a key or a
/// tool's gate of another user.
#[test]
fn nobody_sees_or_touches_what_is_anothers() {
    let (_server, kalends, api) = started();
    let owner = owner(&api, &kalends);
    let (own, eve) = (&owner.key, key(&kalends, "--user eve"));
    let looks = key(&kalends, "--scope read");
    let before = owner.all(&api, &kalends);
    for (line, body) in &every_route(&api, own, &owner.names) {
        assert_eq!(api.ask(line, &[], body).problem(), (401, "key.unknown"), "{line}");
        let wrong = api.with(&format!("{own}x"), line, body);
        assert_eq!(wrong.problem(), (401, "key.unknown"), "{line}");
        let answer: Answer = api.with(&eve, line, body);
        if owner.is_named_in(line) {
            assert!((403..500).contains(&answer.status), "{line}: {answer:?}");
        }
        tells_nothing(&owner, &format!("{line} {body}"), &answer.text);
        // Times are looked for, and nothing is written down.
        if !line.starts_with("GET ") && line != "POST /v1/proposals" {
            assert_eq!(api.with(&looks, line, body).problem(), (403, "key.scope"), "{line}");
        }
    }
    assert_eq!(owner.all(&api, &kalends), before, "nothing of it was changed");
}

/// Catches a form of the page that reaches what belongs to somebody else.
#[test]
fn no_form_of_the_page_reaches_what_is_anothers() {
    let (_server, kalends, api) = started();
    let owner = owner(&api, &kalends);
    let eve = key(&kalends, "--user eve");
    let cookie = api.form("/page/sign-in", &[], &format!("key={eve}")).cookie();
    let headers = [("Cookie", cookie.as_str())];
    let token = api.ask("GET /page", &headers, "").token();
    let before = owner.all(&api, &kalends);
    let [edge, event, calendar] = ["edge", "event", "calendar"].map(|name| owner.named(name));
    for path in
        ["/page", "/page/parts", "/page/plan", "/page/accounts", "/page/time", "/page/time/parts"]
            .map(str::to_owned)
            .into_iter()
            .chain([format!("/page/events/{event}"), format!("/page/edges/{edge}")])
    {
        tells_nothing(&owner, &path, &api.ask(&format!("GET {path}"), &headers, "").text);
    }
    let of = |name: &str| owner.named(name);
    let forms = [
        ("edges", format!("edge={edge}&from={calendar}&to=home&detail=busy")),
        ("edges", format!("edge={edge}&from={calendar}&to=home&detail=none")),
        (
            &*format!("edges/{edge}"),
            "past_days=1&future_days=1&title=&only_keywords=&skip_keywords=&on_edit=detach\
             &on_delete=restore&on_conflict=origin"
                .to_owned(),
        ),
        ("undo", format!("run={}", of("run"))),
        ("held", format!("calendar={calendar}&approve=true&count=1")),
        ("parked", format!("part={}", of("part"))),
        ("reconnect", "name=work".to_owned()),
        ("accounts/remove", "name=work&abandon=true".to_owned()),
        ("calendars", format!("calendar={calendar}&on=false")),
        ("calendars/replace", format!("calendar={calendar}&with={calendar}")),
        ("feeds/remove", format!("feed={}", of("feed"))),
        ("time/holds", format!("deed=release&id={}", of("hold"))),
        ("time/sessions", format!("deed=cancel&id={}", of("session"))),
        ("time/meetings", format!("deed=accept&id={}", of("meeting"))),
        ("time/rules", format!("deed=remove&id={}", of("rule"))),
    ];
    for (path, form) in &forms {
        let sent = format!("token={token}&{form}");
        let answer = api.form(&format!("/page/{path}"), &headers, &sent);
        assert_ne!(answer.status, 403, "{path}: the token is eve's own");
        tells_nothing(&owner, &format!("{path} {sent}"), &answer.text);
    }
    assert_eq!(owner.all(&api, &kalends), before, "nothing of it was changed");
}

/// Catches a tool that reaches what belongs to somebody else.
#[test]
fn no_tool_reaches_what_is_anothers() {
    let (_server, kalends, api) = started();
    let owner = owner(&api, &kalends);
    let eve = key(&kalends, "--user eve --scope tools");
    let bearer = format!("Bearer {eve}");
    let headers =
        [("Authorization", bearer.as_str()), ("Accept", "application/json, text/event-stream")];
    let ask = |method: &str, params: &Value| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        api.ask("POST /mcp", &headers, &message.to_string()).done()
    };
    let before = owner.all(&api, &kalends);
    let [edge, event, run] = ["edge", "event", "run"].map(|name| owner.named(name));
    let span = json!({"from": "2020-01-01", "to": "2040-01-01"});
    let given = |tool: &str| match tool {
        "list_events" => span.clone(),
        "get_event" | "explain_event" => json!({"event": event}),
        "create_event" => json!({"event": {"title": "x", "start": "2030-01-01"}, "confirm": true}),
        "update_event" => json!({"event": event, "change": {"title": "x"}, "confirm": true}),
        "delete_event" => json!({"event": event, "confirm": true}),
        "get_policy_edge" => json!({"edge": edge}),
        "set_policy_edge" => json!({"edge": edge, "options": {"detail": "busy"}, "confirm": true}),
        "propose_times" => json!({"length": "1h"}),
        "undo" => json!({"run": run, "confirm": true}),
        _ => json!({}),
    };
    let listed = ask("tools/list", &json!({}));
    for tool in listed["result"]["tools"].as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        let arguments = given(name.trim_start_matches("calendar."));
        let called = ask("tools/call", &json!({"name": name, "arguments": arguments}));
        let (sent, said) = (format!("{name} {arguments}"), called.to_string());
        assert_eq!(called["result"]["isError"] == true, owner.is_named_in(&sent), "{sent}: {said}");
        tells_nothing(&owner, &sent, &said);
    }
    assert_eq!(owner.all(&api, &kalends), before, "nothing of it was changed");
}
