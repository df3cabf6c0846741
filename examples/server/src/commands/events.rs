//! What takes place, and when time is taken.

use kalends::core::time::Timestamp;
use kalends::{After, Agenda, free_busy as taken};

use super::bounds;
use crate::args::{EventsArgs, SpanArgs};
use crate::data::Data;
use crate::error::CliError;
use crate::lookup::label;
use crate::outcome::Outcome;
use crate::show::table;
use crate::view::{Agenda as AgendaView, FreeBusy, Occurrence};

/// How many are shown where nobody says: a rule may give one each second.
const USUAL: u32 = 1_000;

pub(crate) async fn list(data: &Data, args: EventsArgs) -> Result<Outcome, CliError> {
    let range = range(&args.span)?;
    let after = args.after.as_deref().map(read_next).transpose()?;
    let limit = Some(args.limit.unwrap_or(USUAL) as usize);
    let page = Agenda { range, after, limit }.page(&data.store, data.keys.graph).await?;
    let config = data.config().await?;
    let occurrences: Vec<Occurrence> = page.list.iter().map(Occurrence::of).collect();
    let rows = page.list.iter().zip(&occurrences).map(|(one, shown)| {
        let (start, end) = (shown.start.clone(), shown.end.clone());
        [start, end, one.title.clone(), label(&config, one.calendar), one.event.to_string()]
    });
    let header = ["start", "end", "title", "calendar", "event"];
    let mut text = table(header, rows, "nothing takes place then");
    let next = page.next.as_ref().map(write_next);
    if let Some(next) = &next {
        let shown = occurrences.len();
        text.push_str(&format!(
            "\n\nthese are the first {shown}: go on with --after {next}, or say --limit N"
        ));
    }
    let remarks = page.cut.iter().map(|event| {
        format!(
            "warning: the rule of event {event} gives more instances than are followed: some are \
             missing here; shorten the time asked for, or the rule"
        )
    });
    let cut = page.cut.iter().map(ToString::to_string).collect();
    Ok(Outcome::new(AgendaView { occurrences, next, cut }, text).with_remarks(remarks))
}

pub(crate) async fn free_busy(data: &Data, args: SpanArgs) -> Result<Outcome, CliError> {
    let taken = taken(&data.store, data.keys.graph, &range(&args)?).await?;
    let rows = taken.iter().map(|one| [one.start.to_string(), one.end.to_string()]);
    let text = table(["from", "to"], rows, "free all the time");
    Ok(Outcome::new(FreeBusy::of(&taken), text))
}

fn range(span: &SpanArgs) -> Result<std::ops::Range<Timestamp>, CliError> {
    if span.from >= span.to {
        return Err(CliError::usage("`to` must be later than `from`"));
    }
    bounds::span(span)?;
    Ok(span.from..span.to)
}

fn write_next((start, event, original): &After) -> String {
    let original = original.map_or(String::new(), |at| at.as_millis().to_string());
    format!("{}.{event}.{original}", start.as_millis())
}

fn read_next(text: &str) -> Result<After, CliError> {
    let wrong = || CliError::usage("`after` takes the `next` of the page before, as it was");
    let mut fields = text.splitn(3, '.');
    let (Some(start), Some(event), Some(original)) = (fields.next(), fields.next(), fields.next())
    else {
        return Err(wrong());
    };
    let at = |text: &str| text.parse().map(Timestamp::from_millis).map_err(|_| wrong());
    let original = if original.is_empty() { None } else { Some(at(original)?) };
    Ok((at(start)?, event.parse().map_err(|_| wrong())?, original))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a look at all times, which takes a command line as long as it would a server.
    #[test]
    fn a_look_is_at_a_bounded_time() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let of = |to: &str| range(&SpanArgs { from: at("2026-01-01T00:00:00Z"), to: at(to) });
        assert!(of("2051-01-01T00:00:00Z").is_ok());
        assert!(of("2052-01-01T00:00:00Z").unwrap_err().message.contains("at most"));
        assert!(of("2026-01-01T00:00:00Z").unwrap_err().message.contains("later"));
    }
}
