//! How everything is.

use kalends::core::cursor::{Cursor, Health};
use kalends::core::graph::{Account, Calendar};
use kalends::core::ports::{Clock as _, GraphStore as _, StoreError};
use kalends::core::presence::AsideKind;
use kalends::core::read;
use kalends::core::slice::{ReadSet, Slice};
use kalends::core::time::Timestamp;
use kalends::core::watch::Upkeep;
use kalends::queries::{AsideFilter, AsidesPage, Counts, CountsOf};
use kalends_tokio::SystemClock;
use serde_json::{Value, json};

use crate::data::Data;
use crate::error::CliError;
use crate::lookup::label;
use crate::outcome::Outcome;
use crate::show::{account_json, account_state, calendar_json, edge_json, table};

/// How many objects set aside are listed.
const ASIDES: u32 = 100;

pub(crate) async fn run(data: &Data, for_programs: bool) -> Result<Outcome, CliError> {
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
    let accounts: Vec<Value> = config.accounts.values().map(|a| account(&slice, a)).collect();
    let calendars: Vec<Value> = config
        .calendars
        .values()
        .map(|calendar| {
            let mut json = calendar_json(config, calendar);
            let cursor = slice.cursors.get(&calendar.scope()).cloned().flatten();
            json["read_at"] = cursor.as_ref().and_then(|c| Some(c.read_at?.to_string())).into();
            json["failing"] = cursor.and_then(|c| Some(c.failing?.code)).into();
            json["upkeep"] = upkeep(&slice, calendar, now).into();
            json
        })
        .collect();
    // It costs a read of everything, and says nothing to people.
    let digest = if for_programs { digest(data).await? } else { None };
    let edges: Vec<Value> = config.edges.values().map(|edge| edge_json(config, edge)).collect();
    let json = json!({
        "graph": graph.to_string(),
        "digest": digest,
        "accounts": accounts,
        "calendars": calendars,
        "edges": edges,
        "counts": counts_json(&counts),
        "set_aside": asides,
    });
    Ok(Outcome::new(json, text(&slice, now, &counts, &asides)))
}

/// The graph's digest; none while another process writes to it.
async fn digest(data: &Data) -> Result<Option<String>, CliError> {
    match kalends::digest(&data.store, data.keys.graph).await {
        Ok(digest) => Ok(Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())),
        Err(StoreError::Conflict) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn account(slice: &Slice, account: &Account) -> Value {
    let health = health(slice, account);
    let mut json = account_json(account);
    json["needs_sign_in"] = health.needs_sign_in.into();
    json["needs_consent"] = health.needs_consent.into();
    json["failing"] = health.failing.as_ref().map(|failing| failing.code.clone()).into();
    json["retry_at"] = health.failing.as_ref().map(|f| f.retry_at.to_string()).into();
    json["throttled_until"] = health.throttled_until.map(|until| until.to_string()).into();
    json["read_only_until"] = health.read_only_until.map(|until| until.to_string()).into();
    json
}

fn health(slice: &Slice, account: &Account) -> Health {
    slice.health.get(&account.id).cloned().flatten().unwrap_or_default()
}

fn counts_json(counts: &Counts) -> Value {
    json!({
        "events": counts.events,
        "presences": counts.presences,
        "gone": counts.gone,
        "mirrors": counts.mirrors,
        "parts": counts.parts,
        "open": counts.open,
        "parked": counts.parked,
        "strays": counts.strays,
        "foreign": counts.foreign,
        "quarantined": counts.quarantined,
        "jobs": counts.jobs,
    })
}

/// What was set aside and why; the raw text is not shown.
async fn asides(data: &Data, slice: &Slice) -> Result<Vec<Value>, CliError> {
    let graph = data.keys.graph;
    let mut shown = Vec::new();
    for filter in [AsideFilter::Quarantined, AsideFilter::Stray, AsideFilter::ForeignManaged] {
        let page = AsidesPage { graph, filter, after: None, limit: ASIDES };
        for aside in data.store.query(page).await? {
            let why = read::aside(&aside.what);
            let at = match &aside.what {
                AsideKind::Quarantined(quarantine) => Some(quarantine.at.to_string()),
                AsideKind::Stray { .. }
                | AsideKind::ForeignManaged { .. }
                | AsideKind::Message { .. }
                | AsideKind::NotEvent => None,
            };
            shown.push(json!({
                "calendar": aside.calendar.to_string(),
                "name": label(&slice.config, aside.calendar),
                "object": aside.object.0,
                "code": why.code,
                "reason": why.text,
                "at": at,
            }));
        }
    }
    Ok(shown)
}

fn text(slice: &Slice, now: Timestamp, counts: &Counts, asides: &[Value]) -> String {
    let config = &slice.config;
    let accounts = config.accounts.values().map(|account| {
        let health = health(slice, account);
        [account.name.clone(), how(account, &health)]
    });
    let calendars = config.calendars.values().map(|calendar| {
        let cursor = slice.cursors.get(&calendar.scope()).cloned().flatten();
        let read = read_text(calendar.on, cursor.as_ref());
        [label(config, calendar.id), read, upkeep(slice, calendar, now).to_owned()]
    });
    let asides = asides.iter().map(|aside| {
        let field = |name: &str| aside[name].as_str().unwrap_or_default().to_owned();
        [field("name"), field("object"), field("reason")]
    });
    let mut parts = vec![
        table(["account", "state"], accounts, "no accounts: add one with `account add`"),
        table(["calendar", "last read", "upkeep"], calendars, "no calendars"),
        format!(
            "{} events, {} mirrors, {} writes open, {} parked, {} quarantined",
            counts.events, counts.mirrors, counts.open, counts.parked, counts.quarantined
        ),
    ];
    if asides.len() > 0 {
        parts.push(table(["calendar", "set aside", "why"], asides, ""));
    }
    parts.join("\n\n")
}

fn how(account: &Account, health: &Health) -> String {
    if health.needs_sign_in {
        return "needs a new sign-in: `account add` under the same name".to_owned();
    }
    if health.needs_consent {
        return "waits for an administrator to allow it: then `account add` again".to_owned();
    }
    if let Some(failing) = &health.failing {
        return format!("failing ({})", failing.code);
    }
    match health.read_only_until {
        Some(until) => format!("takes no writes until {until}"),
        None => account_state(account).to_owned(),
    }
}

/// How a calendar is kept up to date, in a word; all it needs is loaded.
fn upkeep(slice: &Slice, calendar: &Calendar, now: Timestamp) -> &'static str {
    slice.upkeep(calendar, now).map_or("unknown", Upkeep::word)
}

fn read_text(on: bool, cursor: Option<&Cursor>) -> String {
    match cursor {
        Some(Cursor { failing: Some(failing), .. }) => format!("failing ({})", failing.code),
        Some(Cursor { read_at: Some(at), .. }) => at.to_string(),
        Some(_) | None if on => "not yet".to_owned(),
        Some(_) | None => "off".to_owned(),
    }
}
