//! Who asks, and what they send, each refused as a problem where it does not do.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use kalends::core::ports::Clock as _;
use kalends_tokio::SystemClock;
use serde::de::DeserializeOwned;

use super::actor::{Actor, Means};
use super::key::{KeyText, Scope};
use super::problem::Problem;
use super::registry::{ApiKey, User};
use super::state::Server;
use crate::data::Data;

/// Who holds a key of this server, and the graph it opens.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) user: User,
    pub(crate) key: ApiKey,
    pub(crate) data: Data,
}

impl Caller {
    /// The caller that a request's headers name.
    pub(crate) async fn of(server: &Server, parts: &Parts) -> Result<Self, Problem> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let offered = parts.headers.get(header::AUTHORIZATION);
        let text = offered.and_then(|value| value.to_str().ok()).and_then(bearer);
        let hash = KeyText::offered(text.ok_or_else(Problem::no_key)?).hash();
        let found = server.registry.find_key(&hash)?;
        let (key, user) = found.ok_or_else(Problem::no_key)?;
        server.registry.use_key(&key, SystemClock.now());
        let registry = server.registry.clone();
        let actor = Actor { registry, means: Means::Key, name: key.name.clone() };
        let data = server.data.of_graph(user.graph).await?.by(actor);
        Ok(Self { user, key, data })
    }

    pub(super) fn may(self, scope: Scope) -> Result<Self, Problem> {
        if self.key.scopes.contains(&scope) { Ok(self) } else { Err(Problem::no_scope(scope)) }
    }
}

/// The scheme's name is read in any case (RFC 9110, 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, text) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(text.trim())
}

/// A caller who may look.
pub(crate) struct Reader(pub(crate) Data);

/// A caller who may change.
pub(crate) struct Writer(pub(crate) Data);

/// A caller who may look, with their user.
pub(crate) struct UserReader(pub(crate) User);

/// A caller who may change, with their user.
pub(crate) struct UserWriter(pub(crate) User, pub(crate) Data);

impl FromRequestParts<Server> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        Self::of(server, parts).await
    }
}

/// A caller who may add users and keys.
pub(crate) struct Admin;

impl FromRequestParts<Server> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        Caller::of(server, parts).await?.may(Scope::Admin).map(|_| Self)
    }
}

impl FromRequestParts<Server> for UserReader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        Ok(Self(Caller::of(server, parts).await?.may(Scope::Read)?.user))
    }
}

impl FromRequestParts<Server> for UserWriter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        let caller = Caller::of(server, parts).await?.may(Scope::Write)?;
        Ok(Self(caller.user, caller.data))
    }
}

impl FromRequestParts<Server> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        Ok(Self(Caller::of(server, parts).await?.may(Scope::Read)?.data))
    }
}

impl FromRequestParts<Server> for Writer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        Ok(Self(Caller::of(server, parts).await?.may(Scope::Write)?.data))
    }
}

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Server> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Problem> {
        match Json::from_request(request, server).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(Problem::request(rejection.status(), rejection.body_text())),
        }
    }
}

/// The fields behind the question mark.
pub(crate) struct Fields<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Server> for Fields<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, server).await {
            Ok(Query(fields)) => Ok(Self(fields)),
            Err(rejection) => Err(Problem::request(StatusCode::BAD_REQUEST, rejection.body_text())),
        }
    }
}

/// A name inside the path.
pub(crate) struct Named(pub(crate) String);

impl FromRequestParts<Server> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, server).await {
            Ok(Path(name)) => Ok(Self(name)),
            Err(rejection) => Err(Problem::request(StatusCode::BAD_REQUEST, rejection.body_text())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_behind_its_scheme_in_any_case() {
        assert_eq!(bearer("Bearer kal_x"), Some("kal_x"));
        assert_eq!(bearer("bearer  kal_x"), Some("kal_x"));
        assert_eq!(bearer("Basic kal_x"), None);
        assert_eq!(bearer("kal_x"), None);
    }
}
