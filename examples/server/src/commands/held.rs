//! Deletions held for review.

use kalends::UserEdit;
use kalends::core::cursor::Verdict;

use crate::args::HeldCommand;
use crate::data::Data;
use crate::error::CliError;
use crate::hooks::CliHooks;
use crate::outcome::Outcome;
use crate::show::table;
use crate::view::{Held, HeldView, Judged};
use crate::{host, lookup};

pub(crate) async fn run(data: &Data, command: HeldCommand) -> Result<Outcome, CliError> {
    match command {
        HeldCommand::List => list(data).await,
        HeldCommand::Approve { calendar } => judge(data, &calendar, true).await,
        HeldCommand::Reject { calendar } => judge(data, &calendar, false).await,
    }
}

pub(crate) async fn list(data: &Data) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let held = config.reviews.values().map(|review| HeldView {
        calendar: review.calendar.to_string(),
        name: lookup::label(&config, review.calendar),
        run: review.run.to_string(),
        count: review.count,
        total: review.total,
        verdict: verdict(review.verdict),
    });
    let json = Held { held: held.collect() };
    let rows = config.reviews.values().map(|review| {
        [
            lookup::label(&config, review.calendar),
            format!("{} of {}", review.count, review.total),
            verdict(review.verdict).to_owned(),
        ]
    });
    let text = table(["calendar", "deleted", "verdict"], rows, "nothing is held");
    Ok(Outcome::new(json, text))
}

pub(crate) async fn judge(data: &Data, name: &str, approve: bool) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let calendar = lookup::calendar(&config, name)?.id;
    let driver = host::driver(data, CliHooks::quiet())?;
    let edit = UserEdit::Judge { calendar, approve };
    let (run, _) = kalends::edit(&driver, &data.keys, edit).await?;
    let text = match approve {
        true => "approved: the next sync lets the deletions take effect",
        false => "rejected: the events stay as last seen",
    };
    let verdict = verdict(if approve { Verdict::Approved } else { Verdict::Rejected });
    let json = Judged { calendar: calendar.to_string(), verdict, run: run.to_string() };
    Ok(Outcome::new(json, text))
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Waiting => "waiting",
        Verdict::Approved => "approved",
        Verdict::Rejected => "rejected",
    }
}
