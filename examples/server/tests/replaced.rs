//! A calendar takes the place of another over real HTTP: a feed becomes an account, and the account a
//! feed again. Events, edges and mirrors stay what they are.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use kalends::recurrence::Timestamp;
use kalends_sim::Served;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::google_sim::GoogleSim;
use kalends_testkit::graph_sim::{AccountKind, GraphSim, Profile as GraphProfile};
use serde_json::{Value, json};
use support::api::{Api, key};
use support::carrier::{Server, now_ms};
use support::{Kalends, calendar, event, hours};

const ANN: &str = "ann@example.com";
const SCOPE: &str = "openid offline_access User.Read MailboxSettings.Read Calendars.ReadWrite";

/// An address that gives a text, until the process ends.
struct Published {
    url: String,
    text: Arc<Mutex<String>>,
}

impl Published {
    fn new(text: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/team.ics", listener.local_addr().unwrap());
        let text = Arc::new(Mutex::new(text.to_owned()));
        let shared = text.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let mut line = String::new();
                while stream.read_line(&mut line).unwrap() > 2 {
                    line.clear();
                }
                let text = shared.lock().unwrap().clone();
                let length = text.len();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
                );
                stream.get_mut().write_all(format!("{head}{text}").as_bytes()).unwrap();
            }
        });
        Self { url, text }
    }

    fn says(&self, text: String) {
        *self.text.lock().unwrap() = text;
    }
}

/// What the calendar holds: three events and a series, the first under this title.
fn held(first: &str) -> String {
    let mut events: Vec<String> =
        (1..=3).map(|n| event(&uid(n), &title(n, first), hours(24 * n + 9))).collect();
    let weekly = event(&uid(4), "Weekly", hours(24 * 4 + 11));
    events.push(weekly.replace("SUMMARY", "RRULE:FREQ=WEEKLY;COUNT=5\r\nSUMMARY"));
    calendar(&events)
}

fn uid(n: i64) -> String {
    format!("{n}-4711@team")
}

fn title(n: i64, first: &str) -> String {
    if n == 1 { first.to_owned() } else { format!("E{n}") }
}

/// A feed that is mirrored into Bob's desk, and settled.
struct Scene {
    home: Server,
    feed: Published,
    kalends: Kalends,
    edge: String,
}

impl Scene {
    fn new(mut kalends: Kalends) -> Self {
        kalends.password = "secret".to_owned();
        let home = Server::start(Profile::sabre());
        home.sim().add_user("bob", "secret");
        home.sim().add_calendar("bob", "desk");
        let feed = Published::new(&held("E1"));
        kalends.done(&format!("account add feed --name team --url {}", feed.url));
        kalends.done(&format!("account add caldav --name home --url {} --user bob", home.url));
        let made = kalends.done("edge add --from team --to home/desk --detail title");
        let edge = made["edges"][0]["id"].as_str().unwrap().to_owned();
        let scene = Self { home, feed, kalends, edge };
        assert_eq!(scene.sync(), [4, 0, 0]);
        scene
    }

    /// What a sync writes.
    #[track_caller]
    fn sync(&self) -> [u64; 3] {
        let report = self.kalends.done("sync");
        assert_eq!(report["settled"], true, "{report}");
        ["created", "updated", "deleted"].map(|field| report[field].as_u64().unwrap())
    }

    /// What lies in Bob's desk, without when it was written.
    fn mirrors(&self) -> BTreeMap<String, String> {
        let path = self.home.sim().calendars().into_iter().find(|path| path.ends_with("/desk/"));
        let lasting = |text: String| {
            let lines = text.split_inclusive("\r\n").filter(|line| !line.starts_with("DTSTAMP"));
            lines.collect::<String>()
        };
        let held = self.home.sim().resources(&path.unwrap());
        held.into_iter().map(|(name, text)| (name, lasting(text))).collect()
    }

    /// The ids of the events, as of whoever asks for them by their UIDs.
    fn ids(&self) -> Vec<Value> {
        (1..=4)
            .map(|n| self.kalends.done(&format!("explain {}", uid(n)))["event"].clone())
            .collect()
    }

    fn from(&self) -> Value {
        let edges = self.kalends.done("edge list");
        assert_eq!(edges["edges"].as_array().unwrap().len(), 1, "{edges}");
        assert_eq!(
            (&edges["edges"][0]["id"], &edges["edges"][0]["state"]),
            (&json!(self.edge), &json!("active"))
        );
        edges["edges"][0]["from"]["name"].clone()
    }

