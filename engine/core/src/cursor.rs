//! How far a graph has been read, and what holds it up. Cursors, runs and health are operational;
//! reviews of held deletions are recorded.

use crate::ids::{AccountId, CalendarId, ProviderId, RunId, ScopeId};
use crate::time::Timestamp;

/// How far a scope has been read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The token whose changes are all applied, opaque.
    pub committed: Option<String>,
    /// A quick check value (ctag) that belonged to `committed`, opaque.
    pub tag: Option<String>,
    /// Since when listings gave this `tag`.
    pub tag_since: Option<Timestamp>,
    /// The token that a listing of changes goes on from which has shown something new and has not
    /// come to its end. What it showed may be gone before the next, which need not tell of it
    /// (RFC 6578 section 3.5.2): only a whole listing does.
    pub in_progress: Option<String>,
    /// When a listing last ended whole.
    pub read_at: Option<Timestamp>,
    /// The run in which it did; while none has, the one in which a person's word had the scope read
    /// from the beginning.
    pub read_in: Option<RunId>,
    /// When everything was last compared, item by item.
    pub compared_at: Option<Timestamp>,
    /// Failures in a row, and when to try again.
    pub failing: Option<Failing>,
    /// Objects that we wrote, or a few that a whole listing lacked though they were there, and that no
    /// listing has shown since, the newest last, up to [`Cursor::WRITTEN_MAX`]: a listing of changes may
    /// leave out what was made and deleted since (RFC 6578 section 3.5.2), and tells nothing of what was
    /// written since it began where it goes on from there.
    pub written: Vec<ProviderId>,
    /// Attempts in a row to make or delete the calendar, an overlay of ours, that came to nothing.
    pub attempts: u16,
}

impl Cursor {
    /// How many written objects are kept; where they are as many, only a whole listing tells.
    pub const WRITTEN_MAX: usize = 100;

    /// How many are kept that a whole listing lacked: of one that lags they are the newest few. Where
    /// they are more, it is one that does not reach them, and would not the next time either; so they
    /// never come to as many that another whole one is asked for. What is deleted of the others before a
    /// listing has shown it is missed by the comparison of everything, once a week.
    pub(crate) const LACKED_MAX: usize = 20;

    /// Keeps an object that was written until a listing has shown it.
    pub(crate) fn wrote(&mut self, object: &ProviderId) {
        if self.written.len() < Self::WRITTEN_MAX && !self.written.contains(object) {
            self.written.push(object.clone());
        }
    }
}

/// A scope or account that keeps failing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// Failures in a row.
    pub times: u16,
    /// The class of the last one, a stable code.
    pub code: String,
    /// Not before this time.
    pub retry_at: Timestamp,
}

/// The health of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// Failures in a row; set while the circuit is open.
    pub failing: Option<Failing>,
    /// The provider asked for rest until this time.
    pub throttled_until: Option<Timestamp>,
    /// The provider takes no writes until this time, and is read meanwhile.
    pub read_only_until: Option<Timestamp>,
    /// The credentials were refused.
    pub needs_sign_in: bool,
    /// An administrator must allow it first.
    pub needs_consent: bool,
    /// When the account answered last, by the host's clock: a jump of that clock shows against it.
    pub seen_at: Option<Timestamp>,
    /// Whether it could not be read when it was last tried.
    pub unread: bool,
    /// Calendars that its last listing left out.
    pub unlisted: Vec<Unlisted>,
}

/// A calendar that a listing of its account left out: lost only when it is missed once more, in
/// another run or by its own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unlisted {
    /// Which.
    pub calendar: CalendarId,
    /// The run that missed it.
    pub run: RunId,
    /// Whether it was asked itself, and said that it is not there.
    pub gone: bool,
}

/// One run of a sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// When it began.
    pub started: Timestamp,
    /// The scopes that were read to their end in it, since the last evidence of a deletion.
    pub read: Vec<ScopeId>,
    /// Accounts all of which was read since the last evidence, and is read once more: a listing may
    /// lack what came last.
    pub searched: Vec<AccountId>,
    /// How many deletions took effect in it.
    pub released: Vec<Released>,
    /// What is to be thought of the host's clock: the heaviest word of any account.
    pub clock: ClockWord,
}

/// What an account's answer says of the host's clock. Ordered: of two words the greater holds, so
/// that who shows no time outvotes nobody, and one provider's time is enough to doubt all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ClockWord {
    /// No account answered.
    #[default]
    None,
    /// It showed no time, and the clock went on since it answered last.
    WentOn,
    /// It showed no time, and the clock jumped since it answered last.
    Jumped,
    /// Its time is ours.
    Agrees,
    /// Its time is another.
    Differs,
}

impl ClockWord {
    /// Whether effects that destroy may go by the clock.
    #[must_use]
    pub const fn is_trusted(self) -> bool {
        match self {
            Self::WentOn | Self::Agrees => true,
            Self::None | Self::Jumped | Self::Differs => false,
        }
    }
}

/// How many deletions that were seen in a calendar took effect in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Released {
    /// The calendar.
    pub calendar: CalendarId,
    /// How many.
    pub count: u32,
}

/// What of one calendar is held for a person to look at: up to two questions, each with its own answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The calendar.
    pub calendar: CalendarId,
    /// The run that held something last.
    pub run: RunId,
    /// How many deletions that were seen in it wait; 0: nothing is asked about deletions.
    pub count: u32,
    /// Of how many events the calendar held.
    pub total: u32,
    /// What the person said of them.
    pub verdict: Verdict,
    /// What is asked about mirrors whose events it lacks since it is read again.
    pub unseen: Option<Asked>,
}

/// What a person is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// Deletions that were seen.
    Deleted,
    /// Mirrors whose events a calendar lacks since it is read again.
    Unseen,
}

/// A question, and what was said to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// How many would go.
    pub count: u32,
    /// Of how many.
    pub total: u32,
    /// What the person said.
    pub verdict: Verdict,
}

impl Asked {
    /// Whether a word that was given of so many still is one of what is asked.
    #[must_use]
    pub fn is_as_shown(&self, shown: Option<u32>) -> bool {
        shown.is_none_or(|shown| shown == self.count)
    }
}

impl Review {
    /// What is asked, one by one.
    pub fn questions(&self) -> impl Iterator<Item = (Question, Asked)> {
        let all = [Question::Deleted, Question::Unseen];
        all.into_iter().filter_map(|question| Some((question, self.asked(question)?)))
    }

    /// One of the questions, where it is asked.
    #[must_use]
    pub fn asked(&self, question: Question) -> Option<Asked> {
        let Self { count, total, verdict, .. } = *self;
        match question {
            Question::Deleted => (count > 0).then_some(Asked { count, total, verdict }),
            Question::Unseen => self.unseen,
        }
    }

    /// Nothing is asked yet.
    pub(crate) const fn of(calendar: CalendarId, run: RunId) -> Self {
        Self { calendar, run, count: 0, total: 0, verdict: Verdict::Waiting, unseen: None }
    }

    /// Asks, answers or closes one of the questions, and leaves the other alone.
    pub(crate) fn set(&mut self, question: Question, asked: Option<Asked>) {
        match question {
            Question::Deleted => {
                let none = Asked { count: 0, total: 0, verdict: Verdict::Waiting };
                let Asked { count, total, verdict } = asked.unwrap_or(none);
                (self.count, self.total, self.verdict) = (count, total, verdict);
            }
            Question::Unseen => self.unseen = asked,
        }
    }
}

/// What a person said of held deletions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing yet.
    Waiting,
    /// They are right: take effect.
    Approved,
    /// They are wrong: the events stay as last seen.
    Rejected,
}
