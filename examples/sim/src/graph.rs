//! `kalends-sim graph`.

use std::io::{self, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use kalends_testkit::graph_sim::{
    AccountKind, Belief, Fault, FaultPlan, GraphSim, Profile, contract,
};
use kalends_testkit::wire::{Heard, Outgoing, SimReply, SimRequest, SimServer, Turn};
use serde_json::{Value, json};

use crate::args::Common;
use crate::failure::Failure;
use crate::log::Log;
use crate::{faults, run};

/// What the ready tokens allow.
const SCOPE: &str = "openid offline_access User.Read MailboxSettings.Read Calendars.ReadWrite";

/// How Microsoft 365 is.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GraphArgs {
    #[command(flatten)]
    common: Common,
    /// Someone with a work account; can be given again. The first is signed in at the browser
    #[arg(long = "user", default_value = "alice@contoso.example", value_name = "EMAIL")]
    users: Vec<String>,
    /// Someone with a personal account; can be given again
    #[arg(long = "consumer", value_name = "EMAIL")]
    consumers: Vec<String>,
    /// A further calendar that is there from the beginning
    #[arg(long = "calendar", value_name = "EMAIL/NAME")]
    calendars: Vec<String>,
    /// The time zone of all mailboxes, by its Windows name
    #[arg(long, default_value = "W. Europe Standard Time", value_name = "ZONE")]
    zone: String,
    /// An app, a public one where there is no secret; without any, every app is known
    #[arg(long = "client", value_name = "ID[:SECRET]")]
    clients: Vec<String>,
    /// Turn round what is believed of the service where nobody could look; --list shows the names
    #[arg(long = "doubt", value_name = "BELIEF")]
    doubts: Vec<String>,
    /// Make so many faults drawn from the seed, beside those of --faults
    #[arg(long, default_value_t = 0, value_name = "N")]
    mishaps: u64,
    /// Answer 400 to what careful clients do not send, instead of only saying it in the log
    #[arg(long)]
    strict: bool,
    /// Print the names of all beliefs and faults, and end
    #[arg(long)]
    list: bool,
}

const EXAMPLES: &str = "\
Examples:
  kalends-sim graph --user alice@contoso.example --calendar alice@contoso.example/Work
  kalends-sim graph --consumer carol@outlook.example --doubt month-ends-clamp --faults faults.json

READY says: api, which stands for https://graph.microsoft.com (paths begin with /v1.0/); auth, which stands for
https://login.microsoftonline.com (paths begin with the tenant); token, ready for the first user in all scopes;
and the same for each of users.