    /// The account's calendar takes the feed's place and gives it back; `rename` changes the first
    /// event's title at the account.
    fn goes_there_and_back(&self, work: &str, replace: impl Fn(&str, &str), rename: impl Fn()) {
        let (mirrors, ids) = (self.mirrors(), self.ids());
        assert_eq!(mirrors.len(), 4);
        assert_eq!(self.sync(), [0; 3], "the account alone changes nothing");
        replace("team", work);
        assert_eq!(self.from(), json!(work));
        assert_eq!([self.sync(), self.sync()], [[0; 3]; 2]);
        assert_eq!((self.mirrors(), self.ids()), (mirrors.clone(), ids.clone()));
        rename();
        assert_eq!(self.sync(), [0, 1, 0], "it is the account that is mirrored");
        let renamed = self.mirrors();
        assert!(renamed.keys().eq(mirrors.keys()) && renamed != mirrors);
        // The feed is read again, and goes on where the account leaves.
        self.feed.says(held("Renamed"));
        self.kalends.done("calendars scope team --on");
        assert_eq!(self.sync(), [0; 3]);
        replace(work, "team");
        let name = self.from();
        assert!(name.as_str().unwrap().starts_with("team/"), "{name}");
        assert_eq!([self.sync(), self.sync()], [[0; 3]; 2]);
        let account = work.split('/').next().unwrap();
        self.kalends.done(&format!("account remove {account}"));
        assert_eq!([self.sync(), self.sync()], [[0; 3]; 2]);
        assert_eq!((self.mirrors(), self.ids()), (renamed, ids));
        self.feed.says(held("E1"));
        assert_eq!(self.sync(), [0, 1, 0]);
        assert_eq!(self.mirrors(), mirrors);
    }

    /// The id of an account's calendar that is no overlay.
    fn id(&self, name: &str) -> String {
        let account = name.split('/').next().unwrap();
        let listed = self.kalends.done(&format!("calendars {account}"));
        let mut all = listed["calendars"].as_array().unwrap().iter();
        all.find(|one| one["role"] != "overlay").unwrap()["id"].as_str().unwrap().to_owned()
    }

    fn by_rest(&self, calendar: &str, by: &str) {
        let api = Api::start(&self.kalends, "--allow-private --every 3000");
        let line = format!("POST /v1/calendars/{}/replace", self.id(calendar));
        let body = json!({"with": self.id(by)}).to_string();
        let done = api.with(&key(&self.kalends, ""), &line, &body).done();
        assert_eq!((&done["both"], &done["edges"][0]["id"]), (&json!(4), &json!(self.edge)));
    }

    fn by_page(&self, calendar: &str, by: &str) {
        let api = Api::start(&self.kalends, "--allow-private --every 3000");
        let key = key(&self.kalends, "");
        let cookie = api.form("/page/sign-in", &[], &format!("key={key}")).cookie();
        let headers = [("Cookie", cookie.as_str())];
        let page = api.ask("GET /page/accounts", &headers, "");
        let (calendar, by) = (self.id(calendar), self.id(by));
        assert!(page.text.contains(&format!("<option value=\"{by}\">")), "{page:?}");
        let form = format!("token={}&calendar={calendar}&with={by}", page.token());
        let done = api.form("/page/calendars/replace", &headers, &form);
        let back = done.header("location").unwrap();
        assert!(done.status == 303 && back.contains("took+its+place"), "{done:?}");
    }

    fn by_command(&self, calendar: &str, by: &str) {
        let done = self.kalends.done(&format!("calendars replace {calendar} --with {by}"));
        assert_eq!(
            (&done["both"], &done["edges"][0]["id"]),
            (&json!(4), &json!(self.edge)),
            "{done}"
        );
    }
}

/// A CalDAV account that holds what the feed shows, called `work`.
fn caldav(scene: &Scene) -> Server {
    let server = Server::start(Profile::radicale());
    server.sim().add_user("alice", "secret");
    let path = server.sim().add_calendar("alice", "team");
    put(&server, &path, "E1");
    scene
        .kalends
        .done(&format!("account add caldav --name work --url {} --user alice", server.url));
    server
}

