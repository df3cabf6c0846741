//! How the server tells of changes: a notice for each watched calendar that changed, when somebody
//! carries the notices.

use std::collections::BTreeMap;

use kalends_core::ids::ProviderId;
use kalends_core::notice::{Heard, InboundRequest, Notice, Refusal, Word};
use kalends_core::provider::{Done, FailureClass, Output};
use kalends_core::time::Timestamp;
use kalends_core::watch::{Renewal, Shown, WatchOp, WatchSecrets, Watching};

use super::check;
use super::server::{Home, User};
use super::shelf::Shelf;

const CHANNEL: &str = "x-values-channel";
const TOKEN: &str = "x-values-token";
const RESOURCE: &str = "x-values-calendar";
const STATE: &str = "x-values-state";

/// A watch of one calendar.
#[derive(Debug, Clone)]
pub(super) struct Channel {
    calendar: ProviderId,
    token: String,
    address: String,
    expires: Timestamp,
    /// Whether it has said that it is open.
    greeted: bool,
    /// The change it told of last.
    told: u64,
}

pub(super) type Channels = BTreeMap<String, Channel>;

pub(super) fn watch(
    home: &mut Home,
    renewal: Option<Renewal>,
    op: &WatchOp,
) -> Result<(Vec<Output>, Done), check::Refusal> {
    let unsupported = (FailureClass::Unsupported, "values.polled");
    let renewal = renewal.ok_or(unsupported)?;
    let done = match op {
        WatchOp::Open { calendar, id, token, address, expires } => {
            let told = home.shelf(calendar)?.clock();
            if home.channels.contains_key(id) {
                return Err((FailureClass::Taken, "values.channel-taken"));
            }
            let channel = Channel {
                calendar: calendar.clone(),
                token: token.0.clone(),
                address: address.clone(),
                expires: *expires,
                greeted: false,
                told,
            };
            home.channels.insert(id.clone(), channel);
            granted(id, calendar, *expires)
        }
        WatchOp::Renew { id, expires } => {
            if renewal == Renewal::Anew {
                return Err(unsupported);
            }
            let channel =
                home.channels.get_mut(id).ok_or((FailureClass::NotFound, "values.no-channel"))?;
            channel.expires = *expires;
            granted(id, &channel.calendar.clone(), *expires)
        }
        WatchOp::Close { id, .. } => {
            home.channels.remove(id);
            Done::Deleted
        }
    };
    Ok((Vec::new(), done))
}

fn granted(id: &str, calendar: &ProviderId, expires: Timestamp) -> Done {
    let resource = Some(calendar.0.clone());
    Done::Watching(Watching { id: id.to_owned(), resource, expires })
}

impl User {
    /// The notices that wait to be carried at `now`, with the address of each: one for each channel
    /// that is new, and one for each whose calendar has changed since its last.
    #[must_use]
    pub fn take_notices(&self, now: Timestamp) -> Vec<(String, InboundRequest)> {
        self.home(|home| {
            home.channels.retain(|_, channel| channel.expires > now);
            let shelves = &home.shelves;
            let waiting = home.channels.iter_mut().flat_map(|(id, channel)| {
                let clock = shelves.get(&channel.calendar).map_or(channel.told, Shelf::clock);
                let open = (!channel.greeted).then_some("open");
                let changed = (channel.told < clock).then_some("changed");
                channel.greeted = true;
                channel.told = clock;
                let says = |state| (channel.address.clone(), request(id, channel, state, now));
                open.into_iter().chain(changed).map(says).collect::<Vec<_>>()
            });
            waiting.collect()
        })
    }

    /// How many channels are open.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.home(|home| home.channels.len())
    }

    /// Closes every channel without a word.
    pub fn lose_channels(&self) {
        self.home(|home| home.channels.clear());
    }
}

fn request(id: &str, channel: &Channel, state: &str, now: Timestamp) -> InboundRequest {
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    InboundRequest {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        query: String::new(),
        headers: vec![
            field(CHANNEL, id),
            field(TOKEN, &channel.token),
            field(RESOURCE, &channel.calendar.0),
            field(STATE, state),
        ],
        body: Vec::new(),
        received: now,
    }
}

pub(super) fn notice(request: &InboundRequest, secrets: &WatchSecrets) -> Notice {
    let Some(id) = request.header(CHANNEL) else { return Notice::Refuse(Refusal::Malformed) };
    let word = match request.header(STATE) {
        Some("open") => Word::Opened,
        Some("changed") => Word::Changed,
        Some(_) | None => return Notice::Refuse(Refusal::Malformed),
    };
    let shown = Shown { id, token: request.header(TOKEN), resource: request.header(RESOURCE) };
    match secrets.verify(shown, request.received) {
        Ok(watch) => Notice::Heard(vec![Heard { scope: watch.scope, watch: id.to_owned(), word }]),
        Err(refusal) => Notice::Refuse(refusal),
    }
}
