//! One VEVENT, before it is put together with the others of its UID.

use kalends_core::event::Content;
use kalends_recurrence::{Extra, Gap, Rule, RuleError, Timestamp, When, Zone};

use super::content::content;
use super::foreign;
use super::span::{ending, lasting, when, when_of};
use crate::DecodeError;
use crate::syntax::{Clock, Component, Property, clock, duration};
use crate::zones::Zones;

/// One VEVENT.
#[derive(Debug)]
pub(crate) struct Piece {
    /// RECURRENCE-ID, where it is one instance of a series.
    pub(crate) original: Option<When>,
    /// RANGE=THISANDFUTURE.
    pub(crate) this_and_future: bool,
    pub(crate) content: Content,
    pub(crate) recurring: Recurring,
    /// SEQUENCE, LAST-MODIFIED and DTSTAMP: of two that say the same thing, the higher holds.
    pub(crate) revision: (i64, String, String),
    pub(crate) mark: Option<String>,
    pub(crate) foreign: Option<&'static str>,
}

/// What a VEVENT says of its repetition.
#[derive(Debug, Default)]
pub(crate) struct Recurring {
    pub(crate) rules: Vec<Rule>,
    pub(crate) extras: Vec<Extra>,
    pub(crate) excluded: Vec<When>,
}

impl Piece {
    pub(crate) fn read(
        event: &Component<'_>,
        zones: &mut Zones,
        own: &[String],
    ) -> Result<Self, DecodeError> {
        let key = event.property("RECURRENCE-ID");
        let original = key.map(|key| when(key, zones)).transpose()?;
        let value = |name| event.property(name).map(|line| line.value()).unwrap_or_default();
        Ok(Self {
            this_and_future: key.is_some_and(|key| key.has_parameter("RANGE", "THISANDFUTURE")),
            content: content(event, zones, own)?,
            recurring: match original {
                Some(_) => Recurring::default(),
                None => Recurring::read(event, zones)?,
            },
            original,
            revision: (
                value("SEQUENCE").trim().parse().unwrap_or(0),
                value("LAST-MODIFIED"),
                value("DTSTAMP"),
            ),
            mark: event.property(foreign::MARK).map(|mark| mark.value().trim().to_owned()),
            foreign: foreign::product(event),
        })
    }

    /// LAST-MODIFIED, which is in UTC.
    pub(crate) fn changed_at(&self) -> Option<Timestamp> {
        match clock(&self.revision.1)? {
            Clock::Utc(civil) => Some(Zone::utc().instant(civil, Gap::Shift)),
            Clock::Date(_) | Clock::Local(_) | Clock::Offset(..) => None,
        }
    }
}

impl Recurring {
    fn read(event: &Component<'_>, zones: &mut Zones) -> Result<Self, DecodeError> {
        if event.property("EXRULE").is_some() {
            let reason = "replace its EXRULE, which RFC 5545 took away, by EXDATEs";
            return Err(DecodeError::new("ical.exrule", reason));
        }
        let mut found = Self::default();
        for line in event.all("RRULE") {
            found.rules.push(rule(line)?);
        }
        for line in event.all("RDATE") {
            for text in line.value().split(',').filter(|text| !text.trim().is_empty()) {
                found.extras.push(extra_of(line, text, zones)?);
            }
        }
        for line in event.all("EXDATE") {
            for text in line.value().split(',').filter(|text| !text.trim().is_empty()) {
                found.excluded.push(when_of(line, text, zones)?);
            }
        }
        Ok(found)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.extras.is_empty() && self.excluded.is_empty()
    }
}

fn rule(line: &Property<'_>) -> Result<Rule, DecodeError> {
    Rule::parse(line.value().trim()).map_err(|error| {
        let reason = match error {
            RuleError::NoFrequency => "say how often with FREQ in its RRULE".to_owned(),
            RuleError::UnknownPart(_) => "remove the unknown part of its RRULE".to_owned(),
            RuleError::Twice(part) => format!("write {part} only once in its RRULE"),
            RuleError::Value { part, expected, .. } => {
                format!("write {expected} as {part} in its RRULE")
            }
        };
        DecodeError::new("ical.bad-rrule", reason)
    })
}

/// One value of RDATE: a start, or a period with an end or a duration (RFC 5545 section 3.3.9).
pub(crate) fn extra_of(
    line: &Property<'_>,
    text: &str,
    zones: &mut Zones,
) -> Result<Extra, DecodeError> {
    let Some((start, end)) = text.split_once('/') else {
        return Ok(Extra::At(when_of(line, text, zones)?));
    };
    let start = when_of(line, start, zones)?;
    if let Some((days, seconds)) = duration(end) {
        let length = lasting(&start, days, seconds);
        return Ok(Extra::Period { start, length });
    }
    if clock(end).is_none_or(|clock| matches!(clock, Clock::Date(_))) {
        return Err(DecodeError::value("RDATE", "periods such as 20260131T090000Z/PT1H"));
    }
    let length = ending(start.clone(), when_of(line, end, zones)?).length;
    Ok(Extra::Period { start, length })
}
