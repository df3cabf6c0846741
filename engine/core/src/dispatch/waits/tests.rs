//! That `explain` names a wait where nothing is sent, and nowhere else.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::{Asked, Step};
use crate::cursor::{ClockWord, Cursor, Failing, Run};
use crate::dispatch::dispatch;
use crate::event::{Body, Exception, Privacy, Recurrence};
use crate::graph::{
    Calendar, Capabilities, DetailLevel, EdgeOptions, Lifecycle, OnDelete, SeriesShape, Sweep,
};
use crate::ids::{ProviderId, Version};
use crate::merge::put_change;
use crate::mirror::{
    Ack, AckFields, FieldHashes, MirrorMode, Part, PartKey, PartObject, PartRef, PartStatus,
};
use crate::plan::{Job, JobKey};
use crate::presence::Presence;
use crate::project::{document, project};
use crate::read;
use crate::slice::{Bundle, Config, Slice};
use crate::step::{Dispatch, Env};
use crate::time::{Rule, Timestamp, When};
use crate::transitions::{
    ACCOUNT, EDGE, PART, SOURCE, TARGET, body, bundle, edge, env, gone, part, target,
};

/// What an origin says, or said when its mirror was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Says {
    title: &'static str,
    description: &'static str,
    is_series: bool,
    instance: Instance,
}

/// What becomes of the third day of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Instance {
    AsRuled,
    Changed,
    Private,
    Filtered,
}

impl Says {
    fn any() -> impl Strategy<Value = Self> {
        let titles = prop_oneof![Just("Concert"), Just("Review"), Just("")];
        let descriptions = prop_oneof![Just(""), Just("Bring the card")];
        let instances = prop_oneof![
            1 => Just(Instance::AsRuled),
            2 => Just(Instance::Changed),
            1 => Just(Instance::Private),
            1 => Just(Instance::Filtered),
        ];
        (titles, descriptions, any::<bool>(), instances).prop_map(
            |(title, description, is_series, instance)| Self {
                title,
                description,
                is_series,
                instance,
            },
        )
    }

    fn body(self) -> Body {
        let mut says = body(self.title);
        self.description.clone_into(&mut says.content.description);
        if self.is_series {
            let rules = vec![Rule::parse("FREQ=DAILY;COUNT=9").unwrap()];
            says.recurrence = Some(Recurrence { rules, ..Recurrence::default() });
            let mut content = body("Changed").content;
            content.span.start = day(2);
            match self.instance {
                Instance::AsRuled | Instance::Changed => {}
                Instance::Private => content.privacy = Privacy::Private,
                Instance::Filtered => content.title += " #nosync",
            }
            let changed = Exception { original: day(2), this_and_future: false, content };
            says.exceptions.extend((self.instance != Instance::AsRuled).then_some(changed));
        }
        says
    }
}

fn day(n: i64) -> When {
    let When::Floating(start) = body("").content.span.start else { unreachable!() };
    When::Floating(crate::time::Civil::from_seconds(start.seconds() + n * 86_400))
}

fn at(n: i64) -> PartKey {
    let start = body("").content.span.start;
    PartKey::Override(crate::form::key_in(&start, &day(n)))
}

/// Rows as they may come to be.
#[derive(Debug, Clone)]
struct Rows {
    shape: SeriesShape,
    level: DetailLevel,
    on_delete: OnDelete,
    state: Lifecycle,
    /// What it says now; `None`: it is gone.
    now: Option<Says>,
    written: Says,
    /// Whether it is known field by field what was written.
    is_known: bool,
    status: PartStatus,
    has_version: bool,
    /// Whether the part is an instance of the series.
    is_instance: bool,
    /// Whether a person cancelled or changed another instance in the mirror.
    is_cancelled: bool,
    /// Whether a change from this mirror waits to be written to the origin.
    is_pending: bool,
    /// Whether the calendar fails to be read since lately.
    fails: bool,
    /// When its edge looked last.
    looked: Sweep,
}

