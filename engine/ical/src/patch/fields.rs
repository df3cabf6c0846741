//! The fields of a body, for comparing bodies field by field.

use kalends_core::event::{Body, Content, Exception, Recurrence};

/// The fields in which two contents differ. The owner's own answer is compared only where the
/// owner is known.
pub(super) fn of_content(one: &Content, other: &Content, owner_known: bool) -> Vec<&'static str> {
    let people = |content: &Content| {
        let mut people = content.attendees.clone();
        people.sort();
        people
    };
    let all = [
        ("title", one.title == other.title),
        ("description", one.description == other.description),
        ("location", one.location == other.location),
        ("meeting", one.meeting == other.meeting),
        ("time", one.span == other.span),
        ("status", one.status == other.status),
        ("busy time", one.busy == other.busy),
        ("privacy", one.privacy == other.privacy),
        ("kind", one.kind == other.kind),
        ("categories", one.categories == other.categories),
        ("organizer", one.organizer == other.organizer),
        ("attendees", people(one) == people(other)),
        ("response", !owner_known || one.response == other.response),
    ];
    all.into_iter().filter(|(_, equal)| !equal).map(|(name, _)| name).collect()
}

/// Dates that are added or left out have no order.
fn sorted<T: Ord>(dates: &[T]) -> Vec<&T> {
    let mut dates: Vec<&T> = dates.iter().collect();
    dates.sort();
    dates
}

/// The fields in which two bodies differ.
pub(super) fn of_body(one: &Body, other: &Body, owner_known: bool) -> Vec<&'static str> {
    let none = Recurrence::default();
    let (rules, other_rules) =
        (one.recurrence.as_ref().unwrap_or(&none), other.recurrence.as_ref().unwrap_or(&none));
    let mut found = of_content(&one.content, &other.content, owner_known);
    let all = [
        ("rules", rules.rules == other_rules.rules),
        ("added instances", sorted(&rules.extras) == sorted(&other_rules.extras)),
        ("cancelled instances", sorted(&rules.excluded) == sorted(&other_rules.excluded)),
        ("changed instances", same(&one.exceptions, &other.exceptions, owner_known)),
        ("recurrence id", one.instance_of == other.instance_of),
    ];
    found.extend(all.into_iter().filter(|(_, equal)| !equal).map(|(name, _)| name));
    found
}

fn same(one: &[Exception], other: &[Exception], owner_known: bool) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| {
            one.original == other.original
                && one.this_and_future == other.this_and_future
                && of_content(&one.content, &other.content, owner_known).is_empty()
        })
}
