//! How far a calendar was read: the link that Graph gave, and the part of time it stands for, which
//! is baked into the link and never moves.

use kalends_core::graph::Window as Wanted;
use kalends_core::time::{Date, Timestamp, Zone};

/// The first word; another version is forgotten.
const VERSION: &str = "graph1";
/// Days before the day of a round that it looks at, at least.
const DAYS_BACK: i32 = 100;
/// Days after it, at least.
const DAYS_AHEAD: i32 = 800;
/// Days that it looks at beyond what is wanted, so that the window may be kept for some.
const DAYS_BEYOND: i32 = 30;
/// The longest part of time that Graph shows at once is 1,825 days.
const DAYS_MAX: i32 = 1_800;
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
    /// The window of a round that begins now, around what is wanted of it. Of more than Graph shows
    /// at once, half lies ahead at least.
    pub(crate) fn at(now: Timestamp, wanted: Wanted) -> Self {
        let days = |days: u16| i32::from(days) + DAYS_BEYOND;
        let back = days(wanted.past_days).max(DAYS_BACK);
        let ahead = days(wanted.future_days).max(DAYS_AHEAD);
        let ahead = ahead.min(DAYS_MAX - back.min(DAYS_MAX / 2));
        let back = back.min(DAYS_MAX - ahead);
        let today = Zone::utc().civil(now).date();
        Self { from: today.add_days(-back), to: today.add_days(ahead) }
    }

    /// Whether the window is still good for what is asked of it now. One from a clock that stood
    /// wrong is not, nor one around less than is wanted now.
    pub(crate) fn holds(self, now: Timestamp, wanted: Wanted) -> bool {
        let at = Self::at(now, wanted);
        let ages = [at.from.days() - self.from.days(), at.to.days() - self.to.days()];
        ages.iter().all(|age| (0..DAYS_KEPT).contains(age))
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
        let usual = Wanted::default();
        let window = Window::at(now, usual);
        assert_eq!(window.from.to_string(), "2025-11-24");
        let token = Token { window, link: "https://h/v1.0/x?$deltatoken=a b".into() };
        assert_eq!(Token::from_text(&token.to_text()), Some(token));
        for text in ["", "never given", "graph1 2026-01-01 2026-01-02 ", "graph0 a b c"] {
            assert_eq!(Token::from_text(text), None, "{text}");
        }
        let later = |days: i64| now.saturating_add_millis(days * 86_400_000);
        assert!(window.holds(now, usual) && window.holds(later(13), usual));
        assert!(!window.holds(later(14), usual) && !window.holds(later(-1), usual));
    }

    #[test]
    fn a_window_lies_around_what_is_wanted_as_far_as_graph_shows() {
        let now: Timestamp = "2026-03-04T12:00:00Z".parse().unwrap();
        let of = |past_days, future_days| {
            let window = Window::at(now, Wanted { past_days, future_days });
            let today = Zone::utc().civil(now).date().days();
            (today - window.from.days(), window.to.days() - today)
        };
        assert_eq!(of(0, 0), (100, 800));
        assert_eq!(of(365, 400), (395, 800));
        assert_eq!(of(30, 1_500), (100, 1_530));
        assert_eq!(of(1_000, 400), (1_000, 800));
        assert_eq!(of(u16::MAX, u16::MAX), (900, 900));
        let usual = Window::at(now, Wanted::default());
        let wider = |past_days, future_days| Wanted { past_days, future_days };
        assert!(!usual.holds(now, wider(365, 400)) && !usual.holds(now, wider(30, 900)));
        assert!(usual.holds(now, wider(60, 700)));
    }
}
