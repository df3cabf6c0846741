//! What is recorded, in bounded pages.

use std::ops::Range;

use kalends::core::ids::RunId;
use kalends::core::mirror::PartKey;
use kalends::core::read::{Occurring, Reason};
use kalends::core::time::Timestamp;
use kalends::queries::{JournalFilter, JournalPage as Entries};
use kalends::{Agenda, Options, Planned, Rests};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::setup::{Detail, detail, label};
use crate::views::{at, count, id};

/// The most rows of a page.
pub(crate) const PAGE_MAX: i32 = 250;
pub(crate) const PAGE: usize = PAGE_MAX.unsigned_abs() as usize;

/// One time that an event takes place.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OccurrenceView {
    /// The event's id.
    pub event: String,
    /// Its iCalendar UID.
    pub uid: String,
    /// The calendar whose content this is.
    pub calendar_id: String,
    /// The title.
    pub title: String,
    /// The start, in milliseconds since 1970.
    pub start_ms: i64,
    /// The end.
    pub end_ms: i64,
    /// Of a whole-day event: its first day, `2026-06-01`.
    pub first_day: Option<String>,
    /// Of a whole-day event: the day after its last.
    pub day_after: Option<String>,
    /// Of an instance of a series: the start it had before it was changed.
    pub original_ms: Option<i64>,
}

/// A page of what takes place.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OccurrencePage {
    /// Sorted by start.
    pub list: Vec<OccurrenceView>,
    /// Give this to get the next page; absent at the end.
    pub next: Option<String>,
}

/// A time that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct BusyTime {
    /// From, in milliseconds since 1970.
    pub start_ms: i64,
    /// Until.
    pub end_ms: i64,
}

/// Times that are taken.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct BusyPage {
    /// Disjoint, sorted.
    pub list: Vec<BusyTime>,
    /// Ask from here to get the next page; absent at the end.
    pub next: Option<i64>,
}

/// A write that a sync would make.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PlannedWrite {
    /// `create`, `update`, `delete`, `read`, `change-origin`, `delete-origin`, `make-calendar`,
    /// `delete-calendar`.
    pub action: String,
    /// Where: the account's name and the calendar's.
    pub place: String,
    /// The event, if it is about one.
    pub event: Option<String>,
    /// The title as it would be written.
    pub title: Option<String>,
}

/// What a sync would write.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct WritePlan {
    /// The first 250 of the writes.
    pub list: Vec<PlannedWrite>,
    /// How many there are.
    pub count: i64,
}

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ReasonView {
    /// Stable, for programs.
    pub code: String,
    /// For people; says what to do where something can be done.
    pub text: String,
}

/// An event in one calendar.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PresenceLine {
    /// The calendar.
    pub place: String,
    /// The title.
    pub title: String,
    /// What is to be known of it.
    pub reasons: Vec<ReasonView>,
}

/// An event under one edge.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MirrorLine {
    /// The edge.
    pub edge: String,
    /// The source calendar.
    pub source: String,
    /// The target calendar.
    pub target: String,
    /// Whether there is to be a mirror.
    pub wanted: bool,
    /// How much it shows of this event at most.
    pub detail: Detail,
    /// Why it is not wanted, not followed, or not as its edge alone would have it.
    pub reasons: Vec<ReasonView>,
    /// Where the work on each of its objects stands.
    pub parts: Vec<ReasonView>,
}

/// Why an event is mirrored where it is, and where it is not.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Explanation {
    /// The event; of something set aside, its object.
    pub event: String,
    /// Its UID.
    pub uid: Option<String>,
    /// Where it is held.
    pub presences: Vec<PresenceLine>,
    /// What each edge makes of it.
    pub mirrors: Vec<MirrorLine>,
    /// Objects with a mark for it that belong to no mirror.
    pub strays: Vec<ReasonView>,
}

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct JournalEntry {
    /// Its number.
    pub number: i64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Its run, which `undo` takes.
    pub run: String,
    /// A stable code of what happened.
    pub cause: String,
    /// The event it is about.
    pub event: Option<String>,
}

/// What an undo did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct UndoReport {
    /// Its own run, which `undo` takes again.
    pub run: String,
    /// What it left as it is.
    pub left: Vec<LeftAlone>,
}

