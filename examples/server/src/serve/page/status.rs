//! How accounts are, and how far behind.

use std::collections::BTreeMap;

use askama::Template;
use kalends::core::ports::Clock as _;
use kalends::core::time::Timestamp;
use kalends::queries::{OpenByCalendar, OpenOf};
use kalends_tokio::SystemClock;

use super::aside::{Left, left};
use super::model::{Account, Calendar, Counts, Erasure, Status};
use super::session::Visitor;
use crate::accounts::{GOOGLE, MICROSOFT};
use crate::data::Data;
use crate::error::CliError;
use crate::show::count;

/// What is asked so much later than it was read was found to be the same.
const MINUTE_MS: i64 = 60_000;

#[derive(Template)]
#[template(path = "status.html")]
pub(super) struct StatusPart {
    token: String,
    accounts: Vec<AccountLine>,
    counts: Counts,
    aside: Vec<Left>,
    /// Whether more is set aside than is shown.
    more_aside: bool,
    erasure: Option<Erasure>,
}

struct AccountLine {
    account: Account,
    health: Health,
    why: String,
    calendars: Vec<CalendarLine>,
}

struct CalendarLine {
    name: String,
    read: String,
    failing: Option<String>,
}

/// How an account is. Each has a colour, a sign and a word, so that none of them is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Health {
    Good,
    Fair,
    Bad,
}

impl std::fmt::Display for Health {
    /// The name of its colours.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Bad => "bad",
        })
    }
}

impl AccountLine {
    /// Whether its owner is to sign in at the provider's own page once more.
    fn is_signed_out(&self) -> bool {
        self.account.needs_sign_in && matches!(self.account.provider.as_str(), GOOGLE | MICROSOFT)
    }

    const fn sign(&self) -> &'static str {
        match self.health {
            Health::Good => "✓",
            Health::Fair => "!",
            Health::Bad => "✕",
        }
    }

    const fn word(&self) -> &'static str {
        match self.health {
            Health::Good => "In step",
            Health::Fair => "Behind",
            Health::Bad => "Needs you",
        }
    }
}

/// What is to be written into a calendar.
#[derive(Debug, Clone, Copy, Default)]
struct Waiting {
    open: u64,
    parked: u64,
}

impl StatusPart {
    pub(super) async fn of(visitor: &Visitor, found: &Status) -> Result<Self, CliError> {
        let data = &visitor.data;
        let (now, waiting) = (SystemClock.now(), waiting(data).await?);
        let shown = found.accounts.iter().filter(|account| account.provider != "own");
        let accounts = shown.map(|account| {
            let own = |one: &&Calendar| one.account.as_deref() == Some(&account.name) && one.on;
            let calendars: Vec<&Calendar> = found.calendars.iter().filter(own).collect();
            line(account, &calendars, &waiting, now)
        });
        let token = visitor.token.clone();
        let (accounts, counts) = (accounts.collect(), found.counts);
        let all_aside = counts.quarantined + counts.strays + counts.foreign;
        let (aside, more_aside) = left(&found.set_aside, all_aside);
        Ok(Self { token, accounts, counts, aside, more_aside, erasure: found.erasure.clone() })
    }
}

fn line(
    account: &Account,
    calendars: &[&Calendar],
    waiting: &BTreeMap<String, Waiting>,
    now: Timestamp,
) -> AccountLine {
    let of = |one: &&&Calendar| waiting.get(&one.id).copied().unwrap_or_default();
    let open: u64 = calendars.iter().map(|one| of(&one).open).sum();
    let parked: u64 = calendars.iter().map(|one| of(&one).parked).sum();
    let unread = calendars.iter().any(|one| one.read_at.is_none() && one.role != "overlay");
    let stale = calendars.iter().find_map(|one| one.stale.clone());
    let (health, why) = match account.trouble() {
        Some((true, why)) => (Health::Bad, why),
        Some((false, why)) => (Health::Fair, why),
        None if parked > 0 => {
            (Health::Fair, format!("{} parked: see below", count(parked, "write is", "writes are")))
        }
        None if stale.is_some() => (Health::Bad, stale.unwrap_or_default()),
        None if calendars.iter().any(|one| one.failing.is_some()) => {
            (Health::Fair, "a calendar cannot be read".to_owned())
        }
        None if open > 0 => {
            (Health::Fair, format!("{} on the way", count(open, "write is", "writes are")))
        }
        None if unread => (Health::Fair, first_reading(calendars)),
        None => (Health::Good, lag(account, calendars, now)),
    };
    let calendars = calendars.iter().map(|calendar| CalendarLine {
        name: calendar.name.clone(),
        read: read(account, calendar, now),
        failing: calendar.failing.clone(),
    });
    AccountLine { account: account.clone(), health, why, calendars: calendars.collect() }
}

/// How far the first reading of an account is.
fn first_reading(calendars: &[&Calendar]) -> String {
    let theirs = || calendars.iter().filter(|one| one.role != "overlay");
    let (of, read) = (theirs().count(), theirs().filter(|one| one.phase == "read").count());
    let held: u64 = theirs().map(|one| one.held).sum();
    let events = count(held, "event", "events");
    format!("being read for the first time: {events} so far, {read} of {of} calendars")
}

