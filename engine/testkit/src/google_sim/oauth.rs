//! The OAuth 2.0 endpoints: `/o/oauth2/v2/auth`, `/token` and `/revoke` (RFC 6749, RFC 7636 and
//! <https://developers.google.com/identity/protocols/oauth2/native-app>).

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::wire::SimRequest;

use super::call::Query;
use super::digest;
use super::json::object;
use super::oauth_state::{Code, OAuth, Who};
use super::profile::Consent;
use super::reply::Reply;
use super::state::State;

const CODE_LIFE_MS: i64 = 600_000;

/// An endpoint by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// The page that asks the person.
    Authorize,
    /// Codes and refresh tokens into access tokens.
    Token,
    /// Ends a grant.
    Revoke,
}

impl Endpoint {
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path {
            "/o/oauth2/v2/auth" => Some(Self::Authorize),
            "/token" => Some(Self::Token),
            "/revoke" => Some(Self::Revoke),
            _ => None,
        }
    }

    pub(crate) fn answer(
        self,
        state: &mut State,
        habits: &Consent,
        request: &SimRequest,
        now_ms: i64,
    ) -> Reply {
        let desk = Desk { state, habits, now_ms };
        match self {
            Self::Authorize => desk.authorize(&Query::of(request)),
            Self::Token => desk.token(&form(request)),
            Self::Revoke => desk.revoke(&form(request)),
        }
    }
}

struct Desk<'a> {
    state: &'a mut State,
    habits: &'a Consent,
    now_ms: i64,
}

impl Desk<'_> {
    /// Sends the browser back at once: the person has nothing to click.
    fn authorize(self, query: &Query) -> Reply {
        let client = query.get("client_id").unwrap_or_default();
        let redirect = query.get("redirect_uri").unwrap_or_default();
        if !self.state.oauth.knows(client, None) {
            return page("Error 401: invalid_client");
        }
        if !redirect.contains("://") {
            return page("Error 400: redirect_uri_mismatch");
        }
        if query.get("response_type") != Some("code") {
            return page("Error 400: invalid_request");
        }
        let user = self.person(query.get("login_hint"));
        let Some(user) = user.filter(|_| !self.state.oauth.denies) else {
            return back(redirect, query, &[("error", "access_denied")]);
        };
        let asked = words(query.get("scope"));
        let known: BTreeSet<String> = asked.difference(&self.habits.unticked).cloned().collect();
        let who = Who { user, client: client.to_owned() };
        let before = self.state.oauth.granted(&who);
        let offline = query.get("access_type") == Some("offline");
        let first = before.is_empty() || words(query.get("prompt")).contains("consent");
        let joined = query.get("include_granted_scopes") == Some("true");
        let scopes = if joined { known.union(&before).cloned().collect() } else { known };
        let code = Code {
            who,
            redirect: redirect.to_owned(),
            scopes: scopes.clone(),
            challenge: query.get("code_challenge").map(str::to_owned),
            refresh: offline && first,
            expires_ms: self.now_ms + CODE_LIFE_MS,
        };
        let text = format!("4/{}", self.state.oauth.draw(self.state.seed, "code"));
        self.state.oauth.codes.insert(text.clone(), code);
        back(redirect, query, &[("code", &text), ("scope", &joined_words(&scopes))])
    }

    fn person(&self, hint: Option<&str>) -> Option<String> {
        let users = &self.state.users;
        let hinted = hint.filter(|hint| users.contains_key(*hint)).map(str::to_owned);
        self.state.oauth.browser.clone().or(hinted).or_else(|| users.keys().next().cloned())
    }

    fn token(mut self, form: &Query) -> Reply {
        let client = form.get("client_id").unwrap_or_default();
        let secret = form.get("client_secret").unwrap_or_default();
        if !self.state.oauth.knows(client, Some(secret)) {
            return refused(401, "invalid_client", "The OAuth client was not found.");
        }
        match form.get("grant_type") {
            Some("authorization_code") => self.exchange(client, form),
            Some("refresh_token") => self.refresh(client, form),
            _ => refused(400, "unsupported_grant_type", "Invalid grant_type"),
        }
    }

    fn exchange(&mut self, client: &str, form: &Query) -> Reply {
        let text = form.get("code").unwrap_or_default();
        let Some(code) = self.state.oauth.codes.remove(text) else {
            return refused(400, "invalid_grant", "Malformed auth code.");
        };
        if code.who.client != client || self.now_ms >= code.expires_ms {
            return refused(400, "invalid_grant", "Bad Request");
        }
        if form.get("redirect_uri") != Some(&code.redirect) {
            return refused(400, "redirect_uri_mismatch", "Bad Request");
        }
        let verifier = form.get("code_verifier");
        if let Some(challenge) = &code.challenge {
            match verifier.map(digest::challenge) {
                None => return refused(400, "invalid_grant", "Missing code verifier."),
                Some(own) if own != *challenge => {
                    return refused(400, "invalid_grant", "Invalid code verifier.");
                }
                Some(_) => {}
            }
        }
        self.state.oauth.consent(&code.who, &code.scopes, self.now_ms);
        let refresh = code.refresh;
        self.tokens(&code.who, code.scopes, refresh)
    }

    fn refresh(&mut self, client: &str, form: &Query) -> Reply {
        let token = form.get("refresh_token").unwrap_or_default();
        let life = self.habits.grant_life_ms;
        let who = self.state.oauth.of_refresh(token, life, self.now_ms);
        let Some(who) = who.filter(|who| who.client == client) else {
            return refused(400, "invalid_grant", "Token has been expired or revoked.");
        };
        let scopes = self.state.oauth.granted(&who);
        if self.habits.rotates {
            self.state.oauth.end_refresh(token);
        }
        self.tokens(&who, scopes, self.habits.rotates)
    }

    fn tokens(&mut self, who: &Who, scopes: BTreeSet<String>, refresh: bool) -> Reply {
        let seed = self.state.seed;
        let life_ms = self.habits.access_life_ms;
        let scope = joined_words(&scopes);
        let oauth = &mut self.state.oauth;
        let access = oauth.new_access(seed, who, scopes, self.now_ms + life_ms);
        let mut out = object(json!({
            "access_token": access,
            "expires_in": life_ms / 1_000,
            "scope": scope,
            "token_type": "Bearer",
        }));
        if refresh {
            let token = oauth.new_refresh(seed, who);
            out.insert("refresh_token".to_owned(), json!(token));
            if let Some(life) = self.habits.grant_life_ms {
                out.insert("refresh_token_expires_in".to_owned(), json!(life / 1_000));
            }
        }
        Reply::json(Value::Object(out))
    }

    fn revoke(self, form: &Query) -> Reply {
        let token = form.get("token").unwrap_or_default();
        if self.state.oauth.revoke(token) {
            Reply::json(json!({}))
        } else {
            refused(400, "invalid_token", "Token expired or revoked")
        }
    }
}

