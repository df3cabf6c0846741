//! Who was asked how often, so that it is somebody else's turn.

use std::collections::BTreeMap;

/// How often each of a group filled a role. What is common to all is left away, and nobody's
/// burden grows above [`Fairness::POINTS_MAX`]: an old history never outweighs a hard reason.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fairness<K: Ord>(BTreeMap<K, u16>);

impl<K: Ord> Fairness<K> {
    /// The most points of a burden.
    pub const POINTS_MAX: u16 = 100;
    const POINTS_EACH: u16 = 10;

    /// A group in which nobody was asked yet.
    #[must_use]
    pub fn of(group: impl IntoIterator<Item = K>) -> Self {
        Self(group.into_iter().map(|who| (who, 0)).collect())
    }

    /// Counts that somebody of the group filled a role; others are passed over.
    pub fn chose(&mut self, who: &K) {
        let Some(times) = self.0.get_mut(who) else { return };
        *times = (*times + 1).min(Self::POINTS_MAX / Self::POINTS_EACH);
        let common = self.0.values().copied().min().unwrap_or(0);
        self.0.values_mut().for_each(|times| *times -= common);
    }

    /// The burden of somebody, in points; 0 for those not of the group.
    #[must_use]
    pub fn burden(&self, who: &K) -> u16 {
        self.0.get(who).map_or(0, |times| times * Self::POINTS_EACH)
    }
}
