//! How far an erasure is.

use serde::Serialize;
use utoipa::ToSchema;

use super::UndoneKept;
use crate::erasure::Certificate;

/// The erasure of everything of a user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErasureView {
    /// Its id: once it is done, `/certificates/{id}` has the certificate, without a key.
    pub(crate) id: String,
    /// `waiting` while a provider still holds mirrors, `calling-off` while what it was taking is put back,
    /// `ending` while what is recorded here is being deleted: then it cannot be called off; `erased` once
    /// all is gone.
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
    /// When it is tried again; none where that waits for a person, or for whoever asks next.
    pub(crate) again: Option<String>,
}

/// An erasure that was called off before a row was deleted. What it took at providers until then is
/// written there again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalledOffView {
    /// Its id, which nothing is known by any more.
    pub(crate) called_off: String,
    /// The accounts that it would have taken.
    pub(crate) accounts: Vec<SparedView>,
    /// The edges that are not as they were, and why. All others are.
    pub(crate) lost: Vec<UndoneKept>,
}

/// An account of somebody who is not erased.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SparedView {
    /// Its name.
    pub(crate) account: String,
    /// `stays`; `signed-out` where it was abandoned, and `removed` where it was gone already: add those
    /// again; or `leaving` where it is being removed all the same.
    pub(crate) state: &'static str,
}

impl ErasureView {
    /// As far as it is, without its certificate.
    pub(crate) const fn at(state: &'static str, id: String, waiting: Vec<WaitingView>) -> Self {
        Self { id, state, waiting, certificate: None }
    }

    pub(crate) const fn erased(id: String, certificate: Certificate) -> Self {
        Self { id, state: "erased", waiting: Vec::new(), certificate: Some(certificate) }
    }
}