fn put(server: &Server, path: &str, first: &str) {
    let text = held(first);
    let (head, events) = text.split_once("BEGIN:VEVENT").unwrap();
    for (n, one) in events.split("BEGIN:VEVENT").enumerate() {
        let one = one.trim_end_matches("END:VCALENDAR\r\n");
        let text = format!("{head}BEGIN:VEVENT{one}END:VCALENDAR\r\n");
        server.sim().person(now_ms()).put(path, &format!("{n}.ics"), &text).unwrap();
    }
}

/// Catches mirrors that are deleted and made anew, events under new ids and an edge that goes, where
/// an account is connected for what was a feed, or the other way around.
#[test]
fn a_feed_that_becomes_a_caldav_account_and_a_feed_again_keeps_ids_and_mirrors() {
    let scene = Scene::new(Kalends::new());
    let server = caldav(&scene);
    let path = server.sim().calendars()[0].clone();
    let rename = || put(&server, &path, "Renamed");
    scene.goes_there_and_back("work/team", |a, b| scene.by_command(a, b), rename);
}

/// The same over REST, at Google.
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_becomes_a_google_account_and_a_feed_again_keeps_ids_and_mirrors() {
    let mut sim = GoogleSim::new(7);
    assert!(sim.add_user(ANN, "UTC"));
    sim.add_client("program", "hush");
    let served = Served::listen("127.0.0.1:0", sim).await.unwrap();
    let mut kalends = Kalends::new();
    for name in ["API", "AUTH"] {
        kalends.extra.push((format!("KALENDS_GOOGLE_{name}"), served.url()));
    }
    let mut first = String::new();
    for n in 1..=4 {
        let start = hours(24 * n + if n == 4 { 11 } else { 9 });
        let time = |at: Timestamp| json!({"dateTime": at.to_string(), "timeZone": "UTC"});
        let (title, end) = (title(n, "E1"), start.saturating_add_millis(3_600_000));
        let mut event =
            json!({"iCalUID": uid(n), "summary": title, "start": time(start), "end": time(end)});
        if n == 4 {
            event["summary"] = json!("Weekly");
            event["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=5"]);
        }
        let id = served.sim().person(ANN, now_ms()).add(ANN, &event).unwrap();
        first = if n == 1 { id } else { first };
    }
    let token = served.sim().grant(ANN, "program", &[], now_ms());
    std::fs::write(kalends.path("ann"), format!("{}\n", token.access)).unwrap();
    let scene = Scene::new(kalends);
    scene.kalends.done("account add google --name ann --token-file ann");
    let rename = || {
        let change = json!({"summary": "Renamed"});
        served.sim().person(ANN, now_ms()).edit(ANN, &first, &change).unwrap();
    };
    scene.goes_there_and_back(&format!("ann/{ANN}"), |a, b| scene.by_rest(a, b), rename);
}

/// The same on the page, at Microsoft.
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_becomes_a_microsoft_account_and_a_feed_again_keeps_ids_and_mirrors() {
    let mut sim = GraphSim::new(GraphProfile::default(), 7);
    sim.set_strict(true);
    sim.add_user(ANN, "Ann", AccountKind::Work);
    let served = Served::listen("127.0.0.1:0", sim).await.unwrap();
    let mut kalends = Kalends::new();
    for name in ["API", "AUTH"] {
        kalends.extra.push((format!("KALENDS_MICROSOFT_{name}"), served.url()));
    }
    let (calendar, name) = served.sim().calendars(ANN)[0].clone();
    let mut first = String::new();
    for n in 1..=4 {
        let start = hours(24 * n + if n == 4 { 11 } else { 9 });
        let time = |at: Timestamp| json!({"dateTime": at.to_string().trim_end_matches('Z'), "timeZone": "UTC"});
        let (title, end) = (title(n, "E1"), start.saturating_add_millis(3_600_000));
        let mut event = json!({"subject": title, "start": time(start), "end": time(end)});
        if n == 4 {
            let at = start.to_string();
            let date = at.split('T').next().unwrap();
            event["subject"] = json!("Weekly");
            event["recurrence"] = json!({
                "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [weekday(start)]},
                "range": {"type": "numbered", "startDate": date, "numberOfOccurrences": 5},
            });
        }
        let id = served.sim().person(now_ms()).import(&calendar, &uid(n), &event).unwrap();
        first = if n == 1 { id } else { first };
    }
    let token = served.sim().bearer(now_ms(), ANN, SCOPE);
    std::fs::write(kalends.path("ann"), format!("{token}\n")).unwrap();
    let scene = Scene::new(kalends);
    scene.kalends.done("account add microsoft --name ann --token-file ann");
    let rename = || {
        served.sim().person(now_ms()).edit(&first, &json!({"subject": "Renamed"})).unwrap();
    };
    scene.goes_there_and_back(&format!("ann/{name}"), |a, b| scene.by_page(a, b), rename);
}

