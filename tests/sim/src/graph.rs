//! Microsoft Graph as a site of a world.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::ports::Credential;
use kalends_driver::Opened;
use kalends_microsoft::{GRAPH, Microsoft, MicrosoftConfig};
use kalends_oracle::{Change, Exception, Origin};
use kalends_testkit::caldav_sim::When;
use kalends_testkit::graph_sim::{AccountKind, GraphSim, Person, Profile, contract};
use kalends_testkit::wire::{SimReply, SimRequest, SimServer as _};
use serde_json::{Value, json};

use crate::random::Random;
use crate::site::{Act, Site, Thing};

const HOSTS: [&str; 1] = ["https://graph.microsoft.com"];
const SCOPE: &str = "User.Read MailboxSettings.Read Calendars.ReadWrite";
/// A token made at that time outlives every world.
const NEVER_MS: i64 = i64::MAX / 4;

/// What passes: lost answers, refusals for a time, broken connections, lost tokens, and pages that
/// are empty, doubled, out of order or late.
const FAULTS: [&str; 16] = [
    "G6-410",
    "G6-410-case",
    "G6-400",
    "G7",
    "G8",
    "G12",
    "G12-backwards",
    "G13",
    "G20",
    "G22",
    "G23",
    "G25",
    "G28-fraction",
    "G30-503",
    "X2",
    "X3",
];

/// A simulated Graph. Clones share it. A person's address is their name at a company.
///
/// What people put somewhere goes by the name they gave it, ours by its transaction.
#[derive(Debug, Clone)]
pub struct GraphSite {
    sim: Arc<Mutex<GraphSim>>,
    people: Arc<Mutex<People>>,
}

#[derive(Debug, Default)]
struct People {
    /// By user.
    tokens: BTreeMap<String, String>,
    /// What people call an event, by its id.
    names: BTreeMap<String, String>,
}

impl GraphSite {
    /// A service that behaves like this, strict in what it takes.
    #[must_use]
    pub fn new(profile: Profile, seed: u64) -> Self {
        let mut sim = GraphSim::new(profile, seed);
        sim.set_strict(true);
        Self { sim: Arc::new(Mutex::new(sim)), people: Arc::default() }
    }

    /// The service.
    pub fn sim(&self) -> MutexGuard<'_, GraphSim> {
        self.sim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The address of a user.
    #[must_use]
    pub fn address(user: &str) -> String {
        format!("{user}@contoso.example")
    }

    fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The objects of these writes.
    fn wrote(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
        let (sim, people) = (self.sim(), self.people());
        let writes = sim.writes().iter().filter(|write| is_wanted(write.method));
        let named = writes.map(|write| {
            let known = people.names.get(&write.event);
            let name = known.or(write.transaction.as_ref()).unwrap_or(&write.event);
            (write.calendar.clone(), name.clone())
        });
        named.collect()
    }

    /// The events of a calendar: names and ids.
    fn held(&self, calendar: &str) -> BTreeMap<String, String> {
        let held = self.sim().ids(calendar).into_iter();
        let people = self.people();
        held.map(|(id, transaction)| {
            let name = people.names.get(&id).cloned().or(transaction);
            (name.unwrap_or_else(|| id.clone()), id)
        })
        .collect()
    }

    fn id(&self, calendar: &str, name: &str) -> Result<String, String> {
        let held = self.held(calendar).remove(name);
        held.ok_or_else(|| format!("there is no {calendar}/{name}"))
    }

    fn name(&self, id: String, name: &str) {
        self.people().names.insert(id, name.to_owned());
    }
}

