//! The best times for a meeting, with what others' providers say of theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use kalends::core::availability::{Availability, Schedule};
use kalends::core::graph::{Account, Lifecycle};
use kalends::core::ids::AccountId;
use kalends::core::ports::{Clock as _, Credential};
use kalends::core::provider::Failure;
use kalends::core::schedule::propose::{
    Fairness, Proposal, Reason, Repeat, Role, Seat, Taste, Wish, propose,
};
use kalends::core::schedule::{Inquiry, Rule, Stretch, TURNS_MS};
use kalends::core::slice::Config;
use kalends::core::time::Timestamp;
use kalends::driver::{Accounts as _, Ports as _};
use kalends::recurrence::Zone;
use kalends::{Driver, Opened, Others, Question, asked_range, fairness, time_of};
use kalends_tokio::{Secret, SystemClock};

use super::availability::working_hours;
use super::rule::home;
use crate::accounts::{FEED, provider};
use crate::args::ProposeArgs;
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::host::{self, Host};
use crate::lookup;
use crate::outcome::Outcome;
use crate::show::{day, local, table};
use crate::view::{
    HoursView, PointView, ProposalView, Proposals, TheirHours, TimeView, UnknownView,
};

/// Others are asked about whole quarters of an hour, so that who asks a little later asks the same.
const QUARTER_MS: i64 = 15 * 60_000;
/// How many ways to fill roles are looked at.
const STEPS_MAX: u32 = 200_000;
/// Points for somebody who may be there.
const POINTS_OPTIONAL: i32 = 20;
const WEEK_MS: i64 = 7 * 86_400_000;
/// What the person themselves is called.
const YOU: &str = "you";

/// What a search for the best times found.
pub(crate) struct Found {
    pub(crate) zone: Zone,
    /// The best first.
    pub(crate) list: Vec<Proposal>,
    /// Whether all ways were looked at.
    proven: bool,
    hours: Vec<TheirHours>,
    /// Of whom nobody says when they have time, and why.
    pub(crate) unknown: Vec<(String, String)>,
    /// Whether nothing is proposed because of them.
    pub(crate) is_stopped: bool,
    table: Table,
}

pub(crate) async fn run(data: &Data, args: ProposeArgs) -> Result<Outcome, CliError> {
    let found = find(data, args).await?;
    let unknown_view =
        |(of, code): &(String, String)| UnknownView { of: of.clone(), code: code.clone() };
    let text = shown(&found);
    let json = Proposals {
        zone: found.zone.to_string(),
        proven: found.proven,
        working_hours: found.hours,
        proposals: found.list.iter().map(|one| proposal_view(one, &found.table)).collect(),
        unknown: found.unknown.iter().map(unknown_view).collect(),
    };
    let remarks = found.unknown.iter();
    let remarks = remarks.map(|(of, code)| format!("nobody says when {of} has time ({code})"));
    let remarks: Vec<String> = remarks.collect();
    let exit = if found.is_stopped { Exit::Unsettled } else { Exit::Done };
    Ok(Outcome::new(json, text).with_exit(exit).with_remarks(remarks))
}

/// The best times, by what everybody's calendars say.
pub(crate) async fn find(data: &Data, args: ProposeArgs) -> Result<Found, CliError> {
    let now = SystemClock.now();
    let zone = match &args.zone {
        Some(zone) => zone.clone(),
        None => home(data).await?,
    };
    let starts = asked_range((args.from, args.to), now, &zone)?;
    // Of the last start the repeats are looked at too.
    let weeks = i64::from(args.weekly.unwrap_or(1)) - 1;
    let end = starts.end.saturating_add_millis(weeks * WEEK_MS + args.length);
    let looked_at = starts.start..end;
    let inquiry = Inquiry { now, range: looked_at.clone(), waived: BTreeSet::new() };
    let (config, own) = data.ahead.own_time(&data.store, data.keys.graph, &inquiry).await?;
    let named = [&args.with, &args.optional, &args.one_of];
    let of: BTreeSet<String> = named.into_iter().flatten().cloned().collect();
    let said = ask(data, &config, (args.via.as_deref(), of), &looked_at).await?;
    let unknown = said.iter().filter_map(|(of, schedule)| match &schedule.availability {
        Availability::Unknown { code } => Some((of.clone(), code.clone())),
        Availability::Known(_) => None,
    });
    let unknown: Vec<(String, String)> = unknown.collect();
    let missed = args.with.iter().any(|of| unknown.iter().any(|(name, _)| name == of));
    let wish = Wish {
        range: starts,
        length_ms: args.length,
        grid_minutes: args.grid,
        zone: zone.clone(),
        repeat: args.weekly.map(|times| Repeat { times }),
        points_a_day: i32::from(args.points_a_day),
        proposals_max: usize::from(args.count),
        steps_max: STEPS_MAX,
    };
    let turns = turns(data, &args.one_of, now, &looked_at).await?;
    let table = Table::new(&args, &config, (own, &zone), &said, &looked_at);
    let is_stopped = missed && !args.without_unknown;
    let found = (!is_stopped).then(|| propose(&wish, &table.seats(&turns), &table.roles));
    let (list, proven) = found.map_or((Vec::new(), true), |found| (found.list, found.proven));
    let hours = hours(&config, &said);
    Ok(Found { zone, list, proven, hours, unknown, is_stopped, table })
}

