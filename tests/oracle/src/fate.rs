//! What a person's edit or deletion of a mirror comes to.

use crate::change::Change;
use crate::model::{Edge, Level, OnDelete, OnEdit, Origin};

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The mirror is as it was.
    Undone,
    /// The same, since the mirror does not show what was edited.
    Hidden,
    /// The origin follows.
    Followed,
    /// The mirror is the person's: a copy of theirs, or none.
    Theirs,
}

/// What an edit of a mirror comes to that shows so much of its origin.
///
/// It goes back only where the mirror shows the field as the origin has it, not a title that its
/// edge gives, and where no guest of the origin would be told, unless the edge allows that.
#[must_use]
pub fn edited(edge: &Edge, origin: &Origin, shown: Level, change: &Change) -> Fate {
    let needs = match change {
        // What is cancelled is deleted, if only as one instance of a series.
        Change::Cancel(_) => return deleted(edge, origin),
        Change::Start(_) | Change::Move(..) => Level::Busy,
        Change::Title(_) | Change::Retitle(..) => Level::Title,
        Change::Description(_) => Level::Full,
    };
    match edge.on_edit {
        OnEdit::Detach => Fate::Theirs,
        OnEdit::Propagate if !may_follow(edge, origin) => Fate::Undone,
        OnEdit::Propagate if needs == Level::Title && !edge.titled.is_empty() => Fate::Undone,
        OnEdit::Propagate if shown < needs => Fate::Hidden,
        OnEdit::Propagate => Fate::Followed,
        OnEdit::Revert => Fate::Undone,
    }
}

/// What the deletion of a mirror comes to.
#[must_use]
pub const fn deleted(edge: &Edge, origin: &Origin) -> Fate {
    match edge.on_delete {
        OnDelete::Detach => Fate::Theirs,
        OnDelete::Propagate if may_follow(edge, origin) => Fate::Followed,
        OnDelete::Propagate | OnDelete::Restore => Fate::Undone,
    }
}

const fn may_follow(edge: &Edge, origin: &Origin) -> bool {
    !origin.invited || edge.may_notify
}
