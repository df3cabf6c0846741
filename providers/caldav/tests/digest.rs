//! Signing in to servers that want the password proven, over nonces that run out, or take a token:
//! every operation.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_caldav::Caldav;
use kalends_core::ports::{Credential, HttpHead, Provider};
use kalends_core::provider::{Done, FailureClass, Listing, Output, ProviderOp};
use kalends_testkit::caldav_sim::{CaldavSim, DigestAccess, DigestHash, Profile, SimRequest, When};

mod common;
use common::*;

const HASHES: [DigestHash; 3] = [DigestHash::Md5, DigestHash::Md5Session, DigestHash::Sha256];

struct World {
    sim: CaldavSim,
    url: &'static str,
    remember: String,
    credential: Credential,
}

impl World {
    fn new(digest: Option<DigestAccess>, url: &'static str, credential: Credential) -> Self {
        let mut profile = Profile::plain();
        profile.access.digest = digest;
        let mut sim = CaldavSim::new(profile, 7);
        sim.set_strict(true);
        sim.add_user("alice", "secret");
        sim.add_calendar("alice", "work");
        Self { sim, url, remember: String::new(), credential }
    }

    fn run(&mut self, op: &ProviderOp) -> Heard {
        let provider = Caldav::new(config(self.url, &self.remember));
        let exchange = provider.start(op, &self.credential).unwrap();
        carry(exchange, 997, |request| {
            let asked = SimRequest {
                method: request.method.to_owned(),
                url: request.url.clone(),
                headers: request.headers.clone(),
                body: request.body.clone(),
            };
            let reply = self.sim.handle(NOW.as_millis(), &asked);
            let headers = reply.headers.iter().map(|(k, v)| (k.to_lowercase(), v.clone()));
            Answer::Whole(HttpHead { status: reply.status, headers: headers.collect() }, reply.body)
        })
    }

    /// Discovers, lists, writes and reads back; what came of the last.
    fn whole_round(&mut self) -> Done {
        let heard = self.run(&ProviderOp::Discover);
        let Done::Discovered { remember, .. } = heard.done.clone() else { return heard.done };
        self.remember = remember;
        let [Output::Calendar(found)] = heard.outputs.as_slice() else { panic!("{heard:?}") };
        let calendar = found.id.clone();
        let doc = doc("0123456789abcdefghijklmnop", "x");
        let made = self.run(&ProviderOp::Create { calendar: calendar.clone(), doc });
        assert!(matches!(made.done, Done::Stored(_)), "{:?}", made.done);
        self.run(&ProviderOp::List { calendar, listing: Listing::Contents }).done
    }

    fn refusals(&self) -> usize {
        self.sim.log().iter().filter(|logged| logged.reply.status == 401).count()
    }

    fn was_told(&self, secret: &str) -> bool {
        let headers = self.sim.log().iter().flat_map(|logged| &logged.request.headers);
        headers.into_iter().any(|(_, value)| value.contains(secret))
    }
}

fn proven() -> Credential {
    Credential::Digest { user: "alice".into(), password: "secret".into() }
}

#[test]
fn a_server_that_wants_digest_is_worked_with() {
    for hash in HASHES {
        for (url, credential) in [
            ("https://dav.example.org/", proven()),
            ("https://dav.example.org/", basic()),
            ("http://dav.example.org/", basic()),
        ] {
            let digest = DigestAccess { hash, nonce_uses: 100 };
            let mut world = World::new(Some(digest), url, credential);
            let done = world.whole_round();
            assert!(matches!(done, Done::Listed(_)), "{hash:?} {url} {done:?}");
            // One challenge for each of three conversations.
            assert_eq!(world.refusals(), 3, "{hash:?} {url}");
        }
    }
}

#[test]
fn nonces_that_run_out_cost_a_request_and_nothing_else() {
    for nonce_uses in [0, 1, 2] {
        let digest = DigestAccess { hash: DigestHash::Sha256, nonce_uses };
        let mut world = World::new(Some(digest), "https://dav.example.org/", proven());
        let done = world.whole_round();
        assert!(matches!(done, Done::Listed(_)), "{nonce_uses} {done:?}");
        assert!(world.refusals() > 3, "{nonce_uses}");
    }
}

#[test]
fn the_password_is_not_on_the_wire_where_it_must_only_be_proven() {
    let digest = DigestAccess { hash: DigestHash::Md5, nonce_uses: 100 };
    let openly = "YWxpY2U6c2VjcmV0";
    let mut world = World::new(Some(digest), "https://dav.example.org/", proven());
    let _ = world.whole_round();
    assert!(!world.was_told(openly) && world.was_told("username=\"alice\""));
    let mut world = World::new(Some(digest), "http://dav.example.org/", basic());
    let _ = world.whole_round();
    assert!(!world.was_told(openly) && world.was_told("username=\"alice\""));
    let mut world = World::new(None, "https://dav.example.org/", proven());
    let _ = world.whole_round();
    assert!(!world.was_told(openly));
}

#[test]
fn a_wrong_password_is_told_after_one_answer() {
    let digest = DigestAccess { hash: DigestHash::Sha256, nonce_uses: 100 };
    let wrong = Credential::Digest { user: "alice".into(), password: "other".into() };
    let mut world = World::new(Some(digest), "https://dav.example.org/", wrong);
    match world.whole_round() {
        Done::Failed(failure) => assert_eq!(failure.class, FailureClass::SignIn),
        other => panic!("{other:?}"),
    }
    let answered = world.sim.log().iter().filter(|logged| {
        logged.request.get("authorization").is_some_and(|value| value.starts_with("Digest"))
    });
    assert_eq!(answered.count(), 1);
}

/// Catches a token that is kept back until a server asks for it, or sent as a password.
#[test]
fn a_token_signs_every_request_before_it_is_asked_for() {
    for url in ["https://dav.example.org/", "http://127.0.0.1:5232/"] {
        let mut world = World::new(None, url, Credential::Bearer("t.0-ken".into()));
        world.sim.set_bearer("alice", Some("t.0-ken"));
        let done = world.whole_round();
        assert!(matches!(done, Done::Listed(_)), "{url} {done:?}");
        assert_eq!(world.refusals(), 0, "{url}");
        let log = world.sim.log().iter();
        let signed = log.filter(|it| it.request.get("authorization") == Some("Bearer t.0-ken"));
        assert_eq!(signed.count(), world.sim.log().len(), "{url}");

        world.sim.set_bearer("alice", Some("another"));
        let over = world.run(&ProviderOp::Discover).done;
        assert!(matches!(&over, Done::Failed(f) if f.class == FailureClass::SignIn), "{over:?}");
    }
}

#[test]
fn a_stale_challenge_in_the_middle_is_answered() {
    for code in ["C7-digest", "C7-two", "C7-joined"] {
        let mut world = World::new(None, "http://dav.example.org/", basic());
        assert!(world.sim.plan("PROPFIND", "*", When::First(1), code), "{code}");
        let done = world.whole_round();
        assert!(matches!(done, Done::Listed(_)), "{code} {done:?}");
        assert!(world.was_told("nonce=\"5f2e\""), "{code}");
    }
}
