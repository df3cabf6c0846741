//! The credentials of an account that run out: an aggregate of its own, with its own steps. What
//! a step gives is committed before it is acted on, under the condition that nobody came first.

use core::fmt;

use crate::provider::{Failure, FailureClass};
use crate::time::Timestamp;

/// A token is used no more from this long before its end, in milliseconds: clocks differ, and a
/// request is under way for a while.
const EARLY_MS: i64 = 120_000;
/// Who refreshes has this long for it, in milliseconds; then another may.
const LEASE_MS: i64 = 30_000;

/// What a person granted, as tokens. `Debug` shows none.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Grant {
    /// The token that requests bring.
    pub access: String,
    /// The token that others are made from; `None`: when the first has ended, a sign-in is needed.
    pub refresh: Option<String>,
    /// When `access` ends; `None`: nobody knows.
    pub expires: Option<Timestamp>,
    /// The scopes that were granted, parted by spaces, as the provider said them; empty where it
    /// did not.
    pub scopes: String,
    /// Somebody refreshes, and has until this time for it.
    pub leased_until: Option<Timestamp>,
    /// The grant itself was refused: only a sign-in helps.
    pub refused: Option<Refused>,
    /// Claims that the next sign-in must bring.
    pub claims: Option<String>,
}

/// How a grant was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Whether an administrator must allow it first.
    pub consent: bool,
    /// The provider's code.
    pub code: String,
}

/// Tokens that a provider gave.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Tokens {
    /// The token that requests bring.
    pub access: String,
    /// The token that others are made from, where it gave one.
    pub refresh: Option<String>,
    /// When `access` ends, where it said so.
    pub expires: Option<Timestamp>,
    /// The scopes it granted, where it said so.
    pub scopes: Option<String>,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expires, leased_until, refused, .. } = self;
        f.debug_struct("Grant")
            .field("expires", expires)
            .field("leased_until", leased_until)
            .field("refused", refused)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// What is to be done before an account is talked to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Next {
    /// Nothing: its token is good.
    Use,
    /// Commit this, and where nobody came first, ask for new tokens.
    Refresh(Box<Grant>),
    /// Another one refreshes: look again soon, and no later than then.
    Wait(Timestamp),
    /// Nothing helps but a person.
    Stop(Failure),
}

impl Grant {
    /// A grant with its first tokens.
    #[must_use]
    pub fn of(tokens: Tokens) -> Self {
        Self::default().refreshed(tokens)
    }

    /// What is to be done now. `spent`: a token that the provider refused just now.
    pub fn next(&self, spent: Option<&str>, now: Timestamp) -> Next {
        if let Some(refused) = &self.refused {
            return Next::Stop(stopped(refused));
        }
        let usable = !self.access.is_empty() && spent != Some(self.access.as_str());
        let ends =
            |early: i64| self.expires.is_some_and(|at| at.saturating_add_millis(-early) <= now);
        if usable && !ends(EARLY_MS) {
            return Next::Use;
        }
        if let Some(until) = self.leased_until.filter(|until| *until > now) {
            return if usable && !ends(0) { Next::Use } else { Next::Wait(until) };
        }
        if self.refresh.is_none() {
            if usable && !ends(0) {
                return Next::Use;
            }
            let code = "oauth.no-refresh-token".to_owned();
            return Next::Stop(stopped(&Refused { consent: false, code }));
        }
        let leased_until = Some(now.saturating_add_millis(LEASE_MS));
        Next::Refresh(Box::new(Self { leased_until, ..self.clone() }))
    }

    /// The grant with new tokens. A provider that gives no new refresh token keeps the old one.
    #[must_use]
    pub fn refreshed(&self, tokens: Tokens) -> Self {
        Self {
            access: tokens.access,
            refresh: tokens.refresh.or_else(|| self.refresh.clone()),
            expires: tokens.expires,
            scopes: tokens.scopes.unwrap_or_else(|| self.scopes.clone()),
            leased_until: None,
            refused: None,
            claims: None,
        }
    }

    /// The grant after a refresh that failed. What may work later is tried again; what was refused
    /// is not, before a person signs in.
    #[must_use]
    pub fn failed(&self, failure: &Failure) -> Self {
        let consent = match failure.class {
            FailureClass::Consent => Some(true),
            FailureClass::SignIn => Some(false),
            FailureClass::Transient
            | FailureClass::Throttled
            | FailureClass::Quota
            | FailureClass::Unknown
            | FailureClass::Forbidden
            | FailureClass::NotFound
            | FailureClass::CalendarGone
            | FailureClass::CursorLost
            | FailureClass::Stale
            | FailureClass::Taken
            | FailureClass::TooLarge
            | FailureClass::Refused
            | FailureClass::Protocol
            | FailureClass::Unsupported => None,
        };
        let refused = consent.map(|consent| Refused { consent, code: failure.code.clone() });
        let claims = (failure.code == Failure::CLAIMS).then(|| failure.detail.clone());
        Self { leased_until: None, refused, claims, ..self.clone() }
    }

