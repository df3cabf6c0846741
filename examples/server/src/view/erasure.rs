//! How far an erasure is.

use serde::Serialize;
use utoipa::ToSchema;

use crate::erasure::Certificate;

/// The erasure of everything of a user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErasureView {
    /// Its id: once it is done, `/certificates/{id}` has the certificate, without a key.
    pub(crate) id: String,
    /// `waiting` while a provider still holds mirrors, `erased` once all is gone.
    pub(crate) state: &'static str,
    /// What it waits for. Ask again later, or abandon them: then their mirrors stay.
    pub(crate) waiting: Vec<WaitingView>,
    /// What says that it was done.
    pub(crate) certificate: Option<Certificate>,
}

/// An account whose mirrors are not all taken back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingView {
    /// Its name.
    pub(crate) account: String,
    /// Why not; none where it is only not done yet.
    pub(crate) code: Option<String>,
}

impl ErasureView {
    pub(crate) const fn waiting(id: String, waiting: Vec<WaitingView>) -> Self {
        Self { id, state: "waiting", waiting, certificate: None }
    }

    pub(crate) const fn erased(id: String, certificate: Certificate) -> Self {
        Self { id, state: "erased", waiting: Vec::new(), certificate: Some(certificate) }
    }
}
