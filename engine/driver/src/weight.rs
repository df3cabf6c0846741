//! What an output takes while it waits to be taken in.

use kalends_core::event::Content;
use kalends_core::provider::{Item, Output, Payload};

/// What an event without any text takes.
const EVENT_BYTES: usize = 1_024;

/// About how many bytes of memory an output takes.
pub(crate) fn bytes_of(output: &Output) -> usize {
    match output {
        Output::Item(Item::Event(event)) => match &event.payload {
            Payload::Whole(body) => {
                let changed = body.exceptions.iter().map(|changed| &changed.content);
                changed.chain([&body.content]).map(content_bytes).sum()
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
    let people: usize = people.map(|one| one.name.len() + one.email.len()).sum();
    let texts = [&content.title, &content.description, &content.location, &content.meeting];
    EVENT_BYTES + people + texts.map(String::len).iter().sum::<usize>()
}
