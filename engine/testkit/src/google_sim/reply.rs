//! An answer before it is written out.

use crate::wire::SimReply;

use super::error::ApiError;
use serde_json::Value;

/// What a method gives.
pub(crate) type Answer = Result<Reply, ApiError>;

/// An answer of the server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
}

impl Reply {
    /// 200 with a resource.
    pub(crate) fn json(body: Value) -> Self {
        Self { status: 200, headers: Vec::new(), body: Some(body) }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    /// A refusal.
    pub(crate) fn refused(error: &ApiError) -> Self {
        Self { body: Some(error.body()), ..Self::status(error.status) }
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The octets.
    pub(crate) fn write(self) -> SimReply {
        let body = self.body.map(|body| body.to_string()).unwrap_or_default();
        let mut reply = SimReply::new(self.status, body.into_bytes());
        if !reply.body.is_empty() {
            reply.set("Content-Type", "application/json; charset=UTF-8");
        }
        for (name, value) in self.headers {
            reply.set(name, &value);
        }
        reply
    }
}
