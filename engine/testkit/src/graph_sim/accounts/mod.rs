//! Sign-in as the Microsoft identity platform does it (3.15).

mod aadsts;
mod authorize;
mod grants;
mod scopes;
mod token;

pub use aadsts::AADSTS;
pub(crate) use aadsts::row;
pub(crate) use authorize::{admin_consent, authorize};
pub(crate) use grants::{Access, Accounts, App};
pub(crate) use scopes::allows;
pub(crate) use token::{CLAIMS, configuration, refused, token};
