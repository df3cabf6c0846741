//! The forms of rules, holds and sessions.

use core::ops::Range;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::glue::{Own, Ref, is_default};
use crate::ids::{GraphId, HoldId, SessionId};
use crate::schedule::propose::Taste;
use crate::schedule::{
    Asked, Hold, Hours, Limits, Override, Rule, Said, Session, SessionState, Sought, Tier, Trip,
    Weekdays, Why,
};
use crate::time::{Date, Timestamp, Zone};

type Minutes = (u16, u16);
type Span = (i64, i64);

/// A rule is an enum, and every form is an object with room for the version.
#[derive(Serialize, Deserialize)]
struct RuleRowForm {
    #[serde(rename = "r")]
    rule: RuleForm,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RuleForm {
    Home(String),
    Hours(HoursForm),
    Day(String, Vec<Minutes>),
    Trip(TripForm),
    Buffers(i64, i64),
    Notice(i64),
    Horizon(i64),
    Focus(HoursForm),
    Limits(Option<i64>, Option<i64>),
    Milestone(String),
    Override(Span, bool),
    Taste(u8, Minutes, i32),
    Vip(String, Vec<String>),
    Consent(String, String),
}

#[derive(Serialize, Deserialize)]
struct HoursForm {
    #[serde(rename = "z", default, skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    #[serde(rename = "d")]
    days: u8,
    #[serde(rename = "m")]
    minutes: Minutes,
}

#[derive(Serialize, Deserialize)]
struct TripForm {
    #[serde(rename = "t")]
    span: Span,
    #[serde(rename = "z")]
    zone: String,
    #[serde(rename = "b", default, skip_serializing_if = "is_default")]
    blocks: bool,
    #[serde(rename = "n", default, skip_serializing_if = "is_default")]
    name: String,
}

#[derive(Serialize, Deserialize)]
struct HoldForm {
    #[serde(rename = "e")]
    event: String,
    #[serde(rename = "t")]
    span: Span,
    #[serde(rename = "x")]
    expires: i64,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    meeting: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct SessionForm {
    #[serde(rename = "s")]
    state: String,
    #[serde(rename = "t")]
    span: Span,
    #[serde(rename = "l")]
    length_ms: i64,
    #[serde(rename = "g")]
    grid_minutes: u16,
    #[serde(rename = "z")]
    zone: String,
    #[serde(rename = "n", default, skip_serializing_if = "is_default")]
    title: String,
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    guests: Vec<AskedForm>,
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<i64>,
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    hold: Option<String>,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    meeting: Option<String>,
    #[serde(rename = "k", default, skip_serializing_if = "is_default")]
    attempts: u32,
    #[serde(rename = "x")]
    expires: i64,
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    ended: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct AskedForm {
    #[serde(rename = "i")]
    graph: String,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    taken: Option<Vec<Span>>,
    #[serde(rename = "d", default, skip_serializing_if = "is_default")]
    denied: bool,
}

macro_rules! by_form {
    ($($row:ty => $form:ty, $what:literal;)*) => {$(
        impl Serialize for Ref<'_, $row> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                <$form>::from(self.0).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for Own<$row> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let form = <$form>::deserialize(deserializer)?;
                form.read().map(Self).ok_or_else(|| D::Error::custom($what))
            }
        }
    )*};
}

by_form! {
    Rule => RuleRowForm, "a rule";
    Hold => HoldForm, "a hold";
    Session => SessionForm, "a session";
}

pub(super) const fn span(range: &Range<Timestamp>) -> Span {
    (range.start.as_millis(), range.end.as_millis())
}

pub(super) const fn range((from, to): Span) -> Range<Timestamp> {
    Timestamp::from_millis(from)..Timestamp::from_millis(to)
}

const fn of_day(minutes: &Range<u16>) -> Minutes {
    (minutes.start, minutes.end)
}

impl From<&Hours> for HoursForm {
    fn from(hours: &Hours) -> Self {
        let zone = hours.zone.as_ref().map(ToString::to_string);
        Self { zone, days: hours.days.0, minutes: of_day(&hours.minutes) }
    }
}

impl HoursForm {
    fn read(self) -> Option<Hours> {
        let zone = match self.zone {
            Some(name) => Some(Zone::resolve(&name)?),
            None => None,
        };
        let minutes = self.minutes.0..self.minutes.1;
        Some(Hours { zone, days: Weekdays(self.days), minutes })
    }
}

impl From<&Rule> for RuleRowForm {
    fn from(rule: &Rule) -> Self {
        let rule = match rule {
            Rule::Home(zone) => RuleForm::Home(zone.to_string()),
            Rule::Hours(hours) => RuleForm::Hours(hours.into()),
            Rule::Day(date, parts) => {
                RuleForm::Day(date.to_string(), parts.iter().map(of_day).collect())
            }
            Rule::Trip(trip, name) => RuleForm::Trip(TripForm {
                span: span(&trip.range),
                zone: trip.zone.to_string(),
                blocks: trip.blocks,
                name: name.clone(),
            }),
            Rule::Buffers(before, after) => RuleForm::Buffers(*before, *after),
            Rule::Notice(ms) => RuleForm::Notice(*ms),
            Rule::Horizon(ms) => RuleForm::Horizon(*ms),
            Rule::Focus(hours) => RuleForm::Focus(hours.into()),
            Rule::Limits(limits) => RuleForm::Limits(limits.day_ms, limits.week_ms),
            Rule::Milestone(date) => RuleForm::Milestone(date.to_string()),
            Rule::Override(one) => RuleForm::Override(span(&one.range), one.open),
            Rule::Taste(taste) => {
                RuleForm::Taste(taste.days.0, of_day(&taste.minutes), taste.points)
            }
            Rule::Vip(who, waived) => {
                RuleForm::Vip(who.clone(), waived.iter().map(|why| why.code().to_owned()).collect())
            }
            Rule::Consent(graph, tier) => {
                RuleForm::Consent(graph.to_string(), tier.code().to_owned())
            }
        };
        Self { rule }
    }
}

impl RuleRowForm {
    fn read(self) -> Option<Rule> {
        let date = |text: &str| text.parse::<Date>().ok();
        Some(match self.rule {
            RuleForm::Home(zone) => Rule::Home(Zone::resolve(&zone)?),
            RuleForm::Hours(hours) => Rule::Hours(hours.read()?),
            RuleForm::Day(day, parts) => {
                Rule::Day(date(&day)?, parts.into_iter().map(|(from, to)| from..to).collect())
            }
            RuleForm::Trip(trip) => {
                let zone = Zone::resolve(&trip.zone)?;
                Rule::Trip(Trip { range: range(trip.span), zone, blocks: trip.blocks }, trip.name)
            }
            RuleForm::Buffers(before, after) => Rule::Buffers(before, after),
            RuleForm::Notice(ms) => Rule::Notice(ms),
            RuleForm::Horizon(ms) => Rule::Horizon(ms),
            RuleForm::Focus(hours) => Rule::Focus(hours.read()?),
            RuleForm::Limits(day_ms, week_ms) => Rule::Limits(Limits { day_ms, week_ms }),
            RuleForm::Milestone(day) => Rule::Milestone(date(&day)?),
            RuleForm::Override(span, open) => Rule::Override(Override { range: range(span), open }),
            RuleForm::Taste(days, (from, to), points) => {
                Rule::Taste(Taste { days: Weekdays(days), minutes: from..to, points })
            }
            RuleForm::Vip(who, codes) => {
                let why = |code: &String| Why::ALL.into_iter().find(|why| why.code() == code);
                Rule::Vip(who, codes.iter().map(why).collect::<Option<_>>()?)
            }
            RuleForm::Consent(graph, code) => {
                let tiers = [Tier::Ask, Tier::Book, Tier::Waive];
                let tier = tiers.into_iter().find(|tier| tier.code() == code)?;
                Rule::Consent(graph.parse().ok()?, tier)
            }
        })
    }
}

impl From<&Hold> for HoldForm {
    fn from(hold: &Hold) -> Self {
        Self {
            event: hold.event.to_string(),
            span: span(&hold.range),
            expires: hold.expires.as_millis(),
            meeting: hold.meeting.map(|id| id.to_string()),
        }
    }
}

impl HoldForm {
    fn read(self) -> Option<Hold> {
        Some(Hold {
            id: HoldId::from_bytes([0; 16]),
            event: self.event.parse().ok()?,
            range: range(self.span),
            expires: Timestamp::from_millis(self.expires),
            meeting: read_maybe(self.meeting)?,
        })
    }
}

/// `None` where there is a text that cannot be read.
fn read_maybe<T: core::str::FromStr>(text: Option<String>) -> Option<Option<T>> {
    text.map_or(Some(None), |text| text.parse().ok().map(Some))
}

impl From<&Session> for SessionForm {
    fn from(session: &Session) -> Self {
        let wish = &session.wish;
        Self {
            state: session.state.code().to_owned(),
            span: span(&wish.range),
            length_ms: wish.length_ms,
            grid_minutes: wish.grid_minutes,
            zone: wish.zone.to_string(),
            title: session.title.clone(),
            guests: session.guests.iter().map(AskedForm::from).collect(),
            candidates: session.candidates.iter().map(|at| at.as_millis()).collect(),
            hold: session.hold.map(|id| id.to_string()),
            meeting: session.meeting.map(|id| id.to_string()),
            attempts: session.attempts,
            expires: session.expires.as_millis(),
            ended: session.ended.map(Timestamp::as_millis),
        }
    }
}

impl SessionForm {
    fn read(self) -> Option<Session> {
        let all = [
            SessionState::Open,
            SessionState::Candidates,
            SessionState::Held,
            SessionState::Committed,
            SessionState::Cancelled,
            SessionState::Expired,
        ];
        Some(Session {
            id: SessionId::from_bytes([0; 16]),
            state: all.into_iter().find(|state| state.code() == self.state)?,
            wish: Sought {
                range: range(self.span),
                length_ms: self.length_ms,
                grid_minutes: self.grid_minutes,
                zone: Zone::resolve(&self.zone)?,
            },
            title: self.title,
            guests: self.guests.into_iter().map(AskedForm::read).collect::<Option<_>>()?,
            candidates: self.candidates.into_iter().map(Timestamp::from_millis).collect(),
            hold: read_maybe(self.hold)?,
            meeting: read_maybe(self.meeting)?,
            attempts: self.attempts,
            expires: Timestamp::from_millis(self.expires),
            ended: self.ended.map(Timestamp::from_millis),
        })
    }
}

impl From<&Asked> for AskedForm {
    fn from(asked: &Asked) -> Self {
        let (taken, denied) = match &asked.said {
            Some(Said::Taken(ranges)) => (Some(ranges.iter().map(span).collect()), false),
            Some(Said::Denied) => (None, true),
            None => (None, false),
        };
        Self { graph: asked.graph.to_string(), taken, denied }
    }
}

impl AskedForm {
    fn read(self) -> Option<Asked> {
        let graph: GraphId = self.graph.parse().ok()?;
        let said = match (self.taken, self.denied) {
            (_, true) => Some(Said::Denied),
            (Some(spans), false) => Some(Said::Taken(spans.into_iter().map(range).collect())),
            (None, false) => None,
        };
        Some(Asked { graph, said })
    }
}
