//! How one conversation signs its requests, and what it makes of a refusal.

use kalends_core::ids::StepSeed;
use kalends_core::ports::{Credential, HttpHead};
use kalends_core::provider::{Failure, FailureClass};
use kalends_core::time::Timestamp;

use crate::auth::{authorization, is_private, offers};
use crate::digest::{DigestAnswers, DigestChallenge};
use crate::status::{Intent, status_failure};
use crate::url::{Scheme, Url};

/// Challenges answered for one request: the first, and one because its nonce was stale.
const ANSWERS_MAX: u8 = 2;

/// How a request is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signed {
    /// Not at all.
    No,
    /// With the credential itself.
    Openly,
    /// With an answer to a Digest challenge.
    Digest,
}

/// What follows a 401.
#[derive(Debug)]
pub(crate) enum Reaction {
    /// Send it again with the credential itself.
    SignOpenly,
    /// Answer this, with what the host draws.
    Answer(Box<DigestChallenge>),
    /// It is refused.
    Refused(Failure),
}

/// The credential of a conversation, and the challenge it answers.
#[derive(Debug)]
pub(crate) struct Signer {
    credential: Credential,
    /// The site whose challenge it is, and the answers to it.
    answers: Option<(String, DigestAnswers)>,
}

impl Signer {
    pub(crate) const fn new(credential: Credential) -> Self {
        Self { credential, answers: None }
    }

    /// Whether there is nothing to show to anyone.
    pub(crate) fn is_nobody(&self) -> bool {
        self.credential == Credential::None
    }

    /// How a request there is signed before it is asked for: by the challenge that is known, else
    /// openly where nobody can read it on the way.
    pub(crate) fn ahead(&self, url: &Url) -> Signed {
        if self.answers.as_ref().is_some_and(|(site, _)| *site == url.origin()) {
            Signed::Digest
        } else if is_private(url) {
            Signed::Openly
        } else {
            Signed::No
        }
    }

    /// How a request goes on that was redirected: a challenge counts at its own site only.
    pub(crate) fn moved(&self, signed: Signed, url: &Url) -> Signed {
        match signed {
            Signed::Digest => self.ahead(url),
            Signed::No | Signed::Openly => signed,
        }
    }

    /// The value of `Authorization`.
    pub(crate) fn value(&mut self, signed: Signed, method: &str, url: &Url) -> Option<String> {
        match signed {
            Signed::No => None,
            Signed::Openly => authorization(&self.credential),
            Signed::Digest => {
                let who = name_and_password(&self.credential)?;
                let (_, answers) = self.answers.as_mut()?;
                let whole = url.to_string();
                let target = whole.strip_prefix(&url.origin()).unwrap_or(&whole);
                Some(answers.authorization(who, method, target))
            }
        }
    }

    /// What to do about a 401 to a request that was signed like this, after so many answers to
    /// challenges.
    pub(crate) fn react(
        &self,
        (signed, answered): (Signed, u8),
        url: &Url,
        head: &HttpHead,
        now: Timestamp,
    ) -> Reaction {
        let asked = offers(head);
        let refused = || Reaction::Refused(status_failure(head, Intent::Read, now));
        if url.scheme() == Scheme::File || self.is_nobody() {
            return refused();
        }
        let challenge =
            DigestChallenge::of(head).filter(|_| name_and_password(&self.credential).is_some());
        match (challenge, signed) {
            (Some(challenge), Signed::Digest) => {
                // A nonce of an earlier request may have run out, also where the server does not
                // call it stale; one just given that is refused means the password.
                let may = answered == 0 || (challenge.is_stale() && answered < ANSWERS_MAX);
                let again = self.answers.as_ref().is_some_and(|(_, a)| a.answered(&challenge));
                if may && !again { Reaction::Answer(Box::new(challenge)) } else { refused() }
            }
            (Some(challenge), Signed::No) => Reaction::Answer(Box::new(challenge)),
            (Some(challenge), Signed::Openly)
                if !asked.basic || authorization(&self.credential).is_none() =>
            {
                Reaction::Answer(Box::new(challenge))
            }
            (None, Signed::No) if self.is_asked_openly(head) => Reaction::SignOpenly,
            (None, _) if asked.digest && !asked.basic && !asked.bearer => {
                Reaction::Refused(unknown_digest())
            }
            (Some(_), Signed::Openly) | (None, Signed::No | Signed::Openly | Signed::Digest) => {
                refused()
            }
        }
    }

    /// Takes the challenge that is answered from now on.
    pub(crate) fn answer(&mut self, url: &Url, challenge: DigestChallenge, drawn: &StepSeed) {
        self.answers = Some((url.origin(), DigestAnswers::new(challenge, drawn)));
    }

    fn is_asked_openly(&self, head: &HttpHead) -> bool {
        let asked = offers(head);
        match &self.credential {
            Credential::Basic { .. } => asked.basic,
            Credential::Bearer(_) => asked.bearer,
            Credential::Digest { .. } | Credential::None => false,
        }
    }
}

fn name_and_password(credential: &Credential) -> Option<(&str, &str)> {
    match credential {
        Credential::Basic { user, password } | Credential::Digest { user, password } => {
            Some((user, password))
        }
        Credential::Bearer(_) | Credential::None => None,
    }
}

fn unknown_digest() -> Failure {
    Failure {
        class: FailureClass::Unsupported,
        code: "http.digest".to_owned(),
        detail: "the server asks for a kind of Digest that is not known here: switch it to Basic \
                 over TLS, or to Digest with SHA-256"
            .to_owned(),
        retry_at: None,
    }
}
