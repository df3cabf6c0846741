//! The simulators as the driver's network.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};
use std::task::Poll;

use kalends_core::ports::{Clock, Http, HttpBody, HttpFailure, HttpHead, HttpRequest};
use kalends_testkit::caldav_sim::{CaldavSim, Delivery, SimReply, SimRequest};
use kalends_testkit::clock::VirtualClock;

use crate::at_once::AtOnce;
use crate::caldav::CaldavSite;
use crate::judged::Judged;
use crate::network::Network;
use crate::site::Site;
use crate::spoilt::Spoilt;

/// Carries requests to simulators that the test shares, each to the one whose host it names. Each
/// request lets others go first, so that conversations meet.
#[derive(Debug, Clone)]
pub struct SimHttp {
    caldav: CaldavSite,
    others: Vec<Arc<dyn Site>>,
    clock: VirtualClock,
    judged: Judged,
    requests: Arc<AtomicU64>,
    network: Network,
    at_once: AtOnce,
    worker: u64,
    spoilt: Spoilt,
}

impl SimHttp {
    /// A network with a CalDAV server, which also answers for all hosts that nobody has, and other
    /// sites.
    #[must_use]
    pub fn new(caldav: CaldavSite, others: Vec<Arc<dyn Site>>, clock: VirtualClock) -> Self {
        Self {
            caldav,
            others,
            clock,
            judged: Judged::default(),
            requests: Arc::default(),
            network: Network::Instant,
            at_once: AtOnce::default(),
            worker: 0,
            spoilt: Spoilt::default(),
        }
    }

    /// The same, watched.
    #[must_use]
    pub(crate) fn watched(self, judged: Judged) -> Self {
        Self { judged, ..self }
    }

    /// The same, as this worker asks.
    #[must_use]
    pub(crate) fn asked_by(self, worker: u64) -> Self {
        Self { worker, ..self }
    }

    /// The same, over this network.
    #[must_use]
    pub(crate) fn over(self, network: Network) -> Self {
        Self { network, ..self }
    }

    /// From now on this becomes of each reply on its way.
    pub fn spoil(&self, how: impl Fn(&SimRequest, SimReply) -> SimReply + Send + 'static) {
        self.spoilt.set(how);
    }

    /// Over which network it goes.
    pub(crate) const fn network(&self) -> Network {
        self.network
    }

    fn takes(&self, millis: i64) {
        self.clock.advance_millis(millis);
        self.judged.waited(millis);
    }

    /// The CalDAV server.
    pub fn sim(&self) -> MutexGuard<'_, CaldavSim> {
        self.caldav.sim()
    }

    /// All sites, the CalDAV server first.
    pub fn sites(&self) -> impl Iterator<Item = &dyn Site> {
        let first: &dyn Site = &self.caldav;
        std::iter::once(first).chain(self.others.iter().map(AsRef::as_ref))
    }

    /// How many requests were sent so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    fn site_of(&self, request: &SimRequest) -> &dyn Site {
        let host = request.origin();
        let known = self.others.iter().find(|site| site.hosts().contains(&host.as_str()));
        known.map_or(&self.caldav, AsRef::as_ref)
    }
}

impl Http for SimHttp {
    type Body = Pieces;

    async fn send(&self, request: HttpRequest) -> Result<(HttpHead, Pieces), HttpFailure> {
        let nth = self.requests.fetch_add(1, Ordering::Relaxed);
        let now = self.clock.now().as_millis();
        let _writing = written_into(&request).map(|place| self.judged.write(&place, now));
        let asked = SimRequest {
            method: request.method.to_owned(),
            url: request.url,
            headers: request.headers,
            body: request.body,
        };
        let _counted = self.at_once.begin(self.site_of(&asked), self.worker, &asked);
        step_aside().await;
        self.takes(self.network.latency_ms(nth) / 2);
        let _running = UnderWay { site: self.site_of(&asked), request: &asked };
        let reply = self.site_of(&asked).handle(self.clock.now().as_millis(), &asked);
        let reply = self.spoilt.reply(&asked, reply);
        self.takes(self.network.latency_ms(nth) / 2 + self.network.rest_ms(&reply));
        step_aside().await;
        deliver(reply)
    }
}

/// A request under way, until whoever sent it has its answer or gives it up.
struct UnderWay<'a> {
    site: &'a dyn Site,
    request: &'a SimRequest,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.site.ended(self.request);
    }
}

/// The collection that a request writes into; calendars and watches are in none that matters.
fn written_into(request: &HttpRequest) -> Option<String> {
    let is_write = ["PUT", "PATCH", "DELETE"].contains(&request.method);
    let (_, rest) = request.url.split_once("://")?;
    let path = rest.get(rest.find('/')?..)?;
    let place = &path[..=path.rfind('/').unwrap_or_default()];
    let holds_events = !["/calendars/", "/subscriptions/"].iter().any(|end| place.ends_with(end));
    (is_write && holds_events).then(|| place.to_owned())
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
        Delivery::StallAt(at) => {
            vec![Ok(reply.body[..at.min(reply.body.len())].to_vec()), Err(HttpFailure::Deadline)]
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

/// Lets others go first, so that conversations meet.
pub(crate) async fn step_aside() {
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
