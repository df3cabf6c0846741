//! What changes on the service before a request is answered.

use super::super::cursors;
use super::super::state::State;

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorldFault {
    /// All tokens of delta rounds die (G6).
    TokensDie,
    /// Every access token runs out.
    AccessExpires,
    /// Tokens of everyone are refused until they sign in with claims (G4).
    ClaimsDemanded,
    /// All grants are revoked.
    GrantsRevoked,
    /// The administrator has to consent first.
    AdminNeeded,
    /// Nobody has a cloud mailbox any more (3.14).
    MailboxesGone,
}

impl WorldFault {
    pub(crate) fn apply(self, state: &mut State) {
        match self {
            Self::TokensDie => cursors::expire(state, None),
            Self::AccessExpires => state.accounts.access.clear(),
            Self::ClaimsDemanded => {
                state.accounts.challenged = state.users.keys().copied().collect();
            }
            Self::GrantsRevoked => {
                for refresh in state.accounts.refresh.values_mut() {
                    refresh.is_revoked = true;
                }
                state.accounts.access.clear();
            }
            Self::AdminNeeded => state.accounts.needs_admin = true,
            Self::MailboxesGone => {
                for user in state.users.values_mut() {
                    user.has_mailbox = false;
                }
            }
        }
    }
}
