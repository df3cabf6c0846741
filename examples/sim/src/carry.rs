//! A simulator behind a listening socket.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kalends_testkit::wire::{Heard, SimReply, SimRequest, SimServer, Turn};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::task::JoinHandle;

use crate::deliver::{After, deliver};
use crate::request::{Asked, Reader};
use crate::send::{ask, send};

/// How long something that is due may wait.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// A simulator that answers at an address until this is dropped. Requests reach it one by one, at
/// the time of this machine.
#[derive(Debug)]
pub struct Served<S> {
    address: SocketAddr,
    sim: Arc<Mutex<S>>,
    listening: JoinHandle<()>,
    sending: JoinHandle<()>,
}

impl<S: SimServer + Send + 'static> Served<S> {
    /// Listens at an address, `127.0.0.1:0` for any free port, and answers from tasks of the
    /// runtime this is called in.
    ///
    /// # Errors
    ///
    /// When nobody can listen there.
    pub async fn listen(address: impl ToSocketAddrs, sim: S) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let sim = Arc::new(Mutex::new(sim));
        let listening = tokio::spawn(accept(listener, sim.clone()));
        let sending = tokio::spawn(send_on(sim.clone()));
        Ok(Self { address, sim, listening, sending })
    }

    /// The root of the server, `http://HOST:PORT`, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The simulator, to look at it or to change it between two requests; none is answered while
    /// this is held.
    pub fn sim(&self) -> MutexGuard<'_, S> {
        hold(&self.sim)
    }
}

impl<S> Drop for Served<S> {
    fn drop(&mut self) {
        self.listening.abort();
        self.sending.abort();
    }
}

async fn accept<S: SimServer + Send + 'static>(listener: TcpListener, sim: Arc<Mutex<S>>) {
    let mut talks = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            stream = listener.accept() => {
                // What cannot be accepted is a client that has gone already.
                if let Ok((stream, _)) = stream {
                    talks.spawn(talk(stream, sim.clone()));
                }
            }
            Some(_) = talks.join_next() => {}
        }
    }
}

/// One connection. A client that goes away meanwhile misses the rest.
async fn talk<S: SimServer>(stream: TcpStream, sim: Arc<Mutex<S>>) {
    let mut reader = Reader::new(stream);
    while let Ok(asked) = reader.next().await {
        let (request, last) = match asked {
            Asked::Request { request, last } => (request, last),
            Asked::Refused(status, why) => {
                let reply = SimReply::new(status, format!("{why}\n"));
                let _ = deliver(reader.stream(), "GET", &reply).await;
                return;
            }
            Asked::Nothing => return,
        };
        let reply = answer(&sim, &request).await;
        match deliver(reader.stream(), &request.method, &reply).await {
            Ok(After::Usable) if !last => {}
            Ok(After::Usable | After::Spent) | Err(_) => return,
        }
    }
}

/// The simulator's reply, after it asked whom it wants to ask.
async fn answer<S: SimServer>(sim: &Mutex<S>, request: &SimRequest) -> SimReply {
    let turn = hold(sim).start(now_ms(), request);
    let (ticket, calls) = match turn {
        Turn::Reply(reply) => return reply,
        Turn::Ask { ticket, calls } => (ticket, calls),
    };
    let mut heard = Vec::new();
    for call in &calls {
        let asked_ms = now_ms();
        let reply = ask(call).await;
        let after_ms = u64::try_from(now_ms() - asked_ms).unwrap_or_default();
        heard.push(reply.map(|reply| Heard { reply, after_ms }));
    }
    hold(sim).resume(now_ms(), ticket, &heard)
}

/// Brings what the simulator sends by itself to where it goes, in order.
async fn send_on<S: SimServer>(sim: Arc<Mutex<S>>) {
    loop {
        let due = hold(&sim).outgoing(now_ms());
        for sent in due {
            let status = send(&sent.request).await;
            hold(&sim).answered(now_ms(), sent, status);
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
}

fn hold<S>(sim: &Mutex<S>) -> MutexGuard<'_, S> {
    sim.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
