//! A server of values as a site of a world: no wire format, for histories by the million.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::event::{Body, Status};
use kalends_core::graph::Capabilities;
use kalends_core::ports::{Credential, RecordsCall};
use kalends_core::provider::{Done, Failure, FailureClass, Output, ProviderOp};
use kalends_driver::Opened;
use kalends_oracle::Origin;
use kalends_testkit::values::{Laid, Server, User};
use kalends_testkit::wire::{SimReply, SimRequest};

use crate::bodies;
use crate::random::Random;
use crate::site::{Act, Sent, Site, Stands};

/// A server of values. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct ValuesSite {
    server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Whose each calendar is.
    users: BTreeMap<String, User>,
    bin: BTreeMap<(String, String), Laid>,
    planned: Vec<Planned>,
    violations: Vec<String>,
    written: Vec<(String, String)>,
    deleted: Vec<(String, String)>,
    mailed: Vec<(String, String)>,
    wrote_last: bool,
    /// What was written of ours: the last two of each object.
    ours: BTreeMap<(String, String), Vec<Laid>>,
    sent: Vec<Sent>,
}

/// A fault that strikes once.
#[derive(Debug, Clone, Copy)]
struct Planned {
    kind: OpKind,
    left: u32,
    fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OpKind {
    Store,
    Delete,
    List,
    Fetch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing arrives.
    Before,
    /// It is carried out, and the answer is lost.
    After,
    Throttled,
    Down,
    Stale,
}

/// What can go wrong, by name.
pub(crate) const FAULTS: [(&str, Fault); 5] = [
    ("before", Fault::Before),
    ("after", Fault::After),
    ("throttled", Fault::Throttled),
    ("down", Fault::Down),
    ("stale", Fault::Stale),
];
/// Where, by name: writes first.
const KINDS: [(&str, OpKind); 5] = [
    ("store", OpKind::Store),
    ("store", OpKind::Store),
    ("delete", OpKind::Delete),
    ("list", OpKind::List),
    ("fetch", OpKind::Fetch),
];
const WRITES: usize = 3;

impl ValuesSite {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn user(&self, name: &str) -> User {
        self.server.user(name, Capabilities::default())
    }

    /// The user of a calendar; an overlay belongs to the one who has it.
    fn of(&self, calendar: &str) -> Option<User> {
        self.server.owner(calendar)
    }

    fn take(&self, op: &ProviderOp) -> Option<Fault> {
        let kind = kind(op)?;
        let mut state = self.lock();
        let planned = state.planned.iter_mut().filter(|planned| planned.kind == kind);
        planned.for_each(|planned| planned.left = planned.left.saturating_sub(1));
        // Of several that are due at once, each strikes in its turn.
        let is_due = |planned: &Planned| planned.kind == kind && planned.left == 0;
        let at = state.planned.iter().position(is_due)?;
        Some(state.planned.remove(at).fault)
    }

    fn keep_sent(&self, op: &ProviderOp) {
        let body = match op {
            ProviderOp::Create { doc, .. } | ProviderOp::Replace { doc, .. } => &doc.body,
            ProviderOp::Patch { want, .. } => want,
            ProviderOp::Delete { .. }
            | ProviderOp::Discover
            | ProviderOp::List { .. }
            | ProviderOp::Fetch { .. }
            | ProviderOp::MakeCalendar { .. }
            | ProviderOp::DeleteCalendar { .. }
            | ProviderOp::Watch(_)
            | ProviderOp::FreeBusy { .. } => return,
        };
        let Some((calendar, name)) = target(op) else { return };
        let (title, text) = (body.content.title.clone(), bodies::texts(body));
        let (of_instance, stands) = (false, Stands::Surely);
        self.lock().sent.push(Sent { calendar, name, title, text, of_instance, stands });
    }

    fn keep_ours(&self, user: &str, op: &ProviderOp, done: &Done) {
        let is_ours = matches!(op, ProviderOp::Create { .. } | ProviderOp::Replace { .. });
        let Some((calendar, id)) = target(op).filter(|_| is_ours) else { return };
        if !matches!(done, Done::Stored(_)) {
            return;
        }
        let held = self.user(user).held(&calendar, &id);
        let mut state = self.lock();
        let ours = state.ours.entry((calendar, id)).or_default();
        ours.extend(held);
        let over = ours.len().saturating_sub(2);
        ours.drain(..over);
    }

    fn note(&self, op: &ProviderOp, done: &Done) {
        let mut state = self.lock();
        if let Some((calendar, id)) = target(op) {
            let object = (calendar, id);
            let invited =
                matches!(op, ProviderOp::Patch { want, .. } if !want.content.attendees.is_empty());
            if invited && matches!(done, Done::Stored(_)) {
                state.mailed.push(object.clone());
            }
            state.written.push(object);
        }
        if let Done::Failed(failure) = done
            && failure.class == FailureClass::Refused
        {
            state.violations.push(format!("{op:?}: {failure:?}"));
        }
    }
}

impl Site for ValuesSite {
    fn provider(&self) -> &'static str {
        "values"
    }

