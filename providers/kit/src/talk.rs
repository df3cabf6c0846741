//! The loop that turns a script of calls into an exchange: credentials, redirects, kinds of body,
//! XML in pieces, outputs one at a time.

use core::fmt;

use kalends_core::ports::{
    Call, Credential, Exchange, HttpFailure, HttpHead, HttpRequest, Input, Turn,
};
use kalends_core::provider::{Done, Failure, FailureClass};
use kalends_core::time::Timestamp;

use crate::content::{is_web_page, is_xml, media_type};
use crate::digest::DigestChallenge;
use crate::reach::is_public_host;
use crate::script::{Expect, Next, Outbox, Reply, Request, Script};
use crate::sign::{Reaction, Signed, Signer};
use crate::site::same_site;
use crate::status::{Intent, lost};
use crate::url::{Scheme, Url};
use crate::xml::{Element, Ns, XmlFault, XmlLimits, XmlReader};

/// Redirects followed for one call.
const REDIRECTS_MAX: u8 = 5;
/// Bytes read of an answer that is not what was asked for.
const ERROR_BYTES_MAX: u64 = 64 * 1024;
/// Bytes of an answer read as XML in pieces, in total.
const STREAM_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Characters of an address that a failure shows.
const PLACE_CHARS_MAX: usize = 200;

/// A [`Script`] as an [`Exchange`]. The script lies behind a pointer: this loop is compiled once, and
/// not for each of the scripts there are.
pub struct Talk {
    script: Box<dyn Script>,
    signer: Signer,
    out: Outbox,
    state: State,
}

impl fmt::Debug for Talk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Talk").field("state", &self.state).finish_non_exhaustive()
    }
}

#[derive(Debug)]
enum State {
    Idle,
    Waiting(Box<Sent>),
    /// For what the host draws, to answer a challenge with.
    Drawing(Box<Sent>, Box<DigestChallenge>),
    Reading(Box<Sent>, Box<Reading>),
    Over,
}

#[derive(Debug)]
struct Sent {
    request: Request,
    /// Where it was meant to go: credentials are for this site.
    first: Url,
    redirects: u8,
    signed: Signed,
    /// Challenges answered for it.
    answered: u8,
}

#[derive(Debug)]
struct Reading {
    head: HttpHead,
    body: Body,
    bytes: u64,
    ended: bool,
}

#[derive(Debug)]
enum Body {
    Trees(Box<XmlReader>),
    /// Kept, up to so many bytes; more are an error or, where cut is set, left out.
    Kept {
        bytes: Vec<u8>,
        max: u64,
        cut: bool,
    },
}

impl Talk {
    /// A conversation about to begin.
    #[must_use]
    pub fn new(script: impl Script + 'static, credential: Credential) -> Self {
        let script = Box::new(script);
        Self { script, signer: Signer::new(credential), out: Outbox::new(), state: State::Idle }
    }

    fn take(&mut self, input: Input, now: Timestamp) -> Result<Option<Turn>, Failure> {
        let state = core::mem::replace(&mut self.state, State::Over);
        match (input, state) {
            (Input::Start, state @ (State::Idle | State::Reading(..))) => {
                self.state = state;
                Ok(None)
            }
            (Input::Head(head), State::Waiting(sent)) => self.head(*sent, head, now),
            (Input::Chunk(bytes), State::Reading(sent, mut reading)) if !reading.ended => {
                if !reading.chunk(&bytes) {
                    self.state = State::Idle;
                    let failure = lost(HttpFailure::TooLarge, sent.request.intent);
                    return self.script.broken(failure).map(|()| None);
                }
                self.state = State::Reading(sent, reading);
                Ok(None)
            }
            (Input::End, State::Reading(sent, mut reading)) => {
                reading.ended = true;
                self.state = State::Reading(sent, reading);
                Ok(None)
            }
            (Input::Failed(failure), State::Waiting(sent) | State::Reading(sent, _)) => {
                self.state = State::Idle;
                self.script.broken(lost(failure, sent.request.intent)).map(|()| None)
            }
            (Input::Drawn(drawn), State::Drawing(mut sent, challenge)) => {
                self.signer.answer(&sent.request.url, *challenge, &drawn);
                sent.signed = Signed::Digest;
                sent.answered += 1;
                Ok(Some(self.send(*sent)))
            }
            (
                Input::Start
                | Input::Head(_)
                | Input::Chunk(_)
                | Input::End
                | Input::Failed(_)
                | Input::Drawn(_)
                | Input::Records(..),
                _,
            ) => Err(protocol("talk.order", "resume an exchange only with what it asked for")),
        }
    }

