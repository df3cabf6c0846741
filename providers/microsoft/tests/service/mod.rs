//! Carries exchanges against the simulated service, and counts what they ask.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    reason = "each suite uses a part of it, and what is not as expected ends a test"
)]

use std::collections::VecDeque;

use kalends_core::ids::{ProviderId, StepSeed};
use kalends_core::notice::{InboundRequest, Notice};
use kalends_core::ports::{Call, Credential, HttpHead, HttpRequest, Input, Provider, Turn};
use kalends_core::provider::{Done, Failure, Listing, ObjectName, Output, ProviderOp};
use kalends_core::time::Timestamp;
use kalends_core::watch::{OpenWatch, WatchSecrets};
use kalends_microsoft::{Microsoft, MicrosoftConfig};
use kalends_testkit::graph_sim::{AccountKind, GraphSim, Profile};
use kalends_testkit::wire::{Heard, SimReply, SimRequest, SimServer, Turn as SimTurn};

pub(crate) const ANN: &str = "ann@contoso.example";
pub(crate) const SCOPES: &str = "Calendars.ReadWrite User.Read MailboxSettings.Read";
/// 2026-06-08, a Monday.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_780_900_000);

/// A service with one mailbox and one calendar, and somebody who talks to it.
pub(crate) struct Service {
    pub(crate) sim: GraphSim,
    pub(crate) calendar: ProviderId,
    pub(crate) credential: Credential,
    pub(crate) now: Timestamp,
    /// Whether somebody answers where notices go to.
    pub(crate) listens: bool,
    /// The watches that are known.
    pub(crate) watches: Vec<OpenWatch>,
    /// Method and address of each call since the last look.
    calls: Vec<String>,
}

/// What came of an operation.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) outputs: Vec<Output>,
    pub(crate) done: Done,
}

impl Came {
    pub(crate) fn failure(&self) -> &Failure {
        match &self.done {
            Done::Failed(failure) => failure,
            other => panic!("no failure: {other:?}"),
        }
    }

    /// The token of a listing.
    pub(crate) fn token(&self) -> String {
        match &self.done {
            Done::Listed(listed) => listed.token.clone().expect("a token"),
            other => panic!("nothing was listed: {other:?}"),
        }
    }

    /// The names of a listing.
    pub(crate) fn names(&self) -> Vec<ObjectName> {
        let name = |output: &Output| match output {
            Output::Name { id, .. } => ObjectName::Known(id.clone()),
            other => panic!("a name was expected: {other:?}"),
        };
        self.outputs.iter().map(name).collect()
    }
}

impl Service {
    pub(crate) fn new(profile: Profile) -> Self {
        let mut sim = GraphSim::new(profile, 1);
        sim.set_strict(true);
        sim.add_user(ANN, "Ann", AccountKind::Work);
        let calendar = ProviderId(sim.add_calendar(ANN, "Work"));
        let credential = Credential::Bearer(sim.bearer(NOW.as_millis(), ANN, SCOPES));
        Self {
            sim,
            calendar,
            credential,
            now: NOW,
            listens: true,
            watches: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// The calls since the last look.
    pub(crate) fn calls(&mut self) -> Vec<String> {
        core::mem::take(&mut self.calls)
    }

    pub(crate) fn list(&mut self, listing: Listing) -> Came {
        self.run(&ProviderOp::List { calendar: self.calendar.clone(), listing })
    }

    pub(crate) fn fetch(&mut self, names: Vec<ObjectName>) -> Came {
        self.run(&ProviderOp::Fetch { calendar: self.calendar.clone(), names })
    }

    pub(crate) fn run(&mut self, op: &ProviderOp) -> Came {
        let api = "https://graph.example/v1.0".to_owned();
        let provider = Microsoft::new(MicrosoftConfig { api, remember: String::new() });
        let mut exchange = provider.start(op, &self.credential).unwrap();
        let (mut outputs, mut pending) = (Vec::new(), VecDeque::new());
        let mut input = Input::Start;
        loop {
            input = match exchange.resume(input, self.now) {
                Turn::Item(output) => {
                    outputs.push(output);
                    Input::Start
                }
                Turn::Draw => Input::Drawn(StepSeed([7; 32])),
                Turn::More => pending.pop_front().expect("an answer is under way"),
                Turn::Done(done) => return Came { outputs, done },
                Turn::Send(Call::Http(request)) => {
                    let reply = self.send(request);
                    pending = [Input::Chunk(reply.body), Input::End].into();
                    let lower = |(name, value): (String, String)| (name.to_lowercase(), value);
                    let headers = reply.headers.into_iter().map(lower).collect();
                    Input::Head(HttpHead { status: reply.status, headers })
                }
                Turn::Send(Call::Records(_)) => panic!("no records here"),
            };
        }
    }

    /// What the host answers where the service asks whether it is there.
    fn asked(&self, call: &SimRequest) -> Option<Heard> {
        match self.notice(call) {
            Notice::Answer(text) if self.listens => {
                let reply = SimReply::new(200, text).header("Content-Type", "text/plain");
                Some(Heard { reply, after_ms: 5 })
            }
            _ => None,
        }
    }

    /// What a request of the service itself comes to.
    pub(crate) fn notice(&self, call: &SimRequest) -> Notice {
        let query = call.url.split_once('?').map_or("", |(_, query)| query);
        let request = InboundRequest {
            method: call.method.clone(),
            path: call.path(),
            query: query.to_owned(),
            headers: Vec::new(),
            body: call.body.clone(),
            received: self.now,
        };
        let open = self.watches.clone();
        Microsoft::new(MicrosoftConfig::default()).notice(&request, &WatchSecrets::of(open))
    }

    /// Sends one request, as a host would.
    pub(crate) fn send(&mut self, request: HttpRequest) -> SimReply {
        let HttpRequest { method, url, headers, body, .. } = request;
        self.calls.push(format!("{method} {url}"));
        let request = SimRequest { method: method.to_owned(), url, headers, body };
        let now = self.now.as_millis();
        let reply = match self.sim.start(now, &request) {
            SimTurn::Reply(reply) => reply,
            SimTurn::Ask { ticket, calls } => {
                let heard: Vec<_> = calls.iter().map(|call| self.asked(call)).collect();
                self.sim.resume(now, ticket, &heard)
            }
        };
        assert_eq!(self.sim.violations(), []);
        assert!(self.sim.mail().is_empty(), "somebody was mailed");
        reply
    }
}
