//! Lives a story over the simulated world.

use std::sync::Arc;

use kalends_core::cursor::Question;
use kalends_core::graph::EdgeOptions;
use kalends_core::ids::{EdgeId, RunId};
use kalends_core::journal::Entry;
use kalends_core::step::{EdgeTarget, UserEdit};
use kalends_driver::{DriverError, FailAt};
use kalends_sim_tests::{Driving, World, options};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::memory::MemoryStore;

use crate::deeds::Hands;
use crate::names::{self, Names};
use crate::step::{Cast, Line, Step};
use crate::words::Trouble;
use crate::{report, shown};

/// After this, what a dead process had begun is another's: [`kalends_driver::Limits::lease_ms`].
const LEASE_MS: i64 = 300_000;

/// Tells a story: what was seen at each step that looks, and what all calendars hold in the end.
///
/// # Errors
/// [`Trouble`] names the step that cannot be carried out.
pub fn tell(cast: &Cast, lines: &[Line]) -> Result<String, Trouble> {
    let mut stage = Stage::set(cast, FailAt::new(None));
    let mut out = stage.live(lines)?;
    out += &told("in the end", &stage.show(0..stage.world.places()));
    Ok(out)
}

fn told(of: &str, seen: &[String]) -> String {
    if seen.is_empty() {
        return String::new();
    }
    let lines: String = seen.iter().map(|line| format!("    {line}\n")).collect();
    format!("{of}\n{lines}")
}

/// A world, and a process that lives a story over it. It may be killed once, and is started again
/// then, as whoever started it would do.
pub(crate) struct Stage<'a> {
    cast: &'a Cast,
    pub(crate) world: World<MemoryStore>,
    pub(crate) hooks: Arc<FailAt>,
    hands: Hands,
    names: Names,
    edges: Vec<UserEdit>,
    edit: Vec<RunId>,
    sync: Vec<RunId>,
    journalled: u64,
}

impl<'a> Stage<'a> {
    /// A stage on which the process is killed where the hook says.
    pub(crate) fn set(cast: &'a Cast, hooks: FailAt) -> Self {
        let owners: Vec<usize> = cast.calendars.iter().map(|(_, owner)| *owner).collect();
        let mut stage = Self {
            cast,
            world: World::new(Profile::plain(), 1, &owners),
            hooks: Arc::new(hooks),
            hands: Hands::default(),
            names: Names::default(),
            edges: Vec::new(),
            edit: Vec::new(),
            sync: Vec::new(),
            journalled: 0,
        };
        // The calendars are found before anything happens in them.
        let _found = stage.world.sync();
        stage.names.learn(cast, &stage.world);
        let _before = stage.journal();
        stage
    }

    /// Lives these lines: what was seen at each step that looks.
    pub(crate) fn live(&mut self, lines: &[Line]) -> Result<String, Trouble> {
        let mut out = String::new();
        for line in lines {
            let what = self.carry_out(&line.step);
            let seen = what.map_err(|what| Trouble { line: line.number, what })?;
            out += &told(&line.text, &seen);
        }
        Ok(out)
    }

    fn carry_out(&mut self, step: &Step) -> Result<Vec<String>, String> {
        match step {
            Step::Edge { from, to, options, two_way } => {
                self.connect(*from, *to, options, *two_way)?;
            }
            Step::Change { from, to, options } => {
                let (edge, options) = (self.edge(*from, *to)?, options.clone());
                self.author(UserEdit::ChangeEdge { edge, base: None, options })?;
            }
            Step::Remove { from, to } => {
                let edge = self.edge(*from, *to)?;
                self.author(UserEdit::RemoveEdge { edge, abandon: false })?;
            }
            Step::Deed(place, deed) => self.hands.work(&self.world, *place, deed)?,
            Step::Sync => return Ok(self.sync()),
            Step::Plan => {
                let preview =
                    self.again(|driver| block_on(driver.preview(&self.world.keys, &options())));
                let preview = preview.map_err(|error| error.to_string())?;
                self.names.learn(self.cast, &self.world);
                return Ok(report::plan(&preview, &self.names));
            }
            Step::Show(places) => return Ok(self.show(places.iter().copied())),
            Step::Explain(title) => return report::why(&self.world, &self.names, title),
            Step::Journal => return Ok(self.journal()),
            Step::Judge { place, approve } => {
                let calendar = self.world.calendar(*place);
                self.author(UserEdit::Judge {
                    calendar,
                    question: Question::Deleted,
                    approve: *approve,
                    shown: None,
                })?;
            }
            Step::Fault { name, method, when } => {
                if !self.world.http.sim().plan(method, "*", *when, name) {
                    return Err(format!("the catalogue has no fault `{name}`"));
                }
            }
            Step::Calm => self.world.http.sim().faults_mut().clear(),
            Step::Wait(millis) => self.world.clock.advance_millis(*millis),
            Step::Wipe => self.wipe()?,
            Step::UndoEdit if self.edit.is_empty() => return Err("nothing was edited yet".into()),
            Step::UndoSync if self.sync.is_empty() => return Err("there was no sync yet".into()),
            Step::UndoEdit => self.undo(self.edit.clone())?,
            Step::UndoSync => self.undo(self.sync.clone())?,
        }
        Ok(Vec::new())
    }

