//! Requests over the runtime's `fetch`.

mod body;
mod client;
mod ending;

pub use body::FetchBody;
pub use client::{FetchHttp, FetchOptions};
pub(crate) use ending::within;
