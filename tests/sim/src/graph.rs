//! Microsoft Graph as a site of a world.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::ports::Credential;
use kalends_driver::Opened;
use kalends_microsoft::{Microsoft, MicrosoftConfig};
use kalends_oracle::{Change, Origin};
use kalends_testkit::caldav_sim::When;
use kalends_testkit::graph_sim::{AccountKind, GraphSim, Profile};
use kalends_testkit::wire::{SimReply, SimRequest, SimServer as _};
use serde_json::{Value, json};

use crate::random::Random;
use crate::site::{Act, Site, Thing};

/// Where the service answers.
const SERVICE: &str = "https://graph.example";
const SCOPE: &str = "Calendars.ReadWrite User.Read MailboxSettings.Read";
/// The tokens of people hold for a world's time.
const SIGNED_IN_MS: i64 = 1_780_300_800_000;

/// A simulated Microsoft Graph. Clones share it. A person's address is their name at a company.
///
/// Events go by the ids that the service gives them; those that a person put here under a name go
/// by that. Series are put as the service's own JSON, through [`GraphSite::sim`].
#[derive(Debug, Clone)]
pub struct GraphSite {
    sim: Arc<Mutex<GraphSim>>,
    named: Arc<Mutex<BTreeMap<String, String>>>,
}

