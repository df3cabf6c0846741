//! Ids: opaque to a client, and holding all that is needed to find what they name (3.5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use jiff::civil::Date;

use super::hash;
use super::profile::{Belief, Profile};
use super::state::{Event, State};

const CALENDAR: &str = "AAMkADBi+GM2LWQz/cal";
const IMMUTABLE: &str = "AAkALgAAAAAAHYQDEapmEc2byACqAC/EWg0A";
const MUTABLE: &str = "AAMkAGUx+2YtMzQw/QBG";
const WHOLE: &str = "AAA=";
const EMBEDDING: &str = "AAB=";
const SCRAMBLED: &str = "AAC=";

/// What an id of an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Whole(u64),
    Occurrence(u64, Date),
}

/// Which of the two id spaces a request asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum IdSpace {
    #[default]
    Mutable,
    Immutable,
}

/// The constant id of a calendar.
pub(crate) fn of_calendar(seed: u64, number: u64) -> String {
    format!("{CALENDAR}{}{WHOLE}", encode(&masked(seed, number)))
}

/// The calendar of an id.
pub(crate) fn calendar(seed: u64, id: &str) -> Option<u64> {
    let inner = id.strip_prefix(CALENDAR)?.strip_suffix(WHOLE)?;
    Some(unmasked(seed, decode(inner)?.try_into().ok()?))
}

/// The id of a single event or a master.
pub(crate) fn of_event(seed: u64, number: u64, event: &Event, space: IdSpace) -> String {
    format!("{}{WHOLE}", stem(seed, number, event, space))
}

/// The id of one occurrence of a series, changed or not.
pub(crate) fn of_occurrence(
    (seed, profile): (u64, &Profile),
    number: u64,
    event: &Event,
    date: Date,
    space: IdSpace,
) -> String {
    let space =
        if profile.holds(Belief::OccurrencesAreImmutable) { space } else { IdSpace::Mutable };
    if profile.holds(Belief::OccurrenceIdsEmbedMasters) {
        let stem = stem(seed, number, event, space);
        return format!("{stem}{}{EMBEDDING}", encode(&day(date)));
    }
    let mut octets = place(number, event, space);
    octets.extend(day(date));
    scramble(seed, &mut octets);
    format!("{}{}{SCRAMBLED}", prefix(space), encode(&octets))
}

/// What an id names now. A mutable id dies when its event is moved.
pub(crate) fn find(state: &State, id: &str) -> Option<Named> {
    let (space, rest) = match id.strip_prefix(IMMUTABLE) {
        Some(rest) => (IdSpace::Immutable, rest),
        None => (IdSpace::Mutable, id.strip_prefix(MUTABLE)?),
    };
    let length = match space {
        IdSpace::Immutable => 8,
        IdSpace::Mutable => 20,
    };
    let (place, date) = if let Some(inner) = rest.strip_suffix(WHOLE) {
        (unscrambled(state.seed, inner)?, None)
    } else if let Some(inner) = rest.strip_suffix(EMBEDDING) {
        let (stem, date) = inner.split_at_checked(inner.len().checked_sub(6)?)?;
        (unscrambled(state.seed, stem)?, Some(read_day(&decode(date)?)?))
    } else {
        let mut octets = unscrambled(state.seed, rest.strip_suffix(SCRAMBLED)?)?;
        let date = octets.split_off(octets.len().checked_sub(4)?);
        (octets, Some(read_day(&date)?))
    };
    if place.len() != length {
        return None;
    }
    let number = u64::from_be_bytes(place.get(..8)?.try_into().ok()?);
    let event = state.events.get(&number)?;
    (self::place(number, event, space) == place)
        .then_some(date.map_or(Named::Whole(number), |date| Named::Occurrence(number, date)))
}

/// Whether a text has the form of an event's id at all.
pub(crate) fn is_formed(id: &str) -> bool {
    let known = id.starts_with(IMMUTABLE) || id.starts_with(MUTABLE);
    known && [WHOLE, EMBEDDING, SCRAMBLED].iter().any(|end| id.ends_with(end))
}

const fn prefix(space: IdSpace) -> &'static str {
    match space {
        IdSpace::Mutable => MUTABLE,
        IdSpace::Immutable => IMMUTABLE,
    }
}

fn stem(seed: u64, number: u64, event: &Event, space: IdSpace) -> String {
    let mut octets = place(number, event, space);
    scramble(seed, &mut octets);
    format!("{}{}", prefix(space), encode(&octets))
}

fn place(number: u64, event: &Event, space: IdSpace) -> Vec<u8> {
    let mut octets = number.to_be_bytes().to_vec();
    if space == IdSpace::Mutable {
        octets.extend(event.calendar.to_be_bytes());
        octets.extend(u32::try_from(event.moves).unwrap_or(u32::MAX).to_be_bytes());
    }
    octets
}

fn unscrambled(seed: u64, text: &str) -> Option<Vec<u8>> {
    let mut octets = decode(text)?;
    scramble(seed, &mut octets);
    Some(octets)
}

/// Its own inverse.
fn scramble(seed: u64, octets: &mut [u8]) {
    let mask = hash::digest(&[&seed.to_be_bytes(), b"ids"]);
    octets.iter_mut().zip(mask).for_each(|(octet, mask)| *octet ^= mask);
}

fn masked(seed: u64, number: u64) -> [u8; 8] {
    let mut octets = number.to_be_bytes();
    scramble(seed, &mut octets);
    octets
}

fn unmasked(seed: u64, mut octets: [u8; 8]) -> u64 {
    scramble(seed, &mut octets);
    u64::from_be_bytes(octets)
}

fn day(date: Date) -> [u8; 4] {
    let [high, low] = date.year().to_be_bytes();
    let small = |part: i8| u8::try_from(part).unwrap_or_default();
    [high, low, small(date.month()), small(date.day())]
}

fn read_day(octets: &[u8]) -> Option<Date> {
    let [high, low, month, day] = octets.try_into().ok()?;
    let year = i16::from_be_bytes([high, low]);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn encode(octets: &[u8]) -> String {
    STANDARD_NO_PAD.encode(octets)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(text).ok()
}
