//! The token endpoint: codes and refresh tokens for tokens (3.15).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::answer::Answer;
use super::super::fault::Quirk;
use super::super::hash;
use super::super::profile::{Belief, Profile};
use super::super::query::Query;
use super::super::state::State;
use super::super::times;
use super::aadsts::{Row, row};
use super::authorize::check_tenant;
use super::grants::{Access, Refresh};

/// What a grant stands for.
struct Granted {
    user: usize,
    scope: String,
    nonce: Option<String>,
}

/// `POST /{tenant}/oauth2/v2.0/token` with a form.
pub(crate) fn token(
    state: &mut State,
    profile: &Profile,
    (tenant, form): (&str, &Query),
    now_ms: i64,
) -> Answer {
    let client = form.get("client_id").unwrap_or_default().to_owned();
    let granted = check_client(state, &client, form).and_then(|()| match form.get("grant_type") {
        Some("authorization_code") => by_code(state, form, now_ms),
        Some("refresh_token") => by_refresh(state, profile, (tenant, form), now_ms),
        Some(_) | None => Err(900_144),
    });
    match granted {
        Ok(granted) => tokens(state, profile, (tenant, &client), granted, now_ms),
        Err(number) => refused(state, &row(number), now_ms),
    }
}

fn check_client(state: &State, client: &str, form: &Query) -> Result<(), u32> {
    if client.is_empty() {
        return Err(900_144);
    }
    match state.accounts.apps.get(client) {
        None if state.accounts.apps.is_empty() => Ok(()),
        None => Err(700_016),
        Some(app) if app.secret.as_deref() == form.get("client_secret") => Ok(()),
        Some(_) => Err(7_000_215),
    }
}

fn by_code(state: &mut State, form: &Query, now_ms: i64) -> Result<Granted, u32> {
    // A code is used once, rightly or not.
    let code = state.accounts.codes.remove(form.get("code").unwrap_or_default());
    let code = code.filter(|code| code.expires_ms > now_ms).ok_or(70_008_u32)?;
    let fits = form.get("client_id") == Some(&code.client)
        && form.get("redirect_uri") == Some(&code.redirect);
    if !fits {
        return Err(70_000);
    }
    if let Some(challenge) = &code.challenge {
        let verifier = form.get("code_verifier").unwrap_or_default();
        let hashed = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        if hashed != *challenge {
            return Err(70_000);
        }
    }
    check_tenant(state, &code.tenant, code.user)?;
    Ok(Granted { user: code.user, scope: code.scope, nonce: code.nonce })
}

fn by_refresh(
    state: &mut State,
    profile: &Profile,
    (tenant, form): (&str, &Query),
    now_ms: i64,
) -> Result<Granted, u32> {
    let text = form.get("refresh_token").unwrap_or_default();
    let held = state.accounts.refresh.get_mut(text).ok_or(70_000_u32)?;
    if held.is_revoked {
        return Err(50_173);
    }
    if held.expires_ms <= now_ms {
        return Err(700_082);
    }
    if form.get("client_id") != Some(&held.client) {
        return Err(70_000);
    }
    if profile.has(Quirk::OldRefreshDies) {
        held.is_revoked = true;
    }
    let held = held.clone();
    if state.accounts.challenged.contains(&held.user) {
        return Err(50_076);
    }
    check_tenant(state, tenant, held.user)?;
    let asked = form.get("scope").filter(|scope| !scope.is_empty());
    let scope = asked.map_or(held.scope, str::to_owned);
    Ok(Granted { user: held.user, scope, nonce: None })
}

