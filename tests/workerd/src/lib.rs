//! A Worker that runs tests inside of itself, one request a case: `run.mjs` beside it asks.
#![cfg(target_arch = "wasm32")]

mod contract;
mod front;
mod host;
mod measure;
mod object;
mod seeds;
mod signed_in;
mod synced;
mod undone;
