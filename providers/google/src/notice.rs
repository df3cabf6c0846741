//! What Google's channels say: a POST without a body, all of it in the head.

use kalends_core::notice::{Heard, InboundRequest, Notice, Refusal, Word};
use kalends_core::watch::{Shown, WatchSecrets};

/// What a request from outside comes to. It is a hint in any case: it names no event, and what
/// changed is found by a listing.
pub(crate) fn notice(request: &InboundRequest, secrets: &WatchSecrets) -> Notice {
    let state = request.header("x-goog-resource-state");
    let named = request.header("x-goog-channel-id").zip(request.header("x-goog-resource-id"));
    let (Some(state), Some((id, resource)), "POST") = (state, named, request.method.as_str())
    else {
        return Notice::Refuse(Refusal::Malformed);
    };
    let token = request.header("x-goog-channel-token");
    let shown = Shown { id, token, resource: Some(resource) };
    match secrets.verify(shown, request.received) {
        Ok(watch) => {
            let word = if state == "sync" { Word::Opened } else { Word::Changed };
            Notice::Heard(vec![Heard { scope: watch.scope, watch: watch.id.clone(), word }])
        }
        Err(refusal) => Notice::Refuse(refusal),
    }
}
