//! The page `engine/docs/transitions.md`, held against what the functions do: every status of a part
//! with everything it may be asked to say.

use std::collections::BTreeMap;

use crate::event::{Body, Content, Span};
use crate::graph::{Calendar, CalendarRole, Capabilities, Edge, EdgeOptions, Lifecycle, ScopeKind};
use crate::ids::{
    AccountId, CalendarId, EdgeId, EventId, GraphId, ProviderId, RunId, StepSeed, Version,
};
use crate::keys::GraphKeys;
use crate::mirror::{
    Ack, Mirror, MirrorMode, ParkReason, Part, PartKey, PartObject, PartRef, PartStatus, Wanted,
};
use crate::presence::{ContentHash, Event, Evidence, Gone};
use crate::slice::{Bundle, MirrorBundle};
use crate::step::Env;
use crate::time::{Civil, Length, Timestamp, When};

const PAGE: &str = include_str!("../../docs/transitions.md");

/// What is wanted, what was written before, and what is wanted afterwards.
pub(crate) const WANT: ContentHash = ContentHash([1; 32]);
pub(crate) const OLD: ContentHash = ContentHash([2; 32]);
pub(crate) const ANEW: ContentHash = ContentHash([3; 32]);

pub(crate) const SOURCE: CalendarId = CalendarId::from_bytes([1; 16]);
pub(crate) const TARGET: CalendarId = CalendarId::from_bytes([2; 16]);
pub(crate) const ACCOUNT: AccountId = AccountId::from_bytes([9; 16]);
pub(crate) const EDGE: EdgeId = EdgeId::from_bytes([3; 16]);
pub(crate) const PART: PartRef =
    PartRef { event: EventId::from_bytes([4; 16]), edge: EDGE, part: PartKey::Whole };

/// What is wanted of a part and whether an object of it is there.
const FORMS: [&str; 5] = ["absent", "as wanted", "to make", "to write", "to delete"];

const REASONS: [ParkReason; 8] = [
    ParkReason::Refused,
    ParkReason::Forbidden,
    ParkReason::ReadOnly,
    ParkReason::TooLarge,
    ParkReason::OverLimit(100),
    ParkReason::Contended,
    ParkReason::Taken,
    ParkReason::Exhausted,
];

const STATUSES: [PartStatus; 4] =
    [PartStatus::Settled, PartStatus::Due, PartStatus::ReadBack, PartStatus::Unsure];

const fn reason(why: ParkReason) -> &'static str {
    match why {
        ParkReason::Refused => "refused",
        ParkReason::Forbidden => "forbidden",
        ParkReason::ReadOnly => "read only",
        ParkReason::TooLarge => "too large",
        ParkReason::OverLimit(_) => "over limit",
        ParkReason::Contended => "contended",
        ParkReason::Taken => "taken",
        ParkReason::Exhausted => "exhausted",
    }
}

fn named(status: &PartStatus) -> String {
    match status {
        PartStatus::Settled => "settled".to_owned(),
        PartStatus::Due => "due".to_owned(),
        PartStatus::ReadBack => "read back".to_owned(),
        PartStatus::Unsure => "unsure".to_owned(),
        PartStatus::Parked(why) => format!("parked: {}", reason(*why)),
    }
}

pub(crate) fn env() -> Env {
    let keys = GraphKeys { graph: GraphId::from_bytes([5; 16]), secret: [6; 32] };
    let (seed, run) = (StepSeed([7; 32]), RunId::from_bytes([8; 16]));
    Env { now: Timestamp::from_seconds(1_780_000_000), seed, run, keys }
}

pub(crate) fn edge(state: Lifecycle, options: EdgeOptions) -> Edge {
    Edge { id: EDGE, from: SOURCE, to: TARGET, options, state, pair: None }
}

/// The calendar that mirrors lie in.
pub(crate) fn target() -> Calendar {
    Calendar {
        id: TARGET,
        account: ACCOUNT,
        provider_id: None,
        name: String::new(),
        kind: ScopeKind::Calendar,
        on: true,
        capabilities: Capabilities::default(),
        role: CalendarRole::Theirs,
    }
}