impl Found {
    /// What speaks for a time and against it.
    pub(crate) fn why(&self, one: &Proposal) -> String {
        let why = one.points.iter().map(|point| {
            let (points, of) = (point.points, self.table.name(point.seat));
            format!("{points:+} {} ({of})", words(point.reason))
        });
        why.collect::<Vec<_>>().join("; ")
    }

    /// Who is there then.
    pub(crate) fn who(&self, one: &Proposal) -> String {
        let who = one.roles.iter().flatten().map(|seat| self.table.name(Some(*seat)));
        who.collect::<Vec<_>>().join(", ")
    }
}

/// Who takes part, in the order of their seats; the person themselves first.
struct Table {
    names: Vec<String>,
    times: Vec<Vec<Stretch>>,
    zones: Vec<Zone>,
    tastes: Vec<Taste>,
    roles: Vec<Role>,
}

impl Table {
    fn new(
        args: &ProposeArgs,
        config: &Config,
        (own, zone): (Vec<Stretch>, &Zone),
        said: &BTreeMap<String, Schedule>,
        looked_at: &Range<Timestamp>,
    ) -> Self {
        let (mut names, mut times, mut zones) =
            (vec![YOU.to_owned()], vec![own], vec![zone.clone()]);
        let mut places = BTreeMap::new();
        for (of, schedule) in said {
            let Some(time) = time_of(schedule, looked_at, true) else { continue };
            places.insert(of, names.len());
            names.push(of.clone());
            times.push(time);
            zones.push(schedule.hours.as_ref().map_or_else(|| zone.clone(), |h| h.zone.clone()));
        }
        let place = |of: &String| places.get(of).copied();
        let all: Vec<usize> = [0].into_iter().chain(args.with.iter().filter_map(place)).collect();
        let mut roles = vec![Role { pick: all.len(), of: all, optional: None }];
        let any: Vec<usize> = args.one_of.iter().filter_map(place).collect();
        if !args.one_of.is_empty() {
            roles.push(Role { of: any, pick: 1, optional: None });
        }
        let may = |seat| Role { of: vec![seat], pick: 1, optional: Some(POINTS_OPTIONAL) };
        roles.extend(args.optional.iter().filter_map(place).map(may));
        let taste = |rule: &Rule| {
            let Rule::Taste(taste) = rule else { return None };
            Some(taste.clone())
        };
        let tastes = config.rules.values().filter_map(taste).collect();
        Self { names, times, zones, tastes, roles }
    }

    fn seats(&self, turns: &Fairness<String>) -> Vec<Seat<'_>> {
        let all = self.times.iter().zip(&self.zones).enumerate();
        all.map(|(n, (time, zone))| Seat {
            time,
            zone: zone.clone(),
            tastes: if n == 0 { self.tastes.clone() } else { Vec::new() },
            burden: turns.burden(&self.names[n]),
        })
        .collect()
    }

    fn name(&self, seat: Option<usize>) -> &str {
        seat.and_then(|seat| self.names.get(seat)).map_or("the meeting", String::as_str)
    }
}

/// When those who take part work, as far as it is known.
fn hours(config: &Config, said: &BTreeMap<String, Schedule>) -> Vec<TheirHours> {
    let own = working_hours(config).into_iter().map(|hours| (YOU, hours));
    let told = said.iter().filter_map(|(of, schedule)| {
        schedule.hours.as_ref().map(|hours| (of.as_str(), HoursView::told(hours)))
    });
    own.chain(told).map(|(of, hours)| TheirHours { of: of.to_owned(), hours }).collect()
}

/// Whose turn it was of those of whom one is enough: by the person's own meetings of the last days
/// and of the time looked at.
async fn turns(
    data: &Data,
    one_of: &[String],
    now: Timestamp,
    looked_at: &Range<Timestamp>,
) -> Result<Fairness<String>, CliError> {
    let group: BTreeSet<String> = one_of.iter().cloned().collect();
    if group.len() < 2 {
        return Ok(Fairness::of(group));
    }
    let since = now.saturating_add_millis(-TURNS_MS);
    let range = since..looked_at.end.max(now);
    Ok(fairness(&data.store, data.keys.graph, &group, range).await?)
}

