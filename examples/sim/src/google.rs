//! `kalends-sim google`.

use std::io::{self, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use kalends_testkit::google_sim::{Fault, GoogleSim};
use kalends_testkit::wire::{Outgoing, SimReply, SimRequest, SimServer};
use serde_json::{Value, json};

use crate::args::Common;
use crate::failure::Failure;
use crate::log::Log;
use crate::{faults, run};

/// The OAuth client that the ready tokens are for.
const CLIENT: &str = "kalends-sim";

/// How Google is.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GoogleArgs {
    #[command(flatten)]
    common: Common,
    /// Someone with an account; can be given again. The first is signed in at the browser
    #[arg(long = "user", default_value = "alice@example.com", value_name = "EMAIL")]
    users: Vec<String>,
    /// A secondary calendar that is there from the beginning
    #[arg(long = "calendar", value_name = "EMAIL/NAME")]
    calendars: Vec<String>,
    /// The time zone of all calendars
    #[arg(long, default_value = "Europe/Paris", value_name = "ZONE")]
    zone: String,
    /// An OAuth client; without any, every client is known
    #[arg(long = "client", value_name = "ID:SECRET")]
    clients: Vec<String>,
    /// Answer what Google's discovery document does not know, instead of 400
    #[arg(long)]
    lax: bool,
    /// Print the names of all faults, and end
    #[arg(long)]
    list: bool,
}

const EXAMPLES: &str = "\
Examples:
  kalends-sim google --user alice@example.com --user bob@example.com --calendar alice@example.com/Work
  kalends-sim google --seed 7 --faults faults.json --log exchanges.jsonl

READY says: api, where the API is under (its paths begin with /calendar/v3/, so api stands for
https://www.googleapis.com); auth, where /o/oauth2/v2/auth, /token and /revoke are (it stands for
https://accounts.google.com and https://oauth2.googleapis.com); token and refresh_token, ready for the first
user and the client that client_id names, in all scopes; and the same for each of users.

A file of faults, where every third insert takes place but its answer is lost, and a webhook comes twice:
  [{\"method\": \"POST\", \"path\": \"*/events\", \"when\": {\"every\": 3}, \"fault\": \"F13\"},
   {\"method\": \"PUSH\", \"when\": {\"nth\": 2}, \"fault\": \"F20-twice\"}]
`when` is \"always\", or one of nth, first, from, every with a number. Webhooks go to this machine only";

/// Serves it, or lists what there is.
pub(crate) fn run(args: &GoogleArgs) -> Result<(), Failure> {
    if args.list {
        return Ok(writeln!(io::stdout(), "faults: {}", Fault::names().join(" "))?);
    }
    let mut sim = build(args)?;
    let mut calendars = Vec::new();
    for text in &args.calendars {
        calendars.push(add_calendar(&mut sim, text)?);
    }
    let users: Vec<Value> = args.users.iter().map(|email| tokens(&mut sim, email)).collect();
    let server = Google { sim, log: Log::open(args.common.log.as_deref())? };
    run::serve(&args.common, server, |url| ready(url, &users, &calendars))
}

/// The simulator, whose exchanges go to the log instead of being kept.
#[derive(Debug)]
struct Google {
    sim: GoogleSim,
    log: Option<Log>,
}

impl SimServer for Google {
    fn handle(&mut self, now_ms: i64, request: &SimRequest) -> SimReply {
        let reply = self.sim.handle(now_ms, request);
        let wrong = self.sim.violations().iter();
        let mut wrong: Vec<_> = wrong.map(|it| format!("{:?}: {}", it.rule, it.detail)).collect();
        let own = self.sim.reply_problems().into_iter();
        wrong.extend(own.map(|why| format!("the reply itself: {why}")));
        if let Some(log) = &mut self.log {
            log.write(now_ms, request, &reply, &wrong);
        }
        self.sim.clear_log();
        reply
    }

    fn outgoing(&mut self, now_ms: i64) -> Vec<Outgoing> {
        self.sim.outgoing(now_ms)
    }

    fn answered(&mut self, now_ms: i64, sent: Outgoing, status: u16) {
        self.sim.answered(now_ms, sent, status);
    }
}

fn build(args: &GoogleArgs) -> Result<GoogleSim, Failure> {
    let mut sim = GoogleSim::new(args.common.seed);
    sim.set_lax(args.lax);
    for email in &args.users {
        if !sim.add_user(email, &args.zone) {
            return Err(usage(format!("--zone {}: there is no such time zone", args.zone)));
        }
    }
    sim.set_browser(args.users.first().map(String::as_str));
    for text in &args.clients {
        let Some((id, secret)) = text.split_once(':') else {
            return Err(usage(format!("--client {text} is not of the form ID:SECRET")));
        };
        sim.add_client(id, secret);
    }
    let rules = args.common.faults.as_deref().map_or_else(|| Ok(Vec::new()), faults::read)?;
    for rule in rules {
        if !sim.plan(&rule.method, &rule.path, rule.when(), &rule.fault) {
            return Err(usage(format!("there is no fault {}; --list shows them", rule.fault)));
        }
    }
    Ok(sim)
}

fn add_calendar(sim: &mut GoogleSim, text: &str) -> Result<Value, Failure> {
    let Some((email, name)) = text.split_once('/').filter(|(_, name)| !name.is_empty()) else {
        return Err(usage(format!("--calendar {text} is not of the form EMAIL/NAME")));
    };
    match sim.add_calendar(email, name) {
        id if id.is_empty() => Err(usage(format!("{text} has no user; add --user {email}"))),
        id => Ok(json!({"user": email, "name": name, "id": id})),
    }
}

fn tokens(sim: &mut GoogleSim, email: &str) -> Value {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    let tokens = sim.grant(email, CLIENT, &[], now_ms);
    json!({"user": email, "token": tokens.access, "refresh_token": tokens.refresh})
}

fn usage(text: String) -> Failure {
    Failure::Usage(text)
}

fn ready(url: &str, users: &[Value], calendars: &[Value]) -> Value {
    let first = users.first().cloned().unwrap_or_default();
    json!({
        "api": url,
        "auth": url,
        "token": first["token"],
        "refresh_token": first["refresh_token"],
        "client_id": CLIENT,
        "user": first["user"],
        "users": users,
        "calendars": calendars,
    })
}
