//! The browser's part: `/authorize` redirects at once for a person who is signed in, and
//! `/adminconsent` for an administrator.

use super::super::answer::Answer;
use super::super::profile::{Belief, Profile};
use super::super::query::{Query, encode};
use super::super::state::{AccountKind, State};
use super::aadsts::row;
use super::grants::{CONSUMERS, Code};

/// `GET /{tenant}/oauth2/v2.0/authorize`.
pub(crate) fn authorize(
    state: &mut State,
    profile: &Profile,
    (tenant, query): (&str, &Query),
    now_ms: i64,
) -> Answer {
    let text = |name: &str| query.get(name).unwrap_or_default();
    let (client, redirect) = (text("client_id"), text("redirect_uri"));
    let app = state.accounts.apps.get(client).cloned();
    // Without a redirect that belongs to the app nothing is sent anywhere.
    if client.is_empty() || (app.is_none() && !state.accounts.apps.is_empty()) {
        return page(700_016);
    }
    let app = app.unwrap_or_default();
    let fits = |known: &String| is_same_redirect(profile, known, redirect);
    if redirect.is_empty() || (!app.redirects.is_empty() && !app.redirects.iter().any(fits)) {
        return page(50_011);
    }
    let refused = |number: u32| back(redirect, query, &failure(number));
    if text("response_type") != "code" || text("scope").is_empty() {
        return refused(900_144);
    }
    let is_public = app.secret.is_none();
    let has_challenge =
        text("code_challenge").len() == 43 && text("code_challenge_method") == "S256";
    if is_public && !has_challenge {
        return refused(9_002_325);
    }
    if state.accounts.needs_admin {
        return refused(90_094);
    }
    let Some(user) = who(state, query) else {
        return refused(50_020);
    };
    if let Err(number) = check_tenant(state, tenant, user) {
        return refused(number);
    }
    if query.get("claims").is_some() {
        state.accounts.challenged.remove(&user);
    }
    let code = Code {
        user,
        client: client.to_owned(),
        redirect: redirect.to_owned(),
        challenge: query.get("code_challenge").map(str::to_owned),
        scope: text("scope").to_owned(),
        nonce: query.get("nonce").map(str::to_owned),
        tenant: tenant.to_owned(),
        expires_ms: 0,
    };
    let code = state.grant_code(code, now_ms);
    back(redirect, query, &[("code", code), ("session_state", "7d1f".to_owned())])
}

/// `GET /{tenant}/v2.0/adminconsent`: the administrator says yes, unless told not to.
pub(crate) fn admin_consent(
    state: &mut State,
    tenant: &str,
    query: &Query,
    agrees: bool,
) -> Answer {
    let redirect = query.get("redirect_uri").unwrap_or_default();
    if query.get("client_id").is_none() || redirect.is_empty() {
        return page(900_144);
    }
    if !agrees {
        return back(redirect, query, &failure(65_004));
    }
    state.accounts.needs_admin = false;
    let first = state.users.keys().next().copied().unwrap_or_default();
    let known = state.accounts.tenant_of(state, first);
    let tenant = if is_common(tenant) { known } else { tenant.to_owned() };
    let scope = query.get("scope").unwrap_or_default().to_owned();
    let parts = [("admin_consent", "True".to_owned()), ("tenant", tenant), ("scope", scope)];
    back(redirect, query, &parts)
}

fn who(state: &State, query: &Query) -> Option<usize> {
    match query.get("login_hint") {
        Some(hint) => state.user(hint),
        None => state.accounts.at_browser.or_else(|| state.users.keys().next().copied()),
    }
}

pub(super) fn is_common(tenant: &str) -> bool {
    matches!(tenant, "common" | "organizations" | "consumers")
}

/// Whether a person can sign in under a tenant; the AADSTS number where not.
pub(super) fn check_tenant(state: &State, tenant: &str, user: usize) -> Result<(), u32> {
    let is_work = state.users.get(&user).is_some_and(|user| user.kind == AccountKind::Work);
    let own = state.accounts.tenant_of(state, user);
    match tenant {
        "common" => Ok(()),
        "organizations" if is_work => Ok(()),
        "consumers" | CONSUMERS if !is_work => Ok(()),
        "organizations" | "consumers" | CONSUMERS => Err(50_020),
        named if named == own => Ok(()),
        domain if is_work && domain.contains('.') => {
            let address = state.users.get(&user).map(|user| user.address.as_str());
            let known = address.is_some_and(|address| address.ends_with(&format!("@{domain}")));
            if known { Ok(()) } else { Err(90_002) }
        }
        _ => Err(90_002),
    }
}

/// Whether a redirect is the registered one; on the loopback address any port is (3.15).
fn is_same_redirect(profile: &Profile, known: &str, given: &str) -> bool {
    let portless = |url: &str| {
        let rest = url.strip_prefix("http://localhost")?;
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        Some(path.to_owned())
    };
    let same_path = portless(known).is_some() && portless(known) == portless(given);
    known == given || (same_path && profile.holds(Belief::LoopbackPortsAreFree))
}

fn failure(number: u32) -> [(&'static str, String); 2] {
    let row = row(number);
    let error = if number == 90_094 { "access_denied" } else { row.error };
    [("error", error.to_owned()), ("error_description", format!("AADSTS{number}: {}", row.text))]
}

fn back(redirect: &str, query: &Query, parts: &[(&str, String)]) -> Answer {
    let state = query.get("state").map(|state| ("state", state.to_owned()));
    let parts = parts.iter().cloned().chain(state);
    let spelt = parts.map(|(name, value)| format!("{name}={}", encode(&value)));
    let spelt = spelt.collect::<Vec<_>>().join("&");
    let glue = if redirect.contains('?') { '&' } else { '?' };
    Answer::empty(302).header("Location", &format!("{redirect}{glue}{spelt}"))
}

/// An error for the person at the browser: there is nowhere to send it.
fn page(number: u32) -> Answer {
    let row = row(number);
    let body = serde_json::json!({
        "error": row.error,
        "error_description": format!("AADSTS{number}: {}", row.text),
    });
    Answer::new(400, body)
}
