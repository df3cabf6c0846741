//! The server, its users, and the provider they are talked to with.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::graph::Capabilities;
use kalends_core::ids::ProviderId;
use kalends_core::notice::{InboundRequest, Notice};
use kalends_core::ports::{Credential, Exchange, Provider};
use kalends_core::provider::{Done, Failure, FailureClass, Output, ProviderOp};
use kalends_core::watch::{Renewal, WatchSecrets, WatchTerms};

use super::carry::carry;
use super::shelf::Shelf;
use super::tells::{self, Channels};
use crate::asking::{Asking, failed};

/// How long a channel lives: a week.
const LIFE_MS: i64 = 7 * 86_400_000;

/// A server with users who have calendars. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Server(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    users: BTreeMap<String, Home>,
    log: Vec<(String, ProviderOp)>,
    /// Whether operations are not kept.
    forgets: bool,
    /// How it tells of changes, if it does.
    tells: Option<Renewal>,
}

/// The calendars of one user.
#[derive(Debug, Default)]
pub(super) struct Home {
    pub(super) shelves: BTreeMap<ProviderId, Shelf>,
    /// What calendars can hold that are made by an operation.
    pub(super) new: Capabilities,
    pub(super) channels: Channels,
}

/// One user of a server: the provider of their account, and their hands.
#[derive(Debug, Clone)]
pub struct User {
    server: Server,
    name: String,
}

impl Server {
    /// A user; made when first named. `new` is what calendars made for them can hold.
    #[must_use]
    pub fn user(&self, name: &str, new: Capabilities) -> User {
        self.lock().users.entry(name.to_owned()).or_default().new = new;
        User { server: self.clone(), name: name.to_owned() }
    }

    /// Whether it tells of changes, and how its watches go on.
    pub fn set_tells(&self, tells: Option<Renewal>) {
        self.lock().tells = tells;
    }

    /// The operations carried out since the last call, with the user of each.
    #[must_use]
    pub fn take_log(&self) -> Vec<(String, ProviderOp)> {
        std::mem::take(&mut self.lock().log)
    }

    /// From now on operations are not kept: those of a long run are many.
    pub fn forget_operations(&self) {
        self.lock().forgets = true;
    }

    /// The user who has a calendar.
    #[must_use]
    pub fn owner(&self, calendar: &str) -> Option<User> {
        let id = ProviderId(calendar.to_owned());
        let state = self.lock();
        let mut users = state.users.iter();
        let (name, _) = users.find(|(_, home)| home.shelves.contains_key(&id))?;
        Some(User { server: self.clone(), name: name.clone() })
    }

    /// Keeps an operation; how it tells of changes.
    fn note(&self, user: &str, op: &ProviderOp) -> Option<Renewal> {
        let mut state = self.lock();
        if !state.forgets {
            state.log.push((user.to_owned(), op.clone()));
        }
        state.tells
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl User {
    /// Makes a calendar under an id that is its name too.
    pub fn make_calendar(&self, name: &str, capabilities: Capabilities) {
        self.home(|home| {
            let shelf = Shelf::new(capabilities, None);
            home.shelves.insert(ProviderId(name.to_owned()), shelf);
        });
    }

    /// Changes what a calendar says it can hold.
    pub fn set_capabilities(&self, calendar: &str, capabilities: Capabilities) {
        self.shelf(calendar, |shelf| shelf.capabilities = capabilities);
    }

    /// Forgets every token given out for a calendar.
    pub fn expire_tokens(&self, calendar: &str) {
        self.shelf(calendar, Shelf::expire_tokens);
    }

    /// The next whole listing of a calendar comes from where so many of its newest objects have not
    /// arrived yet; the token that it gives tells of them.
    pub fn come_late(&self, calendar: &str, objects: usize) {
        self.shelf(calendar, |shelf| shelf.come_late(objects));
    }

    /// From now on, or not any more, whole listings of a calendar say that they may lack something, and
    /// give no token.
    pub fn leave_in_doubt(&self, calendar: &str, in_doubt: bool) {
        self.shelf(calendar, |shelf| shelf.in_doubt = in_doubt);
    }

    /// The ids of the user's calendars.
    #[must_use]
    pub fn calendars(&self) -> Vec<String> {
        self.home(|home| home.shelves.keys().map(|id| id.0.clone()).collect())
    }

    /// Carries out an operation, as the host of the account is asked to.
    #[must_use]
    pub fn carry(&self, op: &ProviderOp) -> (Vec<Output>, Done) {
        let tells = self.server.note(&self.name, op);
        let carried = self.home(|home| carry(home, &self.name, tells, op));
        carried.unwrap_or_else(|(class, code)| (Vec::new(), failed(class, code)))
    }

    pub(super) fn home<T>(&self, act: impl FnOnce(&mut Home) -> T) -> T {
        act(self.server.lock().users.entry(self.name.clone()).or_default())
    }

    /// # Panics
    /// Where there is no such calendar: the test names one that was not made.
    pub(super) fn shelf<T>(&self, calendar: &str, act: impl FnOnce(&mut Shelf) -> T) -> T {
        self.home(|home| match home.shelves.get_mut(&ProviderId(calendar.to_owned())) {
            Some(shelf) => act(shelf),
            None => unreachable!("the calendar {calendar} is made before it is used"),
        })
    }
}

impl Provider for User {
    fn start(&self, op: &ProviderOp, _: &Credential) -> Result<Box<dyn Exchange>, Failure> {
        Ok(Box::new(Asking::of(op)))
    }

    fn watches(&self) -> Option<WatchTerms> {
        let renewal = self.server.lock().tells?;
        Some(WatchTerms { life_ms: LIFE_MS, renewal })
    }

    fn notice(&self, request: &InboundRequest, secrets: &WatchSecrets) -> Notice {
        tells::notice(request, secrets)
    }
}

impl Home {
    pub(super) fn shelf(&mut self, id: &ProviderId) -> Result<&mut Shelf, super::check::Refusal> {
        self.shelves.get_mut(id).ok_or((FailureClass::CalendarGone, "values.no-calendar"))
    }
}