    /// Whether requests may go on with its token, where no other could be got.
    #[must_use]
    pub fn is_alive(&self, spent: Option<&str>, now: Timestamp) -> bool {
        let usable = !self.access.is_empty() && spent != Some(self.access.as_str());
        usable && self.refused.is_none() && self.expires.is_none_or(|at| at > now)
    }
}

fn stopped(refused: &Refused) -> Failure {
    let (class, detail) = if refused.consent {
        (FailureClass::Consent, "an administrator of the organisation must allow it first")
    } else {
        (FailureClass::SignIn, "what was granted is refused: sign in again")
    };
    Failure { class, code: refused.code.clone(), detail: detail.to_owned(), retry_at: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);

    fn after(seconds: i64) -> Timestamp {
        NOW.saturating_add_millis(seconds * 1_000)
    }

    fn tokens(access: &str, refresh: Option<&str>, seconds: i64) -> Tokens {
        let refresh = refresh.map(str::to_owned);
        let (access, expires) = (access.to_owned(), Some(after(seconds)));
        Tokens { access, refresh, expires, scopes: None }
    }

    fn failure(class: FailureClass) -> Failure {
        Failure { class, code: "test".to_owned(), detail: String::new(), retry_at: None }
    }

    fn class(next: &Next) -> Option<FailureClass> {
        match next {
            Next::Stop(failure) => Some(failure.class),
            Next::Use | Next::Refresh(_) | Next::Wait(_) => None,
        }
    }

    #[test]
    fn a_token_is_refreshed_before_it_ends_and_others_go_on_with_it_meanwhile() {
        let grant = Grant::of(tokens("a", Some("r"), 3_600));
        assert_eq!(grant.next(None, after(3_400)), Next::Use);
        let Next::Refresh(leased) = grant.next(None, after(3_500)) else {
            unreachable!("it ends in less than two minutes")
        };
        assert_eq!(leased.next(None, after(3_500)), Next::Use);
        assert_eq!(leased.next(None, after(3_529)), Next::Use);
        let again = leased.next(None, after(3_530));
        assert!(matches!(again, Next::Refresh(_)), "who leased it is gone: {again:?}");
    }

    #[test]
    fn a_refused_token_is_waited_for_where_another_refreshes() {
        let grant = Grant::of(tokens("a", Some("r"), 3_600));
        let Next::Refresh(leased) = grant.next(Some("a"), NOW) else {
            unreachable!("the token is spent")
        };
        assert_eq!(leased.next(Some("a"), NOW), Next::Wait(after(30)));
        let new = leased.refreshed(tokens("b", None, 7_200));
        assert_eq!(new.next(Some("a"), after(1)), Next::Use);
        assert_eq!(new.refresh.as_deref(), Some("r"), "it gave no other");
    }

    #[test]
    fn what_is_refused_stops_and_what_may_work_later_does_not() {
        let grant = Grant::of(tokens("a", Some("r"), 0));
        let later = grant.failed(&failure(FailureClass::Transient));
        assert!(matches!(later.next(None, NOW), Next::Refresh(_)));
        // A wrong client secret is nothing that a person can mend by signing in.
        let later = grant.failed(&failure(FailureClass::Refused));
        assert!(matches!(later.next(None, NOW), Next::Refresh(_)));
        for refused in [FailureClass::SignIn, FailureClass::Consent] {
            let stopped = grant.failed(&failure(refused));
            assert_eq!(class(&stopped.next(None, NOW)), Some(refused));
            let signed_in = stopped.refreshed(tokens("b", None, 3_600));
            assert_eq!(signed_in.next(None, NOW), Next::Use);
        }
    }

    #[test]
    fn a_bare_token_is_used_to_its_end() {
        let tokens = Tokens { access: "a".to_owned(), ..Tokens::default() };
        let bare = Grant::of(tokens);
        assert_eq!(bare.next(None, NOW), Next::Use);
        assert_eq!(class(&bare.next(Some("a"), NOW)), Some(FailureClass::SignIn));
        let ends = Grant { expires: Some(after(60)), ..bare };
        assert_eq!(ends.next(None, after(59)), Next::Use);
        assert_eq!(class(&ends.next(None, after(60))), Some(FailureClass::SignIn));
    }

    #[test]
    fn claims_wait_for_the_next_sign_in() {
        let grant = Grant::of(tokens("a", Some("r"), 3_600));
        let claims = Failure {
            code: Failure::CLAIMS.to_owned(),
            detail: "e30".to_owned(),
            ..failure(FailureClass::SignIn)
        };
        let waiting = grant.failed(&claims);
        assert_eq!(waiting.claims.as_deref(), Some("e30"));
        assert_eq!(waiting.refreshed(tokens("b", None, 1)).claims, None);
    }

    #[test]
    fn printing_shows_no_token() {
        let tokens = tokens("access-1", Some("refresh-1"), 3_600);
        let shown = format!("{tokens:?} {:?}", Grant::of(tokens.clone()));
        assert!(!shown.contains("-1"), "{shown}");
    }
}
