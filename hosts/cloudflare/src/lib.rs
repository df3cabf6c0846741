//! The host for Cloudflare Workers: a graph in the SQLite of a Durable Object.
//!
//! It is empty but on `wasm32`. There, build it so that panics unwind: an object then answers a
//! mistake with an error and goes on, where it would hang, and take the requests beside it along.
#![cfg(target_arch = "wasm32")]

mod accounts;
mod atomic;
mod clock;
mod entropy;
mod http;
mod keys;
mod migrate;
mod object;
mod pack;
mod ports;
mod post;
mod refresh;
mod removed;
mod sql;
mod store;
mod vault;
mod wishes;

pub use accounts::{Catalog, ObjectAccounts};
pub use clock::WorkerClock;
pub use entropy::WebEntropy;
pub use http::{FetchBody, FetchHttp, FetchOptions};
pub use kalends_kit::oauth::OauthClient;
pub use kalends_kit::{Secret, SignIn};
pub use object::{GraphObject, ObjectHost, ObjectOptions, Worked};
pub use post::{PARCEL_BYTES_MAX, QueuePost, open_parcel, parcels};
pub use removed::Adding;
pub use store::ObjectStore;
pub use vault::BoundVault;
