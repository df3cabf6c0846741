//! Values that are one string in a form: ids, hashes, times, zones, rules.

use std::fmt::{self, Display, Formatter, Write as _};

use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

use crate::ids::{
    AccountId, CalendarId, EdgeId, EventId, GraphId, MeetingId, MessageId, ProviderId, RunId,
    ScopeId, Version, WatchId,
};
use crate::keys::{Base32Hex, from_base32hex, write_base32hex};
use crate::mirror::PartKey;
use crate::plan::RowKey;
use crate::presence::ContentHash;
use crate::time::{Date, Extra, Length, Rule, Timestamp, When, Zone};

/// A value with one text.
pub(super) trait Text: Sized {
    /// What is expected where the text cannot be read.
    const WHAT: &'static str;

    /// Writes the text.
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result;

    /// Reads what [`Text::write`] wrote.
    fn read(text: &str) -> Option<Self>;

    /// The text, where it is held as one.
    fn held(&self) -> Option<&str> {
        None
    }

    /// Writes the text where most have room.
    fn put(&self, short: &mut Short) -> fmt::Result {
        write!(short, "{}", Shown(self))
    }
}

/// A value as its text.
pub(super) struct Shown<'a, T>(pub(super) &'a T);

impl<T: Text> Display for Shown<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.write(f)
    }
}

/// For `#[serde(with = "text")]`.
pub(super) fn serialize<T: Text, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if let Some(text) = value.held() {
        return serializer.serialize_str(text);
    }
    // Looked through for what is to be escaped once, not piece by piece.
    let mut short = Short { bytes: [0; 96], length: 0 };
    match value.put(&mut short) {
        Ok(()) => serializer.serialize_str(short.text()),
        Err(_) => serializer.collect_str(&Shown(value)),
    }
}

/// Room for most texts: ids, hashes, times and the keys of nearly all rows are shorter.
pub(super) struct Short {
    bytes: [u8; 96],
    length: usize,
}

impl Short {
    fn text(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }

    /// Bytes as base32hex, without the way over a formatter: rows hold hashes by the dozen.
    pub(super) fn base32hex(&mut self, bytes: &[u8]) -> fmt::Result {
        let room = &mut self.bytes[self.length..];
        if bytes.len().div_ceil(5) * 8 > room.len() {
            return Err(fmt::Error);
        }
        self.length += write_base32hex(bytes, room);
        Ok(())
    }
}

impl fmt::Write for Short {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let end = self.length + piece.len();
        let room = self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?;
        room.copy_from_slice(piece.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// For `#[serde(with = "text")]`.
pub(super) fn deserialize<'de, T: Text, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct Reader<T>(core::marker::PhantomData<T>);

    impl<T: Text> Visitor<'_> for Reader<T> {
        type Value = T;

        fn expecting(&self, f: &mut Formatter<'_>) -> core::fmt::Result {
            f.write_str(T::WHAT)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            T::read(text).ok_or_else(|| E::custom(T::WHAT))
        }
    }

    deserializer.deserialize_str(Reader(core::marker::PhantomData))
}

macro_rules! by_text {
    ($($name:ty),*) => {$(
        impl serde::Serialize for super::glue::Ref<'_, $name> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize(self.0, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for super::glue::Own<$name> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserialize(deserializer).map(Self)
            }
        }
    )*};
}

by_text!(
    AccountId,
    CalendarId,
    EdgeId,
    EventId,
    RunId,
    ScopeId,
    ProviderId,
    Version,
    ContentHash,
    When,
    Extra,
    Zone,
    Rule,
    RowKey
);

macro_rules! ids {
    ($($name:ty),*) => {$(
        impl Text for $name {
            const WHAT: &'static str = "an id";

            fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
                self.fmt(f)
            }

            fn read(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}

ids!(
    AccountId, CalendarId, EdgeId, EventId, GraphId, MeetingId, MessageId, RunId, ScopeId, WatchId
);

macro_rules! opaque {
    ($($name:ident),*) => {$(
        impl Text for $name {
            const WHAT: &'static str = "a text";

            fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }

            fn read(text: &str) -> Option<Self> {
                Some(Self(text.to_owned()))
            }

            fn held(&self) -> Option<&str> {
                Some(&self.0)
            }
        }
    )*};
}

opaque!(ProviderId, Version);

/// Base32hex, 52 characters.
impl Text for ContentHash {
    const WHAT: &'static str = "a hash";

    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Base32Hex(&self.0).fmt(f)
    }

    fn read(text: &str) -> Option<Self> {
        Some(Self(from_base32hex(text)?.try_into().ok()?))
    }

    fn put(&self, short: &mut Short) -> fmt::Result {
        short.base32hex(&self.0)
    }
}

/// Bytes of any length, as base32hex.
impl Text for Vec<u8> {
    const WHAT: &'static str = "bytes";

    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Base32Hex(self).fmt(f)
    }

    fn read(text: &str) -> Option<Self> {
        from_base32hex(text)
    }
}

