//! What happens in a graph, told as it does: server-sent events over its journal.
//!
//! An entry of the journal is an event whose id is the entry's number, so that whoever comes again
//! with the last id they saw goes on behind it: nothing is lost, and nothing told twice.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use kalends::core::ports::{GraphStore as _, StoreError};
use kalends::core::slice::ReadSet;
use kalends::ids::GraphId;
use kalends::queries::{EntriesOf, EntriesPage};
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::watch::Receiver;

use super::problem::Problem;
use super::pulse::Mark;
use super::state::Server;
use crate::data::Data;
use crate::error::CliError;
use crate::outcome::warn;
use crate::view::{CameSoFar, ChangeView};

/// Entries that are read at once.
const PAGE: u32 = 200;
/// Something is said at least so often, so that nobody between takes the line for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Events that lie ready for a listener.
const READY: usize = 16;
/// Whoever takes nothing for so long gives their place to others.
const STALLED: Duration = Duration::from_secs(60);
/// How many hear of one graph at once.
const OF_A_GRAPH: usize = 16;
/// How many hear of anything at once.
const OF_ALL: usize = 2_000;
/// Where browsers say what they saw last.
const LAST_SEEN: HeaderName = HeaderName::from_static("last-event-id");

/// How many hear of each graph. Clones are the same ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listeners(Arc<Mutex<BTreeMap<GraphId, usize>>>);

/// One of them, as long as it is kept.
struct Place {
    listeners: Listeners,
    graph: GraphId,
}

impl Listeners {
    fn take(&self, graph: GraphId) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_all: usize = counts.values().sum();
        let of_graph = counts.get(&graph).copied().unwrap_or_default();
        if of_graph >= OF_A_GRAPH || of_all >= OF_ALL {
            return None;
        }
        counts.insert(graph, of_graph + 1);
        Some(Place { listeners: self.clone(), graph })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.listeners.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = counts.get(&self.graph).map_or(0, |count| count.saturating_sub(1));
        match left {
            0 => counts.remove(&self.graph),
            left => counts.insert(self.graph, left),
        };
    }
}

/// What somebody wants to hear, and how long they may.
pub(crate) struct Wanted {
    /// The entry that they saw last; none: what happens from now on.
    pub(crate) after: Option<u64>,
    /// Whether they stay once all that happened is told.
    pub(crate) follow: bool,
    /// Whether they still may.
    pub(crate) may: Box<dyn Fn() -> bool + Send>,
}

/// Opens the feed of a graph.
pub(crate) async fn open(server: &Server, data: Data, wanted: Wanted) -> Result<Response, Problem> {
    let graph = data.keys.graph;
    let place = server.listeners.take(graph).ok_or_else(too_many)?;
    // Before the journal is looked at, so that what comes between is not slept through.
    let marks = server.pulse.of(graph);
    let slice = data.store.load(graph, &ReadSet::default()).await.map_err(CliError::from)?;
    let Wanted { after, follow, may } = wanted;
    let after = after.unwrap_or(slice.head.seq);
    if after > slice.head.seq {
        return Err(unknown());
    }
    let feed = Feed {
        data,
        after,
        told: slice.version.0,
        queue: VecDeque::from([ready(after)]),
        marks,
        stop: server.stop.clone(),
        follow,
        is_told: false,
        may,
        patience: STALLED,
        _place: place,
    };
    let (out, taken) = channel(READY);
    tokio::spawn(feed.run(out));
    let events = unfold(taken, |mut taken| async {
        let event = taken.recv().await?;
        Some((Ok::<_, Infallible>(event), taken))
    });
    let mut response = Sse::new(events).into_response();
    // Proxies that gather answers up would hold this one back for ever.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The entry that a client saw last, as its browser says by itself when it comes again.
pub(crate) fn last_seen(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(LAST_SEEN).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    let wrong = || Problem::request(StatusCode::BAD_REQUEST, "Last-Event-ID is an entry's number");
    number.map(Some).ok_or_else(wrong)
}

/// One listener.
struct Feed {
    data: Data,
    /// The last entry that was told, or lies in the queue.
    after: u64,
    /// The version of the graph that was told of.
    told: u64,
    queue: VecDeque<Event>,
    marks: Receiver<Mark>,
    stop: Receiver<bool>,
    follow: bool,
    /// Whether the end was told to somebody who does not stay.
    is_told: bool,
    may: Box<dyn Fn() -> bool + Send>,
    /// How long they may take nothing.
    patience: Duration,
    _place: Place,
}

impl Feed {
    /// Tells what there is, until this ends, or whoever listens has gone or takes nothing any more: a
    /// body that nobody reads is not asked for its next piece, so this does not wait for that.
    async fn run(mut self, out: Sender<Event>) {
        loop {
            let next = tokio::select! {
                next = self.next() => next,
                () = out.closed() => None,
            };
            let Some(event) = next else { return };
            if !is_taken(&out, event, self.patience).await {
                return;
            }
        }
    }

    /// The next event; none once this ends. Read only as fast as it is taken.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(event);
            }
            if self.is_told || *self.stop.borrow() || !(self.may)() {
                return None;
            }
            let mark = *self.marks.borrow_and_update();
            match self.read().await {
                Ok(true) => {
                    self.told = mark.version;
                    continue;
                }
                Ok(false) => {}
                // Whoever hears no more comes again, and goes on behind what they have.
                Err(error) => {
                    warn(&format!("it cannot be told now what changed: {error}"));
                    return None;
                }
            }
            if !self.follow {
                return Some(self.end());
            }
            if mark.version > self.told {
                self.told = mark.version;
                return Some(event("status", None, &CameSoFar { seq: self.after }));
            }
            tokio::select! {
                // The pulse lives as long as the server.
                _ = self.marks.changed() => {}
                _ = self.stop.wait_for(|asked| *asked) => return None,
                () = tokio::time::sleep(KEEP_ALIVE) => return Some(Event::default().comment("")),
            }
        }
    }

    /// Says that all was told to somebody who does not stay: nothing comes behind it.
    fn end(&mut self) -> Event {
        self.is_told = true;
        event("end", None, &CameSoFar { seq: self.after })
    }

    /// Reads a page of what is new; whether there was something.
    async fn read(&mut self) -> Result<bool, StoreError> {
        let (graph, after) = (self.data.keys.graph, self.after);
        let page = EntriesPage { graph, of: EntriesOf::After(after), limit: PAGE };
        let page = self.data.store.query(page).await?;
        self.after = page.last().map_or(after, |entry| entry.seq);
        let told =
            page.iter().map(|entry| event("change", Some(entry.seq), &ChangeView::of(entry)));
        self.queue.extend(told);
        Ok(!page.is_empty())
    }
}