fn tokens(
    state: &mut State,
    profile: &Profile,
    (tenant, client): (&str, &str),
    granted: Granted,
    now_ms: i64,
) -> Answer {
    let has = |name: &str| granted.scope.split_whitespace().any(|scope| scope == name);
    let (offline, openid) = (has("offline_access"), has("openid"));
    let user = granted.user;
    let scope = spelt(profile, &granted.scope);
    let (client, scope) = (client.to_owned(), scope);
    let access = Access { user, client: client.clone(), scope: scope.clone(), expires_ms: 0 };
    let (access, expires_in) = state.grant_access(profile, now_ms, access);
    let mut body = json!({
        "token_type": "Bearer",
        "scope": scope,
        "expires_in": expires_in,
        "ext_expires_in": expires_in,
        "access_token": access,
    });
    if openid {
        body["id_token"] = json!(id_token(state, profile, (tenant, &client), &granted, now_ms));
    }
    if offline {
        let refresh = Refresh {
            user,
            client,
            scope: granted.scope,
            tenant: tenant.to_owned(),
            expires_ms: 0,
            is_revoked: false,
        };
        body["refresh_token"] = json!(state.grant_refresh(refresh, now_ms));
    }
    Answer::new(200, body).header("Cache-Control", "no-store")
}

/// Scopes in the answer: never those of sign-in, and not always as they were asked for (G5).
fn spelt(profile: &Profile, scope: &str) -> String {
    let words = scope.split_whitespace().filter(|word| {
        let is_withheld = profile.has(Quirk::ScopeSubset) && word.ends_with("Calendars.ReadWrite");
        *word != "offline_access" && !is_withheld
    });
    let words = words.map(|word| {
        if profile.has(Quirk::ScopeUrls) && word.contains('.') && !word.contains("://") {
            format!("https://graph.microsoft.com/{word}")
        } else if profile.has(Quirk::ScopeCase) {
            word.to_ascii_lowercase()
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// An id token without a signature: it came over the connection to the issuer (OpenID Connect
/// Core 3.1.3.7, rule 6).
fn id_token(
    state: &State,
    profile: &Profile,
    (tenant, client): (&str, &str),
    granted: &Granted,
    now_ms: i64,
) -> String {
    let real = state.accounts.tenant_of(state, granted.user);
    let issuer = if profile.holds(Belief::IssuersAreReal) { real.as_str() } else { tenant };
    let user = state.users.get(&granted.user);
    let (id, address, name) =
        user.map_or(("", "", ""), |user| (&user.id, &user.address, &user.name));
    let claims = json!({
        "iss": format!("https://login.microsoftonline.com/{issuer}/v2.0"),
        "aud": client,
        "exp": now_ms / 1_000 + 3_600,
        "iat": now_ms / 1_000,
        "oid": id,
        "sub": hash::word(state.seed, "subject", granted.user as u64),
        "tid": real,
        "preferred_username": address,
        "email": address,
        "name": name,
        "nonce": granted.nonce,
        "ver": "2.0",
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT"})), part(&claims))
}

/// An error in the shape of the platform.
pub(crate) fn refused(state: &mut State, row: &Row, now_ms: i64) -> Answer {
    let nth = state.draw();
    let trace = hash::guid(state.seed, "trace", nth);
    let stamp = times::show_plain(now_ms).replace('T', " ");
    let mut body = json!({
        "error": row.error,
        "error_description": format!(
            "AADSTS{}: {} Trace ID: {trace} Correlation ID: {trace} Timestamp: {stamp}Z",
            row.number, row.text
        ),
        "error_codes": [row.number],
        "timestamp": format!("{stamp}Z"),
        "trace_id": trace,
        "correlation_id": trace,
    });
    if let Some(suberror) = row.suberror {
        body["suberror"] = json!(suberror);
    }
    if [50_076, 50_079, 50_158, 53_003, 53_000].contains(&row.number) {
        body["claims"] = json!(CLAIMS);
    }
    Answer::new(row.status, body)
}

/// What a challenge wants to be asked with.
pub(crate) const CLAIMS: &str =
    r#"{"access_token":{"nbf":{"essential":true,"value":"1767225600"}}}"#;

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`.
pub(crate) fn configuration(origin: &str, tenant: &str) -> Answer {
    let below = format!("{origin}/{tenant}/oauth2/v2.0");
    let issuer = if super::authorize::is_common(tenant) { "{tenantid}" } else { tenant };
    Answer::new(
        200,
        json!({
            "issuer": format!("https://login.microsoftonline.com/{issuer}/v2.0"),
            "authorization_endpoint": format!("{below}/authorize"),
            "token_endpoint": format!("{below}/token"),
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
        }),
    )
}
