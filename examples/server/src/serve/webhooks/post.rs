//! Carries messages to their endpoints.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use kalends::core::ports::{Clock as _, Http as _, HttpFailure, HttpHead, HttpRequest};
use kalends::ids::GraphId;
use kalends_tokio::SystemClock;
use tokio::sync::Semaphore;
use tokio::sync::watch::Receiver;
use tokio::task::JoinSet;

use super::super::state::Server;
use super::message;
use super::rest::{next_try, rests_until};
use super::rows::{Endpoint, Message};
use super::sign::HookSecret;
use crate::data::Data;
use crate::error::CliError;
use crate::failpoint;
use crate::outcome::warn;

/// How often it is looked for changes and for messages that are due.
const LOOK: Duration = Duration::from_millis(500);
/// How long an endpoint may take.
const ANSWER: Duration = Duration::from_secs(15);
/// The most endpoints that are told at once, of one graph and of all: whose endpoints never answer holds
/// up nobody else's.
const OF_A_GRAPH: usize = 3;
const AT_ONCE: usize = 256;
/// The most messages that are written down, and that are sent, before others have their turn.
const MESSAGES_MAX: u32 = 20;
/// The most of an answer that is looked at.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;
/// Carries all messages of a server.
pub(crate) struct Postman {
    server: Server,
    /// Endpoints that are told something now: each hears one message at a time.
    busy: BTreeSet<String>,
    rounds: JoinSet<String>,
    of_a_graph: Places,
    at_once: Arc<Semaphore>,
}

/// The places of each graph whose endpoints are told something now, or wait for that.
#[derive(Default)]
struct Places(BTreeMap<GraphId, Arc<Semaphore>>);

impl Places {
    fn of(&mut self, graph: GraphId) -> Arc<Semaphore> {
        let new = || Arc::new(Semaphore::new(OF_A_GRAPH));
        self.0.entry(graph).or_insert_with(new).clone()
    }

    /// Forgets those that nobody has and nobody waits for.
    fn forget_unused(&mut self) {
        self.0.retain(|_, places| Arc::strong_count(places) > 1);
    }
}

impl Postman {
    pub(crate) fn of(server: Server) -> Self {
        let at_once = Arc::new(Semaphore::new(AT_ONCE));
        let (busy, of_a_graph) = (BTreeSet::new(), Places::default());
        Self { server, busy, rounds: JoinSet::new(), of_a_graph, at_once }
    }

    /// Runs until `stop` turns true, and then until what is under way has ended.
    pub(crate) async fn run(mut self, mut stop: Receiver<bool>) {
        loop {
            if let Err(error) = self.begin_rounds() {
                warn(&format!("webhooks cannot be read now: {error}"));
            }
            tokio::select! {
                Some(ended) = self.rounds.join_next() => {
                    if let Ok(id) = ended {
                        self.busy.remove(&id);
                    }
                }
                () = tokio::time::sleep(LOOK) => {}
                _ = stop.wait_for(|asked| *asked) => break,
            }
        }
        while self.rounds.join_next().await.is_some() {}
    }

    fn begin_rounds(&mut self) -> Result<(), CliError> {
        self.of_a_graph.forget_unused();
        for Endpoint { graph, id, .. } in self.server.registry.live_endpoints(SystemClock.now())? {
            if self.busy.insert(id.clone()) {
                let of_a_graph = self.of_a_graph.of(graph);
                let (server, at_once) = (self.server.clone(), self.at_once.clone());
                self.rounds.spawn(async move {
                    // They are never closed.
                    let _own = of_a_graph.acquire().await;
                    let _turn = at_once.acquire().await;
                    if let Err(error) = round(&server, graph, &id).await {
                        warn(&format!("{id} cannot be told now: {error}"));
                    }
                    tokio::time::sleep(LOOK).await;
                    id
                });
            }
        }
        Ok(())
    }
}

/// Writes down what is new, then sends what is due, until something is not taken.
async fn round(server: &Server, graph: GraphId, id: &str) -> Result<(), CliError> {
    let Some((mut to, _)) = live(server, graph, id)? else { return Ok(()) };
    let data = server.data.of_graph(graph).await?;
    for _ in 0..MESSAGES_MAX {
        let Some((upto, message)) = message::next(&data, &to, SystemClock.now()).await? else {
            break;
        };
        server.registry.post(&to, upto, Some(&message))?;
        to.after = upto;
    }
    for message in server.registry.due(id, SystemClock.now(), MESSAGES_MAX)? {
        let Some((to, secret)) = live(server, graph, id)? else { break };
        if !tell(server, &data, (&to, &secret), &message).await? {
            break;
        }
    }
    Ok(())
}

