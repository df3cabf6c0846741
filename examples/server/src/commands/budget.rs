//! What the edges will spend of what providers allow.

use std::collections::BTreeSet;

use kalends::core::budget::{self, Allowance, Habits, Of, Rate};
use kalends::core::graph::Account;
use kalends::core::ids::CalendarId;
use kalends::core::ports::{Clock as _, Credential, GraphStore as _};
use kalends::core::slice::{Config, ReadSet, Slice};
use kalends::core::time::Timestamp;
use kalends::core::watch::{Upkeep, Watch};
use kalends::queries::LeftIn;
use kalends_tokio::{Secret, SystemClock};

use crate::accounts::provider;
use crate::args::BudgetArgs;
use crate::data::Data;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::show::{count, table};
use crate::view::{AccountBudget, Budget, LimitBudget};

/// Seconds of a day.
const DAY_SECONDS: u32 = 86_400;
/// From here on a limit is near, in thousandths.
const NEAR_PERMILLE: u64 = 800;

pub(crate) async fn run(data: &Data, args: BudgetArgs) -> Result<Outcome, CliError> {
    let graph = data.keys.graph;
    let config = data.config().await?;
    let watches = config.calendars.values().map(|calendar| calendar.scope()).collect();
    let slice = data.store.load(graph, &ReadSet { watches, ..ReadSet::default() }).await?;
    let open = data.store.query(LeftIn { graph }).await?.open;
    let habits = Habits {
        passes: (DAY_SECONDS / args.every).max(1),
        changes_of_calendar: args.changes,
        ..Habits::default()
    };
    let now = SystemClock.now();
    let accounts: Vec<AccountBudget> = slice
        .config
        .accounts
        .values()
        .filter_map(|account| of_account(&slice, account, (&habits, open), now))
        .collect();
    let text = text(&accounts, &args, open);
    let budget = Budget { every: args.every, changes: args.changes, open, accounts };
    Ok(Outcome::new(budget, text))
}

/// What one account spends; none for those that no provider is asked about.
fn of_account(
    slice: &Slice,
    account: &Account,
    (habits, open): (&Habits, u64),
    now: Timestamp,
) -> Option<AccountBudget> {
    let kind = provider(&account.provider, &Secret::new("", Credential::None)).ok()?;
    let allowance = kind.allowance();
    let config = &slice.config;
    let load = budget::load(config, account.id, &watched(slice, now), habits);
    let day = budget::day(&load, &allowance);
    let limits = budget::share(day.requests(), &allowance);
    let limits: Vec<LimitBudget> = limits
        .map(|share| LimitBudget {
            limit: name(&share.rate),
            requests: share.rate.requests,
            seconds: share.rate.span_ms / 1_000,
            allowed_a_day: share.allowed,
            permille: share.permille,
        })
        .collect();
    let worst = limits.iter().map(|limit| limit.permille).max();
    let is_target = config.edges.values().any(|edge| is_in(config, account, edge.to));
    let first_minutes = (is_target && open > 0)
        .then(|| budget::sending_ms(open, &allowance).unsigned_abs().div_ceil(60_000));
    Some(AccountBudget {
        account: account.name.clone(),
        provider: account.provider.clone(),
        calendars: load.calendars,
        watched: load.watched,
        looking: day.looking,
        reading: day.reading,
        writing: day.writing,
        watching: day.watching,
        requests_a_day: day.requests(),
        at_once: allowance.at_once,
        verdict: verdict(&account.name, day.requests(), worst, &allowance),
        first_minutes,
        limits,
    })
}

fn is_in(config: &Config, account: &Account, calendar: CalendarId) -> bool {
    config.calendars.get(&calendar).is_some_and(|calendar| calendar.account == account.id)
}

/// The calendars whose provider tells of changes now.
fn watched(slice: &Slice, now: Timestamp) -> BTreeSet<CalendarId> {
    let speaks = |watch: &Watch| watch.upkeep(now) == Upkeep::Active;
    let told = slice.watches.iter().filter(|(_, watch)| watch.as_ref().is_some_and(speaks));
    told.map(|(scope, _)| scope.calendar()).collect()
}

