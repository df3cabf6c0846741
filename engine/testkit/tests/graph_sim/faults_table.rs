//! Every fault, by name, must change what a client meets in a script that touches everything.

use crate::support::{Client, at, client, daily, event_path, id, meeting};
use kalends_testkit::caldav_sim::When;
use kalends_testkit::graph_sim::{Fault, FaultPlan};
use kalends_testkit::wire::{
    Heard, Outgoing, SimReply, SimRequest, SimServer as _, Turn, decode_path,
};
use serde_json::{Value, json};

const ROUND: &str =
    "/me/calendarView/delta?startDateTime=2026-06-11T00:00:00Z&endDateTime=2026-07-01T00:00:00Z";

/// A morning of a client: what it saw, and what was posted to its receiver.
fn script(fault: Option<&str>) -> (Vec<SimReply>, Vec<Outgoing>) {
    let mut client = client();
    client.prefer.push_str(", outlook.timezone=\"Tokyo Standard Time\"");
    let lunch = client.post("/me/events", &meeting("Lunch", "2026-06-20"));
    let tea = client.post("/me/events", &meeting("Tea", "2026-06-21"));
    client.patch(id(&tea), &json!({"subject": "Cake"}));
    let series = client.post("/me/events", &daily("Standup"));
    let link = first_round(&mut client);
    client.patch(id(&lunch), &json!({"subject": "Dinner"}));
    if let Some(name) = fault {
        let method = if name.starts_with("push-") { "NOTIFY" } else { "*" };
        assert!(client.sim.faults_mut().add(method, "*", When::Always, name), "{name}");
    }
    let mut seen = sign_in(&mut client);
    let subscription = subscribe(&mut client, &mut seen);
    for (method, path) in [
        ("GET", "/me/events".to_owned()),
        ("GET", event_path(id(&lunch))),
        ("GET", ROUND.to_owned()),
        ("GET", link),
        ("GET", format!("{ROUND}&$expand=instances")),
        ("PATCH", event_path(id(&lunch))),
        ("GET", event_path(id(&lunch))),
        ("GET", event_path(id(&series))),
    ] {
        let request = match method {
            "PATCH" => client.with_body(method, &path, &json!({"subject": "Supper"})),
            _ => client.request(method, &path),
        };
        seen.push(client.send(&request));
        client.now_ms += 10_000;
    }
    seen.push(batch(&mut client));
    seen.push(change_subscription(&mut client, &subscription));
    client.sim.tell_lifecycle(client.now_ms, &subscription, "missed");
    let hooks = client.sim.outgoing(client.now_ms);
    (seen, hooks)
}

fn first_round(client: &mut Client) -> String {
    let page = client.get(ROUND);
    page["@odata.deltaLink"].as_str().unwrap().to_owned()
}

