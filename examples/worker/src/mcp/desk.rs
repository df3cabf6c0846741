//! What tools work on.

use crate::closed::Closed;
use crate::graph::Object;

/// The graph, and which of its edges are closed.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub(super) object: &'a Object,
    pub(super) closed: &'a Closed,
}
