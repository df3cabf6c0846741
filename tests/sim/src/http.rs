//! The simulator as the driver's network.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use kalends_core::ports::{Clock, Http, HttpBody, HttpFailure, HttpHead, HttpRequest};
use kalends_testkit::caldav_sim::{CaldavSim, Delivery, SimReply, SimRequest};
use kalends_testkit::clock::VirtualClock;

/// Carries requests to a simulator that the test shares. Each request lets others go first, so
/// that conversations meet.
#[derive(Debug, Clone)]
pub struct SimHttp {
    sim: Arc<Mutex<CaldavSim>>,
    clock: VirtualClock,
}

impl SimHttp {
    /// A network with this server.
    #[must_use]
    pub fn new(sim: CaldavSim, clock: VirtualClock) -> Self {
        Self { sim: Arc::new(Mutex::new(sim)), clock }
    }

    /// The server.
    pub fn sim(&self) -> MutexGuard<'_, CaldavSim> {
        self.sim.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Http for SimHttp {
    type Body = Pieces;

    async fn send(&self, request: HttpRequest) -> Result<(HttpHead, Pieces), HttpFailure> {
        step_aside().await;
        let asked = SimRequest {
            method: request.method.to_owned(),
            url: request.url,
            headers: request.headers,
            body: request.body,
        };
        let reply = self.sim().handle(self.clock.now().as_millis(), &asked);
        step_aside().await;
        deliver(reply)
    }
}

/// A body in the pieces in which it travels.
#[derive(Debug)]
pub struct Pieces(VecDeque<Result<Vec<u8>, HttpFailure>>);

impl HttpBody for Pieces {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        self.0.pop_front().transpose()
    }
}

fn deliver(reply: SimReply) -> Result<(HttpHead, Pieces), HttpFailure> {
    let pieces = match reply.delivery {
        Delivery::Complete | Delivery::ChunkedWithTrailers => vec![Ok(reply.body)],
        Delivery::Refused => return Err(HttpFailure::Refused),
        Delivery::NoSuchHost => return Err(HttpFailure::Dns),
        Delivery::TlsFailure => return Err(HttpFailure::Tls),
        Delivery::DropBeforeCommit | Delivery::DropAfterCommit => return Err(HttpFailure::Reset),
        Delivery::Stall => return Err(HttpFailure::Deadline),
        Delivery::TruncateAt(at) => {
            vec![Ok(reply.body[..at.min(reply.body.len())].to_vec()), Err(HttpFailure::Cut)]
        }
        Delivery::Drip { piece_octets, .. } => {
            reply.body.chunks(piece_octets.max(1)).map(|piece| Ok(piece.to_vec())).collect()
        }
        Delivery::Endless(_) => vec![Ok(reply.body), Err(HttpFailure::TooLarge)],
    };
    let lower = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
    let headers = reply.headers.into_iter().map(lower).collect();
    Ok((HttpHead { status: reply.status, headers }, Pieces(pieces.into())))
}

async fn step_aside() {
    let mut waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
