//! Sign-in: codes, PKCE, tenants, refresh tokens, consent, claims, and every error by its number.

use crate::support::{ALICE, Client, NOW, body, client, code};
use kalends_testkit::caldav_sim::When;
use kalends_testkit::graph_sim::{AADSTS, AccountKind, Belief, Profile};
use kalends_testkit::wire::{SimReply, SimRequest, decode_path};
use serde_json::{Value, json};

const CAROL: &str = "carol@outlook.example";
const REDIRECT: &str = "http://localhost:4711/back";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const SCOPE: &str = "openid offline_access User.Read Calendars.ReadWrite";

fn browser(client: &mut Client, tenant: &str, more: &str) -> SimReply {
    let url = format!(
        "http://localhost/{tenant}/oauth2/v2.0/authorize?client_id=app&response_type=code&state=s1\
         &redirect_uri=http%3A%2F%2Flocalhost%3A4711%2Fback&scope={}&nonce=n1{more}",
        SCOPE.replace(' ', "%20")
    );
    client.send(&SimRequest::new("GET", &url))
}

fn pkce(client: &mut Client, tenant: &str) -> SimReply {
    browser(client, tenant, &format!("&code_challenge={CHALLENGE}&code_challenge_method=S256"))
}

fn parameter(reply: &SimReply, name: &str) -> String {
    let location = reply.get("location").unwrap_or_else(|| panic!("{reply:?}"));
    let (_, query) = location.split_once('?').unwrap();
    let mut parts = query.split('&').filter_map(|part| part.split_once('='));
    let found = parts.find(|(known, _)| *known == name);
    found.map(|(_, value)| decode_path(value)).unwrap_or_default()
}

fn token(client: &mut Client, tenant: &str, form: &[(&str, &str)]) -> SimReply {
    let spelt = |(name, value): &(&str, &str)| {
        format!("{name}={}", value.replace('/', "%2F").replace(':', "%3A").replace('+', "%2B"))
    };
    let text = form.iter().map(spelt).collect::<Vec<_>>().join("&");
    let url = format!("http://localhost/{tenant}/oauth2/v2.0/token");
    let kind = "application/x-www-form-urlencoded";
    client.send(&SimRequest::new("POST", &url).header("Content-Type", kind).body(text))
}

fn exchange(client: &mut Client, tenant: &str, code: &str, verifier: &str) -> SimReply {
    let form = [
        ("client_id", "app"),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", verifier),
    ];
    token(client, tenant, &form)
}

fn signed_in(client: &mut Client) -> Value {
    let code = parameter(&pkce(client, "common"), "code");
    let reply = exchange(client, "common", &code, VERIFIER);
    assert_eq!(reply.status, 200, "{}", reply.text());
    body(&reply)
}

fn refresh(client: &mut Client, token: &Value) -> SimReply {
    let form = [
        ("client_id", "app"),
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str().unwrap()),
    ];
    self::token(client, "common", &form)
}

