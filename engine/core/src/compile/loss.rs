//! What a mirror cannot show although its edge would: said, never passed over in silence.

use std::collections::BTreeSet;

use super::project::{
    Compile, Compiled, compile, has_instances_apart, is_beyond_patterns, is_written_singly, singles,
};
use crate::graph::{Capabilities, SeriesShape};

/// What is lost on the way into a mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loss {
    /// The target holds no series: the instances of the window stand there one by one.
    NoSeries,
    /// The filters leave out what a series cannot leave out: its instances stand there one by one.
    Unravelled,
    /// No pattern of the target says the series: its instances stand there one by one.
    NoPattern,
    /// A changed instance is on the day of another one or past it, or on one that its rule does not
    /// give, where the target lets none go: it stands beside its series.
    Apart,
    /// It takes place more often than [`super::SINGLES_MAX`] times in the window, or its rule is
    /// too dear to expand: only the nearest instances are there.
    Instances,
    /// A text is longer than the target takes.
    Texts,
}

/// What is lost of an event; empty where it has no mirror.
#[must_use]
pub fn losses(c: &Compile<'_>) -> BTreeSet<Loss> {
    let shown = compile(c);
    let mut losses = BTreeSet::new();
    if matches!(shown, Compiled::No(_)) {
        return losses;
    }
    if is_written_singly(c) {
        losses.insert(match c.target.series {
            SeriesShape::Singles => Loss::NoSeries,
            SeriesShape::Patterns if is_beyond_patterns(c) => Loss::NoPattern,
            SeriesShape::Whole | SeriesShape::Parts | SeriesShape::Patterns => Loss::Unravelled,
        });
        if singles(c).cut {
            losses.insert(Loss::Instances);
        }
    }
    if has_instances_apart(c) {
        losses.insert(Loss::Apart);
    }
    let roomy = Capabilities {
        title_chars_max: None,
        description_chars_max: None,
        object_octets_max: None,
        ..c.target.clone()
    };
    if compile(&Compile { target: &roomy, ..*c }) != shown {
        losses.insert(Loss::Texts);
    }
    losses
}
