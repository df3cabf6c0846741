//! Somebody who uses their calendars while the page is open.

use std::time::Duration;

use serde_json::json;

use super::stage::{PRIVATE, Stage, now_ms, odd};
use crate::error::CliError;
use crate::outcome::warn;

/// What comes and goes at work.
const CALL: &str = "Call from Mara";

pub(super) struct People<'a> {
    stage: &'a Stage,
    /// The call, while it is there.
    call: Option<String>,
}

impl<'a> People<'a> {
    pub(super) const fn new(stage: &'a Stage) -> Self {
        Self { stage, call: None }
    }

    /// Edits again and again; without a pause between edits, nobody ever does.
    pub(super) async fn edit(mut self, pause: Duration) -> Result<(), CliError> {
        if pause.is_zero() {
            std::future::pending::<()>().await;
        }
        for turn in 0_u32.. {
            tokio::time::sleep(pause).await;
            warn(&format!("Ann {}", self.once(turn)?));
        }
        Ok(())
    }

    /// Does the next thing: what it was.
    fn once(&mut self, turn: u32) -> Result<&'static str, CliError> {
        // The second time round, what was changed is changed back.
        let is_back = turn / 4 % 2 == 1;
        match turn % 4 {
            0 => self.take_call(),
            1 => self.move_practice(is_back),
            2 => self.rename_dinner(is_back),
            _ => self.drop_call(),
        }
    }

    fn take_call(&mut self) -> Result<&'static str, CliError> {
        let calendar = self.stage.work_calendar()?;
        let event = self.stage.work_event((3, (10, 30), 30, CALL));
        let mut sim = self.stage.microsoft.sim();
        let made = sim.person(now_ms()).create(&calendar, &event);
        self.call = Some(made.map_err(|why| odd(format!("{why:?}")))?);
        Ok("puts a call down at work (Microsoft)")
    }

    fn move_practice(&self, is_back: bool) -> Result<&'static str, CliError> {
        let text = self.stage.practice(if is_back { 0 } else { 60 });
        let mut sim = self.stage.family.sim();
        sim.person(now_ms()).put(&self.stage.family_calendar, "0.ics", &text).map_err(odd)?;
        Ok("moves the football practice (CalDAV)")
    }

    fn rename_dinner(&self, is_back: bool) -> Result<&'static str, CliError> {
        let title = if is_back { "Dinner with Lena" } else { "Dinner with Lena and Tom" };
        let mut sim = self.stage.google.sim();
        let mut person = sim.person(PRIVATE, now_ms());
        person.edit(PRIVATE, &self.stage.dinner, &json!({"summary": title})).map_err(odd)?;
        Ok("renames her dinner (Google)")
    }

    fn drop_call(&mut self) -> Result<&'static str, CliError> {
        if let Some(call) = self.call.take() {
            let mut sim = self.stage.microsoft.sim();
            sim.person(now_ms()).delete(&call).map_err(|why| odd(format!("{why:?}")))?;
        }
        Ok("crosses the call out again (Microsoft)")
    }
}
