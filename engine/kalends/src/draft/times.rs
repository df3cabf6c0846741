//! Times of a draft: by which clock each is written, and how long an event lasts.

use kalends_core::time::{Civil, Date, Gap, Length, Timestamp, When, Zone};

use super::{Draft, DraftError};

/// The longest event: as long as a year.
const LENGTH_S_MAX: i64 = 366 * 86_400;

/// The clock by which a time is written that names neither offset nor zone.
pub(super) enum Clock {
    In(Zone),
    /// Whichever clock hangs there: floating events stay so.
    Floating,
}

impl Clock {
    /// The one of a start; `None`: a day has none.
    pub(super) fn of(start: &When) -> Option<Self> {
        match start {
            When::Zoned(_, zone) => Some(Self::In(zone.clone())),
            When::Floating(_) => Some(Self::Floating),
            When::Date(_) => None,
        }
    }
}

impl Draft {
    /// A time by the clock of a start that is there.
    pub(super) fn like(&self, text: &str, start: &When) -> Result<When, DraftError> {
        self.time(text, &Clock::of(start).unwrap_or_else(|| Clock::In(Zone::utc())))
    }

    /// A time by the clock of the zone that is named, or else by this one.
    pub(super) fn time(&self, text: &str, clock: &Clock) -> Result<When, DraftError> {
        let named = self.zone.as_deref().map(|name| {
            let unknown = || format!("there is no zone {name:?}: Europe/Berlin is one");
            Zone::resolve(name).ok_or_else(|| DraftError::new(unknown()))
        });
        let named = named.transpose()?;
        if let Ok(day) = text.parse::<Date>() {
            return Ok(When::Date(day));
        }
        let padded = if text.len() == 16 { format!("{text}:00") } else { text.to_owned() };
        if let Ok(civil) = padded.parse::<Civil>() {
            return Ok(match (named, clock) {
                (Some(zone), _) => When::Zoned(civil, zone),
                (None, Clock::In(zone)) => When::Zoned(civil, zone.clone()),
                (None, Clock::Floating) => When::Floating(civil),
            });
        }
        let at: Timestamp = text.parse().map_err(|_| {
            DraftError::new(format!(
                "{text:?} is no time: 2026-03-02, 2026-03-02T09:00 and 2026-03-02T09:00:00+01:00 are"
            ))
        })?;
        let zone = named.unwrap_or_else(Zone::utc);
        Ok(When::Zoned(zone.civil(at), zone))
    }

    pub(super) fn length(&self, start: &When, end: &str) -> Result<Length, DraftError> {
        let end = self.like(end, start)?;
        let early = || DraftError::new("an event ends after it begins, within a year");
        match (start, &end) {
            (When::Date(first), When::Date(last)) => {
                let days = last.days() - first.days();
                let fits = (1..=366).contains(&days);
                fits.then_some(Length::Nominal { days, seconds: 0 }).ok_or_else(early)
            }
            (When::Date(_), _) | (_, When::Date(_)) => {
                Err(DraftError::new("start and end are both days, or both times"))
            }
            (When::Floating(_), When::Zoned(..)) | (When::Zoned(..), When::Floating(_)) => {
                Err(DraftError::new("start and end are both in a zone, or both in none"))
            }
            (start, end) => {
                let utc = Zone::utc();
                let (from, to) = (start.instant(&utc, Gap::Shift), end.instant(&utc, Gap::Shift));
                let seconds = match skipped(start) {
                    // Only of a series: whenever its other instances are, they last as the clock says.
                    Some(_) => shown_by(start, end).seconds() - start.civil().seconds(),
                    None => to.millis_since(from) / 1_000,
                };
                let fits = (0..=LENGTH_S_MAX).contains(&seconds);
                fits.then_some(Length::Exact(seconds)).ok_or_else(early)
            }
        }
    }
}

/// Where clocks are put forward over a time, the one that they show then.
fn skipped(when: &When) -> Option<Civil> {
    let When::Zoned(civil, zone) = when else { return None };
    let shown = zone.civil(zone.instant(*civil, Gap::Shift));
    (shown > *civil).then_some(shown)
}

/// A time as clocks show it: of one that they skip, that is the one behind.
pub(super) fn as_shown(when: When) -> When {
    match (skipped(&when), when) {
        (Some(civil), When::Zoned(_, zone)) => When::Zoned(civil, zone),
        (_, when) => when,
    }
}

/// What the clock of a start shows at an end, which may be written by another.
fn shown_by(start: &When, end: &When) -> Civil {
    match start.zone() {
        Some(zone) if end.zone() != Some(zone) => zone.civil(end.instant(zone, Gap::Shift)),
        Some(_) | None => end.civil(),
    }
}
