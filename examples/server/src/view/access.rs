//! Users and keys of the server.

use serde::Serialize;
use utoipa::ToSchema;

use crate::serve::{ApiKey, Scope, User};

/// Somebody with a graph.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    /// Their name.
    user: String,
    /// The graph's id.
    graph: String,
}

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyView {
    /// What it is revoked by.
    id: String,
    /// Whose graph it opens.
    user: String,
    name: String,
    /// What it may do, with spaces between.
    scopes: String,
    made: String,
    /// When it was last used, to the minute; none: never.
    used: Option<String>,
    /// Since when it opens nothing.
    revoked: Option<String>,
}

/// A key that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyMade {
    #[serde(flatten)]
    pub(crate) view: KeyView,
    /// The key itself, told this once.
    pub(crate) key: String,
}

impl UserView {
    pub(crate) fn of(user: &User) -> Self {
        Self { user: user.name.clone(), graph: user.graph.to_string() }
    }
}

impl KeyView {
    pub(crate) fn of(key: &ApiKey) -> Self {
        Self {
            id: key.id.clone(),
            user: key.user.clone(),
            name: key.name.clone(),
            scopes: Scope::write_all(&key.scopes),
            made: key.made.to_string(),
            used: key.used.map(|at| at.to_string()),
            revoked: key.revoked.map(|at| at.to_string()),
        }
    }
}
