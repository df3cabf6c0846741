//! Kalends on Cloudflare Workers: each user's graph in a Durable Object, who they are in D1, what
//! providers and graphs say over Queues.
//!
//! It is empty but on `wasm32`.
#![cfg(target_arch = "wasm32")]

mod accounts;
mod again;
mod answers;
mod api;
mod availability;
mod birth;
mod body;
mod closed;
mod events;
mod export;
mod front;
mod graph;
mod keys;
mod kinds;
mod letters;
mod lookup;
mod mail;
mod mcp;
mod notices;
mod problem;
mod reading;
mod registry;
mod runs;
mod services;
mod settings;
mod sign_in;
mod view;
