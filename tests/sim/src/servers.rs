//! What CalDAV servers a history has: how they behave, and how they fail.

use kalends_testkit::caldav_sim::Profile;

use crate::caldav::CaldavSite;
use crate::life::Depth;

/// The CalDAV server of a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Servers {
    /// It does as the RFCs say, and fails in the usual ways.
    Plain,
    /// It does as the RFCs say, and fails in all ways that end by themselves.
    Rare,
    /// The same, and fails in ways that few servers know, which end by themselves too.
    More,
    /// It has the habits of a server that people have, by its number among those that are known, and
    /// fails in the usual ways.
    Habits(usize),
}

/// A server's habits.
type Habit = fn() -> Profile;

/// Xandikos behind a front that knows its users: by itself it is one person's.
fn xandikos() -> Profile {
    let mut profile = Profile::xandikos();
    profile.access.anonymous = Profile::plain().access.anonymous;
    profile
}

impl Servers {
    /// The habits that servers have, but for two that hide what happened until more happens, or a week
    /// has passed: SOGo gives each new object the same version, also where another one lay
    /// under its name; DAViCal answers a token that it lost with all that is there, and where all of that is
    /// new, nothing shows that something else went.
    const HABITS: [Habit; 6] = [
        Profile::radicale,
        Profile::sabre,
        Profile::no_sync,
        Profile::bare,
        Profile::cyrus,
        xandikos,
    ];

    /// All of them.
    pub(crate) const ALL: [Self; 9] = [
        Self::Plain,
        Self::Rare,
        Self::More,
        Self::Habits(0),
        Self::Habits(1),
        Self::Habits(2),
        Self::Habits(3),
        Self::Habits(4),
        Self::Habits(5),
    ];

    /// The one of a history that is one of many: of five in a row of sixteen, two are plain, one is
    /// rare, and two have habits, each in its turn; of every fourth of the second plain ones the server fails
    /// in more ways still.
    #[must_use]
    pub fn of(depth: Depth, seed: u64) -> Self {
        let turn = seed / 16;
        match (depth, turn % 5) {
            (Depth::Wire, 1) if turn / 5 % 4 == 1 => Self::More,
            (Depth::Wire, 2) => Self::Rare,
            (Depth::Wire, 3 | 4) => {
                let nth = turn / 5 * 2 + turn % 5 - 3;
                Self::Habits((nth % Self::HABITS.len() as u64) as usize)
            }
            (Depth::Wire | Depth::Values | Depth::Google | Depth::Graph | Depth::All, _) => {
                Self::Plain
            }
        }
    }

    /// Its name on the command line and in scripts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Rare => "rare",
            Self::More => "more",
            Self::Habits(at) => Self::HABITS[at]().name,
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// How it behaves.
    pub(crate) fn profile(self) -> Profile {
        match self {
            Self::Plain | Self::Rare | Self::More => Profile::plain(),
            Self::Habits(at) => Self::HABITS[at](),
        }
    }

    /// The server.
    pub(crate) fn site(self, seed: u64) -> CaldavSite {
        CaldavSite::failing(self.profile(), seed, self == Self::More)
    }

    /// Whether it fails in other ways than the usual.
    pub(crate) fn fails_rarely(self) -> bool {
        matches!(self, Self::Rare | Self::More)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Catches a server that no kind of history ever meets, be the network slow or not.
    #[test]
    fn each_server_has_its_share_of_every_kind_of_history() {
        let mut met: BTreeMap<(Servers, u64), u64> = BTreeMap::new();
        for seed in 0..16 * 5 * 12 {
            *met.entry((Servers::of(Depth::Wire, seed), seed % 16)).or_default() += 1;
            assert_eq!(Servers::of(Depth::Values, seed), Servers::Plain);
        }
        for kind in 0..16 {
            assert_eq!(met[&(Servers::Plain, kind)], 21);
            assert_eq!(met[&(Servers::Rare, kind)], 12);
            assert_eq!(met[&(Servers::More, kind)], 3);
            for at in 0..Servers::HABITS.len() {
                assert_eq!(met[&(Servers::Habits(at), kind)], 4, "{at}");
            }
        }
    }

    #[test]
    fn each_server_is_found_by_its_name() {
        for one in Servers::ALL {
            assert_eq!(Servers::named(one.name()), Some(one));
        }
        assert_eq!(Servers::ALL.len(), Servers::HABITS.len() + 3);
        assert_eq!(Servers::HABITS.len() + 3, Profile::all().len(), "three are none of them");
        assert_eq!(Servers::named("another"), None);
    }
}
