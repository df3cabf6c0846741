//! The simulators of the testkit over HTTP/1.1 on the loopback address, for programs that are
//! tested from outside: other languages, other people's clients, the `kalends` binary.
//!
//! ```
//! use kalends_sim::Served;
//! use kalends_testkit::caldav_sim::{CaldavSim, Profile};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let mut sim = CaldavSim::new(Profile::radicale(), 7);
//! sim.add_user("alice", "secret");
//! sim.add_calendar("alice", "Work");
//! let served = Served::listen("127.0.0.1:0", sim).await?;
//! println!("a client may go to {}", served.url());
//! assert!(served.sim().log().is_empty());
//! # Ok(())
//! # }
//! ```

mod carry;
mod deliver;
mod request;
mod send;

pub use carry::Served;
