//! HTTP over reqwest, and `file:` addresses for local feeds.

mod address;
mod body;
mod client;
mod failure;
mod file;
mod tls;

pub use address::is_public;
pub use body::AnswerBody;
pub use client::{HttpOptions, ReqwestHttp, SetUpError};
