//! Which event a mirror shows, told by the name that the engine derives for it.

use kalends_core::ids::EdgeId;
use kalends_core::mirror::PartKey;
use kalends_core::time::Timestamp;
use kalends_oracle::{Origin, Place};

use crate::history::History;
use crate::keep::Keep;
use crate::talk::Key;
use crate::world::World;

/// A deleted name stays taken, so that a mirror has had several.
const GENERATIONS: u32 = 12;

/// What an object of ours shows.
#[derive(Debug, Clone)]
pub struct Shown {
    /// By which edge of the history.
    pub edge: usize,
    /// Which event.
    pub key: Key,
    /// Which instance of it alone, by its original start; empty for all of it.
    pub original: String,
}

/// What the object of this name shows; `None` where it shows nothing that is still there.
#[must_use]
pub fn whose<S: Keep>(
    world: &World<S>,
    history: &History,
    place: Place,
    name: &str,
) -> Option<Shown> {
    let derived = name.strip_suffix(".ics").unwrap_or(name);
    for (n, edge) in history.edges.iter().enumerate().filter(|(_, edge)| edge.to == place) {
        let id = EdgeId::from_bytes(edge.rank);
        for (key, origin) in history.origins.iter().filter(|(key, _)| key.0 == edge.from) {
            let event = world.keys.event(&origin.uid, "", 0);
            for (part, original) in parts(origin) {
                let mut names = (0..GENERATIONS).map(|g| world.keys.part(event, id, part, g));
                if names.any(|name| name == derived) {
                    return Some(Shown { edge: n, key: key.clone(), original });
                }
            }
        }
    }
    None
}

fn parts(origin: &Origin) -> Vec<(PartKey, String)> {
    let changed = origin.exceptions.iter().map(|one| &one.original);
    let alone = changed
        .filter_map(|original| Some((PartKey::Single(instant(original)?), original.clone())));
    [(PartKey::Whole, String::new())].into_iter().chain(alone).collect()
}

fn instant(text: &str) -> Option<Timestamp> {
    let (date, time) = (text.get(..8)?, text.get(9..15)?);
    let dashed = format!(
        "{}-{}-{}T{}:{}:{}Z",
        &date[..4],
        &date[4..6],
        &date[6..],
        &time[..2],
        &time[2..4],
        &time[4..]
    );
    dashed.parse().ok()
}
