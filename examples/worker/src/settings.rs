//! What is bound to the Worker: `wrangler.jsonc` beside this crate says what each is for.

use std::rc::Rc;

use kalends::ids::GraphId;
use kalends_cloudflare::{BoundVault, FetchOptions, ObjectOptions};
use worker::{Env, Request};

use crate::problem::Problem;

/// A variable or a secret; `None` where it is not bound, or empty.
pub(crate) fn text(env: &Env, name: &str) -> Option<String> {
    let bound = env.secret(name).map(|secret| secret.to_string());
    bound.or_else(|_| env.var(name).map(|var| var.to_string())).ok().filter(|it| !it.is_empty())
}

/// The keys under which secrets lie sealed.
pub(crate) fn vault(env: &Env) -> Result<Rc<BoundVault>, Problem> {
    let unset = || {
        let how = "bind the secret SEALING_KEYS: 32 bytes, as 64 hex digits";
        Problem::new(500, "settings.sealing-keys", how)
    };
    let keys = text(env, "SEALING_KEYS").ok_or_else(unset)?;
    BoundVault::from_text(&keys).map(Rc::new).map_err(|_| unset())
}

/// How the object of a graph works.
pub(crate) fn options(env: &Env, graph: GraphId) -> ObjectOptions {
    let mut defaults = ObjectOptions::default();
    if let Some(seconds) = text(env, "EVERY_SECONDS").and_then(|text| text.parse::<u32>().ok()) {
        defaults.pace.every_ms = i64::from(seconds) * 1_000;
    }
    let public = text(env, "PUBLIC_URL");
    ObjectOptions {
        public: public.map(|url| format!("{}/notices/{graph}", url.trim_end_matches('/'))),
        fetch: fetch(env),
        ..defaults
    }
}

/// The public address of the Worker, without a slash at its end: as it is bound, or as it was asked.
pub(crate) fn public(env: &Env, request: &Request) -> Result<String, Problem> {
    match text(env, "PUBLIC_URL") {
        Some(url) => Ok(url.trim_end_matches('/').to_owned()),
        None => Ok(request.url()?.origin().ascii_serialization()),
    }
}

/// Whether browsers may be sent there when a sign-in has ended.
pub(crate) fn is_return_to(env: &Env, address: &str) -> bool {
    text(env, "RETURN_TO").is_some_and(|all| all.split_whitespace().any(|one| one == address))
}

/// How requests are sent. Private addresses are for tests.
pub(crate) fn fetch(env: &Env) -> FetchOptions {
    let allow_private = text(env, "ALLOW_PRIVATE").as_deref() == Some("yes");
    FetchOptions { allow_private, ..FetchOptions::default() }
}