    fn hosts(&self) -> &'static [&'static str] {
        &["values:"]
    }

    fn handle(&self, _: i64, _: &SimRequest) -> SimReply {
        SimReply::new(421, "this server speaks no HTTP")
    }

    fn open(&self, user: &str, _: &str) -> Opened {
        Opened { provider: Arc::new(self.user(user)), credential: Credential::None }
    }

    fn records(&self, user: &str, call: &RecordsCall) -> (Vec<Output>, Done) {
        let fault = self.take(&call.op);
        self.lock().wrote_last = target(&call.op).is_some();
        if matches!(call.op, ProviderOp::Delete { .. }) {
            let asked = target(&call.op);
            self.lock().deleted.extend(asked);
        }
        let refused = match fault {
            None | Some(Fault::After) => None,
            Some(Fault::Before) => Some((FailureClass::Unknown, "sim.lost")),
            Some(Fault::Throttled) => Some((FailureClass::Throttled, "sim.throttled")),
            Some(Fault::Down) => Some((FailureClass::Transient, "sim.down")),
            Some(Fault::Stale) => Some((FailureClass::Stale, "sim.stale")),
        };
        if let Some((class, code)) = refused {
            return (Vec::new(), failed(class, code));
        }
        self.keep_sent(&call.op);
        let (outputs, done) = self.user(user).carry(&call.op);
        self.note(&call.op, &done);
        self.keep_ours(user, &call.op, &done);
        if fault == Some(Fault::After) {
            return (Vec::new(), failed(FailureClass::Unknown, "sim.lost"));
        }
        (outputs, done)
    }

    fn add_user(&self, user: &str) {
        let known = self.user(user);
        self.lock().users.insert(user.to_owned(), known);
    }

    fn add_calendar(&self, user: &str, name: &str) -> String {
        self.user(user).make_calendar(name, Capabilities::default());
        name.to_owned()
    }

    fn stands(&self, calendar: &str) -> bool {
        self.of(calendar).is_some()
    }

    fn names(&self, calendar: &str) -> Vec<String> {
        self.of(calendar).map(|user| user.objects(calendar)).unwrap_or_default()
    }

    fn look(&self, calendar: &str, name: &str) -> Option<Origin> {
        let held = self.of(calendar)?.held(calendar, name)?;
        Some(bodies::origin(&held.uid, &held.body))
    }

    fn body(&self, calendar: &str, name: &str) -> Option<Body> {
        Some(self.of(calendar)?.held(calendar, name)?.body)
    }

    fn all(&self, calendar: &str, name: &str) -> Option<String> {
        Some(format!("{:?}", self.of(calendar)?.held(calendar, name)?))
    }

    fn copies_keep_marks(&self) -> bool {
        false
    }

    fn act(&self, _: i64, calendar: &str, name: &str, act: Act<'_>) -> Result<(), String> {
        let missing = || format!("there is no {calendar}/{name}");
        let user = self.of(calendar).ok_or_else(missing)?;
        let held = || user.held(calendar, name).ok_or_else(missing);
        let lay = |to: &str, name: &str, laid: Laid| -> Result<(), String> {
            self.of(to).ok_or_else(missing)?.lay(to, name, laid);
            Ok(())
        };
        match act {
            Act::Put(origin) => {
                let (uid, body) = (origin.uid.clone(), bodies::body(origin));
                lay(calendar, name, Laid { uid, mark: None, body })
            }
            Act::Change(change) => {
                let mut laid = held()?;
                bodies::change(&mut laid.body, change);
                lay(calendar, name, laid)
            }
            Act::Delete => {
                let laid = held()?;
                self.lock().bin.insert((calendar.to_owned(), name.to_owned()), laid);
                user.delete(calendar, name);
                Ok(())
            }
            Act::Undelete => {
                let laid = self.lock().bin.remove(&(calendar.to_owned(), name.to_owned()));
                lay(calendar, name, laid.ok_or_else(missing)?)
            }
            Act::Carry(to) => {
                lay(to, name, held()?)?;
                user.delete(calendar, name);
                Ok(())
            }
            Act::Copy(to, copy) => lay(to, copy, held()?),
            Act::Duplicate(to, copy) => {
                let uid = format!("{to}-{copy}");
                lay(to, copy, Laid { uid, ..held()? })
            }
            Act::Unmark => lay(calendar, name, Laid { mark: None, ..held()? }),
            Act::Garble => {
                held()?;
                user.garble(calendar, name);
                Ok(())
            }
            Act::CallOff => {
                let mut laid = held()?;
                laid.body.content.status = Status::Cancelled;
                lay(calendar, name, laid)
            }
            Act::Rewind => {
                let key = (calendar.to_owned(), name.to_owned());
                let ours = self.lock().ours.get(&key).cloned().unwrap_or_default();
                if let [before, _] = ours.as_slice() {
                    lay(calendar, name, before.clone())?;
                }
                Ok(())
            }
        }
    }

    fn fault(&self, random: &mut Random) -> String {
        let (name, fault) = FAULTS[random.below(FAULTS.len())];
        let most = if fault == Fault::Stale { WRITES } else { KINDS.len() };
        let (at, kind) = KINDS[random.below(most)];
        let left = 1 + random.below(3) as u32;
        self.lock().planned.push(Planned { kind, left, fault });
        format!("fault {name} at {at} {left}")
    }

    fn plan(&self, _: i64, fault: &str) -> bool {
        let words: Vec<&str> = fault.split_whitespace().collect();
        let &["fault", name, "at", at, left] = words.as_slice() else { return false };
        let fault = FAULTS.iter().find(|(known, _)| *known == name);
        let kind = KINDS.iter().find(|(known, _)| *known == at);
        let (Some((_, fault)), Some((_, kind)), Ok(left)) = (fault, kind, left.parse()) else {
            return false;
        };
        self.lock().planned.push(Planned { kind: *kind, left, fault: *fault });
        true
    }

    fn expire_tokens(&self, calendar: &str) {
        if let Some(user) = self.of(calendar) {
            user.expire_tokens(calendar);
        }
    }

    fn come_late(&self, calendar: &str, objects: usize) -> bool {
        self.of(calendar).inspect(|user| user.come_late(calendar, objects)).is_some()
    }

    fn calm(&self) {
        self.lock().planned.clear();
        let users: Vec<User> = self.lock().users.values().cloned().collect();
        for user in users {
            user.calendars().iter().for_each(|calendar| user.come_late(calendar, 0));
        }
    }

    fn forget_replies(&self) {
        self.server.forget_operations();
    }

    fn take_log(&self) -> Vec<String> {
        self.server.take_log().iter().map(|(user, op)| format!("{user}: {op:?}")).collect()
    }

    fn violations(&self) -> Vec<String> {
        self.lock().violations.clone()
    }

    fn written(&self) -> Vec<(String, String)> {
        self.lock().written.clone()
    }

    fn sent(&self) -> usize {
        self.lock().sent.len()
    }

    fn sent_after(&self, count: usize) -> Vec<Sent> {
        self.lock().sent.iter().skip(count).cloned().collect()
    }

    fn wrote_last(&self) -> bool {
        self.lock().wrote_last
    }

    fn deleted(&self) -> Vec<(String, String)> {
        self.lock().deleted.clone()
    }

    fn mailed(&self) -> Vec<(String, String)> {
        self.lock().mailed.clone()
    }
}

