//! Rows into the slice.

use kalends_core::ids::{
    AccountId, CalendarId, EdgeId, EventId, HoldId, MeetingId, MessageId, ProviderId, RuleId,
    RunId, ScopeId, SessionId,
};
use kalends_core::journal::Head;
use kalends_core::mirror::PartKey;
use kalends_core::ports::Vault;
use kalends_core::slice::{
    AnyCalendar, Bundle, Config, GraphVersion, MirrorBundle, ObjectRow, Page, ReadSet, Slice,
};
use kalends_core::wire;

use super::Loader;
use super::ask::{Ask, GONE_EVENTS_MAX};
use crate::queries::{open_aside, read_entry};
use crate::value::{Columns, Rows, Value};
use crate::{SqlError, codes};

/// Everything wanted stands in the slice, as absent until a row comes.
pub(super) fn nothing_found(want: &ReadSet, slice: &mut Slice) {
    slice.events = want.events.iter().map(|key| (*key, None)).collect();
    slice.objects = want.objects.iter().map(|key| (key.clone(), None)).collect();
    slice.asides = want.objects.iter().map(|key| (key.clone(), None)).collect();
    slice.cursors = want.cursors.iter().map(|key| (*key, None)).collect();
    slice.runs = want.runs.iter().map(|key| (*key, None)).collect();
    slice.health = want.health.iter().map(|key| (*key, None)).collect();
    slice.watches = want.watches.iter().map(|key| (*key, None)).collect();
    slice.meetings = want.meetings.iter().map(|key| (*key, None)).collect();
    slice.received = want.received.iter().map(|key| (*key, None)).collect();
    slice.entries = want.entries.iter().map(|key| (*key, None)).collect();
}

impl Loader {
    pub(super) fn fill(&mut self, ask: Ask, rows: Rows, vault: &dyn Vault) -> Result<(), SqlError> {
        match ask {
            Ask::PresencePage(page) => {
                self.slice.presences.insert(page, read_page(rows, page.limit)?);
                return Ok(());
            }
            Ask::MirrorPage(page) => {
                self.slice.mirrors.insert(page, read_page(rows, page.limit)?);
                return Ok(());
            }
            Ask::AsidePage(page) => {
                let names = rows.into_iter().map(|row| Columns::of(row).text().map(ProviderId));
                self.slice.aside_pages.insert(page, names.collect::<Result<_, _>>()?);
                return Ok(());
            }
            Ask::Times(page) => {
                let events = rows.into_iter().map(|row| Columns::of(row).bytes());
                let events = events.map(|bytes| bytes.map(EventId::from_bytes));
                self.slice.times.insert(page, events.collect::<Result<_, _>>()?);
                return Ok(());
            }
            Ask::Evidence => {
                let calendars = rows.into_iter().map(|row| Columns::of(row).bytes());
                let calendars = calendars.map(|bytes| bytes.map(CalendarId::from_bytes));
                self.slice.evidence.insert(AnyCalendar, calendars.collect::<Result<_, _>>()?);
                return Ok(());
            }
            Ask::GoneEvents(calendar) => {
                let found = read_page(rows, GONE_EVENTS_MAX)?;
                let page = self.slice.gone.entry(calendar).or_default();
                (page.events, page.more) = (found.events, found.more);
                return Ok(());
            }
            Ask::Range(range) => {
                let objects = rows.into_iter().map(|row| read_object(&mut Columns::of(row)));
                self.slice.ranges.insert(range, objects.collect::<Result<_, _>>()?);
                return Ok(());
            }
            Ask::Journal(run) => {
                let entries = rows.into_iter().map(|row| read_entry(self.graph, row, vault));
                self.slice.journal.insert(run, entries.collect::<Result<_, _>>()?);
                return Ok(());
            }
            Ask::Entries => {
                for row in rows {
                    let entry = read_entry(self.graph, row, vault)?;
                    self.slice.entries.insert(entry.0.seq, Some(entry));
                }
                return Ok(());
            }
            Ask::Graph
            | Ask::SetUp
            | Ask::GoneCounts(_)
            | Ask::Objects(_)
            | Ask::Asides(_)
            | Ask::Cursors
            | Ask::Runs
            | Ask::Health
            | Ask::Watches
            | Ask::Meetings
            | Ask::Received
            | Ask::Events
            | Ask::Presences
            | Ask::Mirrors
            | Ask::Parts
            | Ask::Strays => {}
        }
        rows.into_iter().try_for_each(|row| self.fill_row(&ask, &mut Columns::of(row), vault))
    }

