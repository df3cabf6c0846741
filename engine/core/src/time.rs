//! Civil time and instants, as [`kalends_recurrence`] defines them.

pub use kalends_recurrence::{
    Change, Civil, Date, Extra, Frequency, Gap, Length, Options, Override, Rule, Series, Timestamp,
    Until, Weekday, When, Zone,
};
