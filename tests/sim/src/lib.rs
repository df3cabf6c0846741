//! The simulated world with real exchanges and stores
//!
//! People, servers that check every request, real exchanges and real stores under one virtual
//! clock. A further provider joins by implementing [`Site`]. Nothing is faked between the driver and the wire.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a world is built for tests only, and ends on the first surprise"
)]

mod at_once;
mod bodies;
mod caldav;
mod check;
mod coverage;
mod crowd;
mod deeds;
mod digraph;
mod edge;
mod expected;
mod feed;
mod folk;
mod giving;
mod google;
mod google_json;
mod graph;
mod graph_faults;
mod graph_json;
mod hashes;
mod history;
mod http;
mod ics;
mod ill;
mod judged;
mod keep;
mod laws;
mod leaks;
mod life;
mod logins;
mod many;
mod midway;
mod mishap;
mod moves;
mod network;
mod planned;
mod portions;
mod post;
mod pushed;
mod random;
mod relevel;
mod repeats;
mod replay;
mod rest;
mod rewind;
mod said;
mod scene;
mod secrets;
mod servers;
mod shrink;
mod site;
mod spoilt;
mod stamp;
mod storm;
mod taken_away;
mod talk;
mod tminus;
#[cfg(test)]
mod tripped;
mod values;
mod whose;
mod words;
mod world;
mod worlds;

pub use caldav::{CaldavSite, SERVER};
pub use check::Check;
pub use coverage::Coverage;
pub use crowd::Crowd;
pub use digraph::Spread;
pub use feed::FeedSite;
pub use giving::Giving;
pub use google::GoogleSite;
pub use graph::GraphSite;
pub use history::History;
pub use http::{Pieces, SimHttp};
pub use ics::{change, origin, read, write};
pub use judged::Judged;
pub use keep::Keep;
pub use laws::{check_journal, check_rows, check_wire, unsettled};
pub use life::{Columns, Depth, Ground, Kind, Life, STEPS, Tale, Trace};
pub use logins::Logins;
pub use many::histories;
pub use network::Network;
pub use planned::{Write, announced, sent};
pub use portions::Portions;
pub use post::Post;
pub use pushed::Pushed;
pub use random::Random;
pub use repeats::Repeats;
pub use said::{Deed, Judging, Said, Script, retell};
pub use scene::Scene;
pub use servers::Servers;
pub use shrink::fewest;
pub use site::{Act, Sent, Site};
pub use storm::Storm;
pub use talk::{Taken, Talk};
pub use tminus::{Model, Told};
pub use values::ValuesSite;
pub use whose::{Shown, whose};
pub use world::{Driving, Member, NOTICES, START, World, WorldPorts, options};
pub use worlds::Mixed;
