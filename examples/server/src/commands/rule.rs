//! How a person wants to work: said, listed, taken back.

use kalends::UserEdit;
use kalends::core::ids::RuleId;
use kalends::core::schedule::propose::Taste;
use kalends::core::schedule::{Hours, Limits, Override, Rule, Rules, Tier, Trip, Weekdays};
use kalends::recurrence::Zone;

use crate::args::{RuleCommand, RuleSet, TierArg};
use crate::data::Data;
use crate::error::CliError;
use crate::hooks::CliHooks;
use crate::host;
use crate::outcome::Outcome;
use crate::show::{lasting, local, table};
use crate::view::{Gone, RuleView, RulesView};

pub(crate) async fn run(data: &Data, command: RuleCommand) -> Result<Outcome, CliError> {
    match command {
        RuleCommand::Set(set) => self::set(data, set).await,
        RuleCommand::List => list(data).await,
        RuleCommand::Remove { id } => remove(data, id).await,
    }
}

pub(crate) async fn set(data: &Data, set: RuleSet) -> Result<Outcome, CliError> {
    let zone = home(data).await?;
    let rule = rule(set, &zone)?;
    let id = rule.id(&data.keys);
    let edit = UserEdit::SetRule { rule: Box::new(rule.clone()), base: None };
    let driver = host::driver(data, CliHooks::quiet())?;
    host::edit(data, &driver, edit).await?;
    let text = format!("{}: {}", rule.kind(), said(&rule, &zone));
    Ok(Outcome::new(rule_view((id, &rule), &zone), text))
}

pub(crate) async fn remove(data: &Data, id: RuleId) -> Result<Outcome, CliError> {
    let driver = host::driver(data, CliHooks::quiet())?;
    host::edit(data, &driver, UserEdit::RemoveRule { rule: id }).await?;
    Ok(Outcome::new(Gone { removed: id.to_string() }, format!("rule {id} is gone")))
}

/// Where the person is when not on a trip.
pub(crate) async fn home(data: &Data) -> Result<Zone, CliError> {
    let config = data.config().await?;
    Ok(Rules::of(config.rules.values()).zone)
}

fn rule(set: RuleSet, home: &Zone) -> Result<Rule, CliError> {
    Ok(match set {
        RuleSet::Home { zone } => Rule::Home(zone),
        RuleSet::Hours { days, minutes, zone } => {
            Rule::Hours(Hours { zone, days: days.0, minutes: minutes.0 })
        }
        RuleSet::Day { day, minutes } => {
            Rule::Day(day, minutes.into_iter().map(|part| part.0).collect())
        }
        RuleSet::Trip { zone, from, to, name, free } => {
            let range = from.at(&zone)..to.at(&zone);
            Rule::Trip(Trip { range, zone, blocks: !free }, name)
        }
        RuleSet::Buffers { before, after } => {
            if before.is_none() && after.is_none() {
                return Err(CliError::usage("name `before`, `after` or both"));
            }
            Rule::Buffers(before.unwrap_or(0), after.unwrap_or(0))
        }
        RuleSet::Notice { length } => Rule::Notice(length),
        RuleSet::Horizon { length } => Rule::Horizon(length),
        RuleSet::Focus { days, minutes } => {
            Rule::Focus(Hours { zone: None, days: days.0, minutes: minutes.0 })
        }
        RuleSet::Limits { day, week } => {
            if day.is_none() && week.is_none() {
                return Err(CliError::usage("name `day`, `week` or both"));
            }
            Rule::Limits(Limits { day_ms: day, week_ms: week })
        }
        RuleSet::Milestone { day } => Rule::Milestone(day),
        RuleSet::Open { from, to } => {
            Rule::Override(Override { range: from.at(home)..to.at(home), open: true })
        }
        RuleSet::Closed { from, to } => {
            Rule::Override(Override { range: from.at(home)..to.at(home), open: false })
        }
        RuleSet::Taste { days, minutes, points } => {
            Rule::Taste(Taste { days: days.0, minutes: minutes.0, points })
        }
        RuleSet::Vip { who, waive } => Rule::Vip(who, waive.into_iter().collect()),
        RuleSet::Consent { graph, tier } => {
            let tier = match tier {
                TierArg::Ask => Tier::Ask,
                TierArg::Book => Tier::Book,
                TierArg::Waive => Tier::Waive,
            };
            Rule::Consent(graph, tier)
        }
    })
}

