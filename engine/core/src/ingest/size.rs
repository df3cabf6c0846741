//! Events that are larger than what a store takes: set aside, so that all others go on (L12).

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Body, Exception};
use crate::limits;
use crate::provider::{Broken, EventItem, Payload};
use crate::time::When;
use crate::wire;

/// What an instance that is cancelled adds to its series, a little too much.
const EXCLUSION_BYTES: usize = 64;

/// Whether the stored form of what an item says would be too large.
pub(super) fn is_too_large(item: &EventItem) -> bool {
    let names = [&item.native, &item.uid].into_iter().chain(&item.foreign).chain(&item.mark);
    let said = match &item.payload {
        Payload::Whole(body) => wire::body_bytes(body),
        Payload::Instance { content: Some(content), .. } => {
            wire::body_bytes(&Body::single((**content).clone()))
        }
        Payload::Instance { content: None, .. } => 0,
    };
    said + names.map(String::len).sum::<usize>() > limits::EVENT_BYTES_MAX
}

/// Whether a series has grown too large by the instances that are objects of their own.
pub(super) fn has_outgrown(body: &Body) -> bool {
    wire::body_bytes(body) > limits::EVENT_BYTES_MAX
}

/// A changed instance, its original start, and what it is; `None` for one that is cancelled.
type Changed<'a> = (&'a EventItem, &'a When, Option<Exception>);

/// Of instances that a series is to have, those with which it does not grow too large, and the others.
pub(super) fn fitting<'a>(
    series: &Body,
    items: &[&'a EventItem],
) -> (Vec<Changed<'a>>, Vec<&'a EventItem>) {
    let (mut put, mut left) = (Vec::new(), Vec::new());
    let changed: Vec<Changed<'a>> = items.iter().filter_map(|item| changed(item)).collect();
    let originals: BTreeSet<&When> = changed.iter().map(|(_, original, _)| *original).collect();
    let known = series.exceptions.iter().filter(|one| originals.contains(&one.original));
    let known: BTreeMap<&When, usize> = known.map(|one| (&one.original, bytes(one))).collect();
    let mut size = wire::body_bytes(series);
    for (item, original, exception) in changed {
        let less = known.get(original).copied().unwrap_or_default();
        let more = exception.as_ref().map_or(EXCLUSION_BYTES, bytes);
        let grown = size.saturating_sub(less) + more;
        if grown > limits::EVENT_BYTES_MAX {
            left.push(item);
        } else {
            size = grown;
            put.push((item, original, exception));
        }
    }
    (put, left)
}

fn changed(item: &EventItem) -> Option<Changed<'_>> {
    let Payload::Instance { original, content, .. } = &item.payload else { return None };
    let exception = content.as_ref().map(|content| Exception {
        original: original.clone(),
        this_and_future: false,
        content: (**content).clone(),
    });
    Some((item, original, exception))
}

/// What a changed instance adds to its series, with the comma behind it.
fn bytes(exception: &Exception) -> usize {
    wire::exception_bytes(exception) + 1
}

/// The item, to be set aside. Of its text nothing is kept: it can be read where it lies.
pub(super) fn too_large(item: &EventItem) -> Broken {
    Broken {
        id: item.id.clone(),
        version: item.version.clone(),
        code: "item.too-large".to_owned(),
        reason: format!(
            "shorten its texts, or part the series: one event takes at most {} KB",
            limits::EVENT_BYTES_MAX / 1024
        ),
        raw: Vec::new(),
    }
}
