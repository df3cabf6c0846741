//! Which events an edge leaves out. Judged for each changed instance as for the master.

use crate::event::{Busy, Content, Kind, Response, Status};
use crate::graph::Filters;
use crate::mirror::Filtered;

/// Stands in a title or description of an event that is never mirrored, in any case.
pub const NO_SYNC: &str = "#nosync";

/// The filter that leaves this content out, or `None` where it is mirrored.
///
/// Free, declined, cancelled, working-location and birthday events are left out unless the
/// filters ask for them; cancelled ones always are.
#[must_use]
pub fn filtered(content: &Content, filters: &Filters) -> Option<Filtered> {
    let rules = [
        (Filtered::NoSync, is_no_sync(content)),
        (Filtered::Cancelled, content.status == Status::Cancelled),
        (Filtered::Declined, content.response == Response::Declined && !filters.with_declined),
        (Filtered::Free, content.busy == Busy::Free && !filters.with_free),
        (Filtered::Kind, leaves_out_kind(content.kind, filters)),
        (Filtered::AllDay, filters.skip_all_day && content.span.start.is_date()),
        (Filtered::Tentative, filters.skip_tentative && is_tentative(content)),
        (Filtered::Category, leaves_out_category(content, filters)),
        (Filtered::Keyword, leaves_out_keyword(content, filters)),
    ];
    rules.into_iter().find_map(|(filter, applies)| applies.then_some(filter))
}

/// Whether the event may yet not take place, or the owner may not go.
#[must_use]
pub fn is_tentative(content: &Content) -> bool {
    content.status == Status::Tentative
        || content.busy == Busy::Tentative
        || content.response == Response::Tentative
}

fn is_no_sync(content: &Content) -> bool {
    [&content.title, &content.description].into_iter().any(|text| {
        text.match_indices('#').any(|(at, _)| {
            text.as_bytes()
                .get(at..at + NO_SYNC.len())
                .is_some_and(|word| word.eq_ignore_ascii_case(NO_SYNC.as_bytes()))
        })
    })
}

fn leaves_out_kind(kind: Kind, filters: &Filters) -> bool {
    match kind {
        Kind::WorkingLocation | Kind::Birthday => !filters.with_kinds.contains(&kind),
        Kind::Event | Kind::Focus | Kind::OutOfOffice => false,
    }
}

fn leaves_out_category(content: &Content, filters: &Filters) -> bool {
    let in_one_of = |list: &[String]| {
        list.iter().any(|wanted| content.categories.iter().any(|has| same_word(wanted, has)))
    };
    in_one_of(&filters.skip_categories)
        || (!filters.only_categories.is_empty() && !in_one_of(&filters.only_categories))
}

fn leaves_out_keyword(content: &Content, filters: &Filters) -> bool {
    if filters.skip_keywords.is_empty() && filters.only_keywords.is_empty() {
        return false;
    }
    let (title, description) = (folded(&content.title), folded(&content.description));
    let skipped = filters
        .skip_keywords
        .iter()
        .map(|word| folded(word))
        .any(|word| !word.is_empty() && (title.contains(&word) || description.contains(&word)));
    let asked_for = filters.only_keywords.is_empty()
        || filters.only_keywords.iter().any(|word| title.contains(&folded(word)));
    skipped || !asked_for
}

fn same_word(a: &str, b: &str) -> bool {
    folded(a.trim()) == folded(b.trim())
}

/// Upper case first, so that letters which have one upper form and two lower ones (final sigma,
/// sharp s) fold together.
fn folded(text: &str) -> String {
    text.to_uppercase().to_lowercase()
}
