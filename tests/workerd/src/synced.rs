//! One graph, two accounts on a simulated server, and syncs from inside the object.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use kalends::core::graph::{Account, Calendar, CalendarRole, EdgeOptions};
use kalends::core::ports::{Credential, Provider};
use kalends::core::ports::{GraphStore as _, Http as _, HttpBody as _, HttpFailure, HttpRequest};
use kalends::core::provider::Failure;
use kalends::core::slice::ReadSet;
use kalends::driver::NoHooks;
use kalends::ids::{AccountId, GraphId};
use kalends::{Driver, EdgeTarget, GraphKeys, Limits, NewAccount, Opened, Options, UserEdit};
use kalends_caldav::{Caldav, CaldavConfig};
use kalends_cloudflare::{
    BoundVault, Catalog, FetchHttp, FetchOptions, ObjectAccounts, ObjectHost, ObjectStore, Secret,
    WebEntropy, WorkerClock,
};
use worker::Storage;

/// The names of the cases here.
pub(crate) const CASES: [&str; 3] = [
    "synced::a_mirror_follows_its_origin_and_is_mended",
    "synced::requests_end_in_time_and_size",
    "synced::private_addresses_are_not_talked_to",
];

/// Where the servers of the tests are.
#[derive(Debug)]
pub(crate) struct Places {
    /// A simulated CalDAV server.
    pub(crate) sim: String,
    /// A server that takes connections and says nothing.
    pub(crate) silent: String,
    /// A simulated Google.
    pub(crate) google: String,
    /// What refreshes tokens there.
    pub(crate) refresh: String,
}

/// Runs a case; whether there is one of that name.
pub(crate) async fn run(name: &str, storage: &Storage, places: &Places) -> bool {
    match CASES.iter().position(|case| *case == name) {
        Some(0) => a_mirror_follows_its_origin_and_is_mended(storage, places).await,
        Some(1) => requests_end_in_time_and_size(places).await,
        Some(2) => private_addresses_are_not_talked_to(places).await,
        _ => return false,
    }
    true
}

pub(crate) type Host = ObjectHost<CaldavOnly>;

pub(crate) const KEYS: GraphKeys =
    GraphKeys { graph: GraphId::from_bytes([1; 16]), secret: [2; 32] };

#[derive(Debug)]
pub(crate) struct CaldavOnly;

impl Catalog for CaldavOnly {
    fn provider(&self, _: &Account, secret: &Secret) -> Result<Arc<dyn Provider>, Failure> {
        let (url, remember) = (secret.address.clone(), secret.memory.clone());
        Ok(Arc::new(Caldav::new(CaldavConfig { url, remember, ..CaldavConfig::default() })))
    }
}

/// Fails if the runtime sends other verbs than it was told, if the overlay is not made though it
/// sends no MKCALENDAR, or if a sync after a sync finds something to write.
async fn a_mirror_follows_its_origin_and_is_mended(storage: &Storage, places: &Places) {
    let driver = driver(storage);
    let work = add(&driver, &KEYS, "alice", &places.sim).await;
    let home = add(&driver, &KEYS, "bob", &places.sim).await;
    let config = loaded(&driver).await;
    let Some(from) = config.calendars.values().find(|it| it.account == work && it.on) else {
        unreachable!("alice has a calendar");
    };
    let (to, options) = (EdgeTarget::Overlay(home), Box::new(EdgeOptions::default()));
    let edge = UserEdit::AddEdge { from: from.id, to, options, two_way: false };
    assert!(kalends::edit(&driver, &KEYS, edge).await.is_ok());

    let origin = format!("{}one.ics", address(places, from));
    assert!(matches!(send("PUT", &origin, "alice", &event("one", 9)).await.0, 201 | 204));
    assert_eq!(synced(&driver).await, [1, 0, 0]);
    assert_eq!(synced(&driver).await, [0, 0, 0]);

    let mirror = mirror_of(&driver, places, home).await;
    let (_, shown) = send("GET", &mirror, "bob", "").await;
    assert!(shown.contains("SUMMARY:Busy") && !shown.contains("Dentist"), "{shown}");
    let by_hand = shown.replace("SUMMARY:Busy", "SUMMARY:Dentist");
    assert!(matches!(send("PUT", &mirror, "bob", &by_hand).await.0, 201 | 204));
    assert_eq!(synced(&driver).await, [0, 1, 0]);
    assert!(send("GET", &mirror, "bob", "").await.1.contains("SUMMARY:Busy"));

    assert!(matches!(send("PUT", &origin, "alice", &event("one", 11)).await.0, 201 | 204));
    assert_eq!(synced(&driver).await, [0, 1, 0]);
    assert!(send("GET", &mirror, "bob", "").await.1.contains("T110000"));
    assert!(matches!(send("DELETE", &origin, "alice", "").await.0, 200 | 204));
    assert_eq!(synced(&driver).await, [0, 0, 1]);
    assert_eq!(synced(&driver).await, [0, 0, 0]);
}

/// Fails if a silent server, or one that sends too much, keeps the object busy.
async fn requests_end_in_time_and_size(places: &Places) {
    let options = FetchOptions { head: Duration::from_millis(200), ..open() };
    let silent = FetchHttp::new(options).send(request("GET", &places.silent, "alice", "")).await;
    assert_eq!(silent.map(|(head, _)| head.status), Err(HttpFailure::Deadline));
    let mut large = request("PROPFIND", &places.sim, "alice", "");
    large.answer_bytes_max = 10;
    let Ok((_, mut body)) = FetchHttp::new(open()).send(large).await else {
        unreachable!("the server answers");
    };
    assert_eq!(body.chunk().await, Err(HttpFailure::TooLarge));
}

