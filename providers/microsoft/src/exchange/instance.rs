//! Changed instances as objects of their own.

use kalends_core::event::{Body, Content};
use kalends_core::fields::Field;
use kalends_core::graph::Capabilities;
use kalends_core::ids::ProviderId;
use kalends_core::keys::base32hex;
use kalends_core::mirror::FieldHashes;
use kalends_core::provider::{Item, Payload};
use kalends_core::time::{When, Zone};
use kalends_kit::{as_ruled, say_same};
use serde_json::{Map, Value};

use crate::decode;
use crate::encode;
use crate::item;
use crate::mark::{self, Marked};
use crate::time::{self, Unreadable};
use crate::version::Held;
use crate::wire::event::EventJson;

/// Whether a changed instance bears a mark that was made for its series.
pub(crate) fn is_ours(event: &EventJson) -> bool {
    let marked = Marked::of(event);
    marked.mark.is_some() && marked.series.is_some() && marked.series == event.series_master_id
}

/// A changed instance with a mark of its own.
pub(crate) fn marked(event: &EventJson, marked: Marked, mailbox: &Zone) -> Item {
    let read = || -> Result<_, Unreadable> {
        let content = decode::instance(event, mailbox)?;
        let original = decode::original(event, &content).ok_or("graph.original-start")?;
        Ok((content, original))
    };
    match read() {
        Ok((content, original)) => changed(event, marked, content, original),
        Err(code) => item::unreadable(event, code, &Value::Null),
    }
}

/// An instance that somebody changed of a series of ours. As the series has it, it is no object.
pub(crate) fn of_ours(event: &EventJson, series: &Body, mailbox: &Zone) -> Item {
    let read = || -> Result<_, Unreadable> {
        let content = decode::instance(event, mailbox)?;
        let original = time::original(event, &series.content.span.start);
        Ok((content, original.ok_or("graph.original-start")?))
    };
    match read() {
        Ok((content, original)) if say_same(&content, &as_ruled(&series.content, &original)) => {
            item::as_ruled(event.id.as_deref().unwrap_or_default())
        }
        Ok((content, original)) => {
            let goes_along = goes_along(event, &content, &as_ruled(&series.content, &original));
            let mark = goes_along.then(String::new);
            changed(event, Marked { mark, ..Marked::default() }, content, original)
        }
        Err(code) => item::unreadable(event, code, &Value::Null),
    }
}

/// Whether two contents say the same, times apart.
pub(crate) fn same_texts(a: &Content, b: &Content) -> bool {
    say_same(a, &Content { span: a.span.clone(), ..b.clone() })
}

/// Characters of one field in a sketch.
const FIELD_CHARS: usize = 8;

/// Hashes of what a mirror carries of a content, field by field.
fn sketch(content: &Content) -> String {
    let hashes = FieldHashes::of(&Body::single(content.clone()), &Capabilities::default());
    Field::ALL.iter().zip(hashes.0).map(|(_, hash)| base32hex(&hash[..5])).collect()
}

/// What is written to make an instance as its series has it.
pub(crate) fn put_back(as_ruled: &Content) -> Value {
    let mut body: Map<String, Value> = encode::fields(as_ruled);
    body.extend(encode::times(as_ruled));
    let emptied = mark::emptied(&sketch(as_ruled));
    body.insert("singleValueExtendedProperties".to_owned(), emptied);
    Value::Object(body)
}

/// Whether an instance was made as its series had it, and nobody changed it since: each field says
/// what it said then, or took over what its series says now.
pub(crate) fn goes_along(event: &EventJson, said: &Content, as_ruled: &Content) -> bool {
    let Some(then) = mark::emptied_as(event) else { return false };
    let (now, ruled) = (sketch(said), sketch(as_ruled));
    let fields = |sketch| str::as_bytes(sketch).chunks(FIELD_CHARS);
    let mut all = fields(then).zip(fields(&now)).zip(fields(&ruled));
    then.len() == now.len() && all.all(|((then, now), ruled)| now == then || now == ruled)
}

fn changed(event: &EventJson, marked: Marked, content: Content, original: When) -> Item {
    let payload = Payload::Instance {
        series: ProviderId(event.series_master_id.clone().unwrap_or_default()),
        original,
        content: Some(Box::new(content)),
    };
    let version = event.tag().map(|tag| Held::instance(tag).version());
    item::item(event, marked, payload, version, Vec::new())
}
