//! Sync tokens and ctags: how they are written, and what an old one still means (RFC 6578
//! section 3).

use super::profile::{Changes, Ctag, Distrust, Sync, TokenForm};
use super::state::{Calendar, State, hash};

/// What a token in a request means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// No token: the initial synchronisation.
    Initial,
    /// All changes from this number on.
    From(u64),
    /// Garbage, expired or of another calendar.
    Bad,
    /// Newer than the server.
    Future,
}

/// The token after the change with number `seq`.
pub(crate) fn write(state: &State, path: &str, sync: &Sync, seq: u64) -> String {
    let Some(calendar) = state.calendars.get(path) else {
        return String::new();
    };
    match sync.token {
        TokenForm::Counter(prefix) => format!("{prefix}{}", seq + 1),
        TokenForm::Opaque(prefix) => format!("{prefix}{}", opaque(state, path, calendar, seq)),
        TokenForm::Content => opaque(state, path, calendar, seq),
        TokenForm::Seconds { .. } => match last(calendar, seq) {
            Some(at_ms) => at_ms.div_euclid(1_000).to_string(),
            None => "-1".to_owned(),
        },
    }
}

/// Reads a token back.
pub(crate) fn read(state: &State, path: &str, sync: &Sync, token: &str) -> Meaning {
    let Some(calendar) = state.calendars.get(path) else {
        return Meaning::Bad;
    };
    match sync.distrust {
        _ if token.is_empty() => return Meaning::Initial,
        Distrust::Nothing => {}
        Distrust::All => return Meaning::Bad,
        Distrust::Future => return Meaning::Future,
    }
    let seq = match sync.token {
        TokenForm::Counter(prefix) => token
            .strip_prefix(prefix)
            .and_then(|text| text.parse::<u64>().ok())
            .and_then(|number| number.checked_sub(1)),
        TokenForm::Opaque(prefix) => {
            token.strip_prefix(prefix).and_then(|text| opaque_seq(state, path, calendar, text))
        }
        TokenForm::Content => opaque_seq(state, path, calendar, token),
        TokenForm::Seconds { repeats } => {
            token.parse::<i64>().ok().map(|second| seq_of_second(calendar, second, repeats))
        }
    };
    match seq {
        None => Meaning::Bad,
        Some(seq) if seq > calendar.seq() => Meaning::Future,
        Some(seq) if seq < calendar.oldest_seq && !calendar.reached_late.contains(&seq) => {
            Meaning::Bad
        }
        Some(seq) => Meaning::From(seq),
    }
}

/// The `getctag` value; `None` where there is none.
pub(crate) fn ctag(state: &State, path: &str, changes: &Changes) -> Option<String> {
    let calendar = state.calendars.get(path)?;
    match changes.ctag {
        Ctag::Absent => None,
        Ctag::Moves => Some(format!("\"{}\"", opaque(state, path, calendar, calendar.seq()))),
        Ctag::Frozen => Some("\"1\"".to_owned()),
        Ctag::Restless => Some(format!("\"{}\"", state.looks)),
    }
}

fn last(calendar: &Calendar, seq: u64) -> Option<i64> {
    let index = usize::try_from(seq).ok()?.checked_sub(1)?;
    calendar.history.get(index).map(|change| change.at_ms)
}

fn opaque(state: &State, path: &str, calendar: &Calendar, seq: u64) -> String {
    format!("{:016x}{seq:016x}", proof(state, path, calendar, seq))
}

fn opaque_seq(state: &State, path: &str, calendar: &Calendar, text: &str) -> Option<u64> {
    let (mark, seq) = text.split_at_checked(16)?;
    if seq.len() != 16 {
        return None;
    }
    let mark = u64::from_str_radix(mark, 16).ok()?;
    let seq = u64::from_str_radix(seq, 16).ok()?;
    (seq > calendar.seq() || mark == proof(state, path, calendar, seq)).then_some(seq)
}

/// Binds a token to the calendar and to the last change it covers.
fn proof(state: &State, path: &str, calendar: &Calendar, seq: u64) -> u64 {
    let index = usize::try_from(seq).ok().and_then(|seq| seq.checked_sub(1));
    let change = index.and_then(|index| calendar.history.get(index));
    let name = change.map_or("", |change| change.name.as_str());
    let at_ms = change.map_or(0, |change| change.at_ms);
    hash(&[
        &state.seed.to_le_bytes(),
        path.as_bytes(),
        &calendar.incarnation.to_le_bytes(),
        &seq.to_le_bytes(),
        name.as_bytes(),
        &at_ms.to_le_bytes(),
    ])
}

fn seq_of_second(calendar: &Calendar, second: i64, repeats: bool) -> u64 {
    let covered = calendar.history.iter().take_while(|change| {
        let at = change.at_ms.div_euclid(1_000);
        if repeats { at < second } else { at <= second }
    });
    covered.count() as u64
}
