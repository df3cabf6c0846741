//! An origin's text, taken apart for editing.

use kalends_core::event::{Content, Exception, Status};
use kalends_recurrence::{Timestamp, When};

use crate::DecodeError;
use crate::read::Piece;
use crate::syntax::{Component, Document};
use crate::zones::{Names, Zones};

/// What stands in an origin's text.
#[derive(Debug)]
pub(super) struct Origin<'d, 'a, 'c> {
    /// The master; where there is none, the instance that stands for the event.
    pub(super) main: &'d Component<'a>,
    /// What it says.
    pub(super) content: &'c Content,
    pub(super) overrides: Vec<Override<'d, 'a>>,
    /// Where the last VEVENT ends.
    pub(super) events_end: usize,
    pub(super) names: &'c Names,
    pub(super) own: &'c [String],
    pub(super) stamp: Timestamp,
}

/// The VEVENT of one instance.
#[derive(Debug)]
pub(super) struct Override<'d, 'a> {
    pub(super) component: &'d Component<'a>,
    pub(super) exception: Exception,
}

impl Origin<'_, '_, '_> {
    /// The instances that a VEVENT of their own says are cancelled.
    pub(super) fn cancelled(&self) -> impl Iterator<Item = &When> {
        let all = self.overrides.iter().map(|there| &there.exception);
        let gone =
            all.filter(|one| one.content.status == Status::Cancelled && !one.this_and_future);
        gone.map(|one| &one.original)
    }
}

/// The VEVENTs of a text: the one that stands for the event, and the others.
pub(super) struct Parts<'d, 'a> {
    pub(super) main: &'d Component<'a>,
    pub(super) overrides: Vec<Override<'d, 'a>>,
    pub(super) events_end: usize,
}

/// Finds the VEVENT that stands for the event: the master, or the instance of this key.
pub(super) fn parts<'d, 'a>(
    document: &'d Document<'a>,
    zones: &mut Zones,
    own: &[String],
    instance: Option<&When>,
) -> Result<Option<Parts<'d, 'a>>, DecodeError> {
    let mut main: Option<(&Component<'a>, Piece)> = None;
    let mut overrides = Vec::new();
    let mut events_end = 0;
    for component in document.events() {
        let piece = Piece::read(component, zones, own)?;
        events_end = events_end.max(component.span.end);
        if piece.original.as_ref() == instance {
            let newer = main.as_ref().is_none_or(|(_, held)| piece.revision > held.revision);
            if newer {
                main = Some((component, piece));
            }
        } else if let Some(original) = piece.original {
            let this_and_future = piece.this_and_future;
            let exception = Exception { original, this_and_future, content: piece.content };
            overrides.push(Override { component, exception });
        }
    }
    Ok(main.map(|(main, _)| Parts { main, overrides, events_end }))
}

/// The names that the text already has for its zones.
pub(super) fn names(document: &Document<'_>, zones: &mut Zones) -> Names {
    let mut names = Names::default();
    for property in document.events().flat_map(|event| &event.properties) {
        let Some(tzid) = property.parameter("TZID") else {
            continue;
        };
        let whens = crate::read::when(property, zones);
        if let Some(zone) = whens.ok().as_ref().and_then(When::zone) {
            names.learn(zone.clone(), &tzid);
        }
    }
    names
}
