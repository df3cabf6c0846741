//! `kalends-sim caldav`.

use std::io::{self, Write as _};

use clap::Args;
use kalends_testkit::caldav_sim::{CaldavSim, Fault, Profile};
use kalends_testkit::wire::{SimReply, SimRequest, SimServer};
use serde_json::{Value, json};

use crate::args::Common;
use crate::failure::Failure;
use crate::log::Log;
use crate::{faults, run};

/// How the CalDAV server is.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CaldavArgs {
    #[command(flatten)]
    common: Common,
    /// Whose habits it has; --list shows them
    #[arg(long, default_value = "plain", value_name = "NAME")]
    profile: String,
    /// Someone who may sign in; can be given again
    #[arg(long = "user", default_value = "alice:secret", value_name = "LOGIN:PASSWORD")]
    users: Vec<String>,
    /// A calendar that is there from the beginning [default: one named Work for each user]
    #[arg(long = "calendar", value_name = "LOGIN/NAME")]
    calendars: Vec<String>,
    /// Answer 400 to what clients should not send, instead of only saying it in the log
    #[arg(long)]
    strict: bool,
    /// Print the names of all profiles and faults, and end
    #[arg(long)]
    list: bool,
}

const EXAMPLES: &str = "\
Examples:
  kalends-sim caldav --user alice:secret --user bob:secret --calendar alice/Work --calendar bob/Home
  kalends-sim caldav --profile sabre --faults faults.json --log exchanges.jsonl

A file of faults, where every third PUT takes place but its answer is lost:
  [{\"method\": \"PUT\", \"path\": \"*\", \"when\": {\"every\": 3}, \"fault\": \"C41\"}]
`when` is \"always\", or one of nth, first, from, every with a number";

/// Serves it, or lists what there is.
pub(crate) fn run(args: &CaldavArgs) -> Result<(), Failure> {
    if args.list {
        let profiles: Vec<_> = Profile::all().iter().map(|profile| profile.name).collect();
        let faults = Fault::names().join(" ");
        return Ok(writeln!(io::stdout(), "profiles: {}\nfaults: {faults}", profiles.join(" "))?);
    }
    let users = pairs("--user", "LOGIN:PASSWORD", ':', &args.users)?;
    let server = Caldav { sim: build(args, &users)?, log: Log::open(args.common.log.as_deref())? };
    run::serve(&args.common, server, |url| ready(url, &args.profile, &users))
}

/// The simulator, whose exchanges go to the log instead of being kept.
#[derive(Debug)]
struct Caldav {
    sim: CaldavSim,
    log: Option<Log>,
}

impl SimServer for Caldav {
    fn handle(&mut self, now_ms: i64, request: &SimRequest) -> SimReply {
        let reply = self.sim.handle(now_ms, request);
        let wrong = self.sim.violations().iter();
        let wrong: Vec<_> = wrong.map(|it| format!("{:?}: {}", it.rule, it.detail)).collect();
        if let Some(log) = &mut self.log {
            log.write(now_ms, request, &reply, &wrong);
        }
        self.sim.clear_log();
        reply
    }
}

type Pair<'a> = (&'a str, &'a str);

fn build(args: &CaldavArgs, users: &[Pair<'_>]) -> Result<CaldavSim, Failure> {
    let profile = Profile::all().into_iter().find(|profile| profile.name == args.profile);
    let Some(profile) = profile else {
        return Err(usage(format!("there is no profile {}; --list shows them", args.profile)));
    };
    let mut sim = CaldavSim::new(profile, args.common.seed);
    sim.set_strict(args.strict);
    for (login, password) in users {
        sim.add_user(login, password);
    }
    let mut calendars = pairs("--calendar", "LOGIN/NAME", '/', &args.calendars)?;
    if calendars.is_empty() {
        calendars = users.iter().map(|(login, _)| (*login, "Work")).collect();
    }
    for (login, name) in calendars {
        if sim.add_calendar(login, name).is_empty() {
            return Err(usage(format!("{login}/{name} has no user; add --user {login}:PASSWORD")));
        }
    }
    let rules = args.common.faults.as_deref().map_or_else(|| Ok(Vec::new()), faults::read)?;
    for rule in rules {
        if !sim.plan(&rule.method, &rule.path, rule.when(), &rule.fault) {
            return Err(usage(format!("there is no fault {}; --list shows them", rule.fault)));
        }
    }
    Ok(sim)
}

fn pairs<'a>(
    flag: &str,
    form: &str,
    between: char,
    given: &'a [String],
) -> Result<Vec<Pair<'a>>, Failure> {
    let pair = |text: &'a String| match text.split_once(between) {
        Some((left, right)) if !left.is_empty() && !right.is_empty() => Ok((left, right)),
        Some(_) | None => Err(usage(format!("{flag} {text} is not of the form {form}"))),
    };
    given.iter().map(pair).collect()
}

fn usage(text: String) -> Failure {
    Failure::Usage(text)
}

fn ready(url: &str, profile: &str, users: &[Pair<'_>]) -> Value {
    let (user, password) = users.first().copied().unwrap_or_default();
    let users: Vec<_> =
        users.iter().map(|(user, password)| json!({"user": user, "password": password})).collect();
    json!({
        "url": format!("{url}/"),
        "user": user,
        "password": password,
        "users": users,
        "profile": profile,
    })
}