/// Something that an undo left as it is. Where no id is given, it is an account or a policy.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LeftAlone {
    /// Why: `undo.touched-since` where somebody changed it since, `undo.gone` where it is to be added
    /// again, `undo.end-gone` where a calendar that it joins is gone, `undo.would-notify` where its
    /// guests would be mailed.
    pub code: String,
    /// The event.
    pub event: Option<String>,
    /// The edge.
    pub edge: Option<String>,
    /// The calendar.
    pub calendar_id: Option<String>,
}

/// A page of the journal.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct JournalPage {
    /// The earliest first.
    pub entries: Vec<JournalEntry>,
    /// Give this to get the next page; absent at the end.
    pub next: Option<i64>,
}

#[uniffi::export]
impl Engine {
    /// What takes place from one time to another, 250 at most a page.
    ///
    /// # Errors
    /// `Invalid` where `after` is no word of a page before; `Storage`, `Corrupt`.
    #[uniffi::method(default(limit = 250, after = None))]
    pub async fn occurrences(
        &self,
        from_ms: i64,
        to_ms: i64,
        limit: i32,
        after: Option<String>,
    ) -> Result<OccurrencePage, EngineError> {
        let after = after.map(|text| read_after(&text)).transpose()?;
        let limit = usize::try_from(limit.clamp(1, PAGE_MAX)).ok();
        let agenda = Agenda { range: at(from_ms)..at(to_ms), after, limit };
        let (store, graph) = self.store();
        let page = agenda.page(store, graph).await?;
        Ok(OccurrencePage {
            list: page.list.into_iter().map(occurrence).collect(),
            next: page.next.map(|(at, event, original)| {
                let original = original.map_or_else(String::new, |at| at.as_millis().to_string());
                format!("{} {event} {original}", at.as_millis())
            }),
        })
    }

    /// When the person's time is taken, 250 times at most a page.
    ///
    /// # Errors
    /// `Storage`, `Corrupt`.
    pub async fn free_busy(&self, from_ms: i64, to_ms: i64) -> Result<BusyPage, EngineError> {
        let (store, graph) = self.store();
        let taken = kalends::free_busy(store, graph, &(at(from_ms)..at(to_ms))).await?;
        let is_all = taken.len() <= PAGE;
        let view = |one: Range<Timestamp>| BusyTime {
            start_ms: one.start.as_millis(),
            end_ms: one.end.as_millis(),
        };
        let list: Vec<BusyTime> = taken.into_iter().take(PAGE).map(view).collect();
        let next = list.last().filter(|_| !is_all).map(|last| last.end_ms);
        Ok(BusyPage { list, next })
    }

    /// What a sync would write; nothing is sent but what reads.
    ///
    /// # Errors
    /// `Storage`, `Corrupt`.
    pub async fn plan(&self) -> Result<WritePlan, EngineError> {
        let (driver, keys) = (self.mobile.driver(), self.mobile.keys());
        let options = Options { rests: Rests::Ended, ..Options::default() };
        let preview = driver.preview(keys, &options).await?;
        let config = self.setting().await?;
        let first = preview.operations.iter().take(PAGE);
        let list = first
            .map(|operation| (operation.calendar, Planned::of(operation)))
            .map(|(calendar, planned)| PlannedWrite {
                action: planned.action.to_owned(),
                place: label(&config, calendar),
                event: planned.event.map(|event| event.to_string()),
                title: planned.body.map(|body| body.content.title.clone()),
            })
            .collect();
        Ok(WritePlan { list, count: i64::try_from(preview.operations.len()).unwrap_or(i64::MAX) })
    }

    /// Why an event is mirrored where it is; absent where nothing is known of it. Takes an id, an
    /// iCalendar UID, or the object of something set aside.
    ///
    /// # Errors
    /// `Storage`, `Corrupt`.
    pub async fn explain(&self, event: String) -> Result<Option<Explanation>, EngineError> {
        let (store, graph) = self.store();
        let keys = self.mobile.keys();
        let known = event.parse().unwrap_or_else(|_| keys.event(&event, "", 0));
        let Some(explained) = kalends::explain(store, graph, known).await? else {
            return self.explain_aside(event).await;
        };
        let config = self.setting().await?;
        let presences = explained.presences.iter().map(|line| PresenceLine {
            place: label(&config, line.calendar),
            title: line.title.clone(),
            reasons: reasons(&line.reasons),
        });
        let mirrors = explained.mirrors.iter().map(|line| MirrorLine {
            edge: line.edge.to_string(),
            source: label(&config, line.from),
            target: label(&config, line.to),
            wanted: line.wanted,
            detail: detail(line.level),
            reasons: reasons(&line.reasons),
            parts: line.parts.iter().map(|part| part_reason(&part.part, &part.state)).collect(),
        });
        Ok(Some(Explanation {
            event: explained.event.to_string(),
            uid: explained.uid.clone(),
            presences: presences.collect(),
            mirrors: mirrors.collect(),
            strays: explained.strays.iter().map(|(.., why)| reason(why)).collect(),
        }))
    }

