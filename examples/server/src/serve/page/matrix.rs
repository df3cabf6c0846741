//! Which calendar is mirrored into which, and how much of it shows.

use askama::Template;

use super::model::{Calendar, Edge, Status};

#[derive(Template)]
#[template(path = "matrix.html")]
pub(super) struct MatrixPart {
    token: String,
    targets: Vec<Target>,
    rows: Vec<Row>,
}

struct Target {
    name: String,
}

struct Row {
    id: String,
    name: String,
    cells: Vec<Cell>,
}

struct Cell {
    /// None: an edge makes no sense there.
    to: Option<String>,
    label: String,
    edge: String,
    detail: String,
    levels: Vec<Level>,
    state: String,
}

struct Level {
    value: &'static str,
    word: &'static str,
    selected: bool,
}

/// How much shows, and how that is said.
pub(super) const LEVELS: [(&str, &str); 4] =
    [("none", "–"), ("busy", "busy time"), ("title", "titles"), ("full", "in full")];

impl MatrixPart {
    /// Rows are calendars that people write, columns the overlays of accounts and writable
    /// calendars.
    pub(super) fn of(found: &Status, token: &str) -> Self {
        let theirs = |calendar: &&Calendar| calendar.on && calendar.role != "overlay";
        let sources: Vec<&Calendar> = found.calendars.iter().filter(theirs).collect();
        let real = found.accounts.iter().filter(|a| !matches!(a.provider.as_str(), "own" | "feed"));
        // An account's name alone means its overlay.
        let overlay = |name: &String| (name.clone(), format!("{name} (overlay)"));
        let mut targets: Vec<(String, String)> = real.map(|one| overlay(&one.name)).collect();
        let writable = sources.iter().filter(|one| one.writable && one.role != "own");
        targets.extend(writable.map(|calendar| (calendar.id.clone(), calendar.label())));
        let rows = sources.iter().map(|source| Row {
            id: source.id.clone(),
            name: source.label(),
            cells: targets.iter().map(|target| cell(found, source, target)).collect(),
        });
        let rows = rows.collect();
        let targets = targets.into_iter().map(|(_, name)| Target { name }).collect();
        Self { token: token.to_owned(), rows, targets }
    }
}

fn cell(found: &Status, source: &Calendar, (target, name): &(String, String)) -> Cell {
    let into = |edge: &&Edge| {
        let overlay = edge.kind == "overlay" && edge.to.name.split('/').next() == Some(target);
        edge.from.id == source.id && (edge.to.id == *target || overlay)
    };
    let edge = found.edges.iter().find(into);
    let detail = edge.map_or_else(|| "none".to_owned(), |edge| edge.detail.clone());
    let level = |(value, word)| Level { value, word, selected: value == detail };
    Cell {
        levels: LEVELS.map(level).into(),
        to: (source.id != *target).then(|| target.clone()),
        label: format!("{} to {name}", source.label()),
        edge: edge.map(|edge| edge.id.clone()).unwrap_or_default(),
        detail,
        state: edge
            .map(|edge| edge.state.clone())
            .filter(|state| state != "active")
            .unwrap_or_default(),
    }
}