/// An event that says so.
pub(crate) fn body(title: &str) -> Body {
    let start = When::Floating(Civil::from_seconds(1_780_000_000));
    let mut content = Content::at(Span { start, length: Length::Exact(0), end_zone: None });
    title.clone_into(&mut content.title);
    Body::single(content)
}

/// An event with one mirror of one part.
pub(crate) fn bundle(mode: MirrorMode, key: PartKey, part: Part) -> Bundle {
    let mirror = Mirror { calendar: TARGET, wanted: Wanted::Yes, mode };
    let mirror = MirrorBundle { mirror, parts: BTreeMap::from([(key, part)]) };
    Bundle {
        event: Some(Event { id: PART.event, uid: "event".to_owned() }),
        mirrors: BTreeMap::from([(EDGE, mirror)]),
        ..Bundle::default()
    }
}

pub(crate) fn gone(confirmed: bool) -> Gone {
    let Env { run, now: at, .. } = env();
    Gone { run, at, evidence: Evidence::Absent, confirmed }
}

/// A part of one of the forms.
pub(crate) fn part(form: &str, status: &PartStatus) -> Part {
    let is_wanted = matches!(form, "as wanted" | "to make" | "to write");
    let object = PartObject {
        id: ProviderId("object".to_owned()),
        version: Some(Version("v1".to_owned())),
        deleting: form == "to delete",
        edited: false,
        replaced: None,
        succeeded: false,
    };
    let last = if form == "as wanted" { WANT } else { OLD };
    let is_there = matches!(form, "as wanted" | "to write" | "to delete");
    let ack = Ack { want: last, content: last, fields: None };
    Part {
        generation: 3,
        want: is_wanted.then_some(WANT),
        object: is_there.then_some(object),
        acks: if is_there { vec![ack] } else { Vec::new() },
        before: Vec::new(),
        status: status.clone(),
        reverts: Vec::new(),
        attempts: 0,
        stale: 0,
        starts: Timestamp::MIN,
        gone: None,
    }
}

/// What became of a part, and what the function said beside it.
pub(crate) struct After {
    pub(crate) part: Part,
    pub(crate) says: Option<&'static str>,
}

impl After {
    /// The part of a mirror, and whether the mirror is a person's own now.
    pub(crate) fn of(bundle: &Bundle, key: PartKey) -> Self {
        let mirror = &bundle.mirrors[&EDGE];
        let theirs = mirror.mirror.mode == MirrorMode::Detached;
        Self { part: mirror.parts[&key].clone(), says: theirs.then_some("a person's own") }
    }
}

impl From<Part> for After {
    fn from(part: Part) -> Self {
        Self { part, says: None }
    }
}

/// The rows of the page for one input: what it makes of each status, driven in each of some ways that
/// must come to the same.
pub(crate) fn row<T: Copy>(
    input: &str,
    ways: &[T],
    drive: impl Fn(T, &Part) -> After,
) -> Vec<String> {
    row_of(&FORMS, input, ways, drive)
}

/// The same of the parts whose objects are there.
pub(crate) fn row_there<T: Copy>(
    input: &str,
    ways: &[T],
    drive: impl Fn(T, &Part) -> After,
) -> Vec<String> {
    let is_there = |form: &&str| part(form, &PartStatus::Due).object.is_some();
    let there: Vec<&str> = FORMS.into_iter().filter(is_there).collect();
    row_of(&there, input, ways, drive)
}

fn row_of<T: Copy>(
    forms: &[&str],
    input: &str,
    ways: &[T],
    drive: impl Fn(T, &Part) -> After,
) -> Vec<String> {
    let told = ways.iter().map(|way| lines(forms, |part| drive(*way, part)));
    let mut told: Vec<Vec<(String, String)>> = told.collect();
    told.dedup();
    assert_eq!(told.len(), 1, "{input}: one input that comes to several things: {told:#?}");
    let lines = told.remove(0).into_iter();
    lines.map(|(from, says)| format!("| {input} | {from} | {says} |")).collect()
}