impl Site for GraphSite {
    fn provider(&self) -> &'static str {
        "microsoft"
    }

    fn hosts(&self) -> &'static [&'static str] {
        &HOSTS
    }

    fn handle(&self, now_ms: i64, request: &SimRequest) -> SimReply {
        self.sim().handle(now_ms, request)
    }

    fn open(&self, user: &str, remember: &str) -> Opened {
        let config = MicrosoftConfig { api: GRAPH.to_owned(), remember: remember.to_owned() };
        let token = self.people().tokens[user].clone();
        Opened { provider: Arc::new(Microsoft::new(config)), credential: Credential::Bearer(token) }
    }

    fn add_user(&self, user: &str) {
        let mut sim = self.sim();
        sim.add_user(&Self::address(user), user, AccountKind::Work);
        let token = sim.bearer(NEVER_MS, &Self::address(user), SCOPE);
        self.people().tokens.insert(user.to_owned(), token);
    }

    fn add_calendar(&self, user: &str, name: &str) -> String {
        self.sim().add_calendar(&Self::address(user), name)
    }

    fn names(&self, calendar: &str) -> Vec<String> {
        self.held(calendar).into_keys().collect()
    }

    fn look(&self, calendar: &str, name: &str) -> Option<Thing> {
        let id = self.id(calendar, name).ok()?;
        let event = self.sim().event(&id)?;
        Some(Thing { says: says(&event), all: all(&event) })
    }

    fn copies_keep_marks(&self) -> bool {
        false
    }

    fn act(&self, now_ms: i64, calendar: &str, name: &str, act: Act<'_>) -> Result<(), String> {
        let id = self.id(calendar, name);
        let mut sim = self.sim();
        let mut person = sim.person(now_ms);
        match act {
            Act::Put(origin) => {
                let id = match id {
                    Ok(id) => {
                        // What deviated goes with the pattern.
                        person.edit(&id, &json!({"recurrence": null}))?;
                        person.edit(&id, &event(origin))?;
                        id
                    }
                    Err(_) => person.import(calendar, &origin.uid, &event(origin))?,
                };
                deviate(&mut person, &id, origin)?;
                self.name(id, name);
                Ok(())
            }
            Act::Change(change) => put(&mut person, &id?, change),
            Act::Delete => person.delete(&id?),
            Act::Undelete => {
                let people = self.people();
                let gone = people.names.iter().filter(|(_, known)| *known == name);
                let ids: Vec<&String> = gone.map(|(id, _)| id).collect();
                let back = ids.into_iter().any(|id| person.undelete(id).is_ok());
                if back { Ok(()) } else { Err(format!("{name} was not deleted")) }
            }
            Act::Carry(to) => person.move_to(&id?, to),
            Act::Copy(to, copy) => {
                self.name(person.copy_under_its_uid(&id?, to)?, copy);
                Ok(())
            }
            Act::Duplicate(to, copy) => {
                self.name(person.copy(&id?, to)?, copy);
                Ok(())
            }
            Act::Rewind => Ok(()),
            Act::Unmark => person.clear_properties(&id?),
        }
    }

    fn fault(&self, random: &mut Random) -> String {
        let name = FAULTS[random.below(FAULTS.len())];
        let (method, path) = match name {
            "G6-410" | "G6-410-case" | "G6-400" | "G7" | "G8" | "G12" | "G12-backwards" | "G13" => {
                ("GET", "*delta*")
            }
            "G23" => (["PATCH", "DELETE"][random.below(2)], "*"),
            _ => (["POST", "PATCH", "DELETE", "GET"][random.below(4)], "*"),
        };
        let nth = 1 + random.below(3) as u32;
        let known = self.sim().faults_mut().add(method, path, When::Nth(nth), name);
        assert!(known, "{name}");
        format!("fault {name} at {method} {nth}")
    }

    fn expire_tokens(&self, calendar: &str) {
        self.sim().expire_tokens(Some(calendar));
    }

    fn calm(&self) {
        self.sim().faults_mut().clear();
    }

    fn take_log(&self) -> Vec<String> {
        let mut sim = self.sim();
        let said = sim.log().iter().map(|logged| format!("{logged:?}")).collect();
        sim.clear_log();
        said
    }

    fn violations(&self) -> Vec<String> {
        let sim = self.sim();
        let wrong = sim.violations().iter().map(|one| format!("{one:?}"));
        wrong.chain(contract::breaches(sim.log())).collect()
    }

    fn written(&self) -> Vec<(String, String)> {
        self.wrote(|_| true)
    }

    fn wrote_last(&self) -> bool {
        let sim = self.sim();
        let last = sim.log().last().map(|logged| logged.request.method.as_str());
        last.is_some_and(|method| ["POST", "PATCH", "DELETE"].contains(&method))
    }

    fn deleted(&self) -> Vec<(String, String)> {
        self.wrote(|method| method == "DELETE")
    }

    fn mailed(&self) -> Vec<(String, String)> {
        let (sim, people) = (self.sim(), self.people());
        let named = sim.mail().iter().map(|mail| {
            let name = people.names.get(&mail.event).unwrap_or(&mail.event);
            (mail.calendar.clone(), name.clone())
        });
        named.collect()
    }
}

/// What a person's program stores for an origin, without what deviates from its series.
fn event(origin: &Origin) -> Value {
    let mut out = json!({
        "subject": origin.title,
        "body": {"contentType": "text", "content": origin.description},
        "showAs": if origin.free { "free" } else { "busy" },
        "sensitivity": if origin.private { "private" } else { "normal" },
        "attendees": [],
    });
    if origin.invited {
        out["attendees"] = json!([{"emailAddress": {"address": "guest@example.com"}}]);
    }
    times(&mut out, &origin.start);
    if !origin.rule.is_empty() {
        let count = origin.rule.rsplit('=').next().and_then(|count| count.parse::<u32>().ok());
        out["recurrence"] = json!({
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "numbered", "startDate": day(&origin.start),
                      "numberOfOccurrences": count, "recurrenceTimeZone": "UTC"},
        });
    }
    out
}

