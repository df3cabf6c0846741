//! Microsoft Graph as a site of a world.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::notice::Notice;
use kalends_core::ports::{Credential, Provider as _};
use kalends_core::time::Timestamp;
use kalends_core::watch::WatchSecrets;
use kalends_driver::Opened;
use kalends_microsoft::{GRAPH, Microsoft, MicrosoftConfig};
use kalends_oracle::Origin;
use kalends_testkit::caldav_sim::When;
use kalends_testkit::graph_sim::{AccountKind, Belief, GraphSim, Profile, contract};
use kalends_testkit::wire::{Heard, Outgoing, SimReply, SimRequest, SimServer as _, Turn};
use serde_json::{Value, json};

use crate::graph_faults;
use crate::graph_json::{all, deviate, event, put, says};
use crate::post::inbound;
use crate::random::Random;
use crate::site::{Act, Planned, Sent, Site, Stands};
use crate::spoilt::Spoilt;

const HOSTS: [&str; 1] = ["https://graph.microsoft.com"];
const SCOPE: &str = "User.Read MailboxSettings.Read Calendars.ReadWrite";
/// A token made at that time outlives every world.
const NEVER_MS: i64 = i64::MAX / 4;

/// What a subscription may be told of itself.
const LIFECYCLE: [&str; 3] = ["reauthorizationRequired", "subscriptionRemoved", "missed"];

