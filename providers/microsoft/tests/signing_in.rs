//! Signing in at the simulated service: what it demands of a token, and whom it asks first.

#![allow(clippy::unwrap_used, reason = "what is not as expected ends a test")]

mod service;

use kalends_core::account::Grant;
use kalends_core::ids::ProviderId;
use kalends_core::ports::{Credential, HttpHead, HttpRequest};
use kalends_core::provider::{Done, Failure, FailureClass, Listing};
use kalends_kit::oauth::{Attempt, OauthClient, SignInError, tokens};
use kalends_microsoft::{Tenant, admin_consent, oauth_client};
use kalends_testkit::caldav_sim::When;
use kalends_testkit::graph_sim::{AccountKind, Belief, Profile};
use kalends_testkit::wire::SimReply;
use service::*;

const REDIRECT: &str = "http://localhost:4711";
const AUTH: &str = "https://login.example";

fn service() -> (Service, OauthClient) {
    service_of(Profile::default())
}

fn service_of(profile: Profile) -> (Service, OauthClient) {
    let mut service = Service::new(profile);
    // Whether a port that is not registered will do is one of the beliefs.
    service.sim.register_app("app", None, &["http://localhost", REDIRECT]);
    service.sim.sign_in_at_browser(ANN);
    (service, oauth_client("app", None, Some(AUTH), &Tenant::Common))
}

fn get(url: &str) -> HttpRequest {
    let (url, headers) = (url.to_owned(), Vec::new());
    HttpRequest { method: "GET", url, headers, body: Vec::new(), answer_bytes_max: 1 << 16 }
}

/// The query that the browser comes back with.
fn back(reply: &SimReply) -> String {
    let location = reply.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
    let (_, location) = location.unwrap_or_else(|| panic!("{reply:?}"));
    location.split_once('?').unwrap().1.to_owned()
}

fn signed_in(
    service: &mut Service,
    client: &OauthClient,
    claims: Option<&str>,
) -> Result<Grant, SignInError> {
    signed_in_as(service, client, (ANN, claims))
}

fn signed_in_as(
    service: &mut Service,
    client: &OauthClient,
    (who, claims): (&str, Option<&str>),
) -> Result<Grant, SignInError> {
    let attempt = Attempt::new(REDIRECT, &[3; 32]);
    let page = service.send(get(&attempt.address(client, Some(who), claims)));
    let code = attempt.code(&back(&page))?;
    let reply = service.send(client.redeem(&attempt, &code));
    let given = tokens(&head(&reply), &reply.body, service.now);
    Ok(Grant::of(given.unwrap_or_else(|failure| panic!("{failure:?}"))))
}

fn head(reply: &SimReply) -> HttpHead {
    HttpHead { status: reply.status, headers: reply.headers.clone() }
}

fn refreshed(
    service: &mut Service,
    client: &OauthClient,
    (grant, claims): (&Grant, Option<&str>),
) -> Result<Grant, Failure> {
    let reply = service.send(client.refresh(grant.refresh.as_deref().unwrap(), claims));
    tokens(&head(&reply), &reply.body, service.now).map(|tokens| grant.refreshed(tokens))
}

#[test]
fn a_token_that_must_bring_claims_is_asked_for_with_them() {
    let (mut service, client) = service();
    let grant = signed_in(&mut service, &client, None).unwrap();
    service.credential = Credential::Bearer(grant.access.clone());
    assert!(matches!(service.list(Listing::Names).done, Done::Listed(_)));
    assert!(service.sim.faults_mut().add("GET", "*calendarView*", When::Nth(1), "G4"));
    let demanded = service.list(Listing::Names).failure().clone();
    assert_eq!((demanded.class, demanded.code.as_str()), (FailureClass::SignIn, Failure::CLAIMS));
    // A refresh with the claims does not do: a person must sign in, and bring them.
    let claims = Some(demanded.detail.as_str());
    let refused = refreshed(&mut service, &client, (&grant, claims)).unwrap_err();
    assert_eq!((refused.class, refused.code.as_str()), (FailureClass::SignIn, Failure::CLAIMS));
    let waiting = grant.failed(&refused);
    assert!(matches!(
        waiting.next(None, service.now),
        kalends_core::account::Next::Stop(Failure { class: FailureClass::SignIn, .. })
    ));
    let claims = waiting.claims.clone();
    assert!(claims.is_some());
    let grant = signed_in(&mut service, &client, claims.as_deref()).unwrap();
    let sent = service.calls();
    assert!(sent.iter().any(|call| call.contains("/authorize?") && call.contains("claims=%7B")));
    service.credential = Credential::Bearer(grant.access);
    assert!(matches!(service.list(Listing::Names).done, Done::Listed(_)));
}

/// A batch is answered, and a member of it makes demands.
#[test]
fn a_demand_in_a_batch_is_one_too() {
    let (mut service, _) = service();
    let time = |hour| serde_json::json!({"dateTime": format!("2026-06-09T{hour:02}:00:00"), "timeZone": "UTC"});
    for hour in [9, 10] {
        let event =
            serde_json::json!({"subject": "Here", "start": time(hour), "end": time(hour + 1)});
        service.sim.person(NOW.as_millis()).create(&service.calendar.0, &event).unwrap();
    }
    let names = service.list(Listing::Names).names();
    assert!(service.sim.faults_mut().add("GET", "*/events/*", When::Nth(1), "G4"));
    let came = service.fetch(names);
    assert_eq!(came.failure().code, Failure::CLAIMS);
    assert!(!came.failure().detail.is_empty());
}