pub(crate) async fn list(data: &Data) -> Result<Outcome, CliError> {
    let (config, zone) = (data.config().await?, home(data).await?);
    let mut rules: Vec<(&RuleId, &Rule)> = config.rules.iter().collect();
    rules.sort_by_key(|(_, rule)| (rule.kind(), said(rule, &zone)));
    let json = RulesView {
        rules: rules.iter().map(|(id, rule)| rule_view((**id, rule), &zone)).collect(),
    };
    let rows =
        rules.iter().map(|(id, rule)| [rule.kind().to_owned(), said(rule, &zone), id.to_string()]);
    let none =
        "no rules: free is what no event takes; `rule set hours mon-fri 09:00-17:00` adds one";
    Ok(Outcome::new(json, table(["rule", "says", "id"], rows, none)))
}

fn rule_view((id, rule): (RuleId, &Rule), home: &Zone) -> RuleView {
    RuleView { id: id.to_string(), kind: rule.kind(), says: said(rule, home) }
}

/// A rule in words; times of a trip by the clock of its place, others by that of the home zone.
pub(crate) fn said(rule: &Rule, home: &Zone) -> String {
    match rule {
        Rule::Home(zone) => zone.to_string(),
        Rule::Hours(hours) | Rule::Focus(hours) => {
            let zone = hours.zone.as_ref().map_or(String::new(), |zone| format!(" {zone}"));
            format!("{} {}{zone}", days(hours.days), part(&hours.minutes))
        }
        Rule::Day(day, parts) if parts.is_empty() => format!("{day} off"),
        Rule::Day(day, parts) => {
            let parts: Vec<String> = parts.iter().map(part).collect();
            format!("{day} {}", parts.join(" "))
        }
        Rule::Trip(trip, name) => {
            let what = if trip.blocks { name.as_str() } else { "(free)" };
            let [from, to] = [trip.range.start, trip.range.end].map(|at| local(at, &trip.zone));
            format!("{from} to {to} {} {what}", trip.zone)
        }
        Rule::Buffers(before, after) => {
            format!("{} before, {} after", lasting(*before), lasting(*after))
        }
        Rule::Notice(ms) | Rule::Horizon(ms) => lasting(*ms),
        Rule::Limits(limits) => {
            let of = |ms: Option<i64>, span| ms.map(|ms| format!("{} a {span}", lasting(ms)));
            let both = [of(limits.day_ms, "day"), of(limits.week_ms, "week")];
            both.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
        Rule::Milestone(day) => day.to_string(),
        Rule::Override(one) => {
            let what = if one.open { "open" } else { "closed" };
            let [from, to] = [one.range.start, one.range.end].map(|at| local(at, home));
            format!("{what} {from} to {to}")
        }
        Rule::Taste(taste) => {
            format!("{} {} {:+}", days(taste.days), part(&taste.minutes), taste.points)
        }
        Rule::Vip(who, waived) => {
            let codes: Vec<&str> = waived.iter().map(|why| why.code()).collect();
            format!("{who}: {} waived", codes.join(","))
        }
        Rule::Consent(graph, tier) => format!("{graph} {}", tier.code()),
    }
}

fn part(minutes: &std::ops::Range<u16>) -> String {
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("{}-{}", time(minutes.start), time(minutes.end))
}

fn days(days: Weekdays) -> String {
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    match days {
        Weekdays::ALL => "all".to_owned(),
        Weekdays::WORKING => "mon-fri".to_owned(),
        Weekdays(bits) => {
            let named = NAMES.iter().enumerate().filter(|(n, _)| bits >> n & 1 == 1);
            named.map(|(_, name)| *name).collect::<Vec<_>>().join(",")
        }
    }
}