/// A simulated Graph. Clones share it. A person's address is their name at a company.
///
/// What people put somewhere goes by the name they gave it, ours by its transaction.
#[derive(Debug, Clone)]
pub struct GraphSite {
    sim: Arc<Mutex<GraphSim>>,
    people: Arc<Mutex<People>>,
    /// What is under way: the request, whose, and as how many it counts.
    running: Arc<Mutex<Vec<(SimRequest, String, usize)>>>,
    spoilt: Spoilt,
    /// Whether rare faults are of all kinds.
    all_faults: bool,
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
        Self {
            sim: Arc::new(Mutex::new(sim)),
            people: Arc::default(),
            running: Arc::default(),
            spoilt: Spoilt::default(),
            all_faults: false,
        }
    }

    /// The same, and with `all_faults` it fails in all ways that end by themselves.
    #[must_use]
    pub fn failing(profile: Profile, seed: u64, all_faults: bool) -> Self {
        Self { all_faults, ..Self::new(profile, seed) }
    }

    /// The service.
    pub fn sim(&self) -> MutexGuard<'_, GraphSim> {
        self.sim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on this becomes of each of its replies, once they have left it.
    pub fn spoil(&self, how: impl Fn(&SimRequest, SimReply) -> SimReply + Send + 'static) {
        self.spoilt.set(how);
    }

    /// The address of a user.
    #[must_use]
    pub fn address(user: &str) -> String {
        format!("{user}@contoso.example")
    }

    /// Plans a fault, and says it.
    fn planned(&self, fault: Planned<'_>) -> String {
        let Planned { name, method, path, nth } = fault;
        assert!(self.sim().faults_mut().add(method, path, When::Nth(nth), name), "{name}");
        fault.said("graph")
    }

    /// Gives a user a token.
    fn sign_in(&self, user: &str) {
        let token = self.sim().bearer(NEVER_MS, &Self::address(user), SCOPE);
        self.people().tokens.insert(user.to_owned(), token);
    }

    fn running(&self) -> MutexGuard<'_, Vec<(SimRequest, String, usize)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
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
        let before = self.sim().running();
        let turn = self.sim().start(now_ms, request);
        let after = self.sim().running();
        for (user, now) in after {
            let began = now.saturating_sub(before.get(&user).copied().unwrap_or_default());
            if began > 0 {
                self.running().push((request.clone(), user, began));
            }
        }
        let reply = match turn {
            Turn::Reply(reply) => reply,
            Turn::Ask { ticket, calls } => {
                let heard: Vec<Option<Heard>> =
                    calls.iter().map(|call| Some(shaken(call, now_ms))).collect();
                self.sim().resume(now_ms, ticket, &heard)
            }
        };
        self.spoilt.reply(request, reply)
    }

    fn ended(&self, request: &SimRequest) {
        let mut running = self.running();
        if let Some(at) = running.iter().position(|(begun, ..)| begun == request) {
            let (_, user, count) = running.remove(at);
            self.sim().ended(&user, count);
        }
    }

    fn open(&self, user: &str, remember: &str) -> Opened {
        let config = MicrosoftConfig { api: GRAPH.to_owned(), remember: remember.to_owned() };
        let token = self.people().tokens[user].clone();
        Opened { provider: Arc::new(Microsoft::new(config)), credential: Credential::Bearer(token) }
    }

    fn add_user(&self, user: &str) {
        let mut sim = self.sim();
        sim.add_user(&Self::address(user), user, AccountKind::Work);
        drop(sim);
        self.sign_in(user);
    }

    fn renew(&self, user: &str) -> bool {
        self.sign_in(user);
        true
    }

    fn add_calendar(&self, user: &str, name: &str) -> String {
        self.sim().add_calendar(&Self::address(user), name)
    }

    fn stands(&self, calendar: &str) -> bool {
        let users: Vec<String> = self.people().tokens.keys().cloned().collect();
        let sim = self.sim();
        let mut held = users.iter().flat_map(|user| sim.calendars(&Self::address(user)));
        held.any(|(id, _)| id == calendar)
    }

    fn names(&self, calendar: &str) -> Vec<String> {
        self.held(calendar).into_keys().collect()
    }

    fn look(&self, calendar: &str, name: &str) -> Option<Origin> {
        let id = self.id(calendar, name).ok()?;
        Some(says(&self.sim().event(&id)?))
    }

    fn all(&self, calendar: &str, name: &str) -> Option<String> {
        let id = self.id(calendar, name).ok()?;
        Some(all(&self.sim().event(&id)?))
    }

    fn copies_keep_marks(&self) -> bool {
        false
    }

    fn lags(&self) -> bool {
        true
    }

    fn lets_instances_pass(&self) -> bool {
        false
    }

    fn brings_back_cancelled(&self) -> bool {
        self.sim().profile_mut().holds(Belief::MasterEditsVoidExceptions)
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
            Act::Garble => Err("what is sent here is read, or refused".to_owned()),
            Act::CallOff => Err("what is called off here is gone".to_owned()),
            Act::Unmark => person.clear_properties(&id?),
        }
    }

    fn fault(&self, random: &mut Random) -> String {
        self.planned(graph_faults::usual(random))
    }

    fn plan(&self, now_ms: i64, fault: &str) -> bool {
        if let Some(one) = Planned::read(fault, "graph") {
            let Planned { name, method, path, nth } = one;
            return self.sim().faults_mut().add(method, path, When::Nth(nth), name);
        }
        let words: Vec<&str> = fault.split_whitespace().collect();
        let &["watch", word, "at", "graph", nth] = words.as_slice() else { return false };
        let mut all = self.sim().subscriptions(now_ms).into_iter();
        // One that is not there any more has nothing to tell.
        if let Some(one) = nth.parse().ok().and_then(|nth| all.nth(nth)) {
            let _told = self.sim().tell_lifecycle(now_ms, &one, word);
        }
        LIFECYCLE.contains(&word)
    }

    fn rare_fault(&self, random: &mut Random) -> String {
        let more = self.all_faults && random.one_in(2);
        self.planned(if more { graph_faults::more(random) } else { graph_faults::rare(random) })
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

    /// One less than Outlook takes.
    fn at_once(&self) -> Option<usize> {
        Some(3)
    }

    /// A series of people has five instances.
    fn writes_each(&self) -> usize {
        6
    }

    fn written(&self) -> Vec<(String, String)> {
        self.wrote(|_| true)
    }

    fn sent(&self) -> usize {
        self.sim().writes().len()
    }

    fn sent_after(&self, count: usize) -> Vec<Sent> {
        let (sim, people) = (self.sim(), self.people());
        let said = sim.writes().iter().skip(count).map(|write| {
            let known = people.names.get(&write.event);
            let name = known.or(write.transaction.as_ref()).unwrap_or(&write.event);
            let body: Value = serde_json::from_str(&write.said).unwrap_or_default();
            Sent {
                calendar: write.calendar.clone(),
                name: name.clone(),
                title: body["subject"].as_str().unwrap_or_default().to_owned(),
                text: write.said.clone(),
                of_instance: write.of_instance,
                stands: Stands::Surely,
            }
        });
        said.collect()
    }

    fn secrets(&self) -> Vec<String> {
        self.people().tokens.values().cloned().collect()
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

    fn outgoing(&self, now_ms: i64) -> Vec<Outgoing> {
        self.sim().outgoing(now_ms)
    }

    fn answered(&self, now_ms: i64, sent: Outgoing, status: u16) {
        self.sim().answered(now_ms, sent, status);
    }

    fn forged(&self, random: &mut Random, sent: &SimRequest, _: &[String]) -> SimRequest {
        let mut body: Value = serde_json::from_slice(&sent.body).expect("it sends JSON");
        let how = random.below(3);
        for item in body["value"].as_array_mut().into_iter().flatten() {
            match how {
                0 => item["clientState"] = json!("a guess"),
                1 => drop(item.as_object_mut().and_then(|item| item.remove("clientState"))),
                _ => item["subscriptionId"] = json!("00000000-0000-0000-0000-000000000000"),
            }
        }
        SimRequest { body: body.to_string().into_bytes(), ..sent.clone() }
    }

    fn upset_watches(&self, now_ms: i64, random: &mut Random) -> Option<String> {
        let all = self.sim().subscriptions(now_ms);
        let nth = random.below(all.len());
        let word = LIFECYCLE[random.below(3)];
        if let Some(one) = all.get(nth).filter(|_| random.one_in(2)) {
            self.sim().tell_lifecycle(now_ms, one, word);
            return Some(format!("watch {word} at graph {nth}"));
        }
        let (name, path, method) = [
            ("G32-slow", "*/subscriptions", "POST"),
            ("G32", "*/subscriptions", "POST"),
            ("G38", "*/subscriptions/*", "PATCH"),
            ("G39", "*/subscriptions", "POST"),
            ("push-lost", "*", "NOTIFY"),
            ("push-doubled", "*", "NOTIFY"),
            ("push-backwards", "*", "NOTIFY"),
            ("push-unknown", "*", "NOTIFY"),
            ("push-lifecycle", "*", "NOTIFY"),
            ("push-apart", "*", "NOTIFY"),
        ][random.below(10)];
        let nth = 1 + random.below(3) as u32;
        Some(self.planned(Planned { name, method, path, nth }))
    }
}

/// How a handshake is answered: by the real reading of it, which needs no graph.
fn shaken(call: &SimRequest, now_ms: i64) -> Heard {
    let provider =
        Microsoft::new(MicrosoftConfig { api: GRAPH.to_owned(), remember: String::new() });
    let request = inbound(call, Timestamp::from_millis(now_ms));
    let notice = provider.notice(&request, &WatchSecrets::default());
    let text = match &notice {
        Notice::Answer(text) => text.clone(),
        Notice::Heard(_) | Notice::Refuse(_) => String::new(),
    };
    let reply = SimReply::new(notice.status(), text).header("Content-Type", "text/plain");
    Heard { reply, after_ms: 0 }
}