/// Ready tokens, as after a consent.
pub(crate) fn grant(
    oauth: &mut OAuth,
    seed: u64,
    who: &Who,
    scopes: BTreeSet<String>,
    times_ms: (i64, i64),
) -> super::oauth_state::Tokens {
    let (now_ms, life_ms) = times_ms;
    oauth.consent(who, &scopes, now_ms);
    let access = oauth.new_access(seed, who, scopes, now_ms.saturating_add(life_ms));
    super::oauth_state::Tokens { access, refresh: oauth.new_refresh(seed, who) }
}

/// The form of a request, with what basic authentication adds.
fn form(request: &SimRequest) -> Query {
    let mut out = Query(form_urlencoded::parse(&request.body).into_owned().collect());
    let basic = request.get("authorization").and_then(|text| text.strip_prefix("Basic "));
    let pair = basic.and_then(|text| STANDARD.decode(text).ok());
    let pair = pair.and_then(|octets| String::from_utf8(octets).ok());
    if let Some((client, secret)) = pair.as_deref().and_then(|pair| pair.split_once(':')) {
        out.0.push(("client_id".to_owned(), client.to_owned()));
        out.0.push(("client_secret".to_owned(), secret.to_owned()));
    }
    out.0.extend(Query::of(request).0);
    out
}

fn back(redirect: &str, query: &Query, with: &[(&str, &str)]) -> Reply {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(with);
    if let Some(state) = query.get("state") {
        pairs.append_pair("state", state);
    }
    let join = if redirect.contains('?') { '&' } else { '?' };
    let location = format!("{redirect}{join}{}", pairs.finish());
    Reply::status(302).header("Location", &location)
}

fn page(words: &str) -> Reply {
    Reply { body: Some(json!(words)), ..Reply::status(400) }.header("Content-Type", "text/html")
}

fn refused(status: u16, error: &str, words: &str) -> Reply {
    let body = json!({"error": error, "error_description": words});
    Reply { body: Some(body), ..Reply::status(status) }
}

fn words(text: Option<&str>) -> BTreeSet<String> {
    text.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

fn joined_words(words: &BTreeSet<String>) -> String {
    words.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}
