//! A story at each place where its process can be killed.

use std::io;
use std::path::Path;

use crate::golden::Story;
use crate::killed::{Ending, killed};
use crate::parse::parse;
use crate::words::Trouble;

/// The stories of this folder by name, but for histories, whose processes are killed without that.
///
/// # Errors
/// What keeps the folder from being read.
pub fn stories() -> io::Result<Vec<(String, Story)>> {
    let mut stories = Vec::new();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts"))? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|end| end == "txt") {
            stories.push((name, Story::of(&std::fs::read_to_string(&path)?)));
        }
    }
    stories.retain(|(_, story)| !story.is_history());
    stories.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(stories)
}

/// Which of its places are visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// All.
    All,
    /// About so many, of which each story begins with another one.
    Some(u64),
}

/// What came of a story at the places that were visited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visited {
    /// How many places it has.
    pub places: u64,
    /// At how many of them the process was to be killed.
    pub visited: u64,
    /// At how many it was.
    pub reached: u64,
    /// What ended otherwise than undisturbed, in words.
    pub wrong: Vec<String>,
}

impl Visited {
    /// Whether it tells something: all that was to be visited was reached, and that is not nothing. A story
    /// is lived the same way up to where its process is killed.
    #[must_use]
    pub const fn is_enough(&self) -> bool {
        self.visited > 0 && self.reached == self.visited
    }

    /// Adds what came of another story.
    pub fn join(&mut self, other: Self) {
        self.places += other.places;
        self.visited += other.visited;
        self.reached += other.reached;
        self.wrong.extend(other.wrong);
    }
}

/// Lives a story, and once more for each place with a process that is killed there. The number of the story
/// chooses with which place it begins where not all are visited.
///
/// # Errors
/// [`Trouble`] names what cannot be read or carried out of the undisturbed story.
pub fn visit(name: &str, story: &Story, number: u64, which: Places) -> Result<Visited, Trouble> {
    let (cast, lines) = parse(&story.script)?;
    let (whole, places) = killed(&cast, &lines, None)?;
    let step = match which {
        Places::All => 1,
        Places::Some(few) => places.div_ceil(few),
    };
    let mut found = Visited { places, ..Visited::default() };
    let mut place = 1 + number % step;
    while place <= places {
        found.visited += 1;
        let at = format!("{name}, killed at {place} of {places}");
        match killed(&cast, &lines, Some(place)) {
            Err(trouble) => found.wrong.push(format!("{at}: {trouble}")),
            Ok((ending, reached)) => {
                found.reached += u64::from(reached >= place);
                let other = otherwise(&whole, &ending);
                found.wrong.extend(other.map(|what| format!("{at}: {what}")));
            }
        }
        place += step;
    }
    Ok(found)
}

/// The first thing that is otherwise.
fn otherwise(whole: &Ending, ending: &Ending) -> Option<String> {
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