/// What it comes to, and what to do where it is too much.
fn verdict(name: &str, requests: u64, worst: Option<u64>, allowance: &Allowance) -> String {
    let spends = format!("{name} spends {} a day", count(requests, "request", "requests"));
    match worst {
        None if allowance.at_once.is_none() => format!("{spends}; its provider names no limit"),
        None | Some(..NEAR_PERMILLE) => format!("{spends}, well within its limits"),
        Some(NEAR_PERMILLE..=1_000) => {
            format!("{spends}, near a limit: sync less often, or turn off calendars nobody needs")
        }
        Some(_) => format!(
            "{spends}, more than a limit lets through: what is over waits, and mirrors come late; \
             sync less often, let the provider tell of changes, or turn off calendars nobody needs"
        ),
    }
}

fn name(rate: &Rate) -> String {
    let whose = match rate.of {
        Of::Account => "of the account",
        Of::Everyone => "of all accounts of this program",
    };
    let span = match rate.span_ms / 1_000 {
        60 => "a minute".to_owned(),
        seconds if seconds % 60 == 0 => format!("in {} minutes", seconds / 60),
        seconds => format!("in {seconds} seconds"),
    };
    format!("{} requests {span} {whose}", rate.requests)
}

fn text(accounts: &[AccountBudget], args: &BudgetArgs, open: u64) -> String {
    let rows = accounts.iter().flat_map(|one| {
        let none = (one.limits.is_empty()).then(|| ["none".to_owned(), "-".to_owned()]);
        let limits = one.limits.iter().map(|limit| {
            [limit.limit.clone(), format!("{}.{} %", limit.permille / 10, limit.permille % 10)]
        });
        let limits = limits.chain(none);
        limits.map(|[limit, share]| {
            [one.account.clone(), one.requests_a_day.to_string(), limit, share]
        })
    });
    let mut parts = vec![table(
        ["account", "requests a day", "limit", "spent"],
        rows,
        "no accounts: add one with `account add`",
    )];
    parts.extend(accounts.iter().map(|one| one.verdict.clone()));
    for one in accounts {
        if let Some(minutes) = one.first_minutes {
            parts.push(format!(
                "{} open: {} takes at least {} for them if all are its own",
                count(open, "write is", "writes are"),
                one.account,
                count(minutes, "minute", "minutes")
            ));
        }
    }
    if accounts.iter().flat_map(|one| &one.limits).any(|limit| limit.permille >= NEAR_PERMILLE) {
        parts.push(
            "less often: --every of `watch` and `serve`; told of changes: --listen of `watch`, --public \
             of `serve`; turned off: `calendars scope`"
                .to_owned(),
        );
    }
    if !accounts.is_empty() {
        parts.push(format!(
            "counted with a sync each {} seconds and {} a day in each calendar that is read",
            args.every,
            count(args.changes.into(), "change", "changes")
        ));
    }
    parts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_says_what_to_do_where_it_is_too_much() {
        let told = |worst| verdict("work", 5, worst, &Allowance::NONE);
        assert!(told(None).ends_with("names no limit"));
        assert!(told(Some(799)).ends_with("well within its limits"));
        assert!(told(Some(800)).contains("sync less often"));
        assert!(
            told(Some(1_001)).contains("more than a limit") && !told(Some(1_001)).contains("--")
        );
    }

    #[test]
    fn limits_are_named_as_people_say_them() {
        let rate = |of, requests, span_ms| name(&Rate { of, requests, span_ms });
        assert_eq!(rate(Of::Account, 600, 60_000), "600 requests a minute of the account");
        let ten = rate(Of::Everyone, 10_000, 600_000);
        assert_eq!(ten, "10000 requests in 10 minutes of all accounts of this program");
    }
}
