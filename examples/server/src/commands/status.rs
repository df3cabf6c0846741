//! How everything is.

use std::collections::BTreeMap;

use kalends::core::cursor::{Cursor, Health};
use kalends::core::graph::{Account, Calendar};
use kalends::core::ids::{AccountId, ProviderId};
use kalends::core::ports::{Clock as _, GraphStore as _, StoreError};
use kalends::core::presence::{Aside, AsideKind};
use kalends::core::read;
use kalends::core::slice::{Config, ReadSet, Slice};
use kalends::core::time::Timestamp;
use kalends::core::watch::Upkeep;
use kalends::queries::{AsideFilter, AsidesPage, Counts, CountsOf, HeldByCalendar};
use kalends_tokio::SystemClock;

use super::staleness::Staleness;
use crate::data::Data;
use crate::erasure;
use crate::error::CliError;
use crate::limited;
use crate::lookup::label;
use crate::outcome::Outcome;
use crate::show::{account_state, table};
use crate::view::{
    AccountStatus, AccountView, AsideView, CalendarStatus, CalendarView, CountsView, EdgeView,
    ErasureView, LimitView, Phase, Status,
};

/// How many objects set aside of one kind are listed, and how many of each calendar behind these.
const ASIDES: u32 = 100;
const ASIDES_OF_EACH: u32 = 10;

/// How many objects of one calendar that are set aside for one reason are named one by one.
const SAME_MAX: usize = 5;

pub(crate) async fn run(data: &Data, for_programs: bool) -> Result<Outcome, CliError> {
    let (status, text) = looked_at(data, for_programs).await?;
    Ok(Outcome::new(status, text))
}

/// How everything is, without the digest, which costs a read of everything.
pub(crate) async fn values(data: &Data) -> Result<Status, CliError> {
    Ok(looked_at(data, false).await?.0)
}

async fn looked_at(data: &Data, for_programs: bool) -> Result<(Status, String), CliError> {
    let graph = data.keys.graph;
    let config = data.config().await?;
    let mut want = ReadSet::default();
    want.health.extend(config.accounts.keys());
    want.cursors.extend(config.calendars.values().map(|calendar| calendar.scope()));
    want.watches.clone_from(&want.cursors);
    let slice = data.store.load(graph, &want).await?;
    let now = SystemClock.now();
    let counts = data.store.query(CountsOf { graph }).await?;
    let asides = asides(data, &slice).await?;
    let config = &slice.config;
    let mut limits = BTreeMap::new();
    for account in config.accounts.values() {
        limits.insert(account.id, limited::limits_of(data, account).await);
    }
    let held: BTreeMap<_, _> =
        data.store.query(HeldByCalendar { graph }).await?.into_iter().collect();
    let held_in = |calendar: &Calendar| held.get(&calendar.id).copied().unwrap_or_default();
    let calendars = config.calendars.values().map(|calendar| {
        let cursor = slice.cursors.get(&calendar.scope()).cloned().flatten();
        let Staleness { same_since, stale } = Staleness::of(config, calendar, cursor.as_ref(), now);
        CalendarStatus {
            calendar: CalendarView::of(config, calendar),
            phase: Phase::of(calendar.on, cursor.as_ref(), held_in(calendar)),
            held: held_in(calendar),
            read_at: cursor.as_ref().and_then(|cursor| Some(cursor.read_at?.to_string())),
            failing: cursor.and_then(|cursor| Some(cursor.failing?.code)),
            same_since: same_since.map(|since| since.to_string()),
            stale,
            upkeep: upkeep(&slice, calendar, now),
        }
    });
    // It costs a read of everything, and says nothing to people.
    let digest = if for_programs { digest(data).await? } else { None };
    let erasure = erasure::begun(data, &data.registry().await?).await?;
    let begun = erasure.as_ref().map(being_erased).unwrap_or_default();
    let text = begun + &text(&slice, now, &limits) + "\n\n" + &totals(&counts, &asides);
    let status = Status {
        graph: graph.to_string(),
        digest,
        accounts: config.accounts.values().map(|one| account(&slice, one, &limits)).collect(),
        calendars: calendars.collect(),
        edges: config.edges.values().map(|edge| EdgeView::of(config, edge)).collect(),
        counts: CountsView::of(&counts),
        set_aside: asides,
        erasure,
    };
    Ok((status, text))
}

