//! What Graph sends by itself: the validation of an address, changes, and words about
//! subscriptions.

use kalends_core::notice::{Heard, InboundRequest, Notice, Refusal, Word};
use kalends_core::watch::{Shown, WatchSecrets};

use crate::wire::watch::{NotificationJson, NotificationsJson};

/// What a request from Graph comes to.
pub(crate) fn notice(request: &InboundRequest, secrets: &WatchSecrets) -> Notice {
    if request.method != "POST" {
        return Notice::Refuse(Refusal::Malformed);
    }
    match validation(&request.query) {
        Some(Some(token)) => return Notice::Answer(token),
        Some(None) => return Notice::Refuse(Refusal::Malformed),
        None => {}
    }
    let Ok(NotificationsJson { value }) = serde_json::from_slice(&request.body) else {
        return Notice::Refuse(Refusal::Malformed);
    };
    let (mut heard, mut refused) = (Vec::new(), None);
    for item in value {
        // One that is none, or from a subscription that is not ours, spoils no other.
        match serde_json::from_value(item) {
            Ok(item) => match told(&item, secrets, request) {
                Ok(one) if heard.contains(&one) => {}
                Ok(one) => heard.push(one),
                Err(refusal) => refused = refused.or(Some(refusal)),
            },
            Err(_) => refused = refused.or(Some(Refusal::Malformed)),
        }
    }
    match (heard.is_empty(), refused) {
        (false, _) => Notice::Heard(heard),
        (true, refusal) => Notice::Refuse(refusal.unwrap_or(Refusal::Malformed)),
    }
}

fn told(
    item: &NotificationJson,
    secrets: &WatchSecrets,
    request: &InboundRequest,
) -> Result<Heard, Refusal> {
    let shown = Shown {
        id: item.subscription_id.as_deref().unwrap_or_default(),
        token: item.client_state.as_deref(),
        // It names the event, not what was subscribed to.
        resource: None,
    };
    let watch = secrets.verify(shown, request.received)?;
    let word = match item.lifecycle_event.as_deref() {
        None => Word::Changed,
        Some("reauthorizationRequired") => Word::Reauthorise,
        Some("subscriptionRemoved") => Word::Removed,
        // Of a new word it is known that something is to be looked at.
        Some(_) => Word::Missed,
    };
    Ok(Heard { scope: watch.scope, watch: watch.id.clone(), word })
}

/// The token of a validation, opaque; `Some(None)`: one that nobody can give back.
///
/// It comes before the subscription has an id: nothing can be known of who sends it.
fn validation(query: &str) -> Option<Option<String>> {
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (_, value) = pairs.find(|(key, _)| key.eq_ignore_ascii_case("validationToken"))?;
    let token = decoded(value).and_then(|bytes| String::from_utf8(bytes).ok());
    Some(token.filter(|token| !token.is_empty() && token.len() <= Notice::ANSWER_BYTES_MAX))
}

/// A value of a query as it was before it was encoded as of a form.
fn decoded(value: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(value.len());
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    Some(out)
}
