use super::support::*;
use kalends_testkit::google_sim::Rule;
use kalends_testkit::wire::SimRequest;
use serde_json::json;

fn rules(desk: &Desk) -> Vec<Rule> {
    desk.sim.violations().iter().map(|violation| violation.rule).collect()
}

#[test]
fn what_the_discovery_document_does_not_know_is_refused_and_recorded() {
    let mut desk = desk();
    let (status, body) = desk.get(&format!("{EVENTS}?sincerely=yours"));
    assert_eq!((status, reason(&body)), (400, "badRequest"));
    for query in
        ["maxResults=0", "orderBy=size", "singleEvents=yes", "timeMin=2026-01-01", "q=a&q=b"]
    {
        assert_eq!(desk.get(&format!("{EVENTS}?{query}")).0, 400, "{query}");
    }
    let odd = with(event(5), json!({"colour": "red", "sequence": "1"}));
    assert_eq!(desk.post(&format!("{EVENTS}?sendUpdates=none"), &odd).0, 400);
    let wanted = [vec![Rule::UnknownParameter], vec![Rule::BadParameter; 6], vec![Rule::Field; 2]];
    assert_eq!(rules(&desk), wanted.concat());
    desk.sim.set_lax(true);
    assert_eq!(desk.get(&format!("{EVENTS}?sincerely=yours")).0, 200);
}

#[test]
fn methods_that_are_not_there_are_404_and_those_not_simulated_501() {
    let mut desk = desk();
    assert_eq!(desk.get("calendars").0, 404);
    assert_eq!(rules(&desk), [Rule::Method]);
    assert_eq!(desk.get("colors").0, 501);
}

#[test]
fn careless_writes_are_recorded_and_still_done() {
    let mut desk = desk();
    let made = desk.insert(&event(5));
    let path = format!("{EVENTS}/{}?sendUpdates=none", text(&made["id"]));
    desk.patch(&path, &json!({"summary": "New"}));
    desk.get(&format!("{EVENTS}?privateExtendedProperty=a%3Db&sharedExtendedProperty=c%3Dd"));
    let request = desk.request("POST", EVENTS).body(event(5).to_string());
    desk.send(request);
    let wanted = [
        Rule::SendUpdates,
        Rule::Unconditional,
        Rule::TwoProperties,
        Rule::ContentType,
        Rule::SendUpdates,
    ];
    assert_eq!(rules(&desk), wanted);
}

/// Catches a mirror whose reminders are left to the calendar, and one with people or a conference;
/// of a person's event they are no news.
#[test]
fn a_mirror_that_would_reach_somebody_is_noticed() {
    let quiet = json!({
        "reminders": {"useDefault": false, "overrides": []},
        "extendedProperties": {"private": {"kal_m": "m"}},
    });
    let found = |more: serde_json::Value| {
        let mut desk = desk();
        desk.post(
            &format!("{EVENTS}?sendUpdates=none"),
            &with(with(event(5), quiet.clone()), more),
        );
        rules(&desk)
    };
    assert_eq!(found(json!({})), []);
    let beeps = [json!({"useDefault": true}), json!(null)];
    for loud in beeps.map(|reminders| json!({"reminders": reminders})).into_iter().chain([
        json!({"attendees": [{"email": "guest@example.com"}]}),
        json!({"conferenceData": {"createRequest": {"requestId": "1"}}}),
    ]) {
        assert_eq!(found(loud.clone()), [Rule::Silence], "{loud}");
        let theirs = with(loud.clone(), json!({"extendedProperties": null}));
        assert_eq!(found(theirs), [], "{loud}");
    }
}

#[test]
fn an_instance_id_that_was_put_together_is_noticed() {
    let mut desk = desk();
    desk.sim.profile_mut().writes.instance_ids = kalends_testkit::google_sim::InstanceIds::Dated;
    let id = text(&desk.insert(&daily(5))["id"]);
    desk.sim.clear_log();
    assert_eq!(desk.get(&format!("{EVENTS}/{id}_20260106T090000Z")).0, 200);
    assert_eq!(rules(&desk), [Rule::InventedInstanceId]);
    desk.sim.clear_log();
    let (_, body) = desk.get(&format!("{EVENTS}/{id}/instances"));
    desk.get(&format!("{EVENTS}/{}", ids(&body)[2]));
    assert_eq!(rules(&desk), []);
}

#[test]
fn a_consent_without_a_challenge_is_noticed() {
    let mut desk = desk();
    let query = "client_id=c&redirect_uri=http%3A%2F%2F127.0.0.1%2F&response_type=code&state=1";
    let url = format!("http://localhost/o/oauth2/v2/auth?{query}");
    assert_eq!(desk.send(SimRequest::new("GET", &url)).status, 302);
    assert_eq!(rules(&desk), [Rule::Consent, Rule::Consent]);
}

#[test]
fn without_a_token_nothing_is_told() {
    let mut desk = desk();
    desk.token = "wrong".to_owned();
    let (status, body) = desk.get(EVENTS);
    assert_eq!((status, reason(&body)), (401, "authError"));
    assert_eq!(body["error"]["errors"][0]["location"], "Authorization");
}

#[test]
fn broken_json_is_a_parse_error() {
    let mut desk = desk();
    desk.sim.set_lax(true);
    let request = desk.request("POST", EVENTS).body("{\"summary\": ");
    let (status, body) = found(&desk.send(request));
    assert_eq!((status, reason(&body)), (400, "parseError"));
}
