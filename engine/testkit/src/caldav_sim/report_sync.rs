//! The sync-collection report (RFC 6578) with its measured ways to be wrong.

use super::context::Cx;
use super::multistatus::{self, Wanted};
use super::profile::{BadToken, Paging, PropertyChange, Sync, TokenForm};
use super::properties::Target;
use super::reply::Reply;
use super::report::poisoned;
use super::state::Calendar;
use super::tokens::{self, Meaning};
use super::xml::{CAL, DAV, Element};
use std::collections::BTreeMap;

/// Answers one report.
pub(crate) fn sync(cx: &mut Cx<'_>, path: &str, sync: &Sync, root: &Element) -> Reply {
    let level = root.child(DAV, "sync-level").map(|level| level.text.trim());
    if sync.level_required && level != Some("1") {
        return Reply::words(400, "sync-level must be 1");
    }
    let Some(token) = root.child(DAV, "sync-token").map(|token| token.text.trim()) else {
        return Reply::words(400, "sync-token is missing");
    };
    let (from, initial) = match tokens::read(cx.state, path, sync, token) {
        Meaning::Initial => (0, true),
        Meaning::From(seq) => (seq, false),
        Meaning::Bad => match refuse(cx, sync.bad_token, token) {
            Some(reply) => return reply,
            None => (0, true),
        },
        Meaning::Future => match refuse(cx, sync.future_token, token) {
            Some(reply) => return reply,
            None => (0, true),
        },
    };
    let tombstones = !initial || (token.is_empty() && sync.tombstones_first);
    let Some(calendar) = cx.state.calendars.get_mut(path) else {
        return Reply::status(404);
    };
    let reach = if initial { calendar.take_reach() } else { calendar.seq() };
    let cx = &*cx;
    let Some(calendar) = cx.state.calendars.get(path) else {
        return Reply::status(404);
    };
    let mut delta = delta(cx, calendar, sync, from, tombstones);
    if reach < calendar.seq() {
        delta.retain(|entry| !calendar.came_after(&entry.name, reach));
    }
    let wanted = Wanted::read(Some(root));
    if sync.data
        && asks_data(&wanted)
        && let Some(reply) = poisoned(cx, calendar.resources.values())
    {
        return reply;
    }
    let size = page_size(sync, root);
    let page = page(cx, path, sync, (size, reach), delta);
    let page = match sync.paging {
        Paging::SameToken(_) if page.more => Page { token: token.to_owned(), ..page },
        Paging::SameToken(_)
        | Paging::Ignored
        | Paging::OnRequest
        | Paging::LossyOnRequest
        | Paging::Pages(_)
        | Paging::Lossy(_) => page,
    };
    let asked = Asked { path, wanted, data: sync.data, initial };
    Reply::multistatus(answer(cx, &asked, &page))
}

/// The answer to a bad token; `None` where the server goes on with a full list.
fn refuse(cx: &Cx<'_>, habit: BadToken, token: &str) -> Option<Reply> {
    match habit {
        BadToken::Refuse { status, element: true } => {
            Some(Reply::refused(status, DAV, "valid-sync-token"))
        }
        BadToken::Refuse { status, element: false } => Some(Reply::words(status, "no")),
        BadToken::FullList => None,
        BadToken::Echo => {
            let document = multistatus::document(cx, Vec::new());
            let echo = Element::new(DAV, "sync-token").text(token);
            Some(Reply::multistatus(document.with(echo)))
        }
    }
}

fn asks_data(wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Named(names) => names.iter().any(|(ns, name)| ns == CAL && name == "calendar-data"),
        Wanted::All | Wanted::Names => false,
    }
}

/// A change to report: the member, whether it is there, and the number of its last change.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    present: bool,
    seq: u64,
}

