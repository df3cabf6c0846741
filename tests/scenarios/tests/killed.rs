//! Every story, with a process that is killed on its way and started again: before each request,
//! after each answer and after each commit, in turn. It ends as where nobody was killed.
//!
//! At some of the places, others in each story; at all of them with `KALENDS_LONG`.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use std::path::Path;

use kalends_scenarios::{Ending, Story, killed, parse};

/// A process that is killed may end a story before a place that the whole one reaches; of all places
/// no more than so many in a hundred.
const UNREACHED_PERCENT: u64 = 1;

/// So many places are visited in each story where not all are.
const PLACES_SOON: u64 = 8;

fn stories() -> Vec<(String, Story)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut stories: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, Story::of(&std::fs::read_to_string(&path).unwrap()))
        })
        .collect();
    // A history has processes of its own that are killed.
    stories.retain(|(_, story)| !story.is_history());
    stories.sort_by(|(a, _), (b, _)| a.cmp(b));
    stories
}

/// Catches what a dead process wrote and nobody knows of, or takes for a person's edit.
/// `KALENDS_STORY` names one story.
#[test]
fn a_process_that_is_killed_anywhere_in_a_story_ends_it_the_same() {
    let long = std::env::var_os("KALENDS_LONG").is_some();
    let only = std::env::var("KALENDS_STORY").ok();
    let mut wrong = Vec::new();
    let (mut visited, mut reached, mut all) = (0, 0, 0);
    for (number, (name, story)) in (0..).zip(stories()) {
        if only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        let (cast, lines) = parse(&story.script).unwrap();
        let (whole, places) = killed(&cast, &lines, None).unwrap();
        all += places;
        let step = if long { 1 } else { places.div_ceil(PLACES_SOON) };
        for place in (1 + number % step..=places).step_by(usize::try_from(step).unwrap()) {
            visited += 1;
            let at = format!("{name}, killed at {place} of {places}");
            match killed(&cast, &lines, Some(place)) {
                Err(trouble) => wrong.push(format!("{at}: {trouble}")),
                Ok((ending, places)) => {
                    reached += u64::from(places >= place);
                    wrong.extend(difference(&whole, &ending).map(|what| format!("{at}: {what}")));
                }
            }
        }
    }
    println!("killed at {reached} of {visited} places that were visited, of {all}");
    let few = UNREACHED_PERCENT * visited / 100;
    assert!(reached + few >= visited, "only {reached} of {visited} places were reached");
    assert!(wrong.is_empty(), "{} to mend:\n{}", wrong.len(), wrong.join("\n"));
}

/// The first thing that is otherwise.
fn difference(whole: &Ending, ending: &Ending) -> Option<String> {
    let extra = ending.deleted.difference(&whole.deleted).next();
    if let Some(path) = extra {
        return Some(format!("{path} was asked to be deleted"));
    }
    for (name, text) in &whole.objects {
        match ending.objects.get(name) {
            None => return Some(format!("{name:?} is lost")),
            Some(now) if now != text => return Some(format!("{name:?} says\n{now}\nfor\n{text}")),
            Some(_) => {}
        }
    }
    let mut more = ending.objects.keys().filter(|name| !whole.objects.contains_key(*name));
    if let Some(name) = more.next() {
        return Some(format!("{name:?} is there as well:\n{}", ending.objects[name]));
    }
    for (key, row) in &whole.recorded {
        match ending.recorded.get(key) {
            None => return Some(format!("{key:?} is not recorded")),
            Some(now) if now != row => {
                return Some(format!("{key:?} is\n{}\nfor\n{}", now.says, row.says));
            }
            Some(_) => {}
        }
    }
    let mut more = ending.recorded.keys().filter(|key| !whole.recorded.contains_key(key));
    more.next().map(|key| format!("{key:?} is recorded as well"))
}
