//! How much workers read at once.

use kalends_driver::Limits;

/// How much the workers of a history hold and ask for at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Portions {
    /// So little that objects are read in twos, and most of a listing lies in the store while it
    /// goes on.
    Small,
    /// As much as workers do that nobody told otherwise.
    Usual,
}

impl Portions {
    /// Those of a history that is one of many: small in each fourth row of sixteen.
    #[must_use]
    pub const fn of(seed: u64) -> Self {
        if (seed / 16) % 4 == 1 { Self::Small } else { Self::Usual }
    }

    /// Their name on the command line and in scripts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Usual => "usual",
        }
    }

    /// What a driver may do.
    pub(crate) fn limits(self) -> Limits {
        match self {
            Self::Small => Limits { listing_bytes: 120, wanted_ids: 2, ..Limits::default() },
            Self::Usual => Limits::default(),
        }
    }
}
