//! What providers let us ask, as values, and how it is kept to: nothing here waits or counts by
//! itself, a host asks before each request.

mod forecast;
mod governor;
mod terms;

pub use forecast::{Day, Habits, Load, Share, day, load, sending_ms, share};
pub use governor::{Ask, Governor, Turn};
pub use terms::{Allowance, Costs, Kind, Of, Rate};