/// Whether there was room for an event in time.
async fn is_taken(out: &Sender<Event>, event: Event, patience: Duration) -> bool {
    matches!(tokio::time::timeout(patience, out.send(event)).await, Ok(Ok(())))
}

fn ready(after: u64) -> Event {
    event("ready", Some(after), &CameSoFar { seq: after })
}

fn event(name: &str, id: Option<u64>, data: &impl serde::Serialize) -> Event {
    let event = Event::default().event(name);
    let event = match id {
        Some(id) => event.id(id.to_string()),
        None => event,
    };
    // Values of ours hold nothing that JSON cannot say.
    event.json_data(data).unwrap_or_default()
}

fn too_many() -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "changes.too-many",
        "too many hear of this graph at once: end one of them",
    )
}

fn unknown() -> Problem {
    Problem::new(
        StatusCode::GONE,
        "changes.cursor",
        "the graph has not come so far, as after a backup was restored: read it anew, and begin \
         without a number",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::settings::{self, Change};

    fn feed(data: &Data, place: Place) -> Feed {
        Feed {
            data: data.clone(),
            after: 0,
            told: 0,
            queue: VecDeque::new(),
            marks: super::super::pulse::Pulse::default().of(data.keys.graph),
            stop: tokio::sync::watch::channel(false).1,
            follow: false,
            is_told: false,
            may: Box::new(|| true),
            patience: STALLED,
            _place: place,
        }
    }

    /// Catches listeners of a graph that take nothing, and keep all its places for ever.
    #[tokio::test]
    async fn sixteen_who_take_nothing_give_their_places_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let (graph, listeners) = (data.keys.graph, Listeners::default());
        let stalled: Vec<_> = (0..OF_A_GRAPH)
            .map(|_| {
                let mut feed = feed(&data, listeners.take(graph).unwrap());
                feed.queue = (0..=READY as u64).map(ready).collect();
                feed.patience = Duration::from_millis(10);
                let (out, taken) = channel(READY);
                (tokio::spawn(feed.run(out)), taken)
            })
            .collect();
        assert!(listeners.take(graph).is_none());
        for (run, _taken) in stalled {
            run.await.unwrap();
        }
        assert!(listeners.take(graph).is_some());
    }

    /// Catches a change that is told behind the end to somebody who took that for all.
    #[tokio::test]
    async fn nothing_comes_behind_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let mut feed = feed(&data, Listeners::default().take(data.keys.graph).unwrap());
        while !feed.is_told {
            assert!(feed.next().await.is_some());
        }
        let home = Change { home: Some("Europe/Paris".to_owned()), ..Change::default() };
        settings::change(&data, home).await.unwrap();
        assert!(data.head().await.unwrap().seq > feed.after);
        assert!(feed.next().await.is_none());
    }

    /// Catches a listener that takes nothing and keeps its place for ever.
    #[tokio::test]
    async fn whoever_takes_nothing_is_not_waited_for() {
        let (out, taken) = channel(1);
        assert!(is_taken(&out, ready(1), STALLED).await);
        assert!(!is_taken(&out, ready(2), Duration::from_millis(10)).await);
        drop(taken);
        assert!(!is_taken(&out, ready(3), STALLED).await);
    }
}
