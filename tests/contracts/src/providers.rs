//! The providers that are tested, each with something in its scope.

use std::sync::{Mutex, PoisonError};

use kalends_caldav::{Caldav, CaldavConfig};
use kalends_core::graph::{Capabilities, SeriesShape};
use kalends_core::ids::ProviderId;
use kalends_core::ports::{Call, Credential, HttpHead, HttpRequest, Provider};
use kalends_core::time::Timestamp;
use kalends_feed::{Feed, FeedConfig};
use kalends_google::{Google, GoogleConfig};
use kalends_microsoft::{Microsoft, MicrosoftConfig};
use kalends_testkit::caldav_sim::{CaldavSim, Profile, SimReply, SimRequest};
use kalends_testkit::contract::provider::{Answer, Talks};
use kalends_testkit::feed_sim::FeedSim;
use kalends_testkit::google_sim::GoogleSim;
use kalends_testkit::graph_sim::{AccountKind, GraphSim, Profile as GraphProfile};
use kalends_testkit::mailbox::Post;
use kalends_testkit::records::{World, event};
use kalends_testkit::values::{Server, User};
use kalends_testkit::wire::SimServer as _;
use serde_json::json;

const NOW_MS: i64 = 1_780_000_000_000;
const SERVER: &str = "https://dav.example";
const ICS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\n\
    UID:one@example\r\nDTSTAMP:20260601T000000Z\r\nDTSTART:20260609T090000Z\r\n\
    DTEND:20260609T100000Z\r\nSUMMARY:Here\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// A server of values.
#[derive(Debug)]
pub struct Values(User);

impl Values {
    /// One whose calendar holds series in this way.
    #[must_use]
    pub fn holding(series: SeriesShape) -> Self {
        let user = Server::default().user("me", Capabilities::default());
        user.make_calendar("work", Capabilities { series, ..Capabilities::default() });
        user.put("work", "here", &event("Here", 6, 9));
        Self(user)
    }
}

impl Talks for Values {
    fn provider(&self, _: &str) -> Box<dyn Provider> {
        Box::new(self.0.clone())
    }

    fn credential(&self) -> Credential {
        Credential::None
    }

    fn answer(&self, call: Call) -> Answer {
        asked(call, |op| self.0.carry(op))
    }

    fn scope(&self) -> ProviderId {
        ProviderId("work".to_owned())
    }

    fn writes(&self) -> bool {
        true
    }
}

/// An app's records.
#[derive(Debug)]
pub struct Records(World);

impl Default for Records {
    fn default() -> Self {
        let world = World::default();
        world.put("work", "here", event("Here", 6, 9));
        Self(world)
    }
}

impl Talks for Records {
    fn provider(&self, _: &str) -> Box<dyn Provider> {
        Box::new(self.0.clone())
    }

    fn credential(&self) -> Credential {
        Credential::None
    }

    fn answer(&self, call: Call) -> Answer {
        asked(call, |op| self.0.carry(op))
    }

    fn scope(&self) -> ProviderId {
        ProviderId("work".to_owned())
    }

    fn writes(&self) -> bool {
        true
    }
}

/// A mailbox.
#[derive(Debug)]
pub struct Mailbox(Post);

impl Default for Mailbox {
    fn default() -> Self {
        let post = Post::default();
        post.deliver("inbox", "m1", "Here", Timestamp::from_millis(NOW_MS));
        Self(post)
    }
}

impl Talks for Mailbox {
    fn provider(&self, _: &str) -> Box<dyn Provider> {
        Box::new(self.0.clone())
    }

    fn credential(&self) -> Credential {
        Credential::None
    }

    fn answer(&self, call: Call) -> Answer {
        asked(call, |op| self.0.carry(op))
    }

    fn scope(&self) -> ProviderId {
        ProviderId("inbox".to_owned())
    }

    fn writes(&self) -> bool {
        false
    }
}

/// CalDAV, over a simulated server.
#[derive(Debug)]
pub struct Dav {
    sim: Mutex<CaldavSim>,
    url: String,
    calendar: String,
}

impl Dav {
    /// A server of this kind.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        let url = format!("{SERVER}{}", profile.layout.base);
        let mut sim = CaldavSim::new(profile, 1);
        sim.add_user("ann", "ann");
        let calendar = sim.add_calendar("ann", "work");
        let put = sim.person(NOW_MS).put(&calendar, "here.ics", ICS);
        assert_eq!(put, Ok(()));
        Self { sim: Mutex::new(sim), url, calendar }
    }
}

impl Talks for Dav {
    fn provider(&self, remember: &str) -> Box<dyn Provider> {
        let (user, remember) = ("ann".to_owned(), remember.to_owned());
        Box::new(Caldav::new(CaldavConfig { url: self.url.clone(), user, remember }))
    }

    fn credential(&self) -> Credential {
        Credential::Basic { user: "ann".to_owned(), password: "ann".to_owned() }
    }

    fn answer(&self, call: Call) -> Answer {
        let mut sim = self.sim.lock().unwrap_or_else(PoisonError::into_inner);
        sent(call, |request| sim.handle(NOW_MS, request))
    }

    fn scope(&self) -> ProviderId {
        ProviderId(self.calendar.clone())
    }

    fn writes(&self) -> bool {
        true
    }
}