/// When a calendar was read, whether it was found to be the same since, and for how many days a feed has
/// said the same.
fn read(account: &Account, calendar: &Calendar, now: Timestamp) -> String {
    let Some(at) = calendar.read_at.as_deref() else { return "not read yet".to_owned() };
    let asked = || account.asked_at.as_deref()?.parse::<Timestamp>().ok();
    let was_read = || at.parse::<Timestamp>().ok();
    let is_same = calendar.failing.is_none()
        && asked()
            .zip(was_read())
            .is_some_and(|(asked, read)| asked.millis_since(read) >= MINUTE_MS);
    let same_since = calendar.same_since.as_deref().and_then(|at| at.parse().ok());
    match same_since.map_or(0, |since: Timestamp| now.millis_since(since) / 86_400_000) {
        ..=0 if is_same => format!("{}, unchanged since", ago("read", at, now)),
        ..=0 => ago("read", at, now),
        days => {
            let days = count(days.unsigned_abs(), "day", "days");
            format!("{}, the same for {days}", ago("read", at, now))
        }
    }
}

/// How old what is known of an account may be: its provider was asked then whether anything changed. Where
/// that is not known, that of the calendar that was read longest ago.
fn lag(account: &Account, calendars: &[&Calendar], now: Timestamp) -> String {
    let read = || calendars.iter().filter_map(|one| one.read_at.as_deref()).min();
    match (account.asked_at.as_deref(), read()) {
        (_, None) => "nothing to read".to_owned(),
        (Some(asked), Some(read)) if asked >= read => ago("asked", asked, now),
        (_, Some(read)) => ago("read", read, now),
    }
}

fn ago(what: &str, at: &str, now: Timestamp) -> String {
    let Ok(at) = at.parse::<Timestamp>() else { return at.to_owned() };
    match now.millis_since(at) / 1_000 {
        ..60 => format!("{what} just now"),
        seconds @ 60..7_200 => format!("{what} {} min ago", seconds / 60),
        seconds => format!("{what} {} h ago", seconds / 3_600),
    }
}

