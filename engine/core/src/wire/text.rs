//! Values that are one string in a form: ids, hashes, times, zones, rules.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

use crate::ids::{
    AccountId, CalendarId, EdgeId, EventId, GraphId, MeetingId, MessageId, ProviderId, RunId,
    ScopeId, Version, WatchId,
};
use crate::keys::{base32hex, from_base32hex};
use crate::mirror::PartKey;
use crate::presence::ContentHash;
use crate::time::{Date, Extra, Length, Rule, Timestamp, When, Zone};

/// A value with one text.
pub(super) trait Text: Sized {
    /// What is expected where the text cannot be read.
    const WHAT: &'static str;

    /// The text.
    fn text(&self) -> Cow<'_, str>;

    /// Reads what [`Text::text`] gave.
    fn read(text: &str) -> Option<Self>;
}

/// For `#[serde(with = "text")]`.
pub(super) fn serialize<T: Text, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.text())
}

/// For `#[serde(with = "text")]`.
pub(super) fn deserialize<'de, T: Text, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct Reader<T>(core::marker::PhantomData<T>);

    impl<T: Text> Visitor<'_> for Reader<T> {
        type Value = T;

        fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
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
    Rule
);

macro_rules! ids {
    ($($name:ty),*) => {$(
        impl Text for $name {
            const WHAT: &'static str = "an id";

            fn text(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
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

            fn text(&self) -> Cow<'_, str> {
                Cow::Borrowed(&self.0)
            }

            fn read(text: &str) -> Option<Self> {
                Some(Self(text.to_owned()))
            }
        }
    )*};
}

opaque!(ProviderId, Version);

/// Base32hex, 52 characters.
impl Text for ContentHash {
    const WHAT: &'static str = "a hash";

    fn text(&self) -> Cow<'_, str> {
        Cow::Owned(base32hex(&self.0))
    }

    fn read(text: &str) -> Option<Self> {
        Some(Self(from_base32hex(text)?.try_into().ok()?))
    }
}

/// Bytes of any length, as base32hex.
impl Text for Vec<u8> {
    const WHAT: &'static str = "bytes";

    fn text(&self) -> Cow<'_, str> {
        Cow::Owned(base32hex(self))
    }

    fn read(text: &str) -> Option<Self> {
        from_base32hex(text)
    }
}

impl Text for Zone {
    const WHAT: &'static str = "a zone";

    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.name())
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Text for Rule {
    const WHAT: &'static str = "a recurrence rule";

    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(Self::text(self))
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

/// `2026-03-01`, `2026-03-01T09:00:00` or `2026-03-01T09:00:00[Europe/Amsterdam]`.
impl Text for When {
    const WHAT: &'static str = "a time";

    fn text(&self) -> Cow<'_, str> {
        let mut out = String::with_capacity(40);
        // Writing to a string cannot fail.
        let _ = match self {
            Self::Zoned(civil, zone) => write!(out, "{civil}[{}]", zone.name()),
            Self::Floating(civil) => write!(out, "{civil}"),
            Self::Date(date) => write!(out, "{date}"),
        };
        Cow::Owned(out)
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

    fn text(&self) -> Cow<'_, str> {
        Cow::Owned(match self {
            Self::Exact(seconds) => format!("PT{seconds}S"),
            Self::Nominal { days, seconds: 0 } => format!("P{days}D"),
            Self::Nominal { days, seconds } => format!("P{days}DT{seconds}S"),
        })
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

    fn text(&self) -> Cow<'_, str> {
        match self {
            Self::At(start) => start.text(),
            Self::Period { start, length } => {
                Cow::Owned(format!("{}/{}", start.text(), length.text()))
            }
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

    fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Whole => Cow::Borrowed("whole"),
            Self::Override(at) => Cow::Owned(format!("override:{}", at.as_millis())),
            Self::Single(at) => Cow::Owned(format!("single:{}", at.as_millis())),
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
