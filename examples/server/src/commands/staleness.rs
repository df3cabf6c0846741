//! How old is what a feed says.

use kalends::core::cursor::Cursor;
use kalends::core::graph::Calendar;
use kalends::core::slice::Config;
use kalends::core::time::Timestamp;
use kalends_feed::stale_after_ms;

use crate::accounts::FEED;

/// The age of what a calendar says; nothing is known of one that is no feed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Staleness {
    /// Since when its text says the same.
    pub(super) same_since: Option<Timestamp>,
    /// Since when it was not read, and what to do about it: only where that is for too long.
    pub(super) stale: Option<String>,
}

impl Staleness {
    pub(super) fn of(
        config: &Config,
        calendar: &Calendar,
        cursor: Option<&Cursor>,
        now: Timestamp,
    ) -> Self {
        let account = config.accounts.get(&calendar.account);
        let is_feed = account.is_some_and(|account| account.provider == FEED);
        cursor.filter(|_| is_feed && calendar.on).map_or_else(Self::default, |cursor| Self {
            same_since: cursor.tag_since,
            stale: stale(cursor, now),
        })
    }
}

fn stale(cursor: &Cursor, now: Timestamp) -> Option<String> {
    let read_at = cursor.read_at?;
    let after_ms = stale_after_ms(cursor.committed.as_deref().unwrap_or_default());
    let is_stale = now.millis_since(read_at) > after_ms;
    let what = match &cursor.failing {
        Some(failing) => format!(
            "its address gives no feed ({}), ask its publisher or add the new address",
            failing.code
        ),
        None => "sync".to_owned(),
    };
    is_stale.then(|| format!("not read since {read_at}: {what}"))
}

#[cfg(test)]
mod tests {
    use kalends::core::cursor::Failing;

    use super::*;

    /// Catches a feed that is called stale within its day or never, and one that is not told apart
    /// from a graph that nobody syncs.
    #[test]
    fn a_feed_is_stale_when_it_was_not_read_for_a_day() {
        let read_at = Timestamp::from_seconds(1_800_000_000);
        let mut cursor = Cursor { read_at: Some(read_at), ..Cursor::default() };
        let after = |ms: i64| read_at.saturating_add_millis(ms);
        assert_eq!(stale(&cursor, after(86_400_000)), None);
        let text = stale(&cursor, after(86_400_001)).unwrap();
        assert_eq!(text, format!("not read since {read_at}: sync"));
        let failing = Failing { times: 9, code: "http.404".to_owned(), retry_at: after(0) };
        cursor.failing = Some(failing);
        assert_eq!(stale(&cursor, after(1)), None, "it failed a moment ago");
        assert!(stale(&cursor, after(90_000_000)).unwrap().contains("(http.404), ask"));
        assert_eq!(stale(&Cursor::default(), after(0)), None, "it was never read");
    }
}
