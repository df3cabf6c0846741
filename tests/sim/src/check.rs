//! The judges of a history by name, and the laws that each of them holds.

use std::fmt;

/// What looks at a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// What calendars hold, beside what the oracle says.
    Oracle,
    /// What events say after edits on both their ends.
    Edits,
    /// What people made theirs stays as it is.
    Theirs,
    /// Texts of people that nobody could bring back.
    Lost,
    /// The recorded events, beside what people hold.
    Store,
    /// A tampered mirror is mended, once.
    Mended,
    /// Where nothing changed nothing is written, and little asked.
    Rest,
    /// All that is due is done, and comes to an end.
    Settled,
    /// Every reference and state machine of the rows.
    Rows,
    /// Hashes, beside what they are of.
    Hashes,
    /// What was sent to the servers.
    Wire,
    /// How many writes there were of each object for what happened.
    Writes,
    /// How many requests there were for what happened.
    Requests,
    /// One write at a time into one calendar.
    Lanes,
    /// The journal's chain, and its replay.
    Journal,
    /// How many deletions a run let through unseen.
    Breaker,
    /// What destroys waits for a clock that jumped.
    Clock,
    /// What cannot be read any more is set aside, and stays what it was.
    Unread,
    /// What was sent after an edge was to show less.
    Shown,
    /// Words of people in what is sent.
    Leaks,
    /// What notes say.
    Notes,
    /// Passwords and tokens in rows, the journal, notes and failures; texts in the last two.
    Secrets,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::Oracle,
        Self::Edits,
        Self::Theirs,
        Self::Lost,
        Self::Store,
        Self::Mended,
        Self::Rest,
        Self::Settled,
        Self::Rows,
        Self::Hashes,
        Self::Wire,
        Self::Writes,
        Self::Requests,
        Self::Lanes,
        Self::Journal,
        Self::Breaker,
        Self::Clock,
        Self::Unread,
        Self::Shown,
        Self::Leaks,
        Self::Notes,
        Self::Secrets,
    ];

    /// Its name, as reports say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oracle => "oracle",
            Self::Edits => "edits",
            Self::Theirs => "theirs",
            Self::Lost => "lost",
            Self::Store => "store",
            Self::Mended => "mended",
            Self::Rest => "rest",
            Self::Settled => "settled",
            Self::Rows => "rows",
            Self::Hashes => "hashes",
            Self::Wire => "wire",
            Self::Writes => "writes",
            Self::Requests => "requests",
            Self::Lanes => "lanes",
            Self::Journal => "journal",
            Self::Breaker => "breaker",
            Self::Clock => "clock",
            Self::Unread => "unread",
            Self::Shown => "shown",
            Self::Leaks => "leaks",
            Self::Notes => "notes",
            Self::Secrets => "secrets",
        }
    }

    /// The laws that it holds.
    #[must_use]
    pub const fn laws(self) -> &'static [&'static str] {
        match self {
            Self::Oracle => &["L1", "L2", "L3", "L6", "L15"],
            Self::Edits => &["L5", "L14"],
            Self::Theirs => &["L1", "L5"],
            Self::Lost => &["L14"],
            Self::Store => &["L2", "L10"],
            Self::Mended => &["L3", "L5"],
            Self::Hashes => &["L3"],
            Self::Rest | Self::Settled => &["L8"],
            Self::Rows => &["L1", "L8", "L12"],
            Self::Wire => &["L4", "L5", "L7", "L13"],
            Self::Writes | Self::Requests => &["L9"],
            Self::Lanes => &["L4"],
            Self::Journal => &["L11"],
            Self::Breaker | Self::Clock => &["L7"],
            Self::Unread => &["L7", "L12"],
            Self::Shown | Self::Leaks => &["L6"],
            Self::Notes | Self::Secrets => &["L16"],
        }
    }

    /// Ends the history where anything is wrong.
    ///
    /// # Panics
    /// With the check's name, and what is wrong.
    pub fn all_right(self, wrong: &[String]) {
        assert!(wrong.is_empty(), "{self}: {}", wrong.join("\n"));
    }

    /// Which check a history's trouble comes from; `None`: it fell over something else.
    #[must_use]
    pub fn of(trouble: &str) -> Option<Self> {
        let name = trouble.split_once(": ")?.0;
        Self::ALL.into_iter().find(|check| check.name() == name)
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