/// Catches one member that makes demands while another answers: its event would be set aside, and
/// nobody would sign in.
#[test]
fn a_demand_of_one_member_of_a_batch_is_one_of_the_account() {
    for (fault, code) in [("G4-once", Failure::CLAIMS), ("G3", "graph.InvalidAuthenticationToken")]
    {
        let (mut service, _) = service();
        let time = |hour| serde_json::json!({"dateTime": format!("2026-06-09T{hour:02}:00:00"), "timeZone": "UTC"});
        for hour in [9, 10] {
            let event =
                serde_json::json!({"subject": "Here", "start": time(hour), "end": time(hour + 1)});
            service.sim.person(NOW.as_millis()).create(&service.calendar.0, &event).unwrap();
        }
        let names = service.list(Listing::Names).names();
        assert!(service.sim.faults_mut().add("GET", "*/events/*", When::Nth(2), fault));
        let came = service.fetch(names);
        let failure = came.failure();
        assert_eq!((failure.class, &*failure.code), (FailureClass::SignIn, code));
    }
}

/// Catches a sign-in that builds on what is only believed of tokens, ports and issuers.
#[test]
fn every_belief_may_hold_or_not_where_somebody_signs_in() {
    for (name, belief) in Belief::ALL {
        let (mut service, client) = service_of(Profile::default().flipped(belief));
        let grant = signed_in(&mut service, &client, None).unwrap();
        service.credential = Credential::Bearer(grant.access.clone());
        let first = service.list(Listing::Names);
        assert!(matches!(first.done, Done::Listed(_)), "{name}: {first:?}");
        service.now = service.now.saturating_add_millis(29 * 3_600_000);
        let late = service.list(Listing::Names);
        assert_eq!(late.failure().class, FailureClass::SignIn, "{name}: tokens end");
        let grant = refreshed(&mut service, &client, (&grant, None)).unwrap();
        service.credential = Credential::Bearer(grant.access.clone());
        let again = service.list(Listing::Names);
        assert!(matches!(again.done, Done::Listed(_)), "{name}: {again:?}");
    }
}

/// Signs in at a tenant, reads a calendar, and reads it again with a token that was refreshed there.
fn reads_by(service: &mut Service, who: &str, tenant: &Tenant) -> Result<(), SignInError> {
    let client = oauth_client("app", None, Some(AUTH), tenant);
    let grant = signed_in_as(service, &client, (who, None))?;
    let again = refreshed(service, &client, (&grant, None)).unwrap();
    for grant in [grant, again] {
        service.credential = Credential::Bearer(grant.access);
        let first = service.list(Listing::Names);
        assert!(matches!(first.done, Done::Listed(_)), "{tenant:?}: {first:?}");
    }
    Ok(())
}

/// Catches a program that work accounts alone can sign in to, or at the common address alone; and a
/// tenant that is not heeded, by which a person's own account would come in where an organisation's is
/// wanted.
#[test]
fn accounts_of_both_kinds_sign_in_at_the_tenants_that_have_them() {
    let cy = "cy@outlook.example";
    let (mut service, _) = service();
    service.sim.add_user(cy, "Cy", AccountKind::Consumer);
    let [company, personal] = [ANN, cy].map(|of| service.sim.tenant(of));
    assert_ne!(company, personal);
    let named = |name: &str| Tenant::parse(name).unwrap();
    let of_nobody = named("11111111-2222-3333-4444-555555555555");
    let tenants = [
        (named("common"), [true, true]),
        (named("organizations"), [true, false]),
        (named("consumers"), [false, true]),
        (named(&company), [true, false]),
        (named("contoso.example"), [true, false]),
        (named("fabrikam.example"), [false, false]),
        (of_nobody, [false, false]),
    ];
    for (tenant, comes_in) in tenants {
        for (address, comes_in) in [ANN, cy].into_iter().zip(comes_in) {
            service.calendar = ProviderId(service.sim.calendars(address)[0].0.clone());
            match reads_by(&mut service, address, &tenant) {
                Ok(()) => assert!(comes_in, "{address} at {tenant:?}"),
                Err(SignInError::Refused(_)) => assert!(!comes_in, "{address} at {tenant:?}"),
                Err(other) => panic!("{address} at {tenant:?}: {other}"),
            }
        }
    }
}

#[test]
fn consent_of_an_administrator_is_a_state_of_its_own() {
    let (mut service, client) = service();
    assert!(service.sim.faults_mut().add("GET", "*authorize", When::Nth(1), "G2-admin"));
    let refused = signed_in(&mut service, &client, None).unwrap_err();
    assert!(matches!(refused, SignInError::Consent(_)), "{refused:?}");
    let page = admin_consent("app", Some(AUTH), &Tenant::Common, REDIRECT);
    let answer = back(&service.send(get(&page)));
    assert!(answer.contains("admin_consent=True"), "{answer}");
    let grant = signed_in(&mut service, &client, None).unwrap();
    // One that is taken back later stops the account with that state, and no refresh mends it.
    assert!(service.sim.faults_mut().add("POST", "*/token", When::Nth(1), "G2-65001"));
    let refused = refreshed(&mut service, &client, (&grant, None)).unwrap_err();
    assert_eq!(refused.class, FailureClass::Consent);
    assert!(grant.failed(&refused).refused.unwrap().consent);
}