A file of faults, where every third creation takes place but its answer is lost, and a notification comes twice:
  [{\"method\": \"POST\", \"path\": \"*/events\", \"when\": {\"every\": 3}, \"fault\": \"G22\"},
   {\"method\": \"NOTIFY\", \"when\": {\"nth\": 2}, \"fault\": \"push-doubled\"}]
`when` is \"always\", or one of nth, first, from, every with a number. Notifications go to this machine only";

/// Serves it, or lists what there is.
pub(crate) fn run(args: &GraphArgs) -> Result<(), Failure> {
    if args.list {
        let beliefs: Vec<&str> = Belief::ALL.iter().map(|(name, _)| *name).collect();
        let faults = Fault::names().join(" ");
        return Ok(writeln!(io::stdout(), "beliefs: {}\nfaults: {faults}", beliefs.join(" "))?);
    }
    let mut sim = build(args)?;
    let mut calendars = Vec::new();
    for text in &args.calendars {
        calendars.push(add_calendar(&mut sim, text)?);
    }
    let everyone = args.users.iter().chain(&args.consumers);
    let now_ms = now_ms();
    let users = everyone.map(|email| {
        let token = sim.bearer(now_ms, email, SCOPE);
        json!({"user": email, "token": token, "tenant": sim.tenant(email)})
    });
    let users: Vec<Value> = users.collect();
    let server = Graph { sim, log: Log::open(args.common.log.as_deref())? };
    run::serve(&args.common, server, |url| ready(url, &users, &calendars))
}

/// The simulator, whose exchanges go to the log instead of being kept.
#[derive(Debug)]
struct Graph {
    sim: GraphSim,
    log: Option<Log>,
}

impl Graph {
    fn write(&mut self) {
        let wrong = self.sim.violations().iter();
        let mut wrong: Vec<_> = wrong.map(|it| format!("{:?}: {}", it.rule, it.detail)).collect();
        wrong.extend(contract::breaches(self.sim.log()));
        for logged in self.sim.log() {
            if let Some(log) = &mut self.log {
                log.write(logged.at_ms, &logged.request, &logged.reply, &wrong);
            }
        }
        self.sim.clear_log();
    }
}

impl SimServer for Graph {
    fn handle(&mut self, now_ms: i64, request: &SimRequest) -> SimReply {
        let reply = self.sim.handle(now_ms, request);
        self.write();
        reply
    }

    fn start(&mut self, now_ms: i64, request: &SimRequest) -> Turn {
        let turn = self.sim.start(now_ms, request);
        self.write();
        turn
    }

    fn resume(&mut self, now_ms: i64, ticket: u64, heard: &[Option<Heard>]) -> SimReply {
        let reply = self.sim.resume(now_ms, ticket, heard);
        self.write();
        reply
    }

    fn outgoing(&mut self, now_ms: i64) -> Vec<Outgoing> {
        self.sim.outgoing(now_ms)
    }

    fn answered(&mut self, now_ms: i64, sent: Outgoing, status: u16) {
        self.sim.answered(now_ms, sent, status);
    }
}

fn build(args: &GraphArgs) -> Result<GraphSim, Failure> {
    let mut profile = Profile::default();
    for name in &args.doubts {
        let belief = Belief::by_name(name);
        let unknown = || usage(format!("there is no belief {name}; --list shows them"));
        profile = profile.flipped(belief.ok_or_else(unknown)?);
    }
    let mut sim = GraphSim::new(profile, args.common.seed);
    sim.set_strict(args.strict);
    let work = args.users.iter().map(|email| (email, AccountKind::Work));
    let own = args.consumers.iter().map(|email| (email, AccountKind::Consumer));
    for (email, kind) in work.chain(own) {
        let name = email.split('@').next().unwrap_or_default();
        sim.add_user(email, name, kind);
        sim.set_zone(email, &args.zone);
    }
    for text in &args.clients {
        match text.split_once(':') {
            Some((id, secret)) => sim.register_app(id, Some(secret), &[]),
            None => sim.register_app(text, None, &[]),
        }
    }
    *sim.faults_mut() = FaultPlan::from_seed(args.common.seed, args.mishaps);
    let rules = args.common.faults.as_deref().map_or_else(|| Ok(Vec::new()), faults::read)?;
    for rule in rules {
        if !sim.faults_mut().add(&rule.method, &rule.path, rule.when(), &rule.fault) {
            return Err(usage(format!("there is no fault {}; --list shows them", rule.fault)));
        }
    }
    Ok(sim)
}

fn add_calendar(sim: &mut GraphSim, text: &str) -> Result<Value, Failure> {
    let Some((email, name)) = text.split_once('/').filter(|(_, name)| !name.is_empty()) else {
        return Err(usage(format!("--calendar {text} is not of the form EMAIL/NAME")));
    };
    match sim.add_calendar(email, name) {
        id if id.is_empty() => Err(usage(format!("{text} has no user; add --user {email}"))),
        id => Ok(json!({"user": email, "name": name, "id": id})),
    }
}

fn usage(text: String) -> Failure {
    Failure::Usage(text)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn ready(url: &str, users: &[Value], calendars: &[Value]) -> Value {
    let first = users.first().cloned().unwrap_or_default();
    json!({
        "api": url,
        "auth": url,
        "token": first["token"],
        "user": first["user"],
        "users": users,
        "calendars": calendars,
    })
}
