//! What a calendar holds, in lines.

use kalends_sim_tests::{World, read};
use kalends_testkit::memory::MemoryStore;

use crate::when;

/// The objects of a place by their starts: what each shows, and whose it is.
pub(crate) fn calendar(world: &World<MemoryStore>, place: usize) -> Vec<String> {
    let Some(path) = world.path(place) else { return vec!["not made".to_owned()] };
    if !world.http.sim().calendars().contains(&path) {
        return vec!["gone".to_owned()];
    }
    let held = world.http.sim().resources(&path);
    let mut shown: Vec<(String, String)> =
        held.iter().map(|(name, text)| (read(text).start, object(name, text))).collect();
    shown.sort();
    if shown.is_empty() {
        return vec!["empty".to_owned()];
    }
    shown.into_iter().map(|(_, line)| line).collect()
}

fn object(name: &str, text: &str) -> String {
    let shown = read(text);
    let marked = text.contains("X-KALENDS-MARK");
    let whose = match (name.starts_with("person"), marked) {
        (true, false) => "theirs",
        (true, true) => "theirs, a copy of ours",
        (false, true) => "ours",
        (false, false) => "ours once",
    };
    let mut out = format!("{}  {}", when::write(&shown.start), shown.title);
    let mut add = |name: &str, text: &str| {
        if !text.is_empty() {
            out += &format!(", {name} {text}");
        }
    };
    add("notes", &shown.description);
    add("rule", &shown.rule);
    add("without", &skipped(text));
    for one in &shown.exceptions {
        let (original, start) = (when::write(&one.original), when::write(&one.start));
        add("but", &format!("{original} is {} at {start}", one.title));
    }
    format!("{out}  ({whose})")
}

fn skipped(text: &str) -> String {
    let text = text.replace("\r\n ", "");
    let dates = text.split("\r\n").filter(|line| line.starts_with("EXDATE"));
    let dates = dates.filter_map(|line| line.split_once(':')).flat_map(|(_, at)| at.split(','));
    dates.map(when::write).collect::<Vec<_>>().join(" and ")
}
