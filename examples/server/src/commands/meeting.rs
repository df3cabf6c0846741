//! Meetings of several graphs: what waits for a word from here, and the word.

use kalends::UserEdit;
use kalends::core::ids::MeetingId;
use kalends::core::meeting::{Answer, Meeting, MeetingState};
use kalends::core::plan::Row;
use kalends::queries::{Recorded, RecordedPage};

use super::rule::home;
use crate::args::MeetingCommand;
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::hooks::CliHooks;
use crate::host;
use crate::outcome::Outcome;
use crate::post;
use crate::show::{local, table};
use crate::view::{MeetingView, Meetings};

const PAGE: u32 = 200;

pub(crate) async fn run(data: &Data, command: MeetingCommand) -> Result<Outcome, CliError> {
    match command {
        MeetingCommand::List => list(data).await,
        MeetingCommand::Accept { id } => answer(data, id, true).await,
        MeetingCommand::Refuse { id } => answer(data, id, false).await,
    }
}

async fn answer(data: &Data, meeting: MeetingId, accept: bool) -> Result<Outcome, CliError> {
    let driver = host::driver(data, CliHooks::quiet())?;
    let edit = UserEdit::Answer { meeting, accept };
    let (_, notes) = host::edit(data, &driver, edit).await?;
    for note in notes {
        let text = match note.code {
            "meeting.unknown" => "there is no such meeting",
            "meeting.not-asked" => "nothing is asked there: it was answered, or it is over",
            _ => continue,
        };
        return Err(CliError::new(note.code, text, Exit::Usage));
    }
    post::carry(data).await?;
    let known = all(data).await?.into_iter().find(|known| known.id == meeting);
    let known = known.ok_or_else(|| CliError::not_found("the meeting is gone meanwhile"))?;
    Ok(Outcome::new(MeetingView::of(&known), format!("{meeting} is {}", said(&known))))
}

async fn list(data: &Data) -> Result<Outcome, CliError> {
    let zone = home(data).await?;
    let open = open(data).await?;
    let rows = open.iter().map(|meeting| {
        let times =
            meeting.slot.as_ref().map(|slot| [slot.range.start, slot.range.end, slot.until]);
        let [from, to, until] =
            times.map_or_else(Default::default, |times| times.map(|at| local(at, &zone)));
        [from, to, said(meeting).to_owned(), until, meeting.id.to_string()]
    });
    let text = table(["from", "to", "state", "until", "id"], rows, "no meetings");
    let meetings = open.iter().map(MeetingView::of).collect();
    Ok(Outcome::new(Meetings { meetings }, text))
}

/// Those that are not over.
async fn open(data: &Data) -> Result<Vec<Meeting>, CliError> {
    let mut open = all(data).await?;
    open.retain(|meeting| meeting.state == MeetingState::Open);
    Ok(open)
}

fn said(meeting: &Meeting) -> &'static str {
    match (meeting.state, meeting.guests.as_slice()) {
        (MeetingState::Committed, _) => "committed",
        (MeetingState::Cancelled, _) => "cancelled",
        (MeetingState::Open, [only]) if only.answer == Answer::Accepted => "accepted",
        (MeetingState::Open, _) => "waiting",
    }
}

/// Every meeting that is recorded, in the order of their ids.
pub(crate) async fn all(data: &Data) -> Result<Vec<Meeting>, CliError> {
    let (graph, of, mut after) = (data.keys.graph, Recorded::Meetings, None);
    let mut meetings = Vec::new();
    loop {
        let page = RecordedPage { graph, of, after: after.take(), limit: PAGE };
        let rows = data.store.query(page).await?;
        let full = rows.len() == PAGE as usize;
        after = rows.last().map(Row::key);
        meetings.extend(
            rows.into_iter().filter_map(|row| {
                if let Row::Meeting(meeting) = row { Some(meeting) } else { None }
            }),
        );
        if !full {
            return Ok(meetings);
        }
    }
}