    fn fill_row(
        &mut self,
        ask: &Ask,
        row: &mut Columns,
        vault: &dyn Vault,
    ) -> Result<(), SqlError> {
        match ask {
            Ask::Graph => {
                self.slice.version = GraphVersion(row.count()?);
                self.setup = Some(row.count()?);
                self.slice.head = Head { seq: row.count()?, hash: row.bytes()? };
            }
            Ask::SetUp => read_set_up(self.config.get_or_insert_default(), row)?,
            Ask::GoneCounts(calendar) => self.fill_gone_counts(*calendar, row)?,
            Ask::Objects(calendar) => {
                let (object, found) = read_object(row)?;
                self.slice.objects.insert((*calendar, object), Some(found));
            }
            Ask::Asides(calendar) => {
                let object = ProviderId(row.text()?);
                let aside = open_aside(self.graph, (*calendar, object), &row.blob()?, vault)?;
                self.slice.asides.insert((*calendar, aside.object.clone()), Some(aside));
            }
            Ask::Cursors => {
                let scope = ScopeId::from_bytes(row.bytes()?);
                self.slice.cursors.insert(scope, Some(wire::cursor(row.text()?.as_bytes())?));
            }
            Ask::Runs => {
                let run = RunId::from_bytes(row.bytes()?);
                self.slice.runs.insert(run, Some(wire::run(run, row.text()?.as_bytes())?));
            }
            Ask::Health => {
                let account = AccountId::from_bytes(row.bytes()?);
                self.slice.health.insert(account, Some(wire::health(row.text()?.as_bytes())?));
            }
            Ask::Watches => {
                let scope = ScopeId::from_bytes(row.bytes()?);
                self.slice.watches.insert(scope, Some(wire::watch(row.text()?.as_bytes())?));
            }
            Ask::Meetings => {
                let id = MeetingId::from_bytes(row.bytes()?);
                let found = wire::meeting(id, row.text()?.as_bytes())?;
                self.slice.meetings.insert(id, Some(found));
            }
            Ask::Received => {
                let id = MessageId::from_bytes(row.bytes()?);
                self.slice.received.insert(id, Some(wire::received(row.text()?.as_bytes())?));
            }
            Ask::Events | Ask::Presences | Ask::Mirrors | Ask::Parts | Ask::Strays => {
                self.fill_bundle(ask, row, vault)?;
            }
            // Read as a whole, not row by row.
            Ask::PresencePage(_)
            | Ask::MirrorPage(_)
            | Ask::Evidence
            | Ask::GoneEvents(_)
            | Ask::AsidePage(_)
            | Ask::Times(_)
            | Ask::Range(_)
            | Ask::Journal(_)
            | Ask::Entries => {}
        }
        Ok(())
    }

    fn fill_gone_counts(
        &mut self,
        calendar: CalendarId,
        row: &mut Columns,
    ) -> Result<(), SqlError> {
        let page = self.slice.gone.entry(calendar).or_default();
        let mut count = || Ok::<_, SqlError>(u32::try_from(row.count()?).unwrap_or(u32::MAX));
        page.presences_gone = count()?;
        page.mirrors_gone = count()?;
        page.presences = count()?;
        Ok(())
    }

