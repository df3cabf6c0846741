//! A throw-away layer over a store: commits stay in memory, and what lies below is not touched.

mod jobs;
mod layer;
mod pages;
mod store;

pub(crate) use store::Overlay;
