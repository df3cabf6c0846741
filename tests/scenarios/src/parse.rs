//! From a script to its steps.

use kalends_testkit::caldav_sim::When;

use crate::options;
use crate::step::{Cast, Deed, Line, Step};
use crate::when;
use crate::words::{Trouble, Words};

const USERS: [&str; 2] = ["alice", "bob"];

/// Reads a script. Empty lines and lines that begin with `#` are for people.
///
/// # Errors
/// [`Trouble`] names the line, and says what is expected there.
pub fn parse(script: &str) -> Result<(Cast, Vec<Line>), Trouble> {
    let mut cast = Cast::default();
    let mut lines = Vec::new();
    for (number, text) in (1..).zip(script.lines().map(str::trim)) {
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let mut words = Words::of(number, text)?;
        if cast.calendars.is_empty() {
            cast = read_cast(words)?;
            continue;
        }
        let step = read_step(&cast, &mut words)?;
        words.end()?;
        lines.push(Line { number, text: text.to_owned(), step });
    }
    if lines.is_empty() {
        let what = "the script has no step: begin with `calendars work=alice home=bob`";
        return Err(Trouble { line: 1, what: what.to_owned() });
    }
    Ok((cast, lines))
}

fn read_cast(mut words: Words) -> Result<Cast, Trouble> {
    words.expect("calendars")?;
    let mut cast = Cast::default();
    while let Some(word) = words.maybe() {
        let whose = |(name, user): (&str, &str)| {
            let user = USERS.iter().position(|known| *known == user)?;
            Some((name.to_owned(), user))
        };
        let one = word.split_once('=').and_then(whose);
        let what = format!("`{word}` is no calendar like work=alice or home=bob");
        cast.calendars.push(one.ok_or_else(|| words.trouble(what))?);
    }
    if cast.calendars.is_empty() {
        return Err(words.trouble("a calendar like work=alice is missing".to_owned()));
    }
    Ok(cast)
}

fn read_step(cast: &Cast, words: &mut Words) -> Result<Step, Trouble> {
    let verb = words.next("a step")?;
    Ok(match verb.as_str() {
        "edge" => {
            let (from, to) = ends(cast, words)?;
            let (options, two_way) = options::read(words)?;
            Step::Edge { from, to, options, two_way }
        }
        "change" => {
            let (from, to) = ends(cast, words)?;
            Step::Change { from, to, options: options::read(words)?.0 }
        }
        "remove" => {
            let (from, to) = ends(cast, words)?;
            Step::Remove { from, to }
        }
        "in" => {
            let place = place(cast, words)?;
            Step::Deed(place, deed(cast, words)?)
        }
        "sync" => Step::Sync,
        "plan" => Step::Plan,
        "show" => {
            let mut places = vec![place(cast, words)?];
            while let Some(name) = words.maybe() {
                places.push(named(cast, words, &name)?);
            }
            Step::Show(places)
        }
        "explain" => Step::Explain(words.next("a title")?),
        "journal" => Step::Journal,
        "approve" => Step::Judge { place: place(cast, words)?, approve: true },
        "reject" => Step::Judge { place: place(cast, words)?, approve: false },
        "fault" => fault(words)?,
        "calm" => Step::Calm,
        "wait" => Step::Wait(when::span(words)?),
        "wipe" => Step::Wipe,
        "undo" if words.eat("edit") => Step::UndoEdit,
        "undo" => {
            words.expect("sync")?;
            Step::UndoSync
        }
        other => return Err(words.trouble(format!("`{other}` is no step"))),
    })
}

fn ends(cast: &Cast, words: &mut Words) -> Result<(usize, usize), Trouble> {
    let from = place(cast, words)?;
    words.expect("->")?;
    Ok((from, place(cast, words)?))
}

fn place(cast: &Cast, words: &mut Words) -> Result<usize, Trouble> {
    let name = words.next("a calendar")?;
    named(cast, words, &name)
}

fn named(cast: &Cast, words: &Words, name: &str) -> Result<usize, Trouble> {
    let overlays = USERS.iter().map(|user| format!("{user}-overlay"));
    let mut names = cast.calendars.iter().map(|(name, _)| name.clone()).chain(overlays);
    names.position(|known| known == name).ok_or_else(|| {
        words.trouble(format!("there is no calendar `{name}`: name it in the first line"))
    })
}

fn deed(cast: &Cast, words: &mut Words) -> Result<Deed, Trouble> {
    let verb = words.next("what is done")?;
    Ok(match verb.as_str() {
        "put" => {
            let (title, start) = (words.next("a title")?, when::read(words)?);
            Deed::Put(title, start, further(words)?)
        }
        "put-many" => {
            let number = words.next("a number")?;
            let many = number.parse().ok().filter(|many| *many <= 25);
            let what = format!("`{number}` is no number up to 25");
            Deed::PutMany(many.ok_or_else(|| words.trouble(what))?, words.next("a title")?)
        }
        "retitle" => {
            let title = words.next("a title")?;
            words.expect("to")?;
            Deed::Retitle(title, words.next("a title")?)
        }
        "reschedule" => {
            let title = words.next("a title")?;
            words.expect("to")?;
            Deed::Reschedule(title, when::read(words)?)
        }
        "cancel" => {
            let title = words.next("a title")?;
            words.expect("on")?;
            Deed::Cancel(title, when::read(words)?)
        }
        "override" => {
            let title = words.next("a title")?;
            words.expect("on")?;
            let original = when::read(words)?;
            words.expect("to")?;
            let start = when::read(words)?;
            Deed::Override(title, original, start, words.next("a title")?, further(words)?)
        }
        "unmark" => Deed::Unmark(words.next("a title")?),
        "delete" => Deed::Delete(words.next("a title")?),
        "delete-all" => Deed::DeleteAll,
        "undelete" => Deed::Undelete,
        "move" => {
            let title = words.next("a title")?;
            words.expect("to")?;
            Deed::Move(title, place(cast, words)?)
        }
        "copy" => {
            let title = words.next("a title")?;
            words.expect("to")?;
            Deed::Copy(title, place(cast, words)?)
        }
        "vanish" => Deed::Vanish,
        other => return Err(words.trouble(format!("`{other}` is nothing a person does"))),
    })
}

/// Further lines of an event, as iCalendar has them.
fn further(words: &mut Words) -> Result<Vec<String>, Trouble> {
    let mut lines = Vec::new();
    while let Some(word) = words.maybe() {
        lines.push(match word.split_once('=').unwrap_or((&word, "")) {
            ("private", "") => "CLASS:PRIVATE".to_owned(),
            ("free", "") => "TRANSP:TRANSPARENT".to_owned(),
            ("notes", text) => format!("DESCRIPTION:{text}"),
            ("place", text) => format!("LOCATION:{text}"),
            ("rule", rule) => format!("RRULE:{rule}"),
            _ => return Err(words.trouble(format!("`{word}` is no part of an event"))),
        });
    }
    Ok(lines)
}

fn fault(words: &mut Words) -> Result<Step, Trouble> {
    let name = words.next("a fault")?;
    words.expect("at")?;
    let method = words.next("a method")?;
    let which = words.next("`always` or a number")?;
    let when = match (which.as_str(), which.parse()) {
        ("always", _) => When::Always,
        (_, Ok(nth)) => When::Nth(nth),
        (_, Err(_)) => {
            return Err(words.trouble(format!("`{which}` is neither always nor a number")));
        }
    };
    Ok(Step::Fault { name, method, when })
}
