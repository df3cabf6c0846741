//! What a list of events was asked to leave out, and in which order it wants the rest.

use std::ops::Range;

use jiff::Timestamp;
use serde_json::Value;

use super::calendar::{Calendar, Row};
use super::call::Query;
use super::error::ApiError;
use super::instances::span;
use super::json::{Object, objects, text};
use super::series::Pattern;
use super::time;

/// How far unbounded expansions go, before and after now.
const BACK_SECONDS: i64 = 400 * 86_400;
const AHEAD_SECONDS: i64 = 800 * 86_400;
const DAY: i64 = 86_400;

/// The filters of one query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    min: Option<Timestamp>,
    max: Option<Timestamp>,
    updated_min: Option<Timestamp>,
    single: bool,
    deleted: bool,
    order: Option<String>,
    types: Vec<String>,
    uid: Option<String>,
    words: Option<String>,
    private: Vec<String>,
    shared: Vec<String>,
    original: Option<String>,
    now_ms: i64,
}

impl Filter {
    /// Reads the query; 400 where its parts contradict each other.
    pub(crate) fn of(query: &Query, now_ms: i64) -> Result<Self, ApiError> {
        let owned = |name: &str| query.get(name).map(str::to_owned);
        let all = |name: &str| query.all(name).map(str::to_owned).collect();
        let out = Self {
            min: query.instant("timeMin")?,
            max: query.instant("timeMax")?,
            updated_min: query.instant("updatedMin")?,
            single: query.on("singleEvents"),
            deleted: query.on("showDeleted"),
            order: owned("orderBy"),
            types: all("eventTypes"),
            uid: owned("iCalUID"),
            words: owned("q").map(|words| words.to_lowercase()),
            private: all("privateExtendedProperty"),
            shared: all("sharedExtendedProperty"),
            original: owned("originalStart"),
            now_ms,
        };
        if let (Some(min), Some(max)) = (out.min, out.max)
            && max <= min
        {
            let words = "The specified time range is empty.";
            let refusal = ApiError::new(400, "calendar", "timeRangeEmpty", words);
            return Err(refusal.at("parameter", "timeMax"));
        }
        if out.order.as_deref() == Some("startTime") && !out.single {
            let words = "The requested ordering is not available for the particular query.";
            return Err(ApiError::invalid(words).at("parameter", "orderBy"));
        }
        Ok(out)
    }

    /// The same for instances of a series, as they start.
    #[must_use]
    pub(crate) fn single(self) -> Self {
        Self { single: true, order: Some("startTime".to_owned()), ..self }
    }

    pub(crate) fn expands(&self) -> bool {
        self.single
    }

    pub(crate) fn shows_deleted(&self) -> bool {
        self.deleted
    }

    /// From when to when series are expanded, in seconds; days may lie a day beside.
    pub(crate) fn horizon(&self) -> Range<i64> {
        let now = self.now_ms / 1_000;
        let from = self.min.map_or(now - BACK_SECONDS, |min| min.as_second() - DAY);
        let to = self.max.map_or(now + AHEAD_SECONDS, |max| max.as_second() + DAY);
        from..to.max(from + 1)
    }

    /// Whether an entry belongs into the list; after `since` deletions always do.
    pub(crate) fn takes(&self, row: &Row, calendar: &Calendar, since: Option<u64>) -> bool {
        if row.cancelled {
            let wanted = since.is_some()
                || self.deleted
                || self.updated_min.is_some()
                || (!self.single && !row.bare && row.instance_of.is_some());
            // Of a deleted series nothing is an instance.
            let fits = !(self.single && row.is_master() && since.is_none());
            if !wanted || !fits || (since.is_none() && row.bare) {
                return false;
            }
        }
        self.is_recent(row) && self.in_window(row, calendar) && self.matches(row)
    }

    /// Whether an instance belongs into the answer of events.instances.
    pub(crate) fn takes_instance(&self, row: &Row, calendar: &Calendar) -> bool {
        let wanted = !row.cancelled || self.deleted;
        let original = self.original.as_deref().is_none_or(|text| {
            let key = row.instance_of.as_ref().map(|(_, key)| *key);
            let day = text.parse::<jiff::civil::Date>();
            let asked = time::instant(text).map(|instant| instant.as_second());
            let asked = asked
                .or_else(|| day.ok().map(|day| super::series::key_of(&time::Moment::Day(day))));
            asked == key
        });
        wanted && original && self.in_window(row, calendar)
    }

    /// The place of an entry in the order that was asked for.
    pub(crate) fn key(&self, row: &Row) -> String {
        let start =
            || span(row, &jiff::tz::TimeZone::UTC).map_or(0, |(start, _)| start.as_second());
        let number = match self.order.as_deref() {
            Some("startTime") => start(),
            Some("updated") => row.updated_ms,
            _ => i64::try_from(row.seq).unwrap_or(i64::MAX),
        };
        // Years before 1970 come first.
        format!("{:020}|{}", number.saturating_add(1 << 50), row.id)
    }

    fn is_recent(&self, row: &Row) -> bool {
        self.updated_min.is_none_or(|min| row.updated_ms >= min.as_millisecond())
    }

    fn in_window(&self, row: &Row, calendar: &Calendar) -> bool {
        if self.min.is_none() && self.max.is_none() {
            return true;
        }
        let zone = time::known_zone(&calendar.time_zone);
        let inside = |start: Timestamp, end: Timestamp| {
            self.min.is_none_or(|min| end > min) && self.max.is_none_or(|max| start < max)
        };
        if !row.is_master() {
            return span(row, &zone).is_none_or(|(start, end)| inside(start, end));
        }
        let Ok(Some(pattern)) = Pattern::read(&row.body) else {
            return true;
        };
        let mut times = pattern.within(self.horizon()).into_iter();
        times.any(|one| inside(one.start.instant(&zone), one.end.instant(&zone)))
    }

    fn matches(&self, row: &Row) -> bool {
        let typed = self.types.is_empty() || self.types.iter().any(|kind| kind == row.event_type());
        let uid = self.uid.as_deref().is_none_or(|uid| uid == row.uid);
        let words = self.words.as_deref().is_none_or(|words| mentions(&row.body, words));
        let private = self.private.iter().all(|pair| has_property(&row.body, "private", pair));
        let shared = self.shared.iter().all(|pair| has_property(&row.body, "shared", pair));
        typed && uid && words && private && shared
    }
}

fn mentions(body: &Object, words: &str) -> bool {
    let fields = ["summary", "description", "location"];
    let texts = fields.iter().filter_map(|field| text(body, field));
    let guests = objects(body, "attendees").flat_map(|guest| {
        ["email", "displayName"].into_iter().filter_map(|field| text(guest, field))
    });
    texts.chain(guests).any(|held| held.to_lowercase().contains(words))
}

fn has_property(body: &Object, kind: &str, pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let held = body.get("extendedProperties").and_then(|held| held.get(kind));
    held.and_then(|held| held.get(name)).and_then(Value::as_str) == Some(value)
}