/// The graph's digest; none while another process writes to it.
async fn digest(data: &Data) -> Result<Option<String>, CliError> {
    match kalends::digest(&data.store, data.keys.graph).await {
        Ok(digest) => Ok(Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())),
        Err(StoreError::Conflict) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What each account is not allowed.
type Limits = BTreeMap<AccountId, Vec<LimitView>>;

fn account(slice: &Slice, account: &Account, limits: &Limits) -> AccountStatus {
    let health = health(slice, account);
    AccountStatus {
        account: AccountView::of(account),
        needs_sign_in: health.needs_sign_in,
        needs_consent: health.needs_consent,
        failing: health.failing.as_ref().map(|failing| failing.code.clone()),
        retry_at: health.failing.as_ref().map(|failing| failing.retry_at.to_string()),
        throttled_until: health.throttled_until.map(|until| until.to_string()),
        read_only_until: health.read_only_until.map(|until| until.to_string()),
        asked_at: health.seen_at.map(|at| at.to_string()),
        limits: limits.get(&account.id).cloned().unwrap_or_default(),
    }
}

fn health(slice: &Slice, account: &Account) -> Health {
    slice.health.get(&account.id).cloned().flatten().unwrap_or_default()
}

/// What was set aside and why, something of each calendar; the raw text is not shown.
async fn asides(data: &Data, slice: &Slice) -> Result<Vec<AsideView>, CliError> {
    let graph = data.keys.graph;
    let mut shown = Vec::new();
    for filter in [AsideFilter::Quarantined, AsideFilter::Stray, AsideFilter::ForeignManaged] {
        let (mut after, mut limit) = (None, ASIDES);
        loop {
            let page = data.store.query(AsidesPage { graph, filter, after, limit }).await?;
            shown.extend(page.iter().map(|one| aside_view(&slice.config, one)));
            let Some(last) = page.last().filter(|_| page.len() == limit as usize) else { break };
            // Behind all that this calendar holds.
            after = Some((last.calendar, ProviderId(char::MAX.to_string())));
            limit = ASIDES_OF_EACH;
        }
    }
    Ok(shown)
}

fn aside_view(config: &Config, aside: &Aside) -> AsideView {
    let why = read::aside(&aside.what);
    let at = match &aside.what {
        AsideKind::Quarantined(quarantine) => Some(quarantine.at.to_string()),
        AsideKind::Stray { .. }
        | AsideKind::ForeignManaged { .. }
        | AsideKind::Message { .. }
        | AsideKind::NotEvent => None,
    };
    AsideView {
        calendar: aside.calendar.to_string(),
        name: label(config, aside.calendar),
        object: aside.object.0.clone(),
        code: why.code,
        reason: why.text,
        at,
    }
}

fn text(slice: &Slice, now: Timestamp, limits: &Limits) -> String {
    let config = &slice.config;
    let accounts = config.accounts.values().map(|account| {
        let limited = limits.get(&account.id).is_some_and(|limits| !limits.is_empty());
        let health = health(slice, account);
        let asked = health.seen_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        [account.name.clone(), how(account, &health, (limited, now)), asked]
    });
    let calendars = config.calendars.values().map(|calendar| {
        let cursor = slice.cursors.get(&calendar.scope()).cloned().flatten();
        let read = match Staleness::of(config, calendar, cursor.as_ref(), now) {
            Staleness { stale: Some(stale), .. } => format!("stale, {stale}"),
            Staleness { same_since, .. } => {
                let same = same_since.map(|since| format!(", the same since {since}"));
                read_text(calendar, cursor.as_ref(), &same.unwrap_or_default())
            }
        };
        [label(config, calendar.id), read, upkeep(slice, calendar, now).to_owned()]
    });
    [
        table(
            ["account", "state", "last asked"],
            accounts,
            "no accounts: add one with `account add`",
        ),
        table(["calendar", "last read", "upkeep"], calendars, "no calendars"),
    ]
    .join("\n\n")
}

/// That everything is being erased, and how it is kept, as long as it can be.
fn being_erased(erasure: &ErasureView) -> String {
    let id = &erasure.id;
    match erasure.state {
        "ending" => return format!("erasure {id} is ending: `erase` gives the certificate\n\n"),
        "calling-off" => {
            return format!("erasure {id} is being called off: `erase --call-off` goes on\n\n");
        }
        _ => {}
    }
    let waits: Vec<&str> = erasure.waiting.iter().map(|one| one.account.as_str()).collect();
    let waits = match waits.as_slice() {
        [] => String::new(),
        names => format!(", and waits for {}", names.join(", ")),
    };
    format!("erasure {id} is under way{waits}: `erase --call-off` keeps what is not gone yet\n\n")
}

/// How much there is, and what is set aside.
fn totals(counts: &Counts, asides: &[AsideView]) -> String {
    let total = format!(
        "{} events, {} mirrors, {} writes open, {} parked, {} quarantined",
        counts.events, counts.mirrors, counts.open, counts.parked, counts.quarantined
    );
    match asides {
        [] => total,
        asides => {
            let is_all = counts.quarantined + counts.strays + counts.foreign <= asides.len() as u64;
            let rows = told_once(asides, is_all);
            total + "\n\n" + &table(["calendar", "set aside", "why"], rows, "")
        }
    }
}

/// What was set aside, calendar by calendar and reason by reason; of many of one kind the first is named.
fn told_once(asides: &[AsideView], is_all: bool) -> Vec<[String; 3]> {
    let mut kinds: Vec<Vec<&AsideView>> = Vec::new();
    for aside in asides {
        let is_its = |kind: &&mut Vec<&AsideView>| {
            kind.first().is_some_and(|one| one.name == aside.name && one.reason == aside.reason)
        };
        match kinds.iter_mut().find(is_its) {
            Some(kind) => kind.push(aside),
            None => kinds.push(vec![aside]),
        }
    }
    let row =
        |aside: &AsideView, object: String| [aside.name.clone(), object, aside.reason.clone()];
    let rows = |kind: Vec<&AsideView>| match kind.as_slice() {
        [first, others @ ..] if others.len() >= SAME_MAX => {
            let least = if is_all { "" } else { "at least " };
            vec![row(first, format!("{} and {least}{} more", first.object, others.len()))]
        }
        all => all.iter().map(|one| row(one, one.object.clone())).collect(),
    };
    kinds.into_iter().flat_map(rows).collect()
}

fn how(account: &Account, health: &Health, (limited, now): (bool, Timestamp)) -> String {
    if health.needs_sign_in {
        return "needs a new sign-in: `account add` under the same name".to_owned();
    }
    if health.needs_consent {
        return "waits for an administrator to allow it: then `account add` again".to_owned();
    }
    if let Some(failing) = &health.failing {
        return format!("failing ({})", failing.code);
    }
    if let Some(until) = health.throttled_until.filter(|until| *until > now) {
        return format!("rests until {until}, as its provider asked");
    }
    match health.read_only_until.filter(|until| *until > now) {
        Some(until) => format!("takes no writes until {until}"),
        None if limited => format!("limited: see `account show {}`", account.name),
        None => account_state(account).to_owned(),
    }
}

/// How a calendar is kept up to date, in a word; all it needs is loaded.
fn upkeep(slice: &Slice, calendar: &Calendar, now: Timestamp) -> &'static str {
    slice.upkeep(calendar, now).map_or("unknown", Upkeep::word)
}