/// What is open, by the calendar that it goes to.
async fn waiting(data: &Data) -> Result<BTreeMap<String, Waiting>, CliError> {
    let open = data.store.query(OpenByCalendar { graph: data.keys.graph }).await?;
    let waiting =
        |one: &OpenOf| (one.calendar.to_string(), Waiting { open: one.open, parked: one.parked });
    Ok(open.iter().map(waiting).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Catches a button that calls an erasure off when it is too late.
    #[test]
    fn an_erasure_that_ends_is_not_called_off() {
        let page = |state: &str| {
            let erasure = json!({"state": state, "waiting": []});
            let counts = json!({
                "events": 0, "mirrors": 0, "open": 0, "parked": 0, "quarantined": 0, "strays": 0,
                "foreign": 0,
            });
            let part = StatusPart {
                token: String::new(),
                accounts: Vec::new(),
                counts: serde_json::from_value(counts).unwrap(),
                aside: Vec::new(),
                more_aside: false,
                erasure: Some(serde_json::from_value(erasure).unwrap()),
            };
            part.render().unwrap()
        };
        assert!(page("waiting").contains("id=\"call-off\""));
        let ending = page("ending");
        assert!(ending.contains("being erased") && !ending.contains("id=\"call-off\""), "{ending}");
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + minute * 60)
    }

    /// An account and a calendar of it, well and read a moment ago but for what is said otherwise.
    fn told(
        account: &serde_json::Value,
        calendar: &serde_json::Value,
        waiting: Waiting,
    ) -> AccountLine {
        let mut whole = json!({
            "name": "work", "provider": "google", "state": "active", "needs_sign_in": false,
            "needs_consent": false, "failing": null, "throttled_until": null,
            "asked_at": at(9).to_string(),
        });
        let mut own = json!({
            "id": "cal", "account": "work", "name": "Work", "role": "theirs", "on": true,
            "writable": true, "phase": "read", "held": 3, "read_at": at(9).to_string(),
            "failing": null, "same_since": null, "stale": null,
        });
        for (all, said) in [(&mut whole, account), (&mut own, calendar)] {
            for (name, value) in said.as_object().unwrap() {
                all[name] = value.clone();
            }
        }
        let account: Account = serde_json::from_value(whole).unwrap();
        let calendar: Calendar = serde_json::from_value(own).unwrap();
        line(&account, &[&calendar], &BTreeMap::from([("cal".to_owned(), waiting)]), at(9))
    }

    /// An account, its calendar and what waits to be written there; the colour and the words.
    type Case = (serde_json::Value, serde_json::Value, Waiting, Health, &'static str);

    fn cases() -> Vec<Case> {
        let (none, unread) = (json!({}), json!({"read_at": null, "phase": "reading", "held": 1}));
        let (open, parked) = (Waiting { open: 1, parked: 0 }, Waiting { open: 2, parked: 2 });
        let idle = Waiting::default();
        vec![
            (
                json!({"needs_sign_in": true, "failing": "x"}),
                none.clone(),
                parked,
                Health::Bad,
                "its sign-in is over: connect it again",
            ),
            (
                json!({"needs_consent": true}),
                none.clone(),
                parked,
                Health::Bad,
                "an administrator must allow it",
            ),
            (
                json!({"failing": "http.503", "throttled_until": "2026"}),
                none.clone(),
                parked,
                Health::Fair,
                "failing: http.503",
            ),
            (
                json!({"throttled_until": "2026"}),
                none.clone(),
                parked,
                Health::Fair,
                "asked to rest until 2026",
            ),
            (
                none.clone(),
                json!({"stale": "long ago"}),
                parked,
                Health::Fair,
                "2 writes are parked: see below",
            ),
            (
                none.clone(),
                json!({"stale": "long ago", "failing": "x"}),
                open,
                Health::Bad,
                "long ago",
            ),
            (
                none.clone(),
                json!({"failing": "x"}),
                open,
                Health::Fair,
                "a calendar cannot be read",
            ),
            (none.clone(), unread.clone(), open, Health::Fair, "1 write is on the way"),
            (
                none.clone(),
                unread,
                idle,
                Health::Fair,
                "being read for the first time: 1 event so far, 0 of 1 calendars",
            ),
            (
                none.clone(),
                json!({"role": "overlay", "read_at": null}),
                idle,
                Health::Good,
                "nothing to read",
            ),
            (none.clone(), none, idle, Health::Good, "asked just now"),
        ]
    }

    /// Catches an account that is shown as well while it needs somebody, one that calls for somebody who
    /// can do nothing, and a worse thing that a lesser one hides.
    #[test]
    fn each_trouble_has_its_colour_and_its_words() {
        for (account, calendar, waiting, health, why) in cases() {
            let line = told(&account, &calendar, waiting);
            assert_eq!((line.health, line.why.as_str()), (health, why), "{account} {calendar}");
            let (sign, word) = match health {
                Health::Good => ("✓", "In step"),
                Health::Fair => ("!", "Behind"),
                Health::Bad => ("✕", "Needs you"),
            };
            assert_eq!((line.sign(), line.word()), (sign, word));
            let over = account["needs_sign_in"] == true;
            assert_eq!(line.is_signed_out(), over, "a button to sign in again");
        }
    }

    /// Catches a time that is told in a unit of which nobody thinks, and one that is no time.
    #[test]
    fn how_long_ago_it_was_is_told_in_what_people_count_in() {
        let now = at(60 * 24 * 3);
        for (minutes, text) in [
            (-5, "read just now"),
            (0, "read just now"),
            (1, "read 1 min ago"),
            (119, "read 119 min ago"),
            (120, "read 2 h ago"),
            (60 * 49, "read 49 h ago"),
        ] {
            let then = now.saturating_add_millis(-minutes * 60_000).to_string();
            assert_eq!(ago("read", &then, now), text);
        }
        assert_eq!(ago("read", "once", now), "once");
        let days = |days: i64| {
            let since = at(9).saturating_add_millis(-days * 86_400_000).to_string();
            let line = told(&json!({}), &json!({"same_since": since}), Waiting::default());
            line.calendars[0].read.clone()
        };
        assert_eq!(
            [0, 1, 3].map(days),
            [
                "read just now",
                "read just now, the same for 1 day",
                "read just now, the same for 3 days",
            ]
        );
        let unread = told(&json!({}), &json!({"read_at": null}), Waiting::default());
        assert_eq!(unread.calendars[0].read, "not read yet");
    }

    /// Catches a calendar that is asked every few minutes and looks as if nobody did, since nothing changes.
    #[test]
    fn what_was_asked_and_had_not_changed_is_in_step() {
        let line = |asked: Option<i64>, read: i64, failing: Option<&str>| {
            let account = json!({
                "name": "work", "provider": "caldav", "state": "active", "needs_sign_in": false,
                "needs_consent": false, "failing": null, "throttled_until": null,
                "asked_at": asked.map(|minute| at(minute).to_string()),
            });
            let calendar = json!({
                "id": "cal", "account": "work", "name": "Work", "role": "theirs", "on": true,
                "writable": true, "phase": "read", "held": 3, "read_at": at(read).to_string(),
                "failing": failing, "same_since": null, "stale": null,
            });
            let account: Account = serde_json::from_value(account).unwrap();
            let calendar: Calendar = serde_json::from_value(calendar).unwrap();
            let told = line(&account, &[&calendar], &BTreeMap::new(), at(9));
            (told.why, told.calendars[0].read.clone())
        };
        let told = |why: &str, read: &str| (why.to_owned(), read.to_owned());
        let read = "read 9 min ago";
        assert_eq!(
            line(Some(9), 0, None),
            told("asked just now", &format!("{read}, unchanged since"))
        );
        assert_eq!(line(Some(5), 9, None), told("read just now", "read just now"));
        assert_eq!(line(None, 0, None), told(read, read));
        assert_eq!(line(Some(9), 0, Some("x")), told("a calendar cannot be read", read));
    }
}