/// Fails if whoever may name an address can have the machine itself asked.
async fn private_addresses_are_not_talked_to(places: &Places) {
    let http = FetchHttp::default();
    for url in [&places.sim, "http://[::1]/", "http://10.0.0.1/", "http://localhost/", "file:///x"]
    {
        let sent = http.send(request("GET", url, "alice", "")).await;
        assert_eq!(sent.map(|(head, _)| head.status), Err(HttpFailure::BadAddress), "{url}");
    }
}

pub(crate) fn driver(storage: &Storage) -> Driver<Host> {
    let vault = match BoundVault::from_text(&"2a".repeat(32)) {
        Ok(vault) => Rc::new(vault),
        Err(error) => unreachable!("32 bytes in hex are a key: {error}"),
    };
    let store = match ObjectStore::open(storage, vault) {
        Ok(store) => store,
        Err(error) => unreachable!("the database opens: {error}"),
    };
    assert_eq!(store.create(KEYS.graph), Ok(()));
    let ports = Host {
        accounts: ObjectAccounts::new(store.clone(), FetchHttp::new(open()), CaldavOnly),
        store,
        http: FetchHttp::new(open()),
        clock: WorkerClock,
        entropy: WebEntropy,
        timer: WorkerClock,
        hooks: NoHooks,
    };
    Driver::new(ports, Limits::default())
}

pub(crate) fn open() -> FetchOptions {
    FetchOptions { allow_private: true, ..FetchOptions::default() }
}

pub(crate) async fn add(
    driver: &Driver<Host>,
    keys: &GraphKeys,
    user: &str,
    url: &str,
) -> AccountId {
    let credential = credential(user);
    let config =
        CaldavConfig { url: url.to_owned(), user: user.to_owned(), ..CaldavConfig::default() };
    let opened = Opened { provider: Arc::new(Caldav::new(config)), credential: credential.clone() };
    let found = match kalends::find(driver.ports(), &opened).await {
        Ok(found) => found,
        Err(error) => unreachable!("{user} is found: {error}"),
    };
    let new = NewAccount { provider: "caldav".to_owned(), name: user.to_owned() };
    let id = match kalends::add_account(driver, keys, &new, &found).await {
        Ok(id) => id,
        Err(error) => unreachable!("{user} is added: {error}"),
    };
    let secret = Secret { memory: found.remember, ..Secret::new(url, credential) };
    assert_eq!(driver.ports().accounts.keep(keys.graph, id, &secret), Ok(()));
    id
}

pub(crate) async fn loaded(driver: &Driver<Host>) -> Arc<kalends::core::slice::Config> {
    match driver.ports().store.load(KEYS.graph, &ReadSet::default()).await {
        Ok(slice) => slice.config,
        Err(error) => unreachable!("the graph is read: {error}"),
    }
}

/// What a sync that settles made, changed and deleted.
pub(crate) async fn synced(driver: &Driver<Host>) -> [u64; 3] {
    let report = match driver.sync(&KEYS, &Options::default()).await {
        Ok(report) => report,
        Err(error) => unreachable!("the store works: {error}"),
    };
    assert!(report.settled && report.failures.is_empty(), "{report:?}");
    [report.created, report.updated, report.deleted]
}

/// The address of the only object in the overlay.
async fn mirror_of(driver: &Driver<Host>, places: &Places, home: AccountId) -> String {
    let config = loaded(driver).await;
    let mut overlays = config.calendars.values().filter(|it| it.account == home);
    let overlay = overlays.find(|it| matches!(it.role, CalendarRole::Overlay(_)));
    let Some(overlay) = overlay else { unreachable!("an overlay was made: {config:?}") };
    let (_, listed) = send("PROPFIND", &address(places, overlay), "bob", "").await;
    let found = listed.split("href>").find(|part| part.contains(".ics"));
    let Some(path) = found.and_then(|part| part.split('<').next()) else {
        unreachable!("a mirror lies there: {listed}");
    };
    format!("{}{path}", root(&places.sim))
}

pub(crate) fn address(places: &Places, calendar: &Calendar) -> String {
    let path = calendar.provider_id.as_ref().map_or("", |id| id.0.as_str());
    format!("{}{path}", root(&places.sim))
}

fn root(url: &str) -> &str {
    url.trim_end_matches('/')
}

pub(crate) fn event(uid: &str, hour: u32) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//person//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20260101T000000Z\r\nDTSTART:20270115T{hour:02}0000Z\r\n\
         DTEND:20270115T{hour:02}3000Z\r\nSUMMARY:Dentist\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn credential(user: &str) -> Credential {
    Credential::Basic { user: user.to_owned(), password: "secret".to_owned() }
}

fn request(method: &'static str, url: &str, user: &str, body: &str) -> HttpRequest {
    let basic = match user {
        "alice" => "Basic YWxpY2U6c2VjcmV0",
        "carol" => "Basic Y2Fyb2w6c2VjcmV0",
        _ => "Basic Ym9iOnNlY3JldA==",
    };
    let headers = [("authorization", basic), ("depth", "1"), ("content-type", "text/calendar")];
    HttpRequest {
        method,
        url: url.to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: body.as_bytes().to_vec(),
        answer_bytes_max: 1 << 20,
    }
}

/// What a person's own client does: the status, and the text.
pub(crate) async fn send(method: &'static str, url: &str, user: &str, body: &str) -> (u16, String) {
    let sent = FetchHttp::new(open()).send(request(method, url, user, body)).await;
    let Ok((head, mut body)) = sent else { unreachable!("{method} {url}: {:?}", sent.err()) };
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = body.chunk().await {
        bytes.extend(piece);
    }
    (head.status, String::from_utf8_lossy(&bytes).into_owned())
}
