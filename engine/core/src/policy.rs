//! How much of an event an edge may show: the least that edge, person and organisation allow.

use std::collections::BTreeMap;

use crate::event::Privacy;
use crate::graph::{DetailLevel, EdgeOptions, Policy, PolicyOwner};

/// What may be shown. A lattice under [`Disclosure::meet`]; less disclosure is lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Disclosure {
    /// Most detail of ordinary events.
    pub level: DetailLevel,
    /// Most detail of private events.
    pub private_level: DetailLevel,
    /// Whether people are named at full.
    pub people: bool,
    /// Whether the meeting's address is shown at full.
    pub meeting: bool,
}

impl Disclosure {
    /// No limit: the neutral element of [`Disclosure::meet`].
    #[must_use]
    pub const fn top() -> Self {
        Self {
            level: DetailLevel::Full,
            private_level: DetailLevel::Full,
            people: true,
            meeting: true,
        }
    }

    /// What both allow.
    #[must_use]
    pub fn meet(self, other: Self) -> Self {
        Self {
            level: self.level.min(other.level),
            private_level: self.private_level.min(other.private_level),
            people: self.people && other.people,
            meeting: self.meeting && other.meeting,
        }
    }
}

impl From<&EdgeOptions> for Disclosure {
    fn from(edge: &EdgeOptions) -> Self {
        Self {
            level: edge.level,
            private_level: private_level(edge.level, edge.private_grant),
            people: edge.people,
            meeting: edge.meeting,
        }
    }
}

impl From<&Policy> for Disclosure {
    fn from(policy: &Policy) -> Self {
        Self {
            level: policy.level_max,
            private_level: private_level(policy.level_max, policy.private_grants),
            people: policy.people,
            meeting: policy.meeting,
        }
    }
}

/// What an edge may show under all policies.
#[must_use]
pub fn disclosure(edge: &EdgeOptions, policies: &BTreeMap<PolicyOwner, Policy>) -> Disclosure {
    policies.values().map(Disclosure::from).fold(Disclosure::from(edge), Disclosure::meet)
}

/// The level at which an event of this privacy shows.
#[must_use]
pub fn shown(disclosure: &Disclosure, strictest: Privacy) -> DetailLevel {
    if strictest.is_private() {
        disclosure.level.min(disclosure.private_level)
    } else {
        disclosure.level
    }
}

const fn private_level(level: DetailLevel, granted: bool) -> DetailLevel {
    if granted { level } else { DetailLevel::Busy }
}
