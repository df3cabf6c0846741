//! What the events of a feed go by.

use core::fmt::Write;
use std::collections::BTreeMap;

use kalends_core::ids::{ProviderId, Version};
use kalends_core::provider::{Broken, EventItem, Item, Payload};
use kalends_core::time::When;
use kalends_ical::{Feed, FeedEvent};
use sha2::{Digest, Sha256};

use crate::sketch::Sketch;
use crate::token::Token;

/// What ids by time and title begin with.
const BY_CONTENT: &str = "content:";
/// Bytes of an unreadable event that are handed on.
const RAW_BYTES_MAX: usize = 64 * 1024;
/// Events from which on new UIDs are told from new events.
const TELLING: usize = 2;

/// A feed with every event under its id.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) items: Vec<Item>,
    /// The token of this feed, but for what the answer's head says.
    pub(crate) token: Token,
}

/// Whether an id is one by time and title.
pub(crate) fn is_by_content(id: &ProviderId) -> bool {
    id.0.starts_with(BY_CONTENT)
}

/// Names the events: by UID, or by time and title where that was so before, is asked for, or where
/// all UIDs since `last` are new and most times and titles are not.
pub(crate) fn name(feed: Feed, last: Option<&Token>, by_content: bool) -> Named {
    let contents: Vec<String> = feed.events.iter().map(content_key).collect();
    let mut token = Token {
        uids: Sketch::of(feed.events.iter().map(|event| event.key.uid.as_str())),
        contents: Sketch::of(contents.iter().map(String::as_str)),
        name: feed.name.unwrap_or_default(),
        ..Token::default()
    };
    token.by_content = by_content || last.is_some_and(|last| has_new_uids(last, &token));
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let mut items = Vec::with_capacity(feed.events.len());
    for (event, content) in feed.events.into_iter().zip(contents) {
        let own = (!token.by_content && !event.key.uid.is_empty()).then(|| own_name(&event));
        let base = own.unwrap_or_else(|| format!("{BY_CONTENT}{}", hash(content.as_bytes())));
        let count = counts.entry(base.clone()).or_default();
        *count += 1;
        let id = if *count == 1 { base } else { format!("{base};{count}") };
        items.push(item(event, id, token.by_content));
    }
    token.ids = hash(ids(&items).join("\n").as_bytes());
    token.settled = last.is_some_and(|last| last.ids == token.ids);
    Named { items, token }
}

/// The id an item is about.
pub(crate) fn id_of(item: &Item) -> Option<&ProviderId> {
    match item {
        Item::Event(event) => Some(&event.id),
        Item::Broken(broken) => Some(&broken.id),
        Item::Message(_) | Item::Removed { .. } | Item::AsRuled { .. } | Item::Listed(_) => None,
    }
}

fn has_new_uids(last: &Token, now: &Token) -> bool {
    if last.by_content {
        return true;
    }
    let enough = last.uids.len() >= TELLING && now.uids.len() >= TELLING;
    let smaller = last.contents.len().min(now.contents.len());
    enough && last.uids.common(&now.uids) == 0 && last.contents.common(&now.contents) * 2 >= smaller
}

fn own_name(event: &FeedEvent) -> String {
    match &event.key.instance {
        Some(instance) => format!("{};RECURRENCE-ID={instance}", event.key.uid),
        None => event.key.uid.clone(),
    }
}

fn content_key(event: &FeedEvent) -> String {
    match &event.decoded {
        Ok(decoded) => {
            let content = &decoded.body.content;
            let start = &content.span.start;
            let zone = start.zone().map(|zone| zone.name().to_owned()).unwrap_or_default();
            let instance = decoded.body.instance_of.as_ref().map(When::civil);
            let instance = instance.map(|civil| civil.seconds()).unwrap_or_default();
            let seconds = start.civil().seconds();
            format!("{}|{seconds}|{zone}|{instance}|{}", start.is_date(), content.title)
        }
        Err(_) => String::from_utf8_lossy(&lasting(&event.raw)).into_owned(),
    }
}

fn item(event: FeedEvent, id: String, by_content: bool) -> Item {
    let version = Some(Version(hash(&lasting(&event.raw))));
    let FeedEvent { decoded, mut raw, .. } = event;
    match decoded {
        Ok(decoded) => Item::Event(Box::new(EventItem {
            uid: if by_content || decoded.uid.is_empty() { id.clone() } else { decoded.uid },
            native: id.clone(),
            id: ProviderId(id),
            version,
            payload: Payload::Whole(decoded.body),
            mark: decoded.mark,
            foreign: decoded.foreign,
            fresh: false,
            doubts: decoded.doubts,
        })),
        Err(error) => {
            raw.truncate(RAW_BYTES_MAX);
            let id = ProviderId(id);
            Item::Broken(Broken { id, version, code: error.code, reason: error.reason, raw })
        }
    }
}

/// The lines that do not change from one request to the next by themselves.
fn lasting(raw: &[u8]) -> Vec<u8> {
    let passing: [&[u8]; 4] = [b"DTSTAMP", b"LAST-MODIFIED", b"CREATED", b"UID"];
    let lines = raw.split_inclusive(|byte| *byte == b'\n');
    lines
        .filter(|line| !passing.iter().any(|name| starts_with_name(line, name)))
        .flatten()
        .copied()
        .collect()
}

fn starts_with_name(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        && matches!(line.get(name.len()), Some(b':' | b';'))
}

fn ids(items: &[Item]) -> Vec<String> {
    let mut ids: Vec<String> = items.iter().filter_map(id_of).map(|id| id.0.clone()).collect();
    ids.sort();
    ids
}

/// 32 digits of SHA-256.
pub(crate) fn hash(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(32);
    for byte in &Sha256::digest(bytes)[..16] {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