fn delta(cx: &Cx<'_>, calendar: &Calendar, sync: &Sync, from: u64, tombstones: bool) -> Vec<Entry> {
    let mut seen: BTreeMap<&str, (Option<u64>, u64)> = BTreeMap::new();
    let start = usize::try_from(from).unwrap_or(usize::MAX);
    for (change, seq) in calendar.history.iter().zip(1_u64..).skip(start) {
        let entry = seen.entry(&change.name).or_insert((change.before, seq));
        entry.1 = seq;
    }
    let mut out = Vec::new();
    for (name, (before, seq)) in seen {
        let entry = |present| Entry { name: name.to_owned(), present, seq };
        let now = calendar.resources.get(name).filter(|resource| cx.shown(resource));
        match now {
            _ if name.is_empty() => {
                let listed = tombstones && sync.proppatch == PropertyChange::ListsCollection;
                out.extend(listed.then(|| entry(true)));
            }
            Some(resource) => {
                let same = before == Some(resource.content_hash());
                if !(sync.token == TokenForm::Content && same && from > 0) {
                    out.push(entry(true));
                }
            }
            None if tombstones && (before.is_some() || sync.short_lived || from == 0) => {
                out.push(entry(false));
            }
            None => {}
        }
    }
    out.sort_by_key(|entry| entry.seq);
    out
}

/// What is sent now, the token that goes with it, and whether more is to come.
struct Page {
    entries: Vec<Entry>,
    token: String,
    more: bool,
}

/// How many entries a page takes.
fn page_size(sync: &Sync, root: &Element) -> usize {
    let asked = root
        .child(DAV, "limit")
        .and_then(|limit| limit.child(DAV, "nresults"))
        .and_then(|limit| limit.text.trim().parse::<usize>().ok());
    let size = match sync.paging {
        Paging::Ignored => None,
        Paging::OnRequest | Paging::LossyOnRequest => asked,
        Paging::Pages(size) | Paging::SameToken(size) | Paging::Lossy(size) => Some(size),
    };
    size.unwrap_or(usize::MAX).max(1)
}

fn page(
    cx: &Cx<'_>,
    path: &str,
    sync: &Sync,
    (size, last): (usize, u64),
    mut entries: Vec<Entry>,
) -> Page {
    let cut = entries.len() > size;
    entries.truncate(size);
    let lossy = matches!(sync.paging, Paging::LossyOnRequest | Paging::Lossy(_));
    let more = cut && !lossy;
    let reached = entries.last().map_or(0, |entry| entry.seq).min(last);
    let token = tokens::write(cx.state, path, sync, if more { reached } else { last });
    Page { entries, token, more }
}

/// What the report asked for.
struct Asked<'a> {
    path: &'a str,
    wanted: Wanted,
    data: bool,
    initial: bool,
}

fn answer(cx: &Cx<'_>, asked: &Asked<'_>, page: &Page) -> Element {
    let path = asked.path;
    let found = |target| multistatus::found(cx, &target, &asked.wanted, asked.data);
    let mut responses = Vec::new();
    if cx.profile.spelling.self_in_reports {
        responses.push(found(Target::Collection(path.to_owned())));
    }
    for entry in &page.entries {
        if entry.name.is_empty() {
            responses.push(collection_entry(cx, path, &asked.wanted));
        } else if entry.present {
            responses.push(found(Target::Member(path.to_owned(), entry.name.clone())));
        } else {
            responses.push(multistatus::gone(cx, &format!("{path}{}", entry.name), 404));
        }
    }
    let mut document = match asked.initial {
        true => multistatus::document(cx, responses),
        false => Element::new(DAV, "multistatus").with_all(responses),
    };
    if page.more {
        let limit =
            Element::new(DAV, "error").with(Element::new(DAV, "number-of-matches-within-limits"));
        document = document.with(multistatus::gone(cx, path, 507).with(limit));
    }
    document.with(Element::new(DAV, "sync-token").text(&page.token))
}

/// The collection in its own delta: no final slash, and its `getetag` is missing.
fn collection_entry(cx: &Cx<'_>, path: &str, wanted: &Wanted) -> Element {
    let names = match wanted {
        Wanted::Named(names) => names.iter().map(Element::named).collect(),
        Wanted::All | Wanted::Names => Vec::new(),
    };
    Element::new(DAV, "response")
        .with(cx.href(path.trim_end_matches('/')))
        .with(multistatus::propstat(names, 404))
}