/// An endpoint with its secret, where it is to be told something now. Somebody may have switched it off
/// or removed it while it waited for its place, or for the message before to be taken.
fn live(
    server: &Server,
    graph: GraphId,
    id: &str,
) -> Result<Option<(Endpoint, HookSecret)>, CliError> {
    let now = SystemClock.now();
    let known = server.registry.endpoint(graph, id)?;
    let Some(endpoint) = known.filter(|one| one.on && one.rests <= now) else { return Ok(None) };
    let Some(sealed) = server.registry.endpoint_secret(id)? else { return Ok(None) };
    Ok(Some((endpoint, HookSecret::open(&server.data.vault, id, &sealed)?)))
}

/// Sends a message; whether it was taken.
async fn tell(
    server: &Server,
    data: &Data,
    (to, secret): (&Endpoint, &HookSecret),
    message: &Message,
) -> Result<bool, CliError> {
    let registry = &server.registry;
    let body = message::told(data, to, message, SystemClock.now()).await?;
    let ended = send(data, (to, secret), (&message.id, body)).await?;
    failpoint::named("told");
    let (why, head) = match ended {
        Ok(head) if (200..300).contains(&head.status) => {
            registry.taken(&message.id)?;
            return Ok(true);
        }
        Ok(head) => (head.status.to_string(), Some(head)),
        Err(why) => (why.to_owned(), None),
    };
    let now = SystemClock.now();
    let mut next = next_try(message.tries, drawn()?, now);
    if head.as_ref().is_some_and(|head| head.status == 410) {
        // As Standard Webhooks has it: nobody is there any more.
        registry.switch_endpoint(&to.id, false)?;
        next = None;
    } else if let Some(until) = head.and_then(|head| rests_until(&head, now)) {
        registry.let_rest(&to.id, until)?;
        next = next.map(|next| next.max(until));
    }
    registry.not_taken(&message.id, next, &why)?;
    Ok(false)
}

fn drawn() -> Result<u8, CliError> {
    let mut byte = [0];
    getrandom::fill(&mut byte).map_err(|error| CliError::failed("random", &error))?;
    Ok(byte[0])
}

async fn send(
    data: &Data,
    (to, secret): (&Endpoint, &HookSecret),
    (id, body): (&str, Vec<u8>),
) -> Result<Result<HttpHead, &'static str>, CliError> {
    let at_s = SystemClock.now().as_millis().div_euclid(1_000);
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", at_s.to_string()),
        ("webhook-signature", secret.sign(id, at_s, &body)),
    ];
    let request = HttpRequest {
        method: "POST",
        url: to.url.clone(),
        headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
        body,
        answer_bytes_max: ANSWER_BYTES_MAX,
    };
    let http = data.http()?;
    Ok(match tokio::time::timeout(ANSWER, http.send(request)).await {
        Ok(Ok((head, _))) => Ok(head),
        Ok(Err(failure)) => Err(word(failure)),
        Err(_) => Err("timeout"),
    })
}

const fn word(failure: HttpFailure) -> &'static str {
    match failure {
        HttpFailure::Dns => "dns",
        HttpFailure::Refused => "refused",
        HttpFailure::Tls => "tls",
        HttpFailure::Reset | HttpFailure::Cut => "broken-off",
        HttpFailure::Deadline => "timeout",
        HttpFailure::TooLarge => "too-large",
        HttpFailure::BadAddress => "address",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches places that are forgotten while somebody has them: the next endpoint would have others.
    #[test]
    fn places_are_kept_while_somebody_has_them() {
        let (mut places, graph) = (Places::default(), GraphId::from_bytes([1; 16]));
        let held = places.of(graph);
        let place = held.try_acquire().unwrap();
        places.forget_unused();
        assert_eq!(places.of(graph).available_permits(), OF_A_GRAPH - 1);
        drop(place);
        drop(held);
        places.forget_unused();
        assert!(places.0.is_empty());
    }
}