/// Microsoft Graph, over a simulated service.
#[derive(Debug)]
pub struct Graph {
    sim: Mutex<GraphSim>,
    token: String,
    calendar: String,
}

impl Graph {
    /// A service with these habits.
    #[must_use]
    pub fn of(profile: GraphProfile) -> Self {
        const OWNER: &str = "ann@contoso.example";
        let mut sim = GraphSim::new(profile, 1);
        sim.set_strict(true);
        sim.add_user(OWNER, "Ann", AccountKind::Work);
        let calendar = sim.add_calendar(OWNER, "Work");
        let time = |hour: u8| json!({"dateTime": format!("2026-06-09T{hour:02}:00:00"), "timeZone": "UTC"});
        let event = json!({"subject": "Here", "start": time(9), "end": time(10)});
        let made = sim.person(NOW_MS).create(&calendar, &event);
        assert!(made.is_ok(), "{made:?}");
        let token = sim.bearer(NOW_MS, OWNER, "Calendars.ReadWrite User.Read MailboxSettings.Read");
        Self { sim: Mutex::new(sim), token, calendar }
    }
}

impl Talks for Graph {
    fn provider(&self, remember: &str) -> Box<dyn Provider> {
        let (api, remember) = ("https://graph.example/v1.0".to_owned(), remember.to_owned());
        Box::new(Microsoft::new(MicrosoftConfig { api, remember }))
    }

    fn credential(&self) -> Credential {
        Credential::Bearer(self.token.clone())
    }

    fn answer(&self, call: Call) -> Answer {
        let mut sim = self.sim.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = sent(call, |request| sim.handle(NOW_MS, request));
        assert_eq!(sim.violations(), []);
        assert!(sim.mail().is_empty());
        answer
    }

    fn scope(&self) -> ProviderId {
        ProviderId(self.calendar.clone())
    }

    fn writes(&self) -> bool {
        true
    }
}

/// Google Calendar, over a simulated server.
#[derive(Debug)]
pub struct Calendars {
    sim: Mutex<GoogleSim>,
    token: String,
    calendar: String,
}

impl Default for Calendars {
    fn default() -> Self {
        let mut sim = GoogleSim::new(1);
        assert!(sim.add_user("ann@example.org", "Europe/Berlin"));
        let calendar = sim.add_calendar("ann@example.org", "work");
        let token = sim.grant("ann@example.org", "kalends", &[], NOW_MS).access;
        let here = serde_json::json!({
            "summary": "Here",
            "start": { "dateTime": "2026-06-09T09:00:00Z" },
            "end": { "dateTime": "2026-06-09T10:00:00Z" },
        });
        let put = sim.person("ann@example.org", NOW_MS).add(&calendar, &here);
        assert!(put.is_ok(), "{put:?}");
        Self { sim: Mutex::new(sim), token, calendar }
    }
}

impl Talks for Calendars {
    fn provider(&self, remember: &str) -> Box<dyn Provider> {
        let (api, remember) = (SERVER.to_owned(), remember.to_owned());
        Box::new(Google::new(GoogleConfig { api, granted: String::new(), remember }))
    }

    fn credential(&self) -> Credential {
        Credential::Bearer(self.token.clone())
    }

    fn answer(&self, call: Call) -> Answer {
        let mut sim = self.sim.lock().unwrap_or_else(PoisonError::into_inner);
        sent(call, |request| sim.handle(NOW_MS, request))
    }

    fn scope(&self) -> ProviderId {
        ProviderId(self.calendar.clone())
    }

    fn writes(&self) -> bool {
        true
    }
}

/// A feed, over a simulated server.
#[derive(Debug)]
pub struct Published(Mutex<FeedSim>);

impl Default for Published {
    fn default() -> Self {
        Self(Mutex::new(FeedSim::new("/team.ics", ICS, NOW_MS)))
    }
}

impl Talks for Published {
    fn provider(&self, remember: &str) -> Box<dyn Provider> {
        let (url, remember) = (format!("{SERVER}/team.ics"), remember.to_owned());
        Box::new(Feed::new(FeedConfig { url, remember }))
    }

    fn credential(&self) -> Credential {
        Credential::None
    }

    fn answer(&self, call: Call) -> Answer {
        let mut sim = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent(call, |request| sim.handle(NOW_MS, request))
    }

    fn scope(&self) -> ProviderId {
        ProviderId("feed".to_owned())
    }

    fn writes(&self) -> bool {
        false
    }
}

fn asked(
    call: Call,
    carry: impl FnOnce(
        &kalends_core::provider::ProviderOp,
    ) -> (Vec<kalends_core::provider::Output>, kalends_core::provider::Done),
) -> Answer {
    match call {
        Call::Records(call) => {
            let (outputs, done) = carry(&call.op);
            Answer::Records(outputs, done)
        }
        Call::Http(request) => unreachable!("this provider speaks no HTTP: {request:?}"),
    }
}

fn sent(call: Call, handle: impl FnOnce(&SimRequest) -> SimReply) -> Answer {
    let Call::Http(HttpRequest { method, url, headers, body, .. }) = call else {
        unreachable!("this provider speaks HTTP: {call:?}")
    };
    let reply = handle(&SimRequest { method: method.to_owned(), url, headers, body });
    let lower = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
    let headers = reply.headers.into_iter().map(lower).collect();
    Answer::Http(HttpHead { status: reply.status, headers }, reply.body)
}
