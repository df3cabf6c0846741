//! One graph's rows in memory, and steps that are loaded the minimum.

use std::sync::Arc;

use kalends_core::author::author;
use kalends_core::event::{Body, Content, Span, Status};
use kalends_core::ids::{GraphId, MeetingId, RunId, StepSeed};
use kalends_core::keys::GraphKeys;
use kalends_core::meeting::{Meeting, Message, MessageBody};
use kalends_core::plan::{Change, Plan, Row, RowKey};
use kalends_core::receive::receive;
use kalends_core::slice::{MirrorBundle, Missing, ReadSet, Slice};
use kalends_core::step::{Env, UserEdit};
use kalends_core::time::{Civil, Length, Timestamp, When, Zone};

pub(crate) const ANN: GraphId = GraphId::from_bytes([1; 16]);
pub(crate) const BOB: GraphId = GraphId::from_bytes([2; 16]);
pub(crate) const CID: GraphId = GraphId::from_bytes([3; 16]);
pub(crate) const MEETING: MeetingId = MeetingId::from_bytes([9; 16]);

pub(crate) fn keys(graph: GraphId) -> GraphKeys {
    GraphKeys { graph, secret: [graph.as_bytes()[0] + 40; 32] }
}

pub(crate) fn env(graph: GraphId) -> Env {
    Env {
        now: Timestamp::from_millis(1_772_355_600_000),
        seed: StepSeed([5; 32]),
        run: RunId::from_bytes([6; 16]),
        keys: keys(graph),
    }
}

pub(crate) fn body() -> Body {
    let mut content = Content::at(Span {
        start: When::Zoned(Civil::from_seconds(1_772_355_600), Zone::utc()),
        length: Length::Exact(3_600),
        end_zone: None,
    });
    content.title = "we meet".to_owned();
    Body::single(content)
}

pub(crate) fn says(from: GraphId, to: GraphId, word: MessageBody) -> Message {
    Message::new(&keys(from), MEETING, to, word)
}

pub(crate) fn hold() -> MessageBody {
    MessageBody::Hold(Box::new(body()))
}

/// One graph, with all its rows in one slice.
#[derive(Debug, Clone)]
pub(crate) struct Graph {
    pub(crate) id: GraphId,
    pub(crate) rows: Slice,
}

impl Graph {
    pub(crate) fn new(id: GraphId) -> Self {
        Self { id, rows: Slice::default() }
    }

    /// A slice with what comes along unasked.
    pub(crate) fn set_up(&self) -> Slice {
        Slice { head: self.rows.head, config: self.rows.config.clone(), ..Slice::default() }
    }

    /// What a step decides that is given only what it asked for.
    pub(crate) fn decide(&self, step: impl Fn(&Slice, &Env) -> Result<Plan, Missing>) -> Plan {
        let mut slice = self.set_up();
        for _ in 0..2_000 {
            let Missing(want) = match step(&slice, &env(self.id)) {
                Ok(plan) => return plan,
                Err(missing) => missing,
            };
            assert!(!want.is_empty());
            self.load(*want, &mut slice);
        }
        panic!("the step asks for ever");
    }

    /// Puts into a slice what is wanted.
    pub(crate) fn load(&self, want: ReadSet, slice: &mut Slice) {
        for id in want.events {
            slice.events.insert(id, self.rows.events.get(&id).cloned().flatten());
        }
        for id in want.meetings {
            slice.meetings.insert(id, self.rows.meetings.get(&id).cloned().flatten());
        }
        for id in want.received {
            slice.received.insert(id, self.rows.received.get(&id).copied().flatten());
        }
    }

    /// Takes messages in; the plan may be left alone, for it is applied.
    pub(crate) fn hear(&mut self, messages: &[Message]) -> Arc<Plan> {
        let plan = self.decide(|slice, env| receive(slice, messages, env));
        self.apply(&plan);
        Arc::new(plan)
    }

    pub(crate) fn edit(&mut self, edit: UserEdit) -> Arc<Plan> {
        let plan = self.decide(|slice, env| author(slice, std::slice::from_ref(&edit), env));
        self.apply(&plan);
        Arc::new(plan)
    }

    pub(crate) fn meet(&mut self, with: &[GraphId]) -> Arc<Plan> {
        let body = Box::new(body());
        self.edit(UserEdit::Meet { meeting: Some(MEETING), with: with.to_vec(), body })
    }

    pub(crate) fn meeting(&self) -> Option<&Meeting> {
        self.rows.meetings.get(&MEETING)?.as_ref()
    }

    /// The status of what stands in the own calendar.
    pub(crate) fn calendar(&self) -> Vec<Status> {
        let bundles = self.rows.events.values().flatten();
        let presences = bundles.flat_map(|bundle| bundle.presences.values());
        presences.map(|presence| presence.body.content.status).collect()
    }

    pub(crate) fn apply(&mut self, plan: &Plan) {
        let rows = &mut self.rows;
        for change in &plan.changes {
            match change {
                Change::Put(Row::Meeting(row), _) => {
                    rows.meetings.insert(row.id, Some(row.clone()));
                }
                Change::Put(Row::Received(id, row), _) => {
                    rows.received.insert(*id, Some(*row));
                }
                Change::Put(Row::Event(row), _) => {
                    let bundle = rows.events.entry(row.id).or_default();
                    bundle.get_or_insert_default().event = Some(row.clone());
                }
                Change::Put(Row::Presence(event, calendar, row), _) => {
                    let bundle = rows.events.entry(*event).or_default();
                    let presences = &mut bundle.get_or_insert_default().presences;
                    presences.insert(*calendar, (**row).clone());
                }
                Change::Put(Row::Account(row), _) => {
                    Arc::make_mut(&mut rows.config).accounts.insert(row.id, row.clone());
                }
                Change::Put(Row::Calendar(row), _) => {
                    Arc::make_mut(&mut rows.config).calendars.insert(row.id, row.clone());
                }
                Change::Put(Row::Mirror(event, edge, row), _) => {
                    let bundle = rows.events.entry(*event).or_default().get_or_insert_default();
                    let parts = bundle.mirrors.remove(edge).map(|known| known.parts);
                    let (mirror, parts) = (row.clone(), parts.unwrap_or_default());
                    bundle.mirrors.insert(*edge, MirrorBundle { mirror, parts });
                }
                Change::Put(Row::Part(part, _, row), _) => {
                    let bundle = rows.events.get_mut(&part.event).and_then(Option::as_mut);
                    let mirror = bundle.unwrap().mirrors.get_mut(&part.edge).unwrap();
                    mirror.parts.insert(part.part, row.clone());
                }
                Change::Delete(RowKey::Presence(event, calendar)) => {
                    let bundle = rows.events.get_mut(event).and_then(Option::as_mut);
                    bundle.unwrap().presences.remove(calendar);
                }
                Change::Put(Row::Object(..), _) | Change::Delete(RowKey::Object(..)) => {}
                Change::Put(..) | Change::Delete(_) => panic!("a meeting leaves {change:?} alone"),
            }
        }
        rows.head = plan.entries.last().map_or(rows.head, |(entry, _)| entry.head());
    }
}

/// To whom, and the word.
pub(crate) fn sent(plan: &Plan) -> Vec<(GraphId, &'static str)> {
    plan.messages.iter().map(|message| (message.to, message.body.word())).collect()
}