    fn head(
        &mut self,
        mut sent: Sent,
        head: HttpHead,
        now: Timestamp,
    ) -> Result<Option<Turn>, Failure> {
        match head.status {
            301 | 302 | 303 | 307 | 308 => match self.redirected(&sent, &head) {
                Ok(url) => {
                    sent.signed = self.signer.moved(sent.signed, &url);
                    sent.request.url = url;
                    sent.redirects += 1;
                    Ok(Some(self.send(sent)))
                }
                Err(failure) => {
                    self.state = State::Idle;
                    self.script.broken(failure).map(|()| None)
                }
            },
            401 if sent.signed != Signed::Openly || !self.script.reads_refusals() => {
                let so_far = (sent.signed, sent.answered);
                match self.signer.react(so_far, &sent.request.url, &head, now) {
                    Reaction::SignOpenly => {
                        sent.signed = Signed::Openly;
                        Ok(Some(self.send(sent)))
                    }
                    Reaction::Answer(challenge) => {
                        self.state = State::Drawing(Box::new(sent), challenge);
                        Ok(Some(Turn::Draw))
                    }
                    Reaction::Refused(failure) => {
                        self.state = State::Idle;
                        self.script.broken(failure).map(|()| None)
                    }
                }
            }
            _ => {
                let body = match sent.request.expect {
                    Expect::Multistatus if head.status == 207 => {
                        Body::Trees(Box::new(XmlReader::new(XmlLimits::default())))
                    }
                    Expect::Bytes(max) | Expect::OneOfMany(max)
                        if (200..300).contains(&head.status) =>
                    {
                        Body::Kept { bytes: Vec::new(), max, cut: false }
                    }
                    Expect::Multistatus | Expect::Bytes(_) | Expect::OneOfMany(_) => {
                        Body::Kept { bytes: Vec::new(), max: ERROR_BYTES_MAX, cut: true }
                    }
                };
                let reading = Reading { head, body, bytes: 0, ended: false };
                self.state = State::Reading(Box::new(sent), Box::new(reading));
                Ok(None)
            }
        }
    }

    /// Where to go on, keeping method and body; never from TLS to none, to another site, or from
    /// the public internet into a private network.
    fn redirected(&self, sent: &Sent, head: &HttpHead) -> Result<Url, Failure> {
        if sent.redirects >= REDIRECTS_MAX {
            return Err(protocol("http.redirects", "the server redirects in circles: correct it"));
        }
        let location = head.header("location").unwrap_or_default();
        let url = match sent.request.url.join(location) {
            Ok(url) if !location.is_empty() => url,
            Ok(_) | Err(_) => {
                return Err(protocol("http.redirect", "the server redirects to no address"));
            }
        };
        // Nothing is shown to the other site that it could keep.
        let open = self.signer.is_nobody() && sent.request.method == "GET";
        match (sent.request.url.scheme(), url.scheme()) {
            (Scheme::Https, Scheme::Http) => Err(protocol(
                "http.redirect-plain",
                "the server redirects from https to http: give its https address",
            )),
            (_, Scheme::File) => Err(protocol("http.redirect", "the server redirects to a file")),
            // The first address may be private, as a person chose it; a server chooses none here.
            _ if is_public_host(&sent.request.url) && !is_public_host(&url) => Err(protocol(
                "http.redirect-private",
                "the server redirects into a private network: give that address if it is right",
            )),
            _ if !open && !same_site(&sent.first, &url) => {
                let place = if sent.request.open_place { place(&url) } else { String::new() };
                Err(protocol(
                    "http.redirect-site",
                    &format!(
                        "the server redirects to another site{place}: give that address if it is \
                         right"
                    ),
                ))
            }
            _ => Ok(url),
        }
    }

    fn send(&mut self, sent: Sent) -> Turn {
        let request = &sent.request;
        let mut headers = request.headers.clone();
        if let Some(value) = self.signer.value(sent.signed, request.method, &request.url) {
            headers.push(("Authorization".to_owned(), value));
        }
        let call = Call::Http(HttpRequest {
            method: request.method,
            url: request.url.to_string(),
            headers,
            body: request.body.clone(),
            answer_bytes_max: match request.expect {
                Expect::Multistatus => STREAM_BYTES_MAX,
                Expect::Bytes(max) | Expect::OneOfMany(max) => max.max(ERROR_BYTES_MAX),
            },
        });
        self.state = State::Waiting(Box::new(sent));
        Turn::Send(call)
    }

    /// Reads on in what has come, until there is an output or the answer is used up.
    fn read_on(&mut self, now: Timestamp) -> Result<(), Failure> {
        let State::Reading(sent, reading) = &mut self.state else {
            return Ok(());
        };
        while self.out.is_empty() {
            match reading.next_tree() {
                Ok(Some(tree)) => self.script.tree(&sent.request.url, tree, &mut self.out)?,
                Ok(None) => break,
                Err(failure) => {
                    self.state = State::Idle;
                    return self.script.broken(failure);
                }
            }
        }
        if !self.out.is_empty() || !reading.ended {
            return Ok(());
        }
        let State::Reading(sent, reading) = core::mem::replace(&mut self.state, State::Idle) else {
            return Ok(());
        };
        match reading.finish(sent.request) {
            Ok(reply) => self.script.reply(reply, &mut self.out, now),
            Err(failure) => self.script.broken(failure),
        }
    }

