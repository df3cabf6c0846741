//! Why a person is not, or not surely, free.

/// A reason against a time, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// An event takes it for sure.
    Busy,
    /// It is held for a meeting that is not settled yet.
    Held,
    /// An event takes it perhaps.
    Perhaps,
    /// The person closed it.
    Closed,
    /// A trip blocks it.
    Trip,
    /// It is sooner than the shortest notice, or past.
    Notice,
    /// It is later than the last day that is open.
    Horizon,
    /// A day that the person keeps for something else.
    Milestone,
    /// It lies outside of working hours.
    Hours,
    /// Time kept for work alone.
    Focus,
    /// The way to or from an event, or the rest after it.
    Buffer,
    /// Its day holds as many hours of meetings as the person wants.
    DailyLimit,
    /// Its week does.
    WeeklyLimit,
}

impl Why {
    /// All reasons.
    pub const ALL: [Self; 13] = [
        Self::Busy,
        Self::Held,
        Self::Perhaps,
        Self::Closed,
        Self::Trip,
        Self::Notice,
        Self::Horizon,
        Self::Milestone,
        Self::Hours,
        Self::Focus,
        Self::Buffer,
        Self::DailyLimit,
        Self::WeeklyLimit,
    ];

    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Held => "held",
            Self::Perhaps => "perhaps",
            Self::Closed => "closed",
            Self::Trip => "trip",
            Self::Notice => "notice",
            Self::Horizon => "horizon",
            Self::Milestone => "milestone",
            Self::Hours => "outside-hours",
            Self::Focus => "focus",
            Self::Buffer => "buffer",
            Self::DailyLimit => "daily-limit",
            Self::WeeklyLimit => "weekly-limit",
        }
    }

    /// Whether a time that the person opened by hand stays closed for this reason: what other
    /// people put there, a trip, and how soon or late one may book.
    #[must_use]
    pub const fn outlasts_opening(self) -> bool {
        match self {
            Self::Busy
            | Self::Held
            | Self::Perhaps
            | Self::Closed
            | Self::Trip
            | Self::Notice
            | Self::Horizon => true,
            Self::Milestone
            | Self::Hours
            | Self::Focus
            | Self::Buffer
            | Self::DailyLimit
            | Self::WeeklyLimit => false,
        }
    }

    /// Whether a rule for somebody important may lift it. What is in the calendar, and what was
    /// closed by hand, stands for everyone.
    #[must_use]
    pub const fn can_be_waived(self) -> bool {
        match self {
            Self::Busy | Self::Held | Self::Perhaps | Self::Closed => false,
            Self::Trip
            | Self::Notice
            | Self::Horizon
            | Self::Milestone
            | Self::Hours
            | Self::Focus
            | Self::Buffer
            | Self::DailyLimit
            | Self::WeeklyLimit => true,
        }
    }
}