#[test]
fn a_code_is_exchanged_once_with_the_right_verifier() {
    let mut client = client();
    let reply = pkce(&mut client, "common");
    assert_eq!((reply.status, parameter(&reply, "state")), (302, "s1".to_owned()));
    let code = parameter(&reply, "code");
    let tokens = exchange(&mut client, "common", &code, VERIFIER);
    let got = body(&tokens);
    assert_eq!((&got["token_type"], &got["expires_in"]), (&json!("Bearer"), &json!(3599)));
    assert_eq!(got["scope"], "openid User.Read Calendars.ReadWrite");
    client.token = got["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.get("/me")["mail"], ALICE);
    let again = exchange(&mut client, "common", &code, VERIFIER);
    assert_eq!(body(&again)["error_codes"], json!([70008]));
    let code = parameter(&pkce(&mut client, "common"), "code");
    let wrong = exchange(&mut client, "common", &code, "another-verifier");
    assert_eq!(body(&wrong)["error"], "invalid_grant");
    let code = parameter(&pkce(&mut client, "common"), "code");
    client.now_ms += 11 * 60_000;
    assert_eq!(exchange(&mut client, "common", &code, VERIFIER).status, 400);
}

#[test]
fn a_public_client_needs_pkce_and_a_known_redirect() {
    let mut client = client();
    assert_eq!(parameter(&browser(&mut client, "common", ""), "error"), "invalid_request");
    client.sim.register_app("app", None, &["http://localhost/back"]);
    assert!(!parameter(&pkce(&mut client, "common"), "code").is_empty());
    client.sim.profile_mut().set(Belief::LoopbackPortsAreFree, false);
    let reply = pkce(&mut client, "common");
    assert_eq!((reply.status, reply.get("location")), (400, None));
    client.sim.register_app("app", Some("secret"), &[REDIRECT]);
    let code = parameter(&browser(&mut client, "common", ""), "code");
    let reply = exchange(&mut client, "common", &code, "");
    assert_eq!((reply.status, &body(&reply)["error_codes"]), (401, &json!([7000215])));
}

#[test]
fn refresh_tokens_rotate_and_old_ones_still_work() {
    let mut client = client();
    let first = signed_in(&mut client);
    let second = body(&refresh(&mut client, &first["refresh_token"]));
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(refresh(&mut client, &first["refresh_token"]).status, 200);
    client.now_ms += 3_600_000;
    client.token = first["access_token"].as_str().unwrap().to_owned();
    let request = client.request("GET", "/me");
    assert_eq!(client.refused(&request), (401, "InvalidAuthenticationToken".to_owned()));
    client.now_ms += 91 * 86_400_000;
    let reply = refresh(&mut client, &first["refresh_token"]);
    assert_eq!(body(&reply)["error_codes"], json!([700082]));
    // G1 turned round: the old one ends with its use.
    let first = signed_in(&mut client);
    assert!(client.sim.faults_mut().add("POST", "*token", When::Always, "G1"));
    assert_eq!(refresh(&mut client, &first["refresh_token"]).status, 200);
    let reply = refresh(&mut client, &first["refresh_token"]);
    assert_eq!(body(&reply)["error_codes"], json!([50173]));
}

#[test]
fn tenants_let_in_whom_they_hold() {
    let mut client = client();
    client.sim.add_user(CAROL, "Carol", AccountKind::Consumer);
    let tenant = client.sim.tenant(ALICE);
    let mut at = |who: &str, tenant: &str| {
        client.sim.sign_in_at_browser(who);
        let reply = pkce(&mut client, tenant);
        let error = parameter(&reply, "error_description");
        error.split(':').next().unwrap_or_default().to_owned()
    };
    for tenant in ["common", "organizations", tenant.as_str(), "contoso.example"] {
        assert_eq!(at(ALICE, tenant), "", "{tenant}");
    }
    assert_eq!(at(ALICE, "consumers"), "AADSTS50020");
    assert_eq!(at(ALICE, "fabrikam.example"), "AADSTS90002");
    assert_eq!(at(CAROL, "consumers"), "");
    assert_eq!(at(CAROL, "organizations"), "AADSTS50020");
}

#[test]
fn an_id_token_says_who_in_which_tenant() {
    use base64::Engine as _;
    for (holds, issuer) in [(true, client().sim.tenant(ALICE)), (false, "common".to_owned())] {
        let mut profile = Profile::default();
        profile.set(Belief::IssuersAreReal, holds);
        let mut client = Client::new(profile);
        let tokens = signed_in(&mut client);
        let part = tokens["id_token"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        let expected = format!("https://login.microsoftonline.com/{issuer}/v2.0");
        assert_eq!(claims["iss"], expected.as_str());
        assert_eq!((&claims["nonce"], &claims["aud"]), (&json!("n1"), &json!("app")));
        assert_eq!(claims["preferred_username"], ALICE);
    }
}

#[test]
fn an_administrator_consents_or_not() {
    let mut client = client();
    assert!(client.sim.faults_mut().add("GET", "*authorize", When::Nth(1), "G2-admin"));
    let reply = pkce(&mut client, "common");
    assert_eq!(parameter(&reply, "error"), "access_denied");
    assert!(parameter(&reply, "error_description").starts_with("AADSTS90094"));
    let url = "http://localhost/common/v2.0/adminconsent?client_id=app&state=s2&scope=x\
               &redirect_uri=http%3A%2F%2Flocalhost%3A4711%2Fback";
    assert!(client.sim.faults_mut().add("GET", "*adminconsent", When::Nth(1), "G2-admin-declines"));
    let reply = client.send(&SimRequest::new("GET", url));
    assert_eq!(parameter(&reply, "error"), "access_denied");
    let reply = client.send(&SimRequest::new("GET", url));
    assert_eq!(parameter(&reply, "admin_consent"), "True");
    assert_eq!(parameter(&reply, "tenant"), client.sim.tenant(ALICE));
    assert!(!parameter(&pkce(&mut client, "common"), "code").is_empty());
}

#[test]
fn a_claims_challenge_ends_with_a_sign_in_that_carries_the_claims() {
    let mut client = client();
    let tokens = signed_in(&mut client);
    assert!(client.sim.faults_mut().add("GET", "*/me", When::Nth(1), "G4"));
    client.token = tokens["access_token"].as_str().unwrap().to_owned();
    let request = client.request("GET", "/me");
    let reply = client.send(&request);
    let challenge = reply.get("www-authenticate").unwrap();
    assert_eq!(reply.status, 401);
    assert!(challenge.contains("insufficient_claims") && challenge.contains("claims=\""));
    let refused = refresh(&mut client, &tokens["refresh_token"]);
    assert_eq!(body(&refused)["error"], "interaction_required");
    assert!(body(&refused)["claims"].is_string());
    let more = format!("&code_challenge={CHALLENGE}&code_challenge_method=S256&claims=%7B%7D");
    let code = parameter(&browser(&mut client, "common", &more), "code");
    let reply = exchange(&mut client, "common", &code, VERIFIER);
    client.token = body(&reply)["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.status("GET", "/me"), 200);
}

#[test]
fn every_number_has_its_error() {
    let mut client = client();
    for number in AADSTS {
        client.sim.faults_mut().clear();
        let name = format!("G2-{number}");
        assert!(client.sim.faults_mut().add("POST", "*token", When::Always, &name), "{name}");
        let reply = token(&mut client, "common", &[("grant_type", "refresh_token")]);
        let said = body(&reply);
        assert!(reply.status >= 400);
        assert_eq!(said["error_codes"], json!([number]));
        let text = said["error_description"].as_str().unwrap();
        assert!(text.starts_with(&format!("AADSTS{number}: ")), "{text}");
        assert!(said["error"].is_string() && said["trace_id"].is_string());
    }
    assert_eq!(body(&token(&mut client, "common", &[])).get("suberror"), None,);
}

#[test]
fn scopes_come_back_in_several_spellings() {
    for (name, expected) in [
        ("G5-subset", "openid User.Read"),
        ("G5-case", "openid user.read calendars.readwrite"),
        (
            "G5-urls",
            "openid https://graph.microsoft.com/User.Read https://graph.microsoft.com/Calendars.ReadWrite",
        ),
    ] {
        let mut client = client();
        assert!(client.sim.faults_mut().add("POST", "*token", When::Always, name));
        let tokens = signed_in(&mut client);
        assert_eq!(tokens["scope"], expected);
        client.token = tokens["access_token"].as_str().unwrap().to_owned();
        let allowed = if name == "G5-subset" { 403 } else { 200 };
        assert_eq!(client.status("GET", "/me/calendars"), allowed, "{name}");
    }
}

#[test]
fn nobody_comes_in_without_a_token_and_a_mailbox() {
    let mut client = client();
    let reply = client.send(&SimRequest::new("GET", "http://localhost/v1.0/me"));
    assert_eq!((reply.status, code(&reply)), (401, "InvalidAuthenticationToken".to_owned()));
    let reader = client.sim.bearer(NOW, ALICE, "Calendars.Read");
    client.token = reader;
    assert_eq!(client.status("GET", "/me/calendars"), 200);
    let request = client.with_body("POST", "/me/calendars", &json!({"name": "x"}));
    assert_eq!(client.refused(&request).0, 403);
    assert!(client.sim.faults_mut().add("GET", "*", When::Nth(1), "mailboxes-gone"));
    let request = client.request("GET", "/me/calendars");
    assert_eq!(client.refused(&request), (404, "MailboxNotEnabledForRESTAPI".to_owned()));
}

#[test]
fn the_platform_says_where_its_endpoints_are() {
    let mut client = client();
    let url = "http://localhost/common/v2.0/.well-known/openid-configuration";
    let said = body(&client.send(&SimRequest::new("GET", url)));
    assert_eq!(said["token_endpoint"], "http://localhost/common/oauth2/v2.0/token");
    let revoke = SimRequest::new("POST", "http://localhost/common/oauth2/v2.0/revoke");
    assert_eq!(client.send(&revoke).status, 404);
    client.sim.profile_mut().set(Belief::NoRevocation, false);
    assert_eq!(client.send(&revoke).status, 200);
}