/// What the accounts say, one after the other until somebody is known; calendars at an address are
/// read from there.
async fn ask(
    data: &Data,
    config: &Config,
    (via, of): (Option<&str>, BTreeSet<String>),
    range: &Range<Timestamp>,
) -> Result<BTreeMap<String, Schedule>, CliError> {
    let (driver, others) = (host::driver(data, data.hooks())?, &data.others);
    let range = &quarters(range);
    let mut said: BTreeMap<String, Schedule> = BTreeMap::new();
    let (files, people): (Vec<String>, Vec<String>) = of.into_iter().partition(|of| is_file(of));
    for address in files {
        let secret = Secret::new(address.clone(), Credential::None);
        let provider = provider(FEED, &secret).map_err(|failure| CliError::from(&failure))?;
        let opened = Opened { provider, credential: Credential::None };
        let nobody = AccountId::from_bytes([0; 16]);
        let answer = one(&driver, others, (nobody, &opened), vec![address.clone()], range).await?;
        keep(&mut said, vec![address], answer);
    }
    let accounts: Vec<&Account> = match via {
        Some(name) => vec![lookup::account(config, name)?],
        None => config.accounts.values().filter(|account| can_ask(account)).collect(),
    };
    for account in accounts {
        let open = |of: &&String| {
            said.get(*of).is_none_or(|one| matches!(one.availability, Availability::Unknown { .. }))
        };
        let rest: Vec<String> = people.iter().filter(open).cloned().collect();
        if rest.is_empty() {
            break;
        }
        let answer = match driver.ports().accounts().open(data.keys.graph, account).await {
            Ok(opened) => one(&driver, others, (account.id, &opened), rest.clone(), range).await?,
            Err(failure) => Err(failure),
        };
        keep(&mut said, rest, answer);
    }
    for of in people {
        said.entry(of.clone()).or_insert_with(|| unknown(of, "no-account"));
    }
    Ok(said)
}

async fn one(
    driver: &Driver<Host>,
    others: &Others,
    (account, opened): (AccountId, &Opened),
    of: Vec<String>,
    range: &Range<Timestamp>,
) -> Result<Result<Vec<Schedule>, Failure>, CliError> {
    let question = Question { account, of, from: range.start, to: range.end };
    Ok(others.ask(driver.ports(), opened, &question).await?)
}

/// The same time, and what is missing of its first and its last quarter of an hour.
fn quarters(range: &Range<Timestamp>) -> Range<Timestamp> {
    let before = |at: Timestamp| at.saturating_add_millis(-at.as_millis().rem_euclid(QUARTER_MS));
    before(range.start)..before(range.end.saturating_add_millis(QUARTER_MS - 1))
}

fn keep(
    said: &mut BTreeMap<String, Schedule>,
    of: Vec<String>,
    answer: Result<Vec<Schedule>, Failure>,
) {
    match answer {
        Ok(schedules) => said.extend(schedules.into_iter().map(|one| (one.of.clone(), one))),
        Err(failure) => {
            let code = failure.code;
            said.extend(of.into_iter().map(|of| (of.clone(), unknown(of, &code))));
        }
    }
}

fn unknown(of: String, code: &str) -> Schedule {
    Schedule { of, availability: Availability::Unknown { code: code.to_owned() }, hours: None }
}

fn is_file(of: &str) -> bool {
    ["http://", "https://", "file://"].iter().any(|start| of.starts_with(start))
        && [".ics", ".ifb", ".vfb"].iter().any(|end| of.ends_with(end))
}

fn can_ask(account: &Account) -> bool {
    use crate::accounts::{CALDAV, GOOGLE, MICROSOFT};
    account.state == Lifecycle::Active
        && [CALDAV, GOOGLE, MICROSOFT].contains(&account.provider.as_str())
}

fn proposal_view(one: &Proposal, table: &Table) -> ProposalView {
    let times = one.meetings.iter();
    let times = times.map(|at| TimeView { start: at.start.to_string(), end: at.end.to_string() });
    let who = one.roles.iter().flatten().map(|seat| table.name(Some(*seat)).to_owned());
    let points = one.points.iter().map(|point| PointView {
        why: code(point.reason),
        of: table.name(point.seat).to_owned(),
        points: point.points,
    });
    ProposalView {
        meetings: times.collect(),
        who: who.collect(),
        score: one.score,
        points: points.collect(),
    }
}

fn shown(found: &Found) -> String {
    let zone = &found.zone;
    let rows = found.list.iter().map(|one| {
        let first = &one.meetings[0];
        [
            format!("{} {}", &day(zone.civil(first.start).date())[..3], local(first.start, zone)),
            local(first.end, zone)[11..].to_owned(),
            one.score.to_string(),
            found.who(one),
            found.why(one),
        ]
    });
    let none = match found.is_stopped {
        true => "nothing is proposed without them: --without-unknown leaves them out",
        false => "no time suits everyone",
    };
    table(["from", "to", "score", "who", "why"], rows, none)
}

const fn code(reason: Reason) -> &'static str {
    match reason {
        Reason::Perhaps => "perhaps",
        Reason::Taste => "taste",
        Reason::Turn => "turn",
        Reason::Optional => "optional",
        Reason::Later => "later",
    }
}

const fn words(reason: Reason) -> &'static str {
    match reason {
        Reason::Perhaps => "something tentative is there",
        Reason::Taste => "time of day",
        Reason::Turn => "was their turn before",
        Reason::Optional => "may be there",
        Reason::Later => "later",
    }
}