const fn kind(op: &ProviderOp) -> Option<OpKind> {
    match op {
        ProviderOp::Create { .. } | ProviderOp::Replace { .. } | ProviderOp::Patch { .. } => {
            Some(OpKind::Store)
        }
        ProviderOp::Delete { .. } => Some(OpKind::Delete),
        ProviderOp::List { .. } => Some(OpKind::List),
        ProviderOp::Fetch { .. } => Some(OpKind::Fetch),
        ProviderOp::Discover
        | ProviderOp::MakeCalendar { .. }
        | ProviderOp::DeleteCalendar { .. }
        | ProviderOp::Watch(_)
        | ProviderOp::FreeBusy { .. } => None,
    }
}

/// The object that an operation writes.
fn target(op: &ProviderOp) -> Option<(String, String)> {
    match op {
        ProviderOp::Create { calendar, doc } => Some((calendar.0.clone(), doc.derived.clone())),
        ProviderOp::Replace { calendar, id, .. }
        | ProviderOp::Delete { calendar, id, .. }
        | ProviderOp::Patch { calendar, id, .. } => Some((calendar.0.clone(), id.0.clone())),
        ProviderOp::Discover
        | ProviderOp::List { .. }
        | ProviderOp::Fetch { .. }
        | ProviderOp::MakeCalendar { .. }
        | ProviderOp::DeleteCalendar { .. }
        | ProviderOp::Watch(_)
        | ProviderOp::FreeBusy { .. } => None,
    }
}

fn failed(class: FailureClass, code: &str) -> Done {
    let detail = "the simulated server failed as it was told to".to_owned();
    Done::Failed(Failure { class, code: code.to_owned(), detail, retry_at: None })
}
