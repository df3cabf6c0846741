//! When people have time, how they want to work, and what is held for them.

use kalends::core::availability::WorkingHours;
use kalends::core::schedule::{Hold, Hours, Stretch};
use serde::Serialize;
use utoipa::ToSchema;

/// When the person has time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Availability {
    /// The zone that days and local times were read in.
    pub(crate) zone: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) working_hours: Vec<HoursView>,
    /// The whole time, without gaps.
    pub(crate) stretches: Vec<StretchView>,
}

/// Working hours.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoursView {
    /// Whose clock; none: that of the place where the person is.
    pub(crate) zone: Option<String>,
    /// Monday is bit 0.
    pub(crate) days: u8,
    pub(crate) from_minute: u16,
    pub(crate) to_minute: u16,
}

/// Working hours of somebody who takes part.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TheirHours {
    /// Whose; `you`: of the person themselves.
    pub(crate) of: String,
    #[serde(flatten)]
    pub(crate) hours: HoursView,
}

/// A time in which nothing changes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StretchView {
    pub(crate) start: String,
    pub(crate) end: String,
    /// How likely the time is free, of a thousand.
    pub(crate) free_permille: u16,
    /// What speaks against it, as codes.
    pub(crate) why: Vec<&'static str>,
}

/// When there is time, and nothing of why not: what anybody may be shown. So there are no working
/// hours either: beside them, what is not offered inside of them would be known to be taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FreeTime {
    pub(crate) free: Vec<TimeView>,
}

/// A time: RFC 3339 in UTC, the end exclusive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimeView {
    pub(crate) start: String,
    pub(crate) end: String,
}

/// The best times for a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Proposals {
    pub(crate) zone: String,
    /// Whether all ways were looked at.
    pub(crate) proven: bool,
    /// Of those who take part, as far as they are known.
    pub(crate) working_hours: Vec<TheirHours>,
    pub(crate) proposals: Vec<ProposalView>,
    /// Of whom nobody says when they have time.
    pub(crate) unknown: Vec<UnknownView>,
}

/// A time for a meeting, or for each of a row of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalView {
    pub(crate) meetings: Vec<TimeView>,
    pub(crate) who: Vec<String>,
    pub(crate) score: i64,
    /// What the score is made of.
    pub(crate) points: Vec<PointView>,
}

/// A part of a score.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PointView {
    pub(crate) why: &'static str,
    /// Whose.
    pub(crate) of: String,
    pub(crate) points: i64,
}

/// Somebody of whom nobody says when they have time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnknownView {
    pub(crate) of: String,
    /// Why.
    pub(crate) code: String,
}

/// How the person wants to work.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RulesView {
    pub(crate) rules: Vec<RuleView>,
}

/// One rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleView {
    pub(crate) id: String,
    /// `home`, `hours`, `trip`, ...
    pub(crate) kind: &'static str,
    /// In words.
    pub(crate) says: String,
}

/// What is not there any more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gone {
    /// Its id.
    pub(crate) removed: String,
}

/// Times that are held.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Holds {
    pub(crate) holds: Vec<HoldView>,
}

/// A time that is held.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoldView {
    pub(crate) id: String,
    /// The tentative event in the calendar own/main.
    pub(crate) event: String,
    pub(crate) start: String,
    pub(crate) end: String,
    /// Until when.
    pub(crate) expires: String,
}

/// A hold that was let go.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Released {
    pub(crate) released: String,
}

/// A hold that became an event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Converted {
    pub(crate) converted: String,
    pub(crate) event: String,
}

impl HoursView {
    pub(crate) fn of(hours: &Hours) -> Self {
        Self {
            zone: hours.zone.as_ref().map(ToString::to_string),
            days: hours.days.0,
            from_minute: hours.minutes.start,
            to_minute: hours.minutes.end,
        }
    }

    /// As a provider tells them.
    pub(crate) fn told(hours: &WorkingHours) -> Self {
        Self {
            zone: Some(hours.zone.to_string()),
            days: hours.days.iter().fold(0, |days, day| days | 1 << day.index()),
            from_minute: hours.from_minute,
            to_minute: hours.to_minute,
        }
    }
}

impl StretchView {
    pub(crate) fn of(one: &Stretch) -> Self {
        Self {
            start: one.range.start.to_string(),
            end: one.range.end.to_string(),
            free_permille: one.free_permille,
            why: one.why.iter().map(|why| why.code()).collect(),
        }
    }
}

impl HoldView {
    pub(crate) fn of(hold: &Hold) -> Self {
        Self {
            id: hold.id.to_string(),
            event: hold.event.to_string(),
            start: hold.range.start.to_string(),
            end: hold.range.end.to_string(),
            expires: hold.expires.to_string(),
        }
    }
}

/// What holds for all edges of a person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Settings {
    /// The zone of the place where the person is when not on a trip.
    pub(crate) home: String,
    /// The most that edges may show, as the person says.
    pub(crate) person: CeilingView,
    /// As their organisation says; the least of both counts.
    pub(crate) organization: CeilingView,
}

/// The most that edges may show.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CeilingView {
    /// `busy`, `title` or `full`.
    pub(crate) detail_max: &'static str,
    /// Whether an edge may show private events as others.
    pub(crate) private_grants: bool,
    /// Whether people may be named at full.
    pub(crate) people: bool,
    /// Whether a meeting's address may be shown at full.
    pub(crate) meeting: bool,
}
