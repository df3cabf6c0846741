//! An edge as the engine has it, and as the oracle knows it.

use kalends_core::graph::{self, DetailLevel, EdgeOptions};
use kalends_oracle::{Conflict, Edge, Level, OnDelete, OnEdit, Place};

/// An edge as the oracle knows it.
pub(crate) fn seen(options: &EdgeOptions, rank: [u8; 16], (from, to): (Place, Place)) -> Edge {
    Edge {
        rank,
        from,
        to,
        level: oracle_level(options.level),
        on_edit: match options.on_edit {
            graph::OnEdit::Revert => OnEdit::Revert,
            graph::OnEdit::Propagate => OnEdit::Propagate,
            graph::OnEdit::Detach => OnEdit::Detach,
        },
        on_delete: match options.on_delete {
            graph::OnDelete::Restore => OnDelete::Restore,
            graph::OnDelete::Propagate => OnDelete::Propagate,
            graph::OnDelete::Detach => OnDelete::Detach,
        },
        on_conflict: match options.on_conflict {
            graph::OnConflict::LastSeen => Conflict::LastSeen,
            graph::OnConflict::Origin => Conflict::Origin,
            graph::OnConflict::Mirror => Conflict::Mirror,
        },
        may_notify: options.may_notify,
        titled: options.title.clone().unwrap_or_default(),
    }
}

/// The options that an edge is drawn with.
pub(crate) fn options_of(edge: &Edge) -> EdgeOptions {
    EdgeOptions {
        level: core_level(edge.level),
        on_edit: match edge.on_edit {
            OnEdit::Revert => graph::OnEdit::Revert,
            OnEdit::Propagate => graph::OnEdit::Propagate,
            OnEdit::Detach => graph::OnEdit::Detach,
        },
        on_delete: match edge.on_delete {
            OnDelete::Restore => graph::OnDelete::Restore,
            OnDelete::Propagate => graph::OnDelete::Propagate,
            OnDelete::Detach => graph::OnDelete::Detach,
        },
        on_conflict: match edge.on_conflict {
            Conflict::LastSeen => graph::OnConflict::LastSeen,
            Conflict::Origin => graph::OnConflict::Origin,
            Conflict::Mirror => graph::OnConflict::Mirror,
        },
        may_notify: edge.may_notify,
        title: (!edge.titled.is_empty()).then(|| edge.titled.clone()),
        ..EdgeOptions::default()
    }
}

pub(crate) const fn core_level(level: Level) -> DetailLevel {
    match level {
        Level::Busy => DetailLevel::Busy,
        Level::Title => DetailLevel::Title,
        Level::Full => DetailLevel::Full,
    }
}

pub(crate) const fn oracle_level(level: DetailLevel) -> Level {
    match level {
        DetailLevel::Busy => Level::Busy,
        DetailLevel::Title => Level::Title,
        DetailLevel::Full => Level::Full,
    }
}