    /// What happened, 250 entries at most a page.
    ///
    /// # Errors
    /// `Storage`, `Corrupt`.
    #[uniffi::method(default(limit = 250))]
    pub async fn journal(&self, after: i64, limit: i32) -> Result<JournalPage, EngineError> {
        let (store, graph) = self.store();
        let limit = u32::try_from(limit.clamp(1, PAGE_MAX)).unwrap_or(1);
        let after = u64::try_from(after).unwrap_or(0);
        let page = Entries { graph, filter: JournalFilter::All, after, limit };
        let entries = store.query(page).await?;
        let next = entries.last().filter(|_| entries.len() == limit as usize);
        Ok(JournalPage {
            next: next.map(|(entry, _)| count(entry.seq)),
            entries: entries
                .iter()
                .map(|(entry, _)| JournalEntry {
                    number: count(entry.seq),
                    at_ms: entry.at.as_millis(),
                    run: entry.run.to_string(),
                    cause: entry.cause.what.code().to_owned(),
                    event: entry.event.map(|event| event.to_string()),
                })
                .collect(),
        })
    }

    /// Takes back what a run's cause changed here. What a person touched since stays, and is named.
    ///
    /// # Errors
    /// `Invalid` where nothing was recorded in this run, or the id is none; `Storage`, `Corrupt`.
    pub async fn undo(&self, run: String) -> Result<UndoReport, EngineError> {
        let run = id::<RunId>(&run, "a run")?;
        let (run, notes) = self.carry_out(kalends::UserEdit::Undo { run }).await?;
        if notes.iter().any(|note| note.code == "undo.no-run") {
            return Err(EngineError::invalid("nothing was recorded in this run"));
        }
        let left =
            notes.iter().filter(|note| note.code.starts_with("undo.")).map(|note| LeftAlone {
                code: note.code.to_owned(),
                event: note.event.map(|id| id.to_string()),
                edge: note.edge.map(|id| id.to_string()),
                calendar_id: note.calendar.map(|id| id.to_string()),
            });
        Ok(UndoReport { run, left: left.collect() })
    }
}

fn occurrence(one: Occurring) -> OccurrenceView {
    OccurrenceView {
        event: one.event.to_string(),
        uid: one.uid,
        calendar_id: one.calendar.to_string(),
        title: one.title,
        start_ms: one.start.as_millis(),
        end_ms: one.end.as_millis(),
        first_day: one.days.as_ref().map(|days| days.start.to_string()),
        day_after: one.days.as_ref().map(|days| days.end.to_string()),
        original_ms: one.original.map(|(at, _)| at.as_millis()),
    }
}

fn read_after(text: &str) -> Result<kalends::After, EngineError> {
    let mut words = text.split(' ');
    let mut next = || words.next().unwrap_or_default();
    let (start, event, original) = (next(), next(), next());
    let ms = |text: &str| text.parse().map(at).map_err(|_| not_a_page(text));
    let original = if original.is_empty() { None } else { Some(ms(original)?) };
    Ok((ms(start)?, event.parse().map_err(|_| not_a_page(text))?, original))
}

fn not_a_page(text: &str) -> EngineError {
    EngineError::invalid(format!("{text:?} is no place in a list: give `next` of the page before"))
}

pub(crate) fn reason(reason: &Reason) -> ReasonView {
    ReasonView { code: reason.code.clone(), text: reason.text.clone() }
}

fn reasons(list: &[Reason]) -> Vec<ReasonView> {
    list.iter().map(reason).collect()
}

fn part_reason(part: &PartKey, state: &Reason) -> ReasonView {
    let which = match part {
        PartKey::Whole => "whole",
        PartKey::Override(_) => "override",
        PartKey::Single(_) => "instance",
    };
    ReasonView { code: state.code.clone(), text: format!("{which}: {}", state.text) }
}