fn rows() -> impl Strategy<Value = Rows> {
    use SeriesShape::{Parts, Patterns, Singles, Whole};
    let shape =
        prop_oneof![4 => Just(Parts), 2 => Just(Patterns), 1 => Just(Whole), 1 => Just(Singles)];
    let level =
        prop_oneof![Just(DetailLevel::Full), Just(DetailLevel::Title), Just(DetailLevel::Busy)];
    let on_delete =
        prop_oneof![Just(OnDelete::Detach), Just(OnDelete::Restore), Just(OnDelete::Propagate)];
    let state = prop_oneof![4 => Just(Lifecycle::Active), 1 => Just(Lifecycle::Retiring)];
    let status = prop_oneof![
        5 => Just(PartStatus::Due),
        1 => Just(PartStatus::Settled),
        1 => Just(PartStatus::Unsure),
        1 => Just(PartStatus::ReadBack),
    ];
    let now = prop_oneof![1 => Just(None), 5 => Says::any().prop_map(Some)];
    let is = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let is_known = prop_oneof![5 => Just(true), 1 => Just(false)];
    let at = env().now;
    let looked = prop_oneof![
        2 => Just(Sweep::Done(at)),
        1 => Just(Sweep::Done(at.saturating_add_millis(-86_400_000))),
        1 => Just(Sweep::After(None)),
    ];
    let all = (shape, level, on_delete, state, now, Says::any(), status, is_known, is, looked);
    all.prop_map(|(shape, level, on_delete, state, now, written, status, is_known, is, looked)| {
        Rows {
            looked,
            shape,
            level,
            on_delete,
            state,
            now,
            written,
            is_known,
            status,
            has_version: is.0 || is.1,
            is_instance: is.1,
            is_cancelled: is.2,
            is_pending: is.3,
            fails: is.4,
        }
    })
}

impl Rows {
    fn key(&self) -> PartKey {
        if self.is_instance { at(2) } else { PartKey::Whole }
    }

    fn target(&self) -> Calendar {
        let capabilities = Capabilities { series: self.shape, ..Capabilities::default() };
        Calendar { capabilities, provider_id: Some(ProviderId("target".to_owned())), ..target() }
    }

    fn config(&self) -> Config {
        let source = Calendar { id: SOURCE, ..self.target() };
        let (level, on_delete) = (self.level, self.on_delete);
        let options = EdgeOptions { level, on_delete, ..EdgeOptions::default() };
        Config {
            calendars: [(SOURCE, source), (TARGET, self.target())].into(),
            edges: [(EDGE, edge(self.state, options))].into(),
            sweeps: [(EDGE, self.looked)].into(),
            ..Config::default()
        }
    }

    /// The parts as they were written, and what became of the event since.
    fn event(&self, env: &Env) -> Bundle {
        let config = self.config();
        let object = PartObject {
            id: ProviderId("object".to_owned()),
            version: self.has_version.then(|| Version("v1".to_owned())),
            deleting: false,
            edited: false,
            replaced: None,
            succeeded: false,
        };
        let none = part("absent", &PartStatus::Settled);
        let mut event = bundle(MirrorMode::Kept, PartKey::Whole, none.clone());
        event.mirrors.clear();
        event.presences.insert(SOURCE, presence(self.written.body()));
        let mut active = config.clone();
        active.edges.get_mut(&EDGE).unwrap().state = Lifecycle::Active;
        project(&mut event, &active, env, true);
        let written = event.clone();
        if let Some(mirror) = event.mirrors.get_mut(&EDGE) {
            for (key, part) in &mut mirror.parts {
                let said = document(&written, &active.edges[&EDGE], *key, &active, env);
                let (Some(said), Some(want)) = (said, part.want) else { continue };
                let fields = FieldHashes::of(&said.body, &self.target().capabilities);
                let fields = self.is_known.then_some(AckFields { want: fields, content: fields });
                part.acks = vec![Ack { want, content: want, fields }];
                part.object = Some(object.clone());
                part.status = PartStatus::Settled;
            }
            if self.is_cancelled {
                mirror.parts.insert(at(4), self.theirs(none, object));
            }
        }
        match self.now {
            Some(says) => drop(event.presences.insert(SOURCE, presence(says.body()))),
            None => drop(event.presences.remove(&SOURCE)),
        }
        if let Some(presence) = event.presences.get_mut(&SOURCE).filter(|_| self.is_pending) {
            let want = Some(presence.body.clone());
            put_change(presence, want, Some(EDGE));
        }
        project(&mut event, &config, env, true);
        let parts = event.mirrors.get_mut(&EDGE).map(|mirror| &mut mirror.parts);
        if let Some(part) = parts.and_then(|parts| parts.get_mut(&self.key())) {
            part.status = self.status.clone();
        }
        // What is recorded is what a look at it comes to.
        project(&mut event, &config, env, false);
        event
    }

