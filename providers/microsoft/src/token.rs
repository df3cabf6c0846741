//! How far a calendar was read: the link that Graph gave, and the part of time it stands for, which
//! is baked into the link and never moves.

use kalends_core::time::{Date, Timestamp, Zone};

/// The first word; another version is forgotten.
const VERSION: &str = "graph1";
/// Days before the day of a round that it looks at.
const DAYS_BACK: i32 = 100;
/// Days after it.
const DAYS_AHEAD: i32 = 800;
/// Days after which a new round is begun, so that the window goes with time.
const DAYS_KEPT: i32 = 14;

/// A part of time that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// From this day on, by UTC.
    pub(crate) from: Date,
    /// Up to this day.
    pub(crate) to: Date,
}

impl Window {
    /// The window of a round that begins now.
    pub(crate) fn at(now: Timestamp) -> Self {
        let today = Zone::utc().civil(now).date();
        Self { from: today.add_days(-DAYS_BACK), to: today.add_days(DAYS_AHEAD) }
    }

    /// Whether the window is still good for what is asked of it now. One from a clock that stood
    /// wrong is not.
    pub(crate) fn holds(self, now: Timestamp) -> bool {
        let age = Self::at(now).from.days() - self.from.days();
        (0..DAYS_KEPT).contains(&age)
    }
}

/// A token, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) window: Window,
    pub(crate) link: String,
}

impl Token {
    /// Reads what [`Self::to_text`] wrote.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let mut words = text.splitn(4, ' ');
        if words.next() != Some(VERSION) {
            return None;
        }
        let mut day = || words.next()?.parse().ok();
        let window = Window { from: day()?, to: day()? };
        let link = words.next().filter(|link| !link.is_empty())?.to_owned();
        Some(Self { window, link })
    }

    pub(crate) fn to_text(&self) -> String {
        let Window { from, to } = self.window;
        format!("{VERSION} {from} {to} {}", self.link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back_and_windows_go_with_time() {
        let now: Timestamp = "2026-03-04T23:59:59Z".parse().unwrap();
        let window = Window::at(now);
        assert_eq!(window.from.to_string(), "2025-11-24");
        let token = Token { window, link: "https://h/v1.0/x?$deltatoken=a b".into() };
        assert_eq!(Token::from_text(&token.to_text()), Some(token));
        for text in ["", "never given", "graph1 2026-01-01 2026-01-02 ", "graph0 a b c"] {
            assert_eq!(Token::from_text(text), None, "{text}");
        }
        let later = |days: i64| now.saturating_add_millis(days * 86_400_000);
        assert!(window.holds(now) && window.holds(later(13)));
        assert!(!window.holds(later(14)) && !window.holds(later(-1)));
    }
}