    fn turn(&mut self, input: Input, now: Timestamp) -> Result<Turn, Failure> {
        if let Some(turn) = self.take(input, now)? {
            return Ok(turn);
        }
        if self.out.is_empty() {
            self.read_on(now)?;
        }
        if let Some(output) = self.out.pop_front() {
            return Ok(Turn::Item(output));
        }
        if matches!(self.state, State::Reading(..)) {
            return Ok(Turn::More);
        }
        match self.script.next(now) {
            Next::Call(request) => {
                let (first, signed) = (request.url.clone(), self.signer.ahead(&request.url));
                let request = *request;
                Ok(self.send(Sent { request, first, redirects: 0, signed, answered: 0 }))
            }
            Next::Output(output) => Ok(Turn::Item(output)),
            Next::Done(done) => {
                self.state = State::Over;
                Ok(Turn::Done(done))
            }
        }
    }
}

impl Exchange for Talk {
    fn resume(&mut self, input: Input, now: Timestamp) -> Turn {
        match self.turn(input, now) {
            Ok(turn) => turn,
            Err(failure) => {
                self.state = State::Over;
                Turn::Done(Done::Failed(failure))
            }
        }
    }

    fn counts(&self) -> u32 {
        self.script.counts()
    }
}

impl Reading {
    /// Takes a piece; false where it is more than was allowed.
    fn chunk(&mut self, chunk: &[u8]) -> bool {
        self.bytes = self.bytes.saturating_add(chunk.len() as u64);
        match &mut self.body {
            Body::Trees(reader) => {
                reader.push(chunk);
                self.bytes <= STREAM_BYTES_MAX
            }
            Body::Kept { bytes, max, cut } => {
                let fits = self.bytes <= *max;
                if fits {
                    bytes.extend_from_slice(chunk);
                }
                fits || *cut
            }
        }
    }

    fn next_tree(&mut self) -> Result<Option<Element>, Failure> {
        let Body::Trees(reader) = &mut self.body else {
            return Ok(None);
        };
        if !reader.has_root() && !is_xml(&self.head) {
            return Err(not_dav(&self.head));
        }
        let tree = reader.next_tree().map_err(xml_failure)?;
        if reader.has_root() && !reader.root_is(Ns::Dav, "multistatus") {
            return Err(not_dav(&self.head));
        }
        Ok(tree)
    }

    fn finish(self, request: Request) -> Result<Reply, Failure> {
        let body = match self.body {
            Body::Trees(reader) => {
                reader.finish().map_err(xml_failure)?;
                Vec::new()
            }
            Body::Kept { bytes, .. } => bytes,
        };
        let taken = (200..300).contains(&self.head.status);
        let wrong_kind = request.expect == Expect::Multistatus && self.head.status != 207;
        // Some servers say in a small page that they have made something.
        let page = match (request.intent, request.expect) {
            (Intent::Read, Expect::OneOfMany(_)) => false,
            (Intent::Read, Expect::Multistatus | Expect::Bytes(_)) => {
                is_web_page(&self.head, &body)
            }
            (Intent::Write, Expect::Multistatus | Expect::Bytes(_) | Expect::OneOfMany(_)) => {
                self.head.status == 200 && is_web_page(&self.head, &body)
            }
        };
        if taken && (wrong_kind || page) {
            let mut failure = not_dav(&self.head);
            if request.intent == Intent::Write {
                failure.class = FailureClass::Unknown;
            }
            return Err(failure);
        }
        Ok(Reply { url: request.url, head: self.head, body })
    }
}

/// An address for people: without its query, which may hold what is nobody's business, and no
/// longer than somebody reads.
fn place(url: &Url) -> String {
    let whole = format!(", {}{}", url.origin(), url.path());
    whole.chars().take(PLACE_CHARS_MAX).collect()
}

fn protocol(code: &str, detail: &str) -> Failure {
    Failure {
        class: FailureClass::Protocol,
        code: code.to_owned(),
        detail: detail.to_owned(),
        retry_at: None,
    }
}

fn xml_failure(fault: XmlFault) -> Failure {
    protocol(fault.code(), &format!("{fault}: nothing of it counts; check the server"))
}

fn not_dav(head: &HttpHead) -> Failure {
    let kind = media_type(head);
    let known = ["text/html", "application/xhtml+xml", "text/plain", "application/json"];
    let kind = known.iter().find(|known| **known == kind).copied().unwrap_or("something else");
    protocol(
        "http.not-calendar-data",
        &format!(
            "the server answered {} with {kind} where calendar data was expected: \
             sign in there or correct the address",
            head.status
        ),
    )
}
