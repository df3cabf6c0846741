//! Words of an event that programs send and read.

use kalends_core::event::{Busy, Privacy, Status};
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident for $of:ident { $($(#[$word:meta])* $variant:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$word])* $variant),*
        }

        impl From<$name> for $of {
            fn from(word: $name) -> Self {
                match word { $($name::$variant => Self::$variant),* }
            }
        }

        impl From<$of> for $name {
            fn from(value: $of) -> Self {
                match value { $($of::$variant => Self::$variant),* }
            }
        }
    )*};
}

words! {
    /// Whether an event takes place.
    StatusWord for Status {
        /// It does.
        Confirmed,
        /// It may.
        Tentative,
        /// It does not.
        Cancelled,
    }
    /// How an event fills its owner's time.
    BusyWord for Busy {
        /// Not at all.
        Free,
        /// Perhaps.
        Tentative,
        /// It does.
        Busy,
        /// Its owner is away.
        OutOfOffice,
        /// Its owner works elsewhere.
        Elsewhere,
    }
    /// Who may see what an event says.
    PrivacyWord for Privacy {
        /// Whoever may see the calendar.
        Default,
        /// Everybody.
        Public,
        /// Its owner.
        Private,
        /// Its owner, who wants it known to be so.
        Confidential,
    }
}
