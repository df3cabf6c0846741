//! Words of an event that programs read and send.

use clap::ValueEnum;
use kalends::core::event::{Busy, Privacy, Response, Status};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident for $of:ident { $($(#[$word:meta])* $variant:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize, ToSchema,
            JsonSchema,
        )]
        #[serde(rename_all = "kebab-case")]
        pub(crate) enum $name {
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
    StatusWord for Status { Confirmed, Tentative, Cancelled }
    /// How an event fills its owner's time.
    BusyWord for Busy { Free, Tentative, Busy, OutOfOffice, Elsewhere }
    /// Who may see what an event says.
    PrivacyWord for Privacy { Default, Public, Private, Confidential }
    /// The owner's own answer to an invitation.
    ResponseWord for Response { None, Pending, Accepted, Tentative, Declined }
}
