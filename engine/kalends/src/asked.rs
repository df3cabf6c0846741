//! Times as people ask for them, and what does not count for whoever asks.

use core::ops::Range;
use std::collections::BTreeSet;
use std::str::FromStr;

use kalends_core::schedule::{Hours, Inquiry, Rule, Rules, Why};
use kalends_core::slice::Config;
use kalends_core::time::Timestamp;
use kalends_recurrence::{Civil, Date, Gap, Zone};

/// The longest time that is looked at: a year and a day.
const SPAN_MS_MAX: i64 = 367 * 86_400_000;
const WEEK_MS: i64 = 7 * 86_400_000;

/// Why a time cannot be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// It is none.
    #[error("a time is 2026-03-01, 2026-03-01T09:00, or 2026-03-01T09:00:00+01:00")]
    NoTime,
    /// It ends before it begins.
    #[error("`to` must be later than `from`")]
    Backwards,
    /// It is too long.
    #[error("a year at most is looked at: name a nearer `to`")]
    TooLong,
}

/// A point in time as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// With its offset.
    Instant(Timestamp),
    /// By the clock of a zone that is understood; a day alone is its midnight.
    Local(Civil),
}

impl FromStr for Moment {
    type Err = AskError;

    fn from_str(text: &str) -> Result<Self, AskError> {
        if let Ok(date) = text.parse::<Date>() {
            return Ok(Self::Local(Civil::from(date)));
        }
        let padded = if text.len() == 16 { format!("{text}:00") } else { text.to_owned() };
        if let Ok(civil) = padded.parse::<Civil>() {
            return Ok(Self::Local(civil));
        }
        text.parse().map(Self::Instant).map_err(|_| AskError::NoTime)
    }
}

impl Moment {
    /// The one that a request names, if it names one.
    ///
    /// # Errors
    /// [`AskError::NoTime`].
    pub fn named(text: Option<String>) -> Result<Option<Self>, AskError> {
        text.map(|text| text.parse()).transpose()
    }

    /// The instant, by the clock of a zone.
    #[must_use]
    pub fn at(self, zone: &Zone) -> Timestamp {
        match self {
            Self::Instant(at) => at,
            Self::Local(civil) => zone.instant(civil, Gap::Shift),
        }
    }
}

/// A question about when the graph's person has time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// From this time on; today where it is not said.
    pub from: Option<Moment>,
    /// To this time; a week later where it is not said.
    pub to: Option<Moment>,
    /// The zone of local times; the home zone where it is not said.
    pub zone: Option<Zone>,
    /// Who asks: what is waived for them does not count.
    pub caller: Option<String>,
}

impl Asked {
    /// The zone that it is read in, and what is looked for.
    ///
    /// # Errors
    /// As [`asked_range`].
    pub fn inquiry(self, config: &Config, now: Timestamp) -> Result<(Zone, Inquiry), AskError> {
        let zone = self.zone.unwrap_or_else(|| Rules::of(config.rules.values()).zone);
        let today = zone.instant(Civil::new(zone.civil(now).date(), 0), Gap::Shift);
        let range = asked_range((self.from, self.to), today, &zone)?;
        let waived = self.caller.map_or_else(BTreeSet::new, |who| waived(config, &who));
        Ok((zone, Inquiry { now, range, waived }))
    }
}

/// A range asked for: from a time on, or from the first that there is, and a week where its end is not
/// said.
///
/// # Errors
/// [`AskError::Backwards`], or [`AskError::TooLong`].
pub fn asked_range(
    (from, to): (Option<Moment>, Option<Moment>),
    first: Timestamp,
    zone: &Zone,
) -> Result<Range<Timestamp>, AskError> {
    let start = from.map_or(first, |moment| moment.at(zone));
    let end = to.map_or_else(|| start.saturating_add_millis(WEEK_MS), |moment| moment.at(zone));
    match end.millis_since(start) {
        ..=0 => Err(AskError::Backwards),
        1..=SPAN_MS_MAX => Ok(start..end),
        _ => Err(AskError::TooLong),
    }
}

/// The working hours of the graph's person.
pub fn working_hours(config: &Config) -> impl Iterator<Item = &Hours> {
    config.rules.values().filter_map(|rule| {
        let Rule::Hours(hours) = rule else { return None };
        Some(hours)
    })
}

/// What does not count for somebody.
fn waived(config: &Config, who: &str) -> BTreeSet<Why> {
    let vip = config.rules.values().find_map(|rule| {
        let Rule::Vip(name, waived) = rule else { return None };
        name.eq_ignore_ascii_case(who).then(|| waived.clone())
    });
    vip.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Timestamp {
        text.parse::<Moment>().unwrap().at(&Zone::resolve("Europe/Berlin").unwrap())
    }

    /// Catches local times that are taken for those of UTC, and offsets that are left out.
    #[test]
    fn times_are_read_by_the_clock_of_the_zone_unless_they_bear_an_offset() {
        let midnight: Timestamp = "2026-02-28T23:00:00Z".parse().unwrap();
        for text in
            ["2026-03-01", "2026-03-01T00:00", "2026-03-01T00:00:00", "2026-02-28T23:00:00Z"]
        {
            assert_eq!(read(text), midnight, "{text}");
        }
        for text in ["", "today", "2026-03-01T25:00", "2026-13-01"] {
            assert_eq!(text.parse::<Moment>(), Err(AskError::NoTime), "{text}");
        }
    }

    /// Catches a question without an end, one that ends before it begins, and one of ten years.
    #[test]
    fn a_question_takes_a_week_and_no_more_than_a_year() {
        let now = read("2026-03-04T15:00");
        let config = Config::default();
        let zone = Zone::resolve("Europe/Berlin");
        let asked = |from: Option<&str>, to: Option<&str>| {
            let moment = |text: Option<&str>| text.map(|text| text.parse().unwrap());
            let asked =
                Asked { from: moment(from), to: moment(to), zone: zone.clone(), caller: None };
            asked.inquiry(&config, now).map(|(_, inquiry)| inquiry.range)
        };
        assert_eq!(asked(None, None), Ok(read("2026-03-04")..read("2026-03-11")));
        assert_eq!(asked(Some("2026-03-05"), Some("2026-03-05")), Err(AskError::Backwards));
        assert_eq!(asked(None, Some("2036-03-05")), Err(AskError::TooLong));
    }
}
