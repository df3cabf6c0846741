//! A throw-away layer over a store: commits stay in memory, and what lies below is not touched.

mod desk;
mod jobs;
mod layer;
mod pages;
mod store;

pub(crate) use desk::Desk;
pub(crate) use store::Overlay;