    fn fill_bundle(
        &mut self,
        ask: &Ask,
        row: &mut Columns,
        vault: &dyn Vault,
    ) -> Result<(), SqlError> {
        let event = EventId::from_bytes(row.bytes()?);
        let bundle = self.slice.events.entry(event).or_default();
        match ask {
            Ask::Events => {
                let found = wire::event(event, row.text()?.as_bytes())?;
                bundle.get_or_insert_default().event = Some(found);
            }
            Ask::Presences => {
                let calendar = CalendarId::from_bytes(row.bytes()?);
                let found = wire::presence(row.text()?.as_bytes())?;
                bundle.get_or_insert_default().presences.insert(calendar, found);
            }
            Ask::Mirrors => {
                let edge = EdgeId::from_bytes(row.bytes()?);
                let mirror = wire::mirror(row.text()?.as_bytes())?;
                let found = MirrorBundle { mirror, parts: std::collections::BTreeMap::new() };
                bundle.get_or_insert_default().mirrors.insert(edge, found);
            }
            Ask::Parts => fill_part(bundle.as_mut(), row)?,
            Ask::Strays => {
                let calendar = CalendarId::from_bytes(row.bytes()?);
                let key = (calendar, ProviderId(row.text()?));
                let aside = open_aside(self.graph, key.clone(), &row.blob()?, vault)?;
                bundle.get_or_insert_default().strays.insert(key, aside);
            }
            Ask::Graph
            | Ask::SetUp
            | Ask::PresencePage(_)
            | Ask::MirrorPage(_)
            | Ask::Evidence
            | Ask::GoneEvents(_)
            | Ask::AsidePage(_)
            | Ask::Times(_)
            | Ask::GoneCounts(_)
            | Ask::Objects(_)
            | Ask::Asides(_)
            | Ask::Range(_)
            | Ask::Cursors
            | Ask::Runs
            | Ask::Health
            | Ask::Watches
            | Ask::Meetings
            | Ask::Received
            | Ask::Journal(_)
            | Ask::Entries => {}
        }
        Ok(())
    }
}

/// A part belongs to a mirror, which was asked for before it.
fn fill_part(bundle: Option<&mut Bundle>, row: &mut Columns) -> Result<(), SqlError> {
    let edge = EdgeId::from_bytes(row.bytes()?);
    if let Some(mirror) = bundle.and_then(|bundle| bundle.mirrors.get_mut(&edge)) {
        let key = PartKey::from_bytes(row.bytes()?).ok_or(SqlError::Shape("the key of a part"))?;
        mirror.parts.insert(key, wire::part(row.text()?.as_bytes())?);
    }
    Ok(())
}

fn read_object(row: &mut Columns) -> Result<(ProviderId, ObjectRow), SqlError> {
    Ok((ProviderId(row.text()?), wire::object(row.text()?.as_bytes())?))
}

/// One row more than the limit was asked for.
fn read_page(rows: Rows, limit: u32) -> Result<Page, SqlError> {
    let more = rows.len() > limit as usize;
    let events = rows.into_iter().take(limit as usize);
    let events = events.map(|row| Columns::of(row).bytes().map(EventId::from_bytes));
    Ok(Page { events: events.collect::<Result<_, _>>()?, more })
}

fn read_set_up(config: &mut Config, row: &mut Columns) -> Result<(), SqlError> {
    let kind = row.integer()?;
    let key = row.value()?;
    let body = row.text()?;
    let form = body.as_bytes();
    match (kind, key) {
        (3, Value::Integer(owner)) => {
            config.policies.insert(codes::read_owner(owner)?, wire::policy(form)?);
        }
        (kind, Value::Id(id)) => read_set_up_row(config, (kind, id), form)?,
        (kind, Value::Blob(id)) => {
            let id = id.try_into().map_err(|_| SqlError::Shape("an id"))?;
            read_set_up_row(config, (kind, id), form)?;
        }
        (_, Value::Null | Value::Integer(_) | Value::Text(_)) => {
            return Err(SqlError::Shape("an id"));
        }
    }
    Ok(())
}

fn read_set_up_row(
    config: &mut Config,
    (kind, id): (i64, [u8; 16]),
    form: &[u8],
) -> Result<(), SqlError> {
    match kind {
        0 => {
            let id = AccountId::from_bytes(id);
            config.accounts.insert(id, wire::account(id, form)?);
        }
        1 => {
            let id = CalendarId::from_bytes(id);
            config.calendars.insert(id, wire::calendar(id, form)?);
        }
        2 => {
            let id = EdgeId::from_bytes(id);
            config.edges.insert(id, wire::edge(id, form)?);
        }
        4 => {
            config.sweeps.insert(EdgeId::from_bytes(id), wire::sweep(form)?);
        }
        5 => {
            let id = CalendarId::from_bytes(id);
            config.reviews.insert(id, wire::review(id, form)?);
        }
        6 => {
            config.rules.insert(RuleId::from_bytes(id), wire::rule(form)?);
        }
        7 => {
            let id = HoldId::from_bytes(id);
            config.holds.insert(id, wire::hold(id, form)?);
        }
        8 => {
            let id = SessionId::from_bytes(id);
            config.sessions.insert(id, wire::session(id, form)?);
        }
        _ => return Err(SqlError::Shape("a kind of set-up")),
    }
    Ok(())
}