impl Text for Zone {
    const WHAT: &'static str = "a zone";

    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn held(&self) -> Option<&str> {
        Some(self.name())
    }
}

impl Text for Rule {
    const WHAT: &'static str = "a recurrence rule";

    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    fn held(&self) -> Option<&str> {
        Some(self.text())
    }
}

/// `2026-03-01`, `2026-03-01T09:00:00` or `2026-03-01T09:00:00[Europe/Amsterdam]`.
impl Text for When {
    const WHAT: &'static str = "a time";

    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zoned(civil, zone) => {
                civil.fmt(f)?;
                f.write_str("[")?;
                f.write_str(zone.name())?;
                f.write_str("]")
            }
            Self::Floating(civil) => civil.fmt(f),
            Self::Date(date) => date.fmt(f),
        }
    }

    fn read(text: &str) -> Option<Self> {
        if let Some((civil, zone)) = text.split_once('[') {
            let zone = Zone::parse(zone.strip_suffix(']')?)?;
            return Some(Self::Zoned(civil.parse().ok()?, zone));
        }
        match text.parse::<Date>() {
            Ok(date) => Some(Self::Date(date)),
            Err(_) => Some(Self::Floating(text.parse().ok()?)),
        }
    }
}

/// `PT3600S` where it is exact, `P1D` or `P1DT3600S` where it is nominal.
impl Text for Length {
    const WHAT: &'static str = "a length";

    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(seconds) => write!(f, "PT{seconds}S"),
            Self::Nominal { days, seconds: 0 } => write!(f, "P{days}D"),
            Self::Nominal { days, seconds } => write!(f, "P{days}DT{seconds}S"),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('P')?;
        let (days, time) = rest.split_once('T').unwrap_or((rest, "0S"));
        let seconds = time.strip_suffix('S')?.parse().ok()?;
        if days.is_empty() {
            return Some(Self::Exact(seconds));
        }
        Some(Self::Nominal { days: days.strip_suffix('D')?.parse().ok()?, seconds })
    }
}

/// A time, or `time/length`.
impl Text for Extra {
    const WHAT: &'static str = "an added time";

    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(start) => start.write(f),
            Self::Period { start, length } => write!(f, "{}/{}", Shown(start), Shown(length)),
        }
    }

    fn read(text: &str) -> Option<Self> {
        // A zone's name may have a slash too, and ends in a bracket.
        match text.rsplit_once('/').filter(|(_, length)| !length.ends_with(']')) {
            Some((start, length)) => {
                Some(Self::Period { start: When::read(start)?, length: Length::read(length)? })
            }
            None => When::read(text).map(Self::At),
        }
    }
}

/// `whole`, or `override` or `single` with the original start in milliseconds after a colon.
impl Text for PartKey {
    const WHAT: &'static str = "a part";

    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::Override(at) => write!(f, "override:{}", at.as_millis()),
            Self::Single(at) => write!(f, "single:{}", at.as_millis()),
        }
    }

    fn read(text: &str) -> Option<Self> {
        if text == "whole" {
            return Some(Self::Whole);
        }
        let (kind, at) = text.split_once(':')?;
        let at = Timestamp::from_millis(at.parse().ok()?);
        match kind {
            "override" => Some(Self::Override(at)),
            "single" => Some(Self::Single(at)),
            _ => None,
        }
    }
}

/// For `#[serde(with = "millis")]`: a time in milliseconds.
pub(super) mod millis {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Timestamp;

    pub(in crate::wire) fn serialize<S: Serializer>(
        at: &Timestamp,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(at.as_millis())
    }

    pub(in crate::wire) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Timestamp, D::Error> {
        i64::deserialize(deserializer).map(Timestamp::from_millis)
    }
}

super::glue::forms! {
    Timestamp => millis;
}
