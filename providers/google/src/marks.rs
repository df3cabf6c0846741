//! What is kept of a mirror with the event itself: at most three short private properties.

use kalends_core::event::Busy;
use kalends_core::known_marks::{is_telling, product_of};

use crate::wire::Event;

/// The signed mark.
pub(crate) const MARK: &str = "kal_m";
/// Of a changed instance: the name its mark was made for, and the series it was written into.
/// Google gives instances ids of its own.
pub(crate) const NAME: &str = "kal_n";
/// How it fills the time, where Google has no word for it.
pub(crate) const BUSY: &str = "kal_b";
/// Of an instance that was made as its series has it again: the series. Such an instance stays an
/// exception at Google.
pub(crate) const RESET: &str = "kal_r";
/// Of such an instance: a hash of what it said then.
pub(crate) const HASH: &str = "kal_h";

/// The value of [`NAME`].
pub(crate) fn instance_name(derived: &str, series: &str) -> String {
    format!("{derived} {series}")
}

/// The name that an event's mark is judged by: its id, and of an instance that we wrote, the name
/// we gave it. A copy of that instance in another series is under no name of ours.
pub(crate) fn native(event: &Event) -> String {
    let named = event.recurring_event_id.as_deref().zip(event.private(NAME));
    let ours = named.and_then(|(series, name)| {
        let (derived, of) = name.split_once(' ')?;
        (of == series).then(|| derived.to_owned())
    });
    ours.unwrap_or_else(|| event.id.clone())
}

/// Another product whose mark an event bears.
pub(crate) fn foreign(event: &Event) -> Option<String> {
    let properties = event.extended_properties.as_ref()?;
    let all = properties.private.iter().chain(&properties.shared).flatten();
    let mut products = all
        .filter(|(name, _)| is_telling(name))
        .filter_map(|(name, value)| product_of(name, value));
    products.next().map(str::to_owned)
}

/// The word for a busy kind that Google has none for.
pub(crate) const fn busy_word(busy: Busy) -> Option<&'static str> {
    match busy {
        Busy::Free | Busy::Busy => None,
        Busy::Tentative => Some("tentative"),
        Busy::OutOfOffice => Some("away"),
        Busy::Elsewhere => Some("elsewhere"),
    }
}

/// What such a word says.
pub(crate) fn busy(word: &str) -> Option<Busy> {
    [Busy::Tentative, Busy::OutOfOffice, Busy::Elsewhere]
        .into_iter()
        .find(|busy| busy_word(*busy) == Some(word))
}