/// Changes and takes out the instances of a series that deviate.
fn deviate(person: &mut Person<'_>, id: &str, origin: &Origin) -> Result<(), String> {
    for one in &origin.exceptions {
        let instance = person.occurrence(id, &day(&one.original))?;
        let mut change = json!({"subject": one.title});
        times(&mut change, &one.start);
        person.edit(&instance, &change)?;
    }
    for original in &origin.excluded {
        let instance = person.occurrence(id, &day(original))?;
        person.delete(&instance)?;
    }
    Ok(())
}

fn put(person: &mut Person<'_>, id: &str, change: &Change) -> Result<(), String> {
    match change {
        Change::Title(title) => person.edit(id, &json!({"subject": title})),
        Change::Description(text) => {
            person.edit(id, &json!({"body": {"contentType": "text", "content": text}}))
        }
        Change::Start(start) => {
            let mut change = json!({});
            times(&mut change, start);
            person.edit(id, &change)
        }
        Change::Move(original, start) => {
            let instance = person.occurrence(id, &day(original))?;
            let mut change = json!({});
            times(&mut change, start);
            person.edit(&instance, &change)
        }
        Change::Retitle(original, title) => {
            let instance = person.occurrence(id, &day(original))?;
            person.edit(&instance, &json!({"subject": title}))
        }
        Change::Cancel(original) => {
            let instance = person.occurrence(id, &day(original))?;
            person.delete(&instance)
        }
    }
}

/// An hour from a start.
fn times(out: &mut Value, start: &str) {
    let hour: u32 = start[9..11].parse().unwrap_or_default();
    let at = |hour: u32| {
        let time = format!("{}T{hour:02}:{}:{}", day(start), &start[11..13], &start[13..15]);
        json!({"dateTime": time, "timeZone": "UTC"})
    };
    out["start"] = at(hour);
    out["end"] = at(hour + 1);
}

/// `2026-06-10` of `20260610T090000Z`.
fn day(start: &str) -> String {
    format!("{}-{}-{}", &start[..4], &start[4..6], &start[6..8])
}

/// What a person sees in an event.
fn says(event: &Value) -> Origin {
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let (title, start) = (text("subject"), stamp(&event["start"]["dateTime"]));
    let exceptions = event["exceptionOccurrences"].as_array().into_iter().flatten();
    let mut exceptions: Vec<Exception> = exceptions
        .map(|one| Exception {
            original: stamp(&one["originalStart"]),
            start: stamp(&one["start"]["dateTime"]),
            title: one["subject"].as_str().unwrap_or_default().to_owned(),
            private: false,
        })
        // What was changed back is an exception for ever, and shows nothing of its own.
        .filter(|one| one.original != one.start || one.title != title)
        .collect();
    exceptions.sort();
    let cancelled = event["cancelledOccurrences"].as_array().into_iter().flatten();
    let cancelled = cancelled.filter_map(|id| id.as_str()?.rsplit('.').next());
    let excluded = cancelled.map(|day| format!("{}{}", day.replace('-', ""), &start[8..]));
    Origin {
        calendar: 0,
        uid: text("iCalUId"),
        title,
        description: event["body"]["content"].as_str().unwrap_or_default().to_owned(),
        private: event["sensitivity"] == "private",
        free: event["showAs"] == "free",
        invited: event["attendees"].as_array().is_some_and(|all| !all.is_empty()),
        rule: rule(&event["recurrence"]),
        exceptions,
        excluded: excluded.collect(),
        start,
    }
}

/// The rule as people wrote it; a pattern that they never use, as it is.
fn rule(recurrence: &Value) -> String {
    if recurrence.is_null() {
        return String::new();
    }
    match (&recurrence["pattern"]["type"], &recurrence["range"]["numberOfOccurrences"]) {
        (kind, Value::Number(count)) if kind == "daily" => format!("FREQ=DAILY;COUNT={count}"),
        _ => recurrence.to_string(),
    }
}

/// `20260610T090000Z` of `2026-06-10T09:00:00.0000000`.
fn stamp(time: &Value) -> String {
    let time = time.as_str().unwrap_or_default();
    let seconds = time.split('.').next().unwrap_or_default();
    format!("{}Z", seconds.trim_end_matches('Z').replace(['-', ':'], ""))
}

/// All that an event holds, but for what the service changes by itself.
fn all(event: &Value) -> String {
    let mut event = event.clone();
    for name in ["@odata.etag", "changeKey", "lastModifiedDateTime"] {
        event.as_object_mut().map(|members| members.remove(name));
        let exceptions = event["exceptionOccurrences"].as_array_mut().into_iter().flatten();
        for one in exceptions.filter_map(Value::as_object_mut) {
            one.remove(name);
        }
    }
    event.to_string()
}
