//! One sync.

use kalends::core::graph::CalendarRole;
use kalends::core::ids::{AccountId, CalendarId, ScopeId};
use kalends::core::ports::Clock as _;
use kalends::core::provider::{Failure, FailureClass};
use kalends::core::slice::Config;
use kalends::{Options, Report, Rests, Stop};
use kalends_tokio::SystemClock;

use super::unsettled;
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::hooks::CliHooks;
use crate::host;
use crate::interrupt::on_interrupt;
use crate::lookup::label;
use crate::outcome::Outcome;
use crate::post;
use crate::show::{count, rests, table};
use crate::view::{self, FailureView, Synced};

/// How long somebody waits who asked for a sync.
const ON_DEMAND_MS: i64 = 30_000;

pub(crate) async fn run(data: &Data) -> Result<Outcome, CliError> {
    let working = data.begin_work().await?;
    let driver = host::driver(data, CliHooks::on_terminal())?;
    let stop = Stop::new();
    let options = Options { stop: stop.clone(), rests: Rests::Ended, ..Options::default() };
    let asking = on_interrupt(move || stop.ask());
    let report = driver.sync(&data.keys, &options).await?;
    asking.abort();
    drop(driver);
    data.forget_removed().await?;
    post::carry(data).await?;
    let config = data.config().await?;
    drop(working);
    let unsettled = if report.settled { Vec::new() } else { unsettled::why(data).await? };
    Ok(Outcome::new(view::Report::of(&report), report_text(&report))
        .with_remarks(unsettled)
        .with_exit(exit(&report, &config))
        .with_remarks(failed(&config, &report.failures))
        .with_remarks(resting(&config)))
}

/// A sync for someone who waits for its answer: it ends in bounded time, settled or not.
pub(crate) async fn on_demand(data: &Data) -> Result<Outcome, CliError> {
    let driver = host::driver(data, data.hooks())?;
    let deadline = Some(SystemClock.now().saturating_add_millis(ON_DEMAND_MS));
    let report = driver.sync(&data.keys, &Options { deadline, ..Options::default() }).await?;
    post::carry(data).await?;
    let config = data.config().await?;
    let failures = report.failures.iter().map(|(account, scope, failure)| FailureView {
        place: place(&config, *account, *scope),
        code: failure.code.clone(),
        detail: failure.detail.clone(),
    });
    let failures = failures.collect();
    Ok(Outcome::new(Synced { report: view::Report::of(&report), failures }, ""))
}

fn report_text(report: &Report) -> String {
    let row = [
        report.pulled,
        report.created,
        report.updated,
        report.deleted,
        report.held,
        report.quarantined,
        report.parked,
        report.requests,
    ];
    let header =
        ["pulled", "created", "updated", "deleted", "held", "quarantined", "parked", "requests"];
    let settled = if report.settled { "settled" } else { "not settled" };
    let mut text = format!("{settled} after {}\n", count(report.passes.into(), "pass", "passes"));
    text.push_str(&table(header, [row.map(|number| number.to_string())], ""));
    for (number, one, several, hint) in [
        (report.held, "deletion waits", "deletions wait", "for your word: see `held list`"),
        (report.quarantined, "item", "items", "could not be read: see `status`"),
        (report.parked, "write is", "writes are", "tried no more: see `parked list`"),
    ] {
        if number > 0 {
            text.push_str(&format!("\n{} {hint}", count(number, one, several)));
        }
    }
    text
}

/// What could not be talked to.
pub(crate) fn failed(
    config: &Config,
    failures: &[(AccountId, Option<ScopeId>, Failure)],
) -> Vec<String> {
    let remark = |(account, scope, failure): &(AccountId, Option<ScopeId>, Failure)| {
        let (place, Failure { code, detail, .. }) = (place(config, *account, *scope), failure);
        format!("warning: {place}: {detail} ({code})")
    };
    failures.iter().map(remark).collect()
}

fn place(config: &Config, account: AccountId, scope: Option<ScopeId>) -> String {
    let name = || config.accounts.get(&account).map_or("?", |account| &account.name).to_owned();
    scope.map_or_else(name, |scope| label(config, scope.calendar()))
}

/// Which edges rest, and which of their calendars are gone, and what to do.
pub(crate) fn resting(config: &Config) -> Vec<String> {
    let gone = lost(config).map(|calendar| {
        format!(
            "warning: {} is not in its account any more: what it held is kept, and goes on when \
             the calendar is back; else remove its edges (calendar.lost)",
            label(config, calendar)
        )
    });
    let resting = config.edges.values().filter_map(|edge| {
        let (why, from, to) =
            (rests(edge.state)?, label(config, edge.from), label(config, edge.to));
        Some(format!("warning: the edge {from} -> {to} rests: {} ({})", why.text, why.code))
    });
    gone.chain(resting).collect()
}

/// Calendars that edges need and that are gone from their accounts.
fn lost(config: &Config) -> impl Iterator<Item = CalendarId> {
    let lost = config.calendars.values().filter(|c| c.role == CalendarRole::Lost).map(|c| c.id);
    lost.filter(|id| config.edges.values().any(|edge| edge.from == *id || edge.to == *id))
}

/// A refused password first: nothing else helps there.
pub(crate) fn exit(report: &Report, config: &Config) -> Exit {
    if report.failures.iter().any(|(_, _, failure)| failure.class == FailureClass::SignIn) {
        return Exit::SignIn;
    }
    let whole = lost(config).next().is_none();
    if report.settled && report.held == 0 && report.parked == 0 && whole {
        Exit::Done
    } else {
        Exit::Unsettled
    }
}
