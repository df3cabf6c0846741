use super::support::*;
use kalends_testkit::wire::{SimReply, SimRequest};
use serde_json::Value;
use std::collections::BTreeMap;
use url::form_urlencoded;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const BACK: &str = "http://127.0.0.1:4000/back";
const READ: &str = "https://www.googleapis.com/auth/calendar.events.readonly";
const MAKE: &str = "https://www.googleapis.com/auth/calendar.app.created";

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Goes to the page and gives what comes back in the address.
fn consent(desk: &mut Desk, more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let scopes = format!("{READ} {MAKE}");
    let mut pairs = vec![
        ("client_id", "client"),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", scopes.as_str()),
        ("state", "a long enough state"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("access_type", "offline"),
    ];
    pairs.extend(more);
    let url = format!("http://localhost/o/oauth2/v2/auth?{}", form(&pairs));
    let reply = desk.send(SimRequest::new("GET", &url));
    assert_eq!(reply.status, 302, "{reply:?}");
    let location = reply.get("location").unwrap();
    let query = location.strip_prefix(BACK).unwrap().strip_prefix('?').unwrap();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn token(desk: &mut Desk, pairs: &[(&str, &str)]) -> Found {
    let kind = "application/x-www-form-urlencoded";
    let request = SimRequest::new("POST", "http://localhost/token").header("Content-Type", kind);
    found(&desk.send(request.body(form(pairs))))
}

fn exchange(desk: &mut Desk, code: &str, verifier: &str) -> Found {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "client"),
        ("client_secret", "secret"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", verifier),
    ];
    token(desk, &fields)
}

fn refresh(desk: &mut Desk, refresh: &str) -> Found {
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", "client"),
        ("client_secret", "secret"),
        ("refresh_token", refresh),
    ];
    token(desk, &fields)
}

fn listed(desk: &mut Desk, access: &Value) -> SimReply {
    let request = SimRequest::new("GET", &format!("http://localhost/calendar/v3/{EVENTS}"));
    desk.send(request.header("Authorization", &format!("Bearer {}", text(access))))
}

#[test]
fn a_code_and_its_verifier_become_tokens_that_read() {
    let mut desk = desk();
    desk.sim.add_client("client", "secret");
    let back = consent(&mut desk, &[("login_hint", BOB)]);
    assert_eq!(back["state"], "a long enough state");
    let (status, tokens) = exchange(&mut desk, &back["code"], VERIFIER);
    assert_eq!((status, tokens["token_type"].as_str()), (200, Some("Bearer")));
    assert_eq!(tokens["expires_in"], 3_599);
    let reply = listed(&mut desk, &tokens["access_token"]);
    assert!(reply.text().contains(BOB), "{reply:?}");
    let (status, again) = exchange(&mut desk, &back["code"], VERIFIER);
    assert_eq!((status, again["error"].as_str()), (400, Some("invalid_grant")));
    assert!(desk.sim.violations().is_empty(), "{:?}", desk.sim.violations());
}

#[test]
fn a_wrong_verifier_secret_or_address_gives_no_token() {
    let mut desk = desk();
    desk.sim.add_client("client", "secret");
    let back = consent(&mut desk, &[]);
    let (_, refused) = exchange(&mut desk, &back["code"], "another verifier");
    assert_eq!(refused["error"], "invalid_grant");
    let fields = [("grant_type", "refresh_token"), ("client_id", "client"), ("client_secret", "x")];
    let (status, refused) = token(&mut desk, &fields);
    assert_eq!((status, refused["error"].as_str()), (401, Some("invalid_client")));
    desk.sim.set_denies(true);
    assert_eq!(consent(&mut desk, &[])["error"], "access_denied");
}

#[test]
fn a_refresh_token_comes_with_the_first_consent_and_when_asked_again() {
    let mut desk = desk();
    let mut has_refresh = |more: &[(&str, &str)]| {
        let back = consent(&mut desk, more);
        let (_, tokens) = exchange(&mut desk, &back["code"], VERIFIER);
        tokens["refresh_token"].is_string()
    };
    assert!(has_refresh(&[("login_hint", BOB)]));
    assert!(!has_refresh(&[("login_hint", BOB)]));
    assert!(has_refresh(&[("login_hint", BOB), ("prompt", "consent")]));
}

#[test]
fn access_runs_out_and_is_refreshed_until_the_grant_is_revoked() {
    let mut desk = desk();
    let back = consent(&mut desk, &[("login_hint", BOB)]);
    let (_, tokens) = exchange(&mut desk, &back["code"], VERIFIER);
    desk.now += 3_600_000;
    let reply = listed(&mut desk, &tokens["access_token"]);
    assert_eq!((reply.status, reason(&found(&reply).1)), (401, "authError"));
    let old = text(&tokens["refresh_token"]);
    let (_, fresh) = refresh(&mut desk, &old);
    assert!(fresh.get("refresh_token").is_none(), "the old one stays good");
    assert_eq!(listed(&mut desk, &fresh["access_token"]).status, 200);
    let url =
        format!("http://localhost/revoke?{}", form(&[("token", &text(&fresh["access_token"]))]));
    assert_eq!(desk.send(SimRequest::new("POST", &url)).status, 200);
    assert_eq!(listed(&mut desk, &fresh["access_token"]).status, 401);
    let (status, refused) = refresh(&mut desk, &old);
    assert_eq!((status, refused["error"].as_str()), (400, Some("invalid_grant")));
}

#[test]
fn refresh_tokens_rotate_and_grants_end_where_the_profile_says_so() {
    let mut desk = desk();
    desk.sim.profile_mut().consent.rotates = true;
    desk.sim.profile_mut().consent.grant_life_ms = Some(7 * 86_400_000);
    let back = consent(&mut desk, &[("login_hint", BOB)]);
    let (_, tokens) = exchange(&mut desk, &back["code"], VERIFIER);
    assert_eq!(tokens["refresh_token_expires_in"], 604_800);
    let first = text(&tokens["refresh_token"]);
    let (_, fresh) = refresh(&mut desk, &first);
    assert_eq!(refresh(&mut desk, &first).0, 400, "used up");
    let second = text(&fresh["refresh_token"]);
    desk.now += 8 * 86_400_000;
    assert_eq!(refresh(&mut desk, &second).0, 400, "an app in testing loses it after a week");
}

#[test]
fn scopes_that_were_not_ticked_are_not_granted() {
    let mut desk = desk();
    desk.sim.profile_mut().consent.unticked.insert(MAKE.to_owned());
    let back = consent(&mut desk, &[]);
    let (_, tokens) = exchange(&mut desk, &back["code"], VERIFIER);
    assert_eq!(tokens["scope"], READ);
    desk.token = text(&tokens["access_token"]);
    assert_eq!(desk.get(EVENTS).0, 200);
    let (status, body) = desk.post(EVENTS, &event(5));
    assert_eq!((status, reason(&body)), (403, "insufficientPermissions"));
}

#[test]
fn what_an_app_made_is_all_that_its_least_scope_reaches() {
    let mut desk = desk();
    let other = desk.sim.add_calendar(ANN, "Work");
    desk.token = desk.sim.grant(ANN, "client", &["calendar.app.created"], NOW).access;
    let (_, made) = desk.post("calendars", &serde_json::json!({"summary": "Busy"}));
    let path = |id: &str| format!("calendars/{id}/events?sendUpdates=none");
    assert_eq!(desk.post(&path(&text(&made["id"])), &event(5)).0, 200);
    let (status, body) = desk.post(&path(&other), &event(5));
    assert_eq!((status, reason(&body)), (403, "insufficientPermissions"));
}
