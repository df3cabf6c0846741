//! What a content says in all that a mirror carries.

use kalends_core::event::{Body, Content, Span};
use kalends_core::graph::Capabilities;
use kalends_core::normalize;
use kalends_core::presence::ContentHash;
use kalends_core::time::When;

/// What a series says of the instance with this original start, where nobody changed it.
#[must_use]
pub fn as_ruled(series: &Content, original: &When) -> Content {
    let span = Span { start: original.clone(), ..series.span.clone() };
    Content { span, ..series.clone() }
}

/// Hash of what a content says, whatever any one calendar can hold of it.
#[must_use]
pub fn said(content: &Content) -> ContentHash {
    normalize::hash(&Body::single(content.clone()), &Capabilities::default())
}

/// Whether two contents say the same.
#[must_use]
pub fn say_same(a: &Content, b: &Content) -> bool {
    said(a) == said(b)
}