fn read_text(calendar: &Calendar, cursor: Option<&Cursor>, same: &str) -> String {
    if !calendar.capabilities.read {
        return "may not be read".to_owned();
    }
    match cursor {
        Some(Cursor { failing: Some(failing), .. }) => format!("failing ({})", failing.code),
        Some(Cursor { read_at: Some(at), .. }) => format!("{at}{same}"),
        Some(_) | None if calendar.on => "not yet".to_owned(),
        Some(_) | None => "off".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aside(object: usize, reason: &str) -> AsideView {
        AsideView {
            calendar: "cal".to_owned(),
            name: "a/Work".to_owned(),
            object: object.to_string(),
            code: "code".to_owned(),
            reason: reason.to_owned(),
            at: None,
        }
    }

    /// Catches a page of one warning said over and over, which hides the only other one.
    #[test]
    fn many_objects_that_are_set_aside_for_one_reason_are_told_once() {
        let mut asides: Vec<AsideView> = (0..9).map(|n| aside(n, "one UID")).collect();
        asides.insert(4, aside(40, "no start"));
        asides.push(aside(41, "no start"));
        let told =
            told_once(&asides, true).into_iter().map(|[_, object, why]| format!("{object}: {why}"));
        let told: Vec<String> = told.collect();
        assert_eq!(told, ["0 and 8 more: one UID", "40: no start", "41: no start"]);
        assert_eq!(told_once(&asides, false)[0][1], "0 and at least 8 more");
    }
}