/// What becomes of each status, those together of which the same becomes; in the words that take fewer
/// lines: what it is afterwards, or whether it stays what it was.
fn lines(forms: &[&str], drive: impl Fn(&Part) -> After) -> Vec<(String, String)> {
    let told = |word: fn(&Part, &After) -> String| {
        let says = |status: &PartStatus| {
            let said = forms.iter().map(|form| {
                let before = part(form, status);
                ((*form).to_owned(), word(&before, &drive(&before)))
            });
            let said = others_last(grouped(said), "else").into_iter();
            let said = said.map(|(forms, says)| match forms.as_str() {
                "" => says,
                forms => format!("{forms}: {says}"),
            });
            said.collect::<Vec<_>>().join("; ")
        };
        let parked = REASONS.map(PartStatus::Parked);
        let from = grouped(STATUSES.iter().chain(&parked).map(|from| (named(from), says(from))));
        let from = others_last(from, "any other").into_iter();
        from.map(|(from, says)| (if from.is_empty() { "any".to_owned() } else { from }, says))
            .collect::<Vec<_>>()
    };
    let (becomes, stays) = (told(becomes), told(stays));
    if becomes.len() < stays.len() { becomes } else { stays }
}

fn becomes(before: &Part, after: &After) -> String {
    let same = after.part == *before;
    let status = if same { "stays".to_owned() } else { named(&after.part.status) };
    beside(status, before, after)
}

fn stays(before: &Part, after: &After) -> String {
    let same = after.part.status == before.status;
    let status = if same { "stays".to_owned() } else { named(&after.part.status) };
    beside(status, before, after)
}

fn beside(status: String, before: &Part, After { part: after, says }: &After) -> String {
    let mut words = vec![status.as_str()];
    match (&before.object, &after.object) {
        (Some(_), None) => words.push("gone"),
        (None, Some(_)) => words.push("there"),
        (Some(_), Some(_)) | (None, None) => {}
    }
    if after.generation > before.generation {
        words.push("new id");
    }
    if after.gone.is_some() {
        words.push("evidence");
    }
    words.extend(*says);
    words.join(", ")
}

/// Cases of which the same is said, in the order of the first of them.
fn grouped(cases: impl Iterator<Item = (String, String)>) -> Vec<(Vec<String>, String)> {
    let mut groups: Vec<(Vec<String>, String)> = Vec::new();
    for (case, says) in cases {
        match groups.iter_mut().find(|(_, known)| *known == says) {
            Some((cases, _)) => cases.push(case),
            None => groups.push((vec![case], says)),
        }
    }
    groups
}

/// What is said of most cases comes last, of all others; without a name where there are none.
fn others_last(mut groups: Vec<(Vec<String>, String)>, others: &str) -> Vec<(String, String)> {
    let most = groups.iter().map(|(cases, _)| cases.len()).max().unwrap_or_default();
    let rest = groups.iter().position(|(cases, _)| cases.len() == most).unwrap_or_default();
    let (_, rest) = groups.remove(rest);
    let others = if groups.is_empty() { "" } else { others };
    let said = groups.into_iter().map(|(cases, says)| (cases.join(", "), says));
    said.chain([(others.to_owned(), rest)]).collect()
}

/// Holds a section of the page: its rows are these, in this order, and no other.
pub(crate) fn hold(section: &str, rows: &[Vec<String>]) {
    let head = format!("\n## {section}\n");
    let (_, text) = PAGE.split_once(&head).unwrap_or_default();
    let text = text.split("\n## ").next().unwrap_or_default();
    let page: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).skip(2).collect();
    let rows = rows.concat();
    let additional: Vec<_> = page.iter().filter(|row| !rows.iter().any(|it| it == *row)).collect();
    let missing: Vec<_> = rows.iter().filter(|row| !page.contains(&row.as_str())).collect();
    let (additional, missing) = (format!("{additional:#?}"), format!("{missing:#?}"));
    assert!(
        page == rows,
        "`{section}` says {additional}, and is to say {missing}, of:\n{}",
        rows.join("\n")
    );
}
