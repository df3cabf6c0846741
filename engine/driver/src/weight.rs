//! What an output takes while it waits to be taken in.

use kalends_core::event::{Content, Person, Recurrence};
use kalends_core::provider::{Item, Output, Payload};

/// What an event without any text takes.
const EVENT_BYTES: usize = 1_024;

/// About how many bytes of memory an output takes.
pub(crate) fn bytes_of(output: &Output) -> usize {
    match output {
        Output::Item(Item::Event(event)) => match &event.payload {
            Payload::Whole(body) => {
                let changed = body.exceptions.iter().map(|changed| &changed.content);
                let contents: usize = changed.chain([&body.content]).map(content_bytes).sum();
                contents + body.recurrence.as_ref().map_or(0, recurrence_bytes)
            }
            Payload::Instance { content, .. } => content.as_deref().map_or(0, content_bytes),
        },
        Output::Item(Item::Broken(broken)) => broken.raw.len(),
        Output::Item(
            Item::Message(_) | Item::Removed { .. } | Item::AsRuled { .. } | Item::Listed(_),
        )
        | Output::Name { .. }
        | Output::Calendar(_)
        | Output::Schedule(_) => 0,
    }
}

fn content_bytes(content: &Content) -> usize {
    let people = content.attendees.iter().chain(&content.organizer);
    let people: usize =
        people.map(|one| size_of::<Person>() + one.name.len() + one.email.len()).sum();
    let categories = content.categories.iter().map(|one| size_of::<String>() + one.len());
    let texts = [&content.title, &content.description, &content.location, &content.meeting];
    let texts: usize = texts.map(String::len).iter().sum();
    EVENT_BYTES + people + categories.sum::<usize>() + texts
}

fn recurrence_bytes(recurrence: &Recurrence) -> usize {
    let Recurrence { rules, extras, excluded } = recurrence;
    let (rules, extras) = (size_of_val(rules.as_slice()), size_of_val(extras.as_slice()));
    rules + extras + size_of_val(excluded.as_slice())
}

#[cfg(test)]
mod tests {
    use kalends_core::event::Body;
    use kalends_core::ids::ProviderId;
    use kalends_core::provider::EventItem;
    use kalends_testkit::records::event;

    use super::*;

    fn weighed(change: impl FnOnce(&mut Body)) -> usize {
        let mut body = event("a", 6, 1);
        change(&mut body);
        bytes_of(&Output::Item(Item::Event(Box::new(EventItem {
            id: ProviderId("a".to_owned()),
            version: None,
            native: "a".to_owned(),
            uid: "a".to_owned(),
            payload: Payload::Whole(body),
            mark: None,
            foreign: None,
            fresh: false,
            doubts: Vec::new(),
            changed_at: None,
        }))))
    }

    /// Catches events that are held by the hundred though each takes a megabyte.
    #[test]
    fn what_an_event_may_have_thousands_of_is_counted() {
        let small = weighed(|_| {});
        assert!(small < 2 * EVENT_BYTES);
        let people = weighed(|body| body.content.attendees = vec![Person::default(); 10_000]);
        let dates = weighed(|body| {
            let excluded = vec![body.content.span.start.clone(); 10_000];
            body.recurrence = Some(Recurrence { excluded, ..Recurrence::default() });
        });
        let words = weighed(|body| body.content.categories = vec![String::new(); 10_000]);
        for large in [people, dates, words] {
            assert!(large > small + 10_000 * 16, "{large}");
        }
    }
}
