//! What a series has at one of its original starts.
//!
//! Google has no word for "this instance is as its series has it again": an instance that was
//! changed or cancelled once stays an exception. So such an instance is written as the series has
//! it, with the series' id and a hash of what it says in properties of its own, and counts as
//! nothing from then on, until someone changes it.

use kalends_core::event::{Body, Content};
use kalends_core::keys::base32hex;
use kalends_core::provider::{Failure, Item, Payload};
use kalends_core::time::{Gap, Options, Series, When, Zone};
use kalends_kit::{as_ruled, said, say_same};
use serde_json::{Map, Value, json};

use crate::encode;
use crate::marks;
use crate::times;
use crate::wire::Event;

/// Steps that looking for one instance may take.
const BUDGET: u32 = 200_000;
/// What an instance that is as its series has it takes over from the series as it stands.
const TAKEN_OVER: [&str; 8] = [
    "summary",
    "description",
    "location",
    "transparency",
    "visibility",
    "colorId",
    "reminders",
    "status",
];

/// Whether the series takes place at this original start; unknown counts as yes.
pub(crate) fn is_given(body: &Body, original: &When) -> bool {
    let Some(recurrence) = &body.recurrence else {
        return false;
    };
    let start = &body.content.span.start;
    let floating = start.zone().cloned().unwrap_or_else(Zone::utc);
    // A stub of just this instance is what is to be taken back.
    let series = Series {
        start,
        length: body.content.span.length,
        rules: &recurrence.rules,
        extras: &recurrence.extras,
        excluded: &recurrence.excluded,
        overrides: &[],
    };
    let at = original.instant(&floating, Gap::Shift);
    let options = Options { gap: Gap::Shift, floating: &floating, budget: BUDGET };
    let mut found = series.instances(at..at.saturating_add_millis(1), &options);
    let exhausted = found.exhausted();
    exhausted || found.any(|one| one.original == at)
}

fn hash(content: &Content) -> String {
    base32hex(&said(content).0[..10])
}

/// Whether an instance was made as its series had it, and nobody changed it since.
pub(crate) fn is_reset(event: &Event, series: &str, content: &Content) -> bool {
    event.private(marks::RESET) == Some(series)
        && event.private(marks::HASH).is_some_and(|value| value == hash(content))
}

/// Whether an instance that we made as its series had it is as the series has it now.
pub(crate) fn stands_for_nothing(text: &str, item: &Item, body: &Body) -> bool {
    let Item::Event(found) = item else { return false };
    let Payload::Instance { series, original, content: Some(said) } = &found.payload else {
        return false;
    };
    let Ok(event) = serde_json::from_str::<Event>(text) else { return false };
    event.private(marks::RESET) == Some(series.0.as_str())
        && say_same(said, &as_ruled(&body.content, original))
}

/// The document of an instance that is as its series has it; `master` is the series as Google
/// gives it.
pub(crate) fn document(
    (master, body): (&Map<String, Value>, &Body),
    series: &str,
    original: &When,
) -> Result<Value, Failure> {
    let content = as_ruled(&body.content, original);
    let taken = TAKEN_OVER.iter().filter_map(|name| {
        let value = master.get(*name)?;
        Some(((*name).to_owned(), value.clone()))
    });
    let mut event = Map::new();
    event.extend(taken);
    let (start, end) = times::start_and_end(&content.span, true).ok_or_else(encode::no_zone)?;
    event.insert("start".to_owned(), start);
    event.insert("end".to_owned(), end);
    encode::place_in(&mut event, series, original)?;
    let mut private = Map::new();
    private.insert(marks::RESET.to_owned(), json!(series));
    private.insert(marks::HASH.to_owned(), json!(hash(&content)));
    let word = marks::busy_word(content.busy);
    private.extend(word.map(|word| (marks::BUSY.to_owned(), json!(word))));
    event.insert("extendedProperties".to_owned(), json!({ "private": private }));
    Ok(Value::Object(event))
}
