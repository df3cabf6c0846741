//! What the events of a feed go by.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::ids::{ProviderId, Version};
use kalends_core::ports::HttpHead;
use kalends_core::provider::{Broken, EventItem, Item, Payload};
use kalends_core::time::When;
use kalends_ical::{Decoded, Feed, FeedEvent};

use crate::digest::{digest, digits};
use crate::sketch::Sketch;
use crate::token::Token;

/// What ids by time and title begin with.
const BY_CONTENT: &str = "content:";
/// Bytes of an unreadable event that are handed on.
const RAW_BYTES_MAX: usize = 64 * 1024;
/// Events from which on new UIDs are told from new events.
const TELLING: usize = 2;

/// Gives the events of a feed their ids, one after the other.
#[derive(Debug)]
pub(crate) struct Naming {
    feed: Feed,
    /// The number of the next event.
    next: usize,
    /// How many events went by the same so far, by the half of its digest.
    counts: BTreeMap<u64, u32>,
    /// The sum of the digests of all ids so far.
    ids: u128,
    /// The same of all ids with their versions.
    said: u128,
    /// The token of this feed, as far as it is known.
    token: Token,
}

/// Whether an id is one by time and title.
pub(crate) fn is_by_content(id: &ProviderId) -> bool {
    id.0.starts_with(BY_CONTENT)
}

impl Naming {
    /// Events go by their UIDs, or by time and title where that was so before, is asked for, or
    /// where all UIDs since `last` are new and most times and titles are not.
    pub(crate) fn new(mut feed: Feed, last: Option<&Token>, by_content: bool) -> Self {
        let uids = Sketch::of(feed.uids().map(|uid| digest([uid.as_bytes()])));
        let by_content =
            by_content || last.is_some_and(|last| has_new_uids(last, &uids, &mut feed));
        let (name, refresh_s) = (feed.name.take().unwrap_or_default(), feed.refresh_s);
        let token = Token { uids, name, refresh_s, by_content, ..Token::default() };
        Self { feed, next: 0, counts: BTreeMap::new(), ids: 0, said: 0, token }
    }

    /// Remembers what an answer's head says of this feed.
    pub(crate) fn answered(&mut self, head: &HttpHead) {
        self.token.etag = head.header("etag").map(str::to_owned);
        self.token.modified = head.header("last-modified").map(str::to_owned);
        self.token.refresh_s = self.token.refresh_s.or_else(|| max_age_s(head));
    }

    /// The next event under its id.
    pub(crate) fn next(&mut self) -> Option<Item> {
        let (event, id) = self.named()?;
        let version = digest(lasting(&event.raw));
        self.ids = self.ids.wrapping_add(digest([id.as_bytes()]));
        let said = digest([id.as_bytes(), version.to_be_bytes().as_slice()]);
        self.said = self.said.wrapping_add(said);
        Some(item(event, id, Version(digits(version)), self.token.by_content))
    }

    /// The next of these events. What the others say is passed over: it may be long.
    pub(crate) fn next_of(&mut self, wanted: &mut BTreeSet<ProviderId>) -> Option<Item> {
        while !wanted.is_empty() {
            let (event, id) = self.named()?;
            let id = ProviderId(id);
            if wanted.remove(&id) {
                let version = digest(lasting(&event.raw));
                return Some(item(event, id.0, Version(digits(version)), self.token.by_content));
            }
        }
        None
    }

    fn named(&mut self) -> Option<(FeedEvent, String)> {
        let event = self.feed.event(self.next)?;
        self.next += 1;
        let content = content_key(&event);
        self.token.contents.add(content);
        let own = (!self.token.by_content && !event.uid.is_empty()).then(|| own_name(&event));
        let base = own.unwrap_or_else(|| format!("{BY_CONTENT}{}", digits(content)));
        let count = self.counts.entry(digest([base.as_bytes()]) as u64).or_default();
        *count += 1;
        let id = if *count == 1 { base } else { format!("{base};{count}") };
        Some((event, id))
    }

    /// What is known of the feed once all its events have their ids.
    pub(crate) fn token(mut self, last: Option<&Token>) -> Token {
        while self.next().is_some() {}
        let ids = digits(self.ids);
        let settled = last.is_some_and(|last| last.ids == ids);
        Token { ids, settled, said: digits(self.said), ..self.token }
    }
}

/// For how long an answer may be kept (RFC 9111 section 5.2.2.1).
fn max_age_s(head: &HttpHead) -> Option<i64> {
    let said = head.header("cache-control")?.to_ascii_lowercase();
    let directives = said.split(',');
    let seconds = directives.filter_map(|one| one.trim().strip_prefix("max-age=")?.parse().ok());
    seconds.filter(|seconds| *seconds > 0).max()
}

fn has_new_uids(last: &Token, uids: &Sketch, feed: &mut Feed) -> bool {
    if last.by_content {
        return true;
    }
    let enough = last.uids.len() >= TELLING && uids.len() >= TELLING;
    if !enough || last.uids.common(uids) > 0 {
        return false;
    }
    // Only now all events are read twice.
    let contents = Sketch::of(feed.events().map(|event| content_key(&event)));
    let smaller = last.contents.len().min(contents.len());
    last.contents.common(&contents) * 2 >= smaller
}

fn own_name(event: &FeedEvent) -> String {
    match &event.instance {
        Some(instance) => format!("{};RECURRENCE-ID={instance}", event.uid),
        None => event.uid.clone(),
    }
}

/// A digest of time and title, or of what there is.
fn content_key(event: &FeedEvent) -> u128 {
    match &event.decoded {
        Ok(decoded) => digest([time_and_title(decoded).as_bytes()]),
        // There may be as many lines as bytes: none is kept.
        Err(_) => {
            digest(lasting(&event.raw).map(|line| String::from_utf8_lossy(line).into_owned()))
        }
    }
}

fn time_and_title(decoded: &Decoded) -> String {
    let content = &decoded.body.content;
    let start = &content.span.start;
    let zone = start.zone().map(|zone| zone.name().to_owned()).unwrap_or_default();
    let instance = decoded.body.instance_of.as_ref().map(When::civil);
    let instance = instance.map(|civil| civil.seconds()).unwrap_or_default();
    let seconds = start.civil().seconds();
    format!("{}|{seconds}|{zone}|{instance}|{}", start.is_date(), content.title)
}

fn item(event: FeedEvent, id: String, version: Version, by_content: bool) -> Item {
    let version = Some(version);
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
            changed_at: decoded.changed_at,
        })),
        Err(error) => {
            raw.truncate(RAW_BYTES_MAX);
            raw.shrink_to_fit();
            let id = ProviderId(id);
            Item::Broken(Broken { id, version, code: error.code, reason: error.reason, raw })
        }
    }
}

/// The lines that do not change from one request to the next by themselves.
fn lasting(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    let passing: [&[u8]; 4] = [b"DTSTAMP", b"LAST-MODIFIED", b"CREATED", b"UID"];
    let lines = raw.split_inclusive(|byte| *byte == b'\n');
    lines.filter(move |line| !passing.iter().any(|name| starts_with_name(line, name)))
}

fn starts_with_name(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        && matches!(line.get(name.len()), Some(b':' | b';'))
}
