//! Deletions held for review.

use kalends::UserEdit;
use kalends::core::cursor::{Question, Verdict};
use kalends::core::ids::CalendarId;
use kalends::core::slice::Config;

use crate::args::HeldCommand;
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::hooks::CliHooks;
use crate::outcome::Outcome;
use crate::show::table;
use crate::view::{Held, HeldView, Judged};
use crate::{host, lookup};

pub(crate) async fn run(data: &Data, command: HeldCommand) -> Result<Outcome, CliError> {
    match command {
        HeldCommand::List => list(data).await,
        HeldCommand::Approve { calendar, count, unseen } => {
            judge(data, &calendar, asked(unseen), Word::Approve { shown: count }).await
        }
        HeldCommand::Reject { calendar, unseen } => {
            judge(data, &calendar, asked(unseen), Word::Reject).await
        }
    }
}

pub(crate) async fn list(data: &Data) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let all = || {
        let reviews = config.reviews.values();
        reviews.flat_map(|review| review.questions().map(move |(of, asked)| (review, of, asked)))
    };
    let held = all().map(|(review, of, asked)| HeldView {
        calendar: review.calendar.to_string(),
        name: lookup::label(&config, review.calendar),
        run: review.run.to_string(),
        question: question(of),
        count: asked.count,
        total: asked.total,
        verdict: verdict(asked.verdict),
    });
    let json = Held { held: held.collect() };
    let rows = all().map(|(review, of, asked)| {
        [
            lookup::label(&config, review.calendar),
            question(of).to_owned(),
            format!("{} of {}", asked.count, asked.total),
            verdict(asked.verdict).to_owned(),
        ]
    });
    let text = table(["calendar", "question", "how many", "verdict"], rows, "nothing is held");
    Ok(Outcome::new(json, text))
}

pub(crate) async fn judge(
    data: &Data,
    name: &str,
    of: Question,
    word: Word,
) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let calendar = lookup::calendar(&config, name)?.id;
    let driver = host::driver(data, CliHooks::quiet())?;
    let (approve, shown) = match word {
        Word::Approve { shown } => (true, Some(shown)),
        Word::Reject => (false, None),
    };
    let edit = UserEdit::Judge { calendar, question: of, approve, shown };
    let edited = host::edit(data, &driver, edit).await;
    let (run, notes) = edited.map_err(|error| named(error, &config, calendar))?;
    if notes.iter().any(|note| note.code == CliError::REVIEW_CHANGED) {
        let text = "another number is held by now: look at it again, and answer that";
        return Err(CliError::new(CliError::REVIEW_CHANGED, text, Exit::Failed));
    }
    let text = match (of, word) {
        (Question::Deleted, Word::Approve { .. }) => {
            "approved: the next sync lets the deletions take effect"
        }
        (Question::Deleted, Word::Reject) => "rejected: the events stay as last seen",
        (Question::Unseen, Word::Approve { .. }) => "approved: the next sync deletes the mirrors",
        (Question::Unseen, Word::Reject) => "rejected: the calendar is read once more",
    };
    let verdict = verdict(if approve { Verdict::Approved } else { Verdict::Rejected });
    let (calendar, question) = (calendar.to_string(), question(of));
    let json = Judged { calendar, question, verdict, run: run.to_string() };
    Ok(Outcome::new(json, text))
}

/// With the calendar's name where its id stands.
fn named(error: CliError, config: &Config, calendar: CalendarId) -> CliError {
    let message = error.message.replace(&calendar.to_string(), &lookup::label(config, calendar));
    CliError { message, ..error }
}

/// A person's word on what is held.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Word {
    /// It takes effect: so much of it as the person was shown.
    Approve {
        /// How many that were.
        shown: u32,
    },
    /// It does not, however much it is by now.
    Reject,
}

impl Word {
    /// As it is said in forms.
    pub(crate) fn of(approve: bool, count: Option<u32>) -> Result<Self, CliError> {
        match (approve, count) {
            (true, Some(shown)) => Ok(Self::Approve { shown }),
            (true, None) => {
                Err(CliError::usage("say how many you approve: the count that you were shown"))
            }
            (false, _) => Ok(Self::Reject),
        }
    }
}

/// Which question is answered.
pub(crate) const fn asked(unseen: bool) -> Question {
    if unseen { Question::Unseen } else { Question::Deleted }
}

const fn question(of: Question) -> &'static str {
    match of {
        Question::Deleted => "deleted",
        Question::Unseen => "unseen",
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Waiting => "waiting",
        Verdict::Approved => "approved",
        Verdict::Rejected => "rejected",
    }
}
