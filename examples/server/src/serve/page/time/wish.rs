//! The best times for a meeting that the form describes.

use askama::Template;
use kalends::core::schedule::propose::Proposal;

use super::fields::Fields;
use super::sessions::span;
use crate::args::ProposeArgs;
use crate::commands::birth::Birth;
use crate::commands::bounds;
use crate::commands::propose::{self, Found};
use crate::data::Data;
use crate::error::CliError;

#[derive(Template)]
#[template(path = "time_wish.html")]
pub(super) struct WishPart {
    token: String,
    length: String,
    from: String,
    to: String,
    with: String,
    optional: String,
    one_of: String,
    weekly: String,
    without_unknown: bool,
    answer: Option<Answer>,
}

struct Answer {
    list: Vec<Shown>,
    unknown: Vec<(String, String)>,
    is_stopped: bool,
}

struct Shown {
    text: String,
    who: String,
    why: String,
    score: i64,
    /// The first of its meetings, as a form says it.
    at: String,
    /// The id of the hold that is placed by it.
    hold: String,
    more: usize,
}

impl WishPart {
    /// What the form says, and the answer where it is asked for.
    pub(super) async fn of(
        data: &Data,
        asked: &Fields,
        (token, proposes): (&str, bool),
    ) -> Result<Self, CliError> {
        let answer = match proposes {
            true => Some(answer(data, asked).await?),
            false => None,
        };
        let field = |name: &str| asked.text(name).to_owned();
        Ok(Self {
            token: token.to_owned(),
            length: asked.get("length").unwrap_or("1h").to_owned(),
            from: field("from"),
            to: field("to"),
            with: field("with"),
            optional: field("optional"),
            one_of: field("one_of"),
            weekly: field("weekly"),
            without_unknown: asked.has("without_unknown"),
            answer,
        })
    }
}

async fn answer(data: &Data, asked: &Fields) -> Result<Answer, CliError> {
    let args = ProposeArgs {
        from: asked.moment("from")?,
        to: asked.moment("to")?,
        with: asked.list("with"),
        optional: asked.list("optional"),
        one_of: asked.list("one_of"),
        weekly: asked.maybe("weekly")?,
        without_unknown: asked.has("without_unknown"),
        ..ProposeArgs::lasting(asked.length("length", "1h")?)
    };
    bounds::meeting(&args)?;
    let found = propose::find(data, args).await?;
    let list = found.list.iter().map(|one| shown(&found, one)).collect();
    Ok(Answer { list, unknown: found.unknown, is_stopped: found.is_stopped })
}

fn shown(found: &Found, one: &Proposal) -> Shown {
    let first = &one.meetings[0];
    Shown {
        text: span(&(first.start..first.end), &found.zone),
        who: found.who(one),
        why: found.why(one),
        score: one.score,
        at: first.start.to_string(),
        hold: Birth::now().hold().to_string(),
        more: one.meetings.len() - 1,
    }
}
