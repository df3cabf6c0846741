//! Lives a story over the simulated world.

use kalends_core::graph::EdgeOptions;
use kalends_core::ids::{EdgeId, RunId};
use kalends_core::step::{EdgeTarget, UserEdit};
use kalends_sim_tests::{Keep as _, World};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::memory::MemoryStore;

use crate::deeds::Hands;
use crate::names::{self, Names};
use crate::step::{Cast, Line, Step};
use crate::words::Trouble;
use crate::{report, shown};

/// Tells a story: what was seen at each step that looks, and what all calendars hold in the end.
///
/// # Errors
/// [`Trouble`] names the step that cannot be carried out.
pub fn tell(cast: &Cast, lines: &[Line]) -> Result<String, Trouble> {
    let owners: Vec<usize> = cast.calendars.iter().map(|(_, owner)| *owner).collect();
    let mut stage = Stage {
        cast,
        world: World::new(Profile::plain(), 1, &owners),
        hands: Hands::default(),
        names: Names::default(),
        edges: Vec::new(),
        edit: None,
        sync: None,
        journalled: 0,
    };
    // The calendars are found before anything happens in them.
    let _found = stage.world.sync();
    stage.names.learn(cast, &stage.world);
    let _before = stage.journal();
    let mut out = String::new();
    for line in lines {
        let what = stage.carry_out(&line.step);
        let seen = what.map_err(|what| Trouble { line: line.number, what })?;
        out += &told(&line.text, &seen);
    }
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

struct Stage<'a> {
    cast: &'a Cast,
    world: World<MemoryStore>,
    hands: Hands,
    names: Names,
    edges: Vec<UserEdit>,
    edit: Option<RunId>,
    sync: Option<RunId>,
    journalled: u64,
}

impl Stage<'_> {
    fn carry_out(&mut self, step: &Step) -> Result<Vec<String>, String> {
        match step {
            Step::Edge { from, to, options, two_way } => {
                self.connect(*from, *to, options, *two_way)?;
            }
            Step::Change { from, to, options } => {
                let (edge, options) = (self.edge(*from, *to)?, options.clone());
                self.author(UserEdit::ChangeEdge { edge, options })?;
            }
            Step::Remove { from, to } => {
                let edge = self.edge(*from, *to)?;
                self.author(UserEdit::RemoveEdge { edge, abandon: false })?;
            }
            Step::Deed(place, deed) => self.hands.work(&self.world, *place, deed)?,
            Step::Sync => return Ok(self.sync()),
            Step::Plan => {
                let preview = self.world.plan();
                self.names.learn(self.cast, &self.world);
                return Ok(report::plan(&preview, &self.names));
            }
            Step::Show(places) => return Ok(self.show(places.iter().copied())),
            Step::Explain(title) => return report::why(&self.world, &self.names, title),
            Step::Journal => return Ok(self.journal()),
            Step::Judge { place, approve } => {
                let calendar = self.world.calendar(*place);
                self.author(UserEdit::Judge { calendar, approve: *approve })?;
            }
            Step::Fault { name, method, when } => {
                if !self.world.http.sim().plan(method, "*", *when, name) {
                    return Err(format!("the catalogue has no fault `{name}`"));
                }
            }
            Step::Calm => self.world.http.sim().faults_mut().clear(),
            Step::Wait(millis) => self.world.clock.advance_millis(*millis),
            Step::Wipe => self.wipe()?,
            Step::UndoEdit => {
                let run = self.edit.ok_or("nothing was edited yet")?;
                self.author(UserEdit::Undo { run })?;
            }
            Step::UndoSync => {
                let run = self.sync.ok_or("there was no sync yet")?;
                self.author(UserEdit::Undo { run })?;
            }
        }
        Ok(Vec::new())
    }

    fn sync(&mut self) -> Vec<String> {
        match self.world.try_sync() {
            Ok(report) => {
                self.sync = Some(report.run);
                self.names.learn(self.cast, &self.world);
                report::sync(&report)
            }
            Err(error) => vec![error.to_string()],
        }
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
        let done = block_on(self.world.driver().author(&self.world.keys, &[edit]));
        self.edit = Some(done.map_err(|error| error.to_string())?.0);
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
        let entries = self.world.store.memory().map(|store| store.journal(self.world.keys.graph));
        let entries = entries.unwrap_or_default().into_iter().map(|(entry, _)| entry);
        let new: Vec<_> = entries.filter(|entry| entry.seq > self.journalled).collect();
        self.journalled = new.last().map_or(self.journalled, |entry| entry.seq);
        report::journal(&new, &self.names)
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