/// The day of the week of a time, in words.
fn weekday(at: Timestamp) -> &'static str {
    const DAYS: [&str; 7] =
        ["thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday"];
    DAYS[usize::try_from(at.as_millis() / 86_400_000 % 7).unwrap()]
}

/// Catches a place that is taken by a calendar of which nothing is known yet, or that shows something
/// else: all mirrors would go.
#[test]
fn a_calendar_that_shows_something_else_takes_no_place() {
    let scene = Scene::new(Kalends::new());
    let server = caldav(&scene);
    let path = server.sim().calendars()[0].clone();
    let code = |line: &str| {
        let (json, exit) = scene.kalends.json(line);
        assert_eq!(exit, 2, "{json}");
        json["error"]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(code("calendars replace team --with work/team"), "calendars.unread");
    for name in ["1.ics", "2.ics", "3.ics"] {
        server.sim().person(now_ms()).delete(&path, name).unwrap();
    }
    assert_eq!(scene.sync(), [0; 3]);
    assert_eq!(code("calendars replace team --with work/team"), "calendars.differ");
    assert_eq!(code("calendars replace team --with team"), "refused");
    assert_eq!((scene.sync(), scene.mirrors().len()), ([0; 3], 4));
    let done = scene.kalends.done("calendars replace team --with work/team --anyway");
    assert_eq!((&done["both"], &done["only_before"]), (&json!(1), &json!(3)));
    assert_eq!((scene.sync(), scene.mirrors().len()), ([0, 0, 3], 1));
}

/// Catches an undo that gives the edge back and takes its mirrors away.
#[test]
fn taking_the_place_is_undone_without_a_write() {
    let scene = Scene::new(Kalends::new());
    let _server = caldav(&scene);
    let mirrors = scene.mirrors();
    scene.sync();
    let run = scene.kalends.done("calendars replace team --with work/team")["run"].clone();
    scene.sync();
    scene.kalends.done(&format!("undo {}", run.as_str().unwrap()));
    assert_eq!([scene.sync(), scene.sync()], [[0; 3]; 2]);
    let name = scene.from();
    assert!(name.as_str().unwrap().starts_with("team/"), "{name}");
    assert_eq!(scene.mirrors(), mirrors);
}

/// Catches edges that go on writing to a calendar that is read no more, and may be shown by the one that
/// took its place: what is ours would come back as somebody's.
#[test]
fn a_calendar_that_edges_write_to_is_not_replaced() {
    let scene = Scene::new(Kalends::new());
    let _server = caldav(&scene);
    scene.home.sim().add_calendar("bob", "other");
    scene.sync();
    let refused = || {
        let (json, exit) = scene.kalends.json("calendars replace work/team --with team --anyway");
        assert_eq!((exit, &json["error"]["code"]), (2, &json!("refused")), "{json}");
        json["error"]["message"].as_str().unwrap().to_owned()
    };
    let pair = "edge add --from work/team --to home/other --detail title --two-way";
    let made = scene.kalends.done(pair)["edges"].clone();
    assert_eq!(scene.sync(), [4, 0, 0]);
    let message = refused();
    let into = made.as_array().unwrap().iter().find(|edge| edge["to"]["name"] == "work/team");
    let into = into.unwrap()["id"].as_str().unwrap();
    assert!(message.contains(into) && message.contains("remove it"), "{message}");
    assert_eq!(scene.sync(), [0; 3]);
    scene.kalends.done(&format!("edge remove {into}"));
    refused();
    assert_eq!(scene.sync(), [0, 0, 4]);
    scene.kalends.done("calendars replace work/team --with team");
    assert_eq!([scene.sync(), scene.sync()], [[0; 3]; 2]);
}

/// Catches a mirror that goes, or shows more, without a question: an event that one of them holds alone,
/// and one that is private in the first alone.
#[test]
fn what_goes_or_shows_more_is_asked_about_first() {
    let scene = Scene::new(Kalends::new());
    let server = caldav(&scene);
    let path = server.sim().calendars()[0].clone();
    server.sim().person(now_ms()).delete(&path, "3.ics").unwrap();
    scene.feed.says(held("E1").replacen("SUMMARY:E1", "CLASS:PRIVATE\r\nSUMMARY:E1", 1));
    scene.sync();
    let (json, exit) = scene.kalends.json("calendars replace team --with work/team");
    assert_eq!((exit, &json["error"]["code"]), (2, &json!("calendars.differ")), "{json}");
    let message = json["error"]["message"].as_str().unwrap();
    assert!(message.contains("holds 3 of the 4 events"), "{message}");
    assert!(message.contains("1 events are private in"), "{message}");
    let done = scene.kalends.done("calendars replace team --with work/team --anyway");
    let counts = ["both", "only_before", "less_private", "waited"].map(|field| &done[field]);
    assert_eq!(counts, [&json!(3), &json!(1), &json!(1), &json!(0)]);
    assert_eq!(scene.sync(), [0, 1, 1]);
}

/// Catches a change that waits to be written to the calendar whose place is taken, and is dropped without
/// a question.
#[test]
fn a_change_that_waits_is_asked_about_first() {
    let scene = Scene::new(Kalends::new());
    let server = caldav(&scene);
    scene.sync();
    scene.kalends.done("calendars replace team --with work/team");
    scene.feed.says(held("E1"));
    scene.kalends.done("calendars scope team --on");
    assert_eq!(scene.sync(), [0; 3]);
    let event = scene.ids()[0].as_str().unwrap().to_owned();
    server.sim().set_password("alice", "another");
    scene.kalends.json(&format!("event change {event} --calendar work/team --title Waiting"));
    let (json, exit) = scene.kalends.json("calendars replace work/team --with team");
    assert_eq!((exit, &json["error"]["code"]), (2, &json!("calendars.differ")), "{json}");
    assert!(json["error"]["message"].as_str().unwrap().contains(&event), "{json}");
    let done = scene.kalends.done("calendars replace work/team --with team --anyway");
    assert_eq!(done["waited"], json!(1));
}

/// Catches a calendar that takes the place on the word of its last good day.
#[test]
fn a_calendar_that_could_not_be_read_lately_takes_no_place() {
    let scene = Scene::new(Kalends::new());
    let _server = caldav(&scene);
    scene.sync();
    scene.kalends.done("calendars replace team --with work/team");
    scene.kalends.done("calendars scope team --on");
    scene.sync();
    scene.feed.says("<html>Sign in</html>".to_owned());
    scene.kalends.json("sync");
    let line = "calendars replace work/team --with team --anyway";
    let (json, exit) = scene.kalends.json(line);
    assert_eq!((exit, &json["error"]["code"]), (2, &json!("calendars.stale")), "{json}");
}

/// Catches a feed for others of a calendar whose place is taken, which is empty from then on.
#[test]
fn what_others_subscribe_to_shows_the_calendar_that_took_the_place() {
    let scene = Scene::new(Kalends::new());
    let _server = caldav(&scene);
    scene.sync();
    let api = Api::start(&scene.kalends, "--allow-private --every 3000");
    let key = key(&scene.kalends, "");
    let feed = json!({"name": "For friends", "calendars": ["team"], "detail": "title"});
    let made = api.with(&key, "POST /v1/feeds", &feed.to_string()).done();
    let address = made["address"].as_str().unwrap();
    let line = format!("GET /feeds/{}", address.split_once("/feeds/").unwrap().1);
    let titles = || {
        let text = api.ask(&line, &[], "").text;
        let mut titles: Vec<String> = text
            .lines()
            .filter_map(|line| Some(line.strip_prefix("SUMMARY:")?.to_owned()))
            .collect();
        titles.sort();
        titles
    };
    assert_eq!(titles(), ["E1", "E2", "E3", "Weekly"]);
    scene.by_command("team", "work/team");
    scene.sync();
    assert_eq!(titles(), ["E1", "E2", "E3", "Weekly"]);
    let listed = api.with(&key, "GET /v1/feeds", "").done();
    assert_eq!(listed["feeds"][0]["feed"]["calendars"], json!([scene.id("work")]), "{listed}");
}