fn sign_in(client: &mut Client) -> Vec<SimReply> {
    let back = "redirect_uri=http%3A%2F%2Flocalhost%2Fback";
    let authorize = format!(
        "http://localhost/common/oauth2/v2.0/authorize?client_id=app&response_type=code&{back}\
         &scope=offline_access%20User.Read%20Calendars.ReadWrite\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
    let mut seen = vec![client.send(&SimRequest::new("GET", &authorize))];
    let location = seen[0].get("location").unwrap_or_default().to_owned();
    let code = location.split("code=").nth(1).and_then(|rest| rest.split('&').next());
    let code = decode_path(code.unwrap_or_default());
    let url = "http://localhost/common/oauth2/v2.0/token";
    let form = format!(
        "client_id=app&grant_type=authorization_code&{back}&code={code}\
         &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    seen.push(client.send(&SimRequest::new("POST", url).body(form)));
    let tokens: Value = serde_json::from_slice(&seen[1].body).unwrap_or_default();
    let token = tokens["refresh_token"].as_str().unwrap_or_default();
    for _ in 0..2 {
        let form = format!("client_id=app&grant_type=refresh_token&refresh_token={token}");
        seen.push(client.send(&SimRequest::new("POST", url).body(form)));
    }
    let consent = format!("http://localhost/common/v2.0/adminconsent?client_id=app&{back}&scope=x");
    seen.push(client.send(&SimRequest::new("GET", &consent)));
    seen
}

fn subscribe(client: &mut Client, seen: &mut Vec<SimReply>) -> String {
    let wanted = json!({
        "changeType": "created,updated", "notificationUrl": "https://h.example/n",
        "lifecycleNotificationUrl": "https://h.example/l", "resource": "me/events",
        "expirationDateTime": "2026-06-02T08:00:00Z", "clientState": "s",
    });
    let request = client.with_body("POST", "/subscriptions", &wanted);
    if let Turn::Ask { calls, .. } = client.sim.clone().start(client.now_ms, &request) {
        // The token itself is what a receiver sees.
        seen.push(SimReply::new(0, calls[0].url.clone()));
    }
    let reply = made(client, &request);
    let made: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    seen.push(reply);
    made["id"].as_str().unwrap_or_default().to_owned()
}

/// A subscription whose receivers answer as they must.
pub(crate) fn made(client: &mut Client, request: &SimRequest) -> SimReply {
    match client.sim.start(client.now_ms, request) {
        Turn::Reply(reply) => reply,
        Turn::Ask { ticket, calls } => {
            let heard: Vec<Option<Heard>> = calls.iter().map(heard).collect();
            client.sim.resume(client.now_ms, ticket, &heard)
        }
    }
}

fn heard(call: &SimRequest) -> Option<Heard> {
    let (_, token) = call.url.split_once("validationToken=")?;
    let token = decode_path(&token.replace('+', " "));
    let reply = SimReply::new(200, token).header("Content-Type", "text/plain");
    Some(Heard { reply, after_ms: 1 })
}

fn batch(client: &mut Client) -> SimReply {
    let one = |id: &str| {
        json!({"id": id, "method": "POST", "url": "/me/events",
               "headers": {"Content-Type": "application/json"},
               "body": {"subject": id, "start": at("2026-06-22T09:00:00", "UTC"),
                        "end": at("2026-06-22T10:00:00", "UTC")}})
    };
    let requests = json!({"requests": [one("1"), one("2")]});
    let request = client.with_body("POST", "/$batch", &requests);
    client.send(&request)
}

fn change_subscription(client: &mut Client, id: &str) -> SimReply {
    let later = json!({"expirationDateTime": "2026-06-02T12:00:00Z"});
    let request = client.with_body("PATCH", &format!("/subscriptions/{id}"), &later);
    client.send(&request)
}

#[test]
fn every_fault_is_felt() {
    let plain = script(None);
    assert_eq!(plain, script(None));
    for name in Fault::names() {
        assert!(script(Some(&name)) != plain, "{name} changes nothing");
    }
}

#[test]
fn every_number_of_the_fact_book_that_is_a_fault_of_the_service_has_a_name() {
    let names = Fault::names();
    // G9, G16, G17, G21, G26, G27, G33 to G37 and G40 are what the service does by itself, what a
    // belief or the profile says, or faults of the delivery.
    for number in
        (1..=8).chain(10..=15).chain([18, 19, 20]).chain(22..=25).chain(28..=32).chain([38, 39])
    {
        let prefix = format!("G{number}");
        let is_named = |name: &String| name == &prefix || name.starts_with(&format!("{prefix}-"));
        assert!(names.iter().any(is_named), "{prefix}");
    }
}

#[test]
fn a_drawn_plan_ends() {
    for seed in 0..20 {
        let mut client = client();
        *client.sim.faults_mut() = FaultPlan::from_seed(seed, 8);
        let mut made = 0;
        for nth in 0..60 {
            let sent = meeting(&format!("Lunch {nth}"), "2026-06-20");
            let request = client.with_body("POST", "/me/events", &sent);
            made += usize::from(client.send(&request).status == 201);
        }
        assert!(made >= 45, "{seed}: {made}");
    }
}
