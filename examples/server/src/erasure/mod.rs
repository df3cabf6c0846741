//! Erasing everything of somebody: what providers hold first, then every row, then a certificate.

mod called_off;
mod certificate;
mod ended;
mod flow;
mod put_back;
mod rows;

pub(crate) use called_off::call_off;
pub(crate) use certificate::{Certificate, PLACE};
pub(crate) use ended::ended;
pub(crate) use flow::{begun, certified, erase, go_on, public_key};