impl GraphSite {
    /// A service with these habits, strict in what it takes.
    #[must_use]
    pub fn new(profile: Profile, seed: u64) -> Self {
        let mut sim = GraphSim::new(profile, seed);
        sim.set_strict(true);
        Self { sim: Arc::new(Mutex::new(sim)), named: Arc::default() }
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

    fn named(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The service's id of what goes by a name.
    fn id(&self, name: &str) -> String {
        self.named().get(name).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// The calendars and events that requests of these methods named.
    fn asked(&self, methods: &[&str]) -> Vec<(String, String)> {
        let sim = self.sim();
        let requests = sim.log().iter().map(|logged| &logged.request);
        let asked = requests.filter(|request| methods.contains(&request.method.as_str()));
        asked.filter_map(|request| split(&request.path())).collect()
    }
}

impl Site for GraphSite {
    fn provider(&self) -> &'static str {
        "microsoft"
    }

    fn hosts(&self) -> &'static [&'static str] {
        &[SERVICE]
    }

    fn handle(&self, now_ms: i64, request: &SimRequest) -> SimReply {
        self.sim().handle(now_ms, request)
    }

    fn open(&self, user: &str, remember: &str) -> Opened {
        let config =
            MicrosoftConfig { api: format!("{SERVICE}/v1.0"), remember: remember.to_owned() };
        let token = self.sim().bearer(SIGNED_IN_MS, &Self::address(user), SCOPE);
        Opened { provider: Arc::new(Microsoft::new(config)), credential: Credential::Bearer(token) }
    }

    fn add_user(&self, user: &str) {
        self.sim().add_user(&Self::address(user), user, AccountKind::Work);
    }

    fn add_calendar(&self, user: &str, name: &str) -> String {
        self.sim().add_calendar(&Self::address(user), name)
    }

    fn names(&self, calendar: &str) -> Vec<String> {
        let ids: Vec<String> = self.sim().events(calendar).into_keys().collect();
        let named = self.named();
        let name = |id: String| {
            let known = named.iter().find(|(_, of)| **of == id);
            known.map_or(id, |(name, _)| name.clone())
        };
        let mut names: Vec<String> = ids.into_iter().map(name).collect();
        names.sort();
        names
    }

    fn look(&self, calendar: &str, name: &str) -> Option<Thing> {
        let event = self.sim().events(calendar).remove(&self.id(name))?;
        Some(Thing { says: origin(&event), all: event.to_string() })
    }

    fn copies_keep_marks(&self) -> bool {
        false
    }

    fn act(&self, now_ms: i64, calendar: &str, name: &str, act: Act<'_>) -> Result<(), String> {
        let id = self.id(name);
        let mut sim = self.sim();
        let mut person = sim.person(now_ms);
        match act {
            Act::Put(origin) if !origin.rule.is_empty() => {
                Err("a series is put as the service's own JSON".to_owned())
            }
            Act::Put(origin) if id == name => {
                let id = person.create(calendar, &event(origin))?;
                self.named().insert(name.to_owned(), id);
                Ok(())
            }
            Act::Put(origin) => person.edit(&id, &event(origin)),
            Act::Change(Change::Title(title)) => person.edit(&id, &json!({ "subject": title })),
            Act::Change(Change::Description(text)) => {
                person.edit(&id, &json!({ "body": { "contentType": "text", "content": text } }))
            }
            Act::Change(Change::Start(start)) => person.edit(&id, &times(start)),
            Act::Change(Change::Move(..) | Change::Retitle(..) | Change::Cancel(_)) => {
                Err("an instance is changed by the service's own JSON".to_owned())
            }
            Act::Delete => person.delete(&id),
            Act::Undelete => person.undelete(&id),
            Act::Carry(to) => person.move_to(&id, to),
            Act::Copy(to, copy) | Act::Duplicate(to, copy) => {
                let made = person.copy(&id, to)?;
                self.named().insert(copy.to_owned(), made);
                Ok(())
            }
            Act::Unmark => {
                let known = sim.events(calendar).remove(&id).unwrap_or_default();
                let mut properties = known["singleValueExtendedProperties"].clone();
                for property in properties.as_array_mut().into_iter().flatten() {
                    property["value"] = json!("");
                }
                let change = json!({ "singleValueExtendedProperties": properties });
                sim.person(now_ms).edit(&id, &change)
            }
        }
    }

    fn fault(&self, random: &mut Random) -> String {
        let (method, name) = [
            ("GET", "G30-503"),
            ("PATCH", "G22"),
            ("POST", "G22"),
            ("DELETE", "G22"),
            ("GET", "G28-2"),
        ][random.below(5)];
        let nth = 1 + random.below(3) as u32;
        assert!(self.sim().faults_mut().add(method, "*", When::Nth(nth), name), "{name}");
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
        self.sim().violations().iter().map(|one| format!("{one:?}")).collect()
    }

    fn written(&self) -> Vec<(String, String)> {
        self.asked(&["PATCH", "DELETE"])
    }

    fn wrote_last(&self) -> bool {
        let sim = self.sim();
        let last = sim.log().last().map(|logged| logged.request.method.as_str());
        last.is_some_and(|method| ["POST", "PATCH", "DELETE"].contains(&method))
    }

    fn deleted(&self) -> Vec<(String, String)> {
        self.asked(&["DELETE"])
    }

    fn mailed(&self) -> Vec<(String, String)> {
        self.sim().mail().iter().map(|mail| (String::new(), format!("{mail:?}"))).collect()
    }
}

/// The calendar and the event of a path below `/me/calendars`.
fn split(path: &str) -> Option<(String, String)> {
    let (calendar, event) = path.split_once("/me/calendars/")?.1.split_once("/events/")?;
    Some((calendar.to_owned(), event.to_owned()))
}

/// What a person's program stores for an origin that is no series.
fn event(origin: &Origin) -> Value {
    let mut event = times(&origin.start);
    event["subject"] = json!(origin.title);
    event["body"] = json!({ "contentType": "text", "content": origin.description });
    event["showAs"] = json!(if origin.free { "free" } else { "busy" });
    event["sensitivity"] = json!(if origin.private { "private" } else { "normal" });
    event["isReminderOn"] = json!(true);
    event
}

/// An hour from a start on, as iCalendar writes it in UTC.
fn times(start: &str) -> Value {
    let time = |hour: &str| {
        let (day, rest) = (&start[..8], &start[11..15]);
        let day = format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]);
        let text = format!("{day}T{hour}:{}:{}", &rest[..2], &rest[2..]);
        json!({ "dateTime": text, "timeZone": "UTC" })
    };
    let hour: u8 = start[9..11].parse().unwrap_or_default();
    json!({
        "start": time(&format!("{hour:02}")),
        "end": time(&format!("{:02}", hour + 1)),
        "isAllDay": false,
    })
}

/// What a person sees of a single.
fn origin(event: &Value) -> Origin {
    let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
    let start = text(&event["start"]["dateTime"]);
    let compact: String = start.chars().take(19).filter(|c| !"-:".contains(*c)).collect();
    Origin {
        calendar: 0,
        uid: text(&event["iCalUId"]),
        title: text(&event["subject"]),
        description: text(&event["body"]["content"]),
        start: format!("{compact}Z"),
        private: event["sensitivity"] == "private",
        free: event["showAs"] == "free",
        invited: event["attendees"].as_array().is_some_and(|all| !all.is_empty()),
        rule: String::new(),
        exceptions: Vec::new(),
        excluded: Vec::new(),
    }
}
