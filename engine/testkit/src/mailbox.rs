//! A scope that is no calendar: mailboxes of messages, listed since a cursor and never projected.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::graph::{Capabilities, ScopeKind};
use kalends_core::ids::{ProviderId, Version};
use kalends_core::ports::{Credential, Exchange, Provider};
use kalends_core::presence::Evidence;
use kalends_core::provider::{
    CalendarItem, Done, Failure, FailureClass, Item, Listed, Listing, Message, ObjectName, Output,
    ProviderOp,
};
use kalends_core::time::Timestamp;

use crate::asking::{Asking, failed};

/// The mailboxes of one account. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Post(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    boxes: BTreeMap<String, Vec<Letter>>,
    oldest: usize,
}

#[derive(Debug)]
struct Letter {
    id: ProviderId,
    title: String,
    at: Timestamp,
}

impl Post {
    /// Delivers a message into a mailbox, which is made with the first. A second delivery under
    /// the same id shows the message once more.
    pub fn deliver(&self, mailbox: &str, id: &str, title: &str, at: Timestamp) {
        let letter = Letter { id: ProviderId(id.to_owned()), title: title.to_owned(), at };
        self.lock().boxes.entry(mailbox.to_owned()).or_default().push(letter);
    }

    /// Forgets every cursor given out so far.
    pub fn forget_cursors(&self) {
        let mut state = self.lock();
        state.oldest = state.boxes.values().map(Vec::len).max().unwrap_or(0) + 1;
    }

    /// Carries out an operation, as the host of the account is asked to.
    #[must_use]
    pub fn carry(&self, op: &ProviderOp) -> (Vec<Output>, Done) {
        let state = self.lock();
        match op {
            ProviderOp::Discover => state.discover(),
            ProviderOp::List { calendar, listing } => state.list(calendar, listing),
            ProviderOp::Fetch { calendar, names } => state.fetch(calendar, names),
            ProviderOp::Create { .. }
            | ProviderOp::Replace { .. }
            | ProviderOp::Delete { .. }
            | ProviderOp::Patch { .. }
            | ProviderOp::MakeCalendar { .. }
            | ProviderOp::DeleteCalendar { .. }
            | ProviderOp::Watch(_)
            | ProviderOp::FreeBusy { .. } => {
                (Vec::new(), failed(FailureClass::Unsupported, "mailbox.read-only"))
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Provider for Post {
    fn start(&self, op: &ProviderOp, _: &Credential) -> Result<Box<dyn Exchange>, Failure> {
        Ok(Box::new(Asking::of(op)))
    }
}

impl State {
    fn discover(&self) -> (Vec<Output>, Done) {
        let mailboxes = self.boxes.iter().map(|(name, letters)| {
            Output::Calendar(Box::new(CalendarItem {
                id: ProviderId(name.clone()),
                name: name.clone(),
                kind: ScopeKind::Mailbox,
                subscribed: false,
                derived: None,
                capabilities: Capabilities { write: false, ..Capabilities::default() },
                token: Some(letters.len().to_string()),
                tag: None,
            }))
        });
        let (subject, remember) = ("post".to_owned(), String::new());
        (mailboxes.collect(), Done::Discovered { subject, makes_calendars: false, remember })
    }

    fn list(&self, mailbox: &ProviderId, listing: &Listing) -> (Vec<Output>, Done) {
        let Some(letters) = self.boxes.get(&mailbox.0) else {
            return (Vec::new(), failed(FailureClass::CalendarGone, "mailbox.gone"));
        };
        let (since, whole) = match listing {
            Listing::Since(token) => match token.parse() {
                Ok(at) if at >= self.oldest && at <= letters.len() => (at, false),
                Ok(_) | Err(_) => {
                    return (Vec::new(), failed(FailureClass::CursorLost, "mailbox.cursor"));
                }
            },
            Listing::Names | Listing::Contents => (0, true),
        };
        let items = letters.iter().skip(since).map(|letter| Output::Item(letter.item()));
        let token = Some(letters.len().to_string());
        (items.collect(), Done::Listed(Listed { token, tag: None, whole }))
    }

    fn fetch(&self, mailbox: &ProviderId, names: &[ObjectName]) -> (Vec<Output>, Done) {
        let letters = self.boxes.get(&mailbox.0).map_or(&[][..], Vec::as_slice);
        let read = |name: &ObjectName| {
            let id = match name {
                ObjectName::Known(id) => id.clone(),
                ObjectName::Derived(derived) => ProviderId(derived.clone()),
            };
            let found = letters.iter().rev().find(|letter| letter.id == id).map(Letter::item);
            Output::Item(found.unwrap_or(Item::Removed { id, evidence: Evidence::ReadAlone }))
        };
        (names.iter().map(read).collect(), Done::Fetched)
    }
}

impl Letter {
    fn item(&self) -> Item {
        Item::Message(Message {
            id: self.id.clone(),
            version: Some(Version("1".to_owned())),
            title: self.title.clone(),
            at: self.at,
        })
    }
}