    fn sync(&mut self) -> Vec<String> {
        let before = self.entries().len();
        match self.again(|driver| block_on(driver.sync(&self.world.keys, &options()))) {
            Ok(report) => {
                self.sync = self.runs_since(before, report.run);
                self.names.learn(self.cast, &self.world);
                report::sync(&report)
            }
            Err(error) => vec![error.to_string()],
        }
    }

    fn driver(&self) -> Driving<MemoryStore> {
        self.world.driver_failing(self.hooks.clone())
    }

    /// Does something, and once more where the process was killed meanwhile.
    fn again<T>(
        &self,
        does: impl Fn(Driving<MemoryStore>) -> Result<T, DriverError>,
    ) -> Result<T, DriverError> {
        match does(self.driver()) {
            Err(DriverError::Killed) => {
                self.world.clock.advance_millis(LEASE_MS);
                does(self.driver())
            }
            done => done,
        }
    }

    /// The runs that changed something since then, or else the one that did not.
    fn runs_since(&self, before: usize, run: RunId) -> Vec<RunId> {
        let mut runs: Vec<RunId> =
            self.entries().into_iter().skip(before).map(|entry| entry.run).collect();
        runs.dedup();
        if runs.is_empty() { vec![run] } else { runs }
    }

    /// The last first.
    fn undo(&mut self, runs: Vec<RunId>) -> Result<(), String> {
        runs.into_iter().rev().try_for_each(|run| self.author(UserEdit::Undo { run }))
    }

    fn connect(
        &mut self,
        from: usize,
        to: usize,
        options: &EdgeOptions,
        two_way: bool,
    ) -> Result<(), String> {
        let target = match to.checked_sub(self.cast.calendars.len()) {
            Some(owner) => EdgeTarget::Overlay(self.world.accounts[owner]),
            None => EdgeTarget::Calendar(self.world.calendar(to)),
        };
        let options = Box::new(EdgeOptions { kind: target.kind(), ..options.clone() });
        let from = self.world.calendar(from);
        let edit = UserEdit::AddEdge { from, to: target, options, two_way };
        self.edges.push(edit.clone());
        self.author(edit)
    }

    fn edge(&self, from: usize, to: usize) -> Result<EdgeId, String> {
        let (from, to) = (self.world.calendar(from), self.world.calendar(to));
        let edges = self.world.config().edges;
        let edge = edges.values().find(|edge| edge.from == from && edge.to == to);
        edge.map(|edge| edge.id).ok_or_else(|| "there is no such edge".to_owned())
    }

    fn author(&mut self, edit: UserEdit) -> Result<(), String> {
        let before = self.entries().len();
        let author =
            || block_on(self.driver().author(&self.world.keys, std::slice::from_ref(&edit)));
        let done = match author() {
            // Who was killed looks whether it is done.
            Err(DriverError::Killed) if self.entries().len() == before => author().map(|_| ()),
            Err(DriverError::Killed) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        done.map_err(|error| error.to_string())?;
        self.edit = self.runs_since(before, RunId::from_bytes([0; 16]));
        self.names.learn(self.cast, &self.world);
        Ok(())
    }

    fn wipe(&mut self) -> Result<(), String> {
        self.world.wipe();
        self.journalled = 0;
        for edit in self.edges.clone() {
            self.author(edit)?;
        }
        Ok(())
    }

    fn journal(&mut self) -> Vec<String> {
        let new: Vec<_> =
            self.entries().into_iter().filter(|entry| entry.seq > self.journalled).collect();
        self.journalled = new.last().map_or(self.journalled, |entry| entry.seq);
        report::journal(&new, &self.names)
    }

    fn entries(&self) -> Vec<Entry> {
        let entries = self.world.store.journal(self.world.keys.graph);
        entries.into_iter().map(|(entry, _)| entry).collect()
    }

    /// Overlays that nobody asked for are passed over.
    fn show(&self, places: impl Iterator<Item = usize>) -> Vec<String> {
        let mut lines = Vec::new();
        for place in places {
            if place >= self.cast.calendars.len() && self.world.path(place).is_none() {
                continue;
            }
            lines.push(format!("{}:", names::place(self.cast, place)));
            let held = shown::calendar(&self.world, place);
            lines.extend(held.into_iter().map(|line| format!("    {line}")));
        }
        lines
    }
}
