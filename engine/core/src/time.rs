//! Civil time and instants, as [`kalends_recurrence`] defines them.

pub use kalends_recurrence::{
    Change, Civil, Date, Every, Extra, Frequency, Gap, Length, Nth, Options, Override, Pattern,
    PatternEnd, Rule, Series, Timestamp, Until, Weekday, When, Zone,
};