    /// An instance that a person cancelled; or changed, and the change is on its way.
    fn theirs(&self, none: Part, object: PartObject) -> Part {
        if self.is_pending {
            Part { object: Some(object), status: PartStatus::Due, ..none }
        } else {
            Part { gone: Some(gone(true)), ..none }
        }
    }

    fn slice(&self, env: &Env) -> Slice {
        let failing = Failing { times: 1, code: "http.503".to_owned(), retry_at: env.now };
        let read_at = Some(env.now);
        let failing = self.fails.then_some(failing);
        let cursor = Cursor { read_at, failing, ..Cursor::default() };
        let run = Run {
            id: env.run,
            started: env.now,
            read: Vec::new(),
            searched: Vec::new(),
            released: Vec::new(),
            clock: ClockWord::Agrees,
        };
        Slice {
            config: Arc::new(self.config()),
            events: [(PART.event, Some(self.event(env)))].into(),
            cursors: [(self.target().scope(), Some(cursor))].into(),
            health: [(ACCOUNT, None)].into(),
            runs: [(env.run, Some(run))].into(),
            ..Slice::default()
        }
    }
}

fn presence(body: Body) -> Presence {
    Presence {
        object: ProviderId("origin".to_owned()),
        version: None,
        body,
        doubts: Vec::new(),
        instances: Vec::new(),
        gone: None,
        pending: None,
    }
}

/// A part that something is to be done with.
#[derive(Debug)]
struct Told {
    /// What it waits for, if anything is told.
    waits: Option<String>,
    sent: Dispatch,
    /// Whether it is to tell less than it does.
    hides: bool,
}

fn told(rows: &Rows) -> Vec<Told> {
    let env = env();
    let slice = rows.slice(&env);
    let event = slice.event(&PART.event).unwrap().clone().unwrap();
    let failing: BTreeSet<_> = rows.fails.then_some(TARGET).into_iter().collect();
    let explained = read::explain((&slice.config, &failing), PART.event, &event, []);
    let mut all = Vec::new();
    for line in explained.mirrors.into_iter().flat_map(|mirror| mirror.parts) {
        let mirror = &event.mirrors[&EDGE];
        let row = &mirror.parts[&line.part];
        let step = super::next(mirror, (line.part, row));
        let is_open = row.status != PartStatus::Settled && row.gone.is_none();
        let Some(step) = step.filter(|_| is_open) else { continue };
        let key = JobKey::Part(PartRef { part: line.part, ..PART });
        let job = Job { key, lane: TARGET, run_at: env.now, starts: Timestamp::MIN };
        all.push(Told {
            waits: Some(line.state.code).filter(|code| code.starts_with("waits-")),
            sent: dispatch(&slice, &job, &env).unwrap(),
            hides: hides(&event, (&slice.config, env.now), line.part, step),
        });
    }
    all
}

fn hides(event: &Bundle, as_of: (&Config, Timestamp), key: PartKey, step: Step) -> bool {
    let (mirror, edge) = (&event.mirrors[&EDGE], &as_of.0.edges[&EDGE]);
    let target = &as_of.0.calendars[&TARGET];
    let whose = Asked { bundle: event, edge: Some(edge), mirror, key, target };
    let series = mirror.parts.get(&PartKey::Whole).and_then(|series| series.object.as_ref());
    let projected = whose.document(as_of);
    match step {
        Step::Replace => {
            projected.is_some() && series.is_some() && whose.shows_less(projected.as_ref())
        }
        Step::Delete => whose.is_hidden(as_of),
        Step::Create | Step::Read => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6_000, ..ProptestConfig::default() })]

    /// Catches a wait that `explain` does not name, and one that it names of what is sent at once; and
    /// what waits though it is to tell less than it does (L6).
    #[test]
    fn a_part_is_sent_just_where_explain_names_no_wait(rows in rows()) {
        for one in told(&rows) {
            let is_sent = matches!(one.sent, Dispatch::Send(_));
            prop_assert_eq!(is_sent, one.waits.is_none(), "{:?} of {:?}", one, rows);
            prop_assert!(is_sent || !one.hides, "{:?} of {:?}", one, rows);
        }
    }
}

/// Catches rows among which nothing waits.
#[test]
fn every_wait_comes_up() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..2_000 {
        let rows = rows().new_tree(&mut runner).unwrap().current();
        seen.extend(told(&rows).into_iter().map(|one| one.waits.unwrap_or_default()));
    }
    let waits =
        ["", "waits-for-origin", "waits-for-reading", "waits-for-release", "waits-for-series"];
    assert_eq!(seen, waits.map(str::to_owned).into());
}
