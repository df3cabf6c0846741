//! A graph that lives a history beside one on another host: `seeds.mjs` of this crate compares both.

use kalends::GraphBundle;
use kalends::core::graph::{DetailLevel, EdgeOptions};
use kalends::core::ids::RunId;
use kalends::core::ports::{Clock as _, Entropy as _, GraphStore as _};
use kalends::core::slice::ReadSet;
use kalends::core::step::Env;
use kalends::{EdgeTarget, UserEdit};
use kalends_cloudflare::{WebEntropy, WorkerClock};
use serde::Deserialize;
use worker::{Request, Storage};

use crate::synced::{KEYS, add, driver, loaded, synced};

/// What a graph begins with.
#[derive(Deserialize)]
struct Beginning {
    /// The server of alice and bob.
    url: String,
    /// How much of each other's events they see.
    #[serde(default)]
    level: String,
    /// Another graph that it is to be like.
    bundle: Option<String>,
}

/// Answers one deed of a history; `None` where it is none.
///
/// # Errors
/// What the request holds is not what the deed needs.
pub(crate) async fn answer(
    deed: &str,
    request: &mut Request,
    storage: &Storage,
) -> worker::Result<Option<String>> {
    Ok(Some(match deed {
        "set_up" => set_up(&request.json().await?, storage).await,
        "begin" => begin(&request.json().await?, storage).await,
        "live_on" => live_on(storage).await,
        _ => return Ok(None),
    }))
}

/// Two accounts with an edge each way; its bundle.
async fn set_up(beginning: &Beginning, storage: &Storage) -> String {
    let driver = driver(storage);
    let level = match beginning.level.as_str() {
        "full" => DetailLevel::Full,
        "title" => DetailLevel::Title,
        _ => DetailLevel::Busy,
    };
    let mut ends = Vec::new();
    for user in ["alice", "bob"] {
        let account = add(&driver, &KEYS, user, &beginning.url).await;
        let config = loaded(&driver).await;
        let calendar = config.calendars.values().find(|it| it.account == account && it.on);
        ends.extend(calendar.map(|it| it.id));
    }
    let [one, other] = ends[..] else { unreachable!("each has a calendar: {ends:?}") };
    for (from, to) in [(one, other), (other, one)] {
        let options = Box::new(EdgeOptions { level, ..EdgeOptions::default() });
        let to = EdgeTarget::Calendar(to);
        let edge = UserEdit::AddEdge { from, to, options, two_way: false };
        assert!(kalends::edit(&driver, &KEYS, edge).await.is_ok());
    }
    match GraphBundle::of(&KEYS, &*loaded(&driver).await).to_json() {
        Ok(text) => text,
        Err(error) => unreachable!("a graph has a bundle: {error}"),
    }
}

/// Takes a bundle in, and the credentials of its accounts.
async fn begin(beginning: &Beginning, storage: &Storage) -> String {
    let driver = driver(storage);
    let bundle = GraphBundle::from_json(beginning.bundle.as_deref().unwrap_or_default());
    let Ok(bundle) = bundle else { unreachable!("it is a bundle: {:?}", bundle.err()) };
    assert_eq!(bundle.keys, KEYS);
    let store = &driver.ports().store;
    let Ok(slice) = store.load(KEYS.graph, &ReadSet::default()).await else {
        unreachable!("the graph is read");
    };
    let (now, seed) = (WorkerClock.now(), WebEntropy.seed());
    let env = Env { now, run: RunId::draw(&seed, now, 0), seed, keys: KEYS };
    let Ok(Some(plan)) = bundle.import(&slice, &env) else { unreachable!("it is imported") };
    assert!(store.commit(KEYS.graph, slice.version, &plan).await.is_ok());
    for user in ["alice", "bob"] {
        add(&driver, &KEYS, user, &beginning.url).await;
    }
    String::new()
}

/// A sync; the digest behind it.
async fn live_on(storage: &Storage) -> String {
    let driver = driver(storage);
    synced(&driver).await;
    match kalends::digest(&driver.ports().store, KEYS.graph).await {
        Ok(digest) => digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        Err(error) => unreachable!("the graph is read: {error}"),
    }
}
