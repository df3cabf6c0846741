//! Why Graph refused: by code first, by status second, by text never.

use kalends_core::provider::{Failure, FailureClass};
use kalends_core::time::Timestamp;
use kalends_kit::{Intent, Reply, status_failure};

use crate::wire::page::{ErrorJson, FaultJson};

/// How deep errors lie in each other.
const DEPTH_MAX: usize = 8;

/// Codes that are acted on whatever the status, in lower case.
const KNOWN: &[(&str, FailureClass, &str)] = &[
    ("syncstatenotfound", FailureClass::CursorLost, "list everything again"),
    ("syncstateinvalid", FailureClass::CursorLost, "list everything again"),
    ("resyncrequired", FailureClass::CursorLost, "list everything again"),
    ("errorirresolvableconflict", FailureClass::Stale, "read the event again"),
    ("erroritemnotfound", FailureClass::NotFound, "it is not there any more"),
    ("resourcenotfound", FailureClass::NotFound, "it is not there any more"),
    // Of a subscription: whether somebody answers there may change.
    (
        "validationerror",
        FailureClass::Transient,
        "nobody answers at the address that notices go to: check that it leads here",
    ),
    ("errorfolderexists", FailureClass::Taken, "a calendar has this name: choose another"),
    ("erroraccessdenied", FailureClass::Forbidden, "ask the calendar's owner for the right"),
    ("authorization_requestdenied", FailureClass::Forbidden, "the app was not given this right"),
    (
        "mailboxnotenabledforrestapi",
        FailureClass::Unsupported,
        "the account has no mailbox in the cloud: use another one",
    ),
    (
        "mailboxnotsupportedforrestapi",
        FailureClass::Unsupported,
        "the account's mailbox cannot be reached this way: use another one",
    ),
    ("applicationthrottled", FailureClass::Throttled, "wait as long as it asks"),
    ("toomanyrequests", FailureClass::Throttled, "wait as long as it asks"),
    ("errorserverbusy", FailureClass::Throttled, "wait as long as it asks"),
    ("errormailboxmovetransient", FailureClass::Transient, "the mailbox is moving: try later"),
    ("activitylimitreached", FailureClass::Throttled, "wait as long as it asks"),
    ("errorquotaexceeded", FailureClass::Quota, "make room in the mailbox"),
    // No instance that passes another is written as one: until the other has moved.
    ("erroroccurrencecrossingboundary", FailureClass::Refused, "its neighbour stands in the way"),
    ("erroroccurrencetimespantoobig", FailureClass::Refused, "instances overlap: shorten them"),
    ("errorpropertyvalidationfailure", FailureClass::Refused, "the server takes no such event"),
    ("errorinvalidrequest", FailureClass::Refused, "the server takes no such request"),
    ("errorinvalididmalformed", FailureClass::Refused, "list the calendar again"),
    ("timezonenotsupportedexception", FailureClass::Refused, "the server knows no such zone"),
    ("mapiexceptionnotfound", FailureClass::NotFound, "it is not there any more"),
    ("mapiexceptionnoaccess", FailureClass::Forbidden, "ask the calendar's owner for the right"),
    ("mapiexceptionshutoffquotaexceeded", FailureClass::Quota, "make room in the mailbox"),
    ("mapiexceptionquotaexceeded", FailureClass::Quota, "make room in the mailbox"),
    ("mapiexceptionrpcservertoobusy", FailureClass::Throttled, "wait as long as it asks"),
    ("mapiexceptioncorruptdata", FailureClass::Refused, "open the event there and save it anew"),
    (
        "mapiexceptionnamedpropsquotaexceeded",
        FailureClass::Refused,
        "the mailbox keeps no more names of properties: ask its administrator",
    ),
];

/// Codes that say that it may work later: as far as it is known whether anything was done.
const LATER: &[&str] = &[
    "unknownerror",
    "internalservererror",
    "errorinternalserverfailure",
    "errorinternalservererror",
    "errorinternalservertransienterror",
    "errortimeoutexpired",
    "errormailboxstoreunavailable",
    "serviceunavailable",
    "mapiexceptionmdboffline",
    "mapiexceptionnetworkerror",
    "mapiexceptiontimeout",
    "mapiexceptionbackupinprogress",
];

/// The failure that an answer states.
pub(crate) fn failure(reply: &Reply, intent: Intent, now: Timestamp) -> Failure {
    let by_status = status_failure(&reply.head, intent, now);
    if by_status.code == Failure::CLAIMS {
        return by_status;
    }
    let codes = codes(&reply.body);
    let known = codes.iter().find_map(|code| KNOWN.iter().find(|known| known.0 == code.folded));
    if let Some((_, class, advice)) = known {
        let code = codes.iter().find(|code| KNOWN.iter().any(|known| known.0 == code.folded));
        return Failure {
            class: *class,
            code: format!("graph.{}", code.map_or("", |code| code.written.as_str())),
            detail: format!("the server answered {}: {advice}", reply.status()),
            retry_at: by_status.retry_at,
        };
    }
    let later = codes.iter().any(|code| LATER.contains(&code.folded.as_str()));
    let refused = by_status.class == FailureClass::Refused;
    let class = if refused && later { FailureClass::Transient } else { by_status.class };
    let code = codes.first().map_or(by_status.code, |code| format!("graph.{}", code.written));
    Failure { class, code, ..by_status }
}

struct Code {
    written: String,
    folded: String,
}

/// The codes of an error, the outermost first. What is no code of letters is left out.
fn codes(body: &[u8]) -> Vec<Code> {
    let fault: FaultJson = serde_json::from_slice(body).unwrap_or_default();
    let mut codes = Vec::new();
    let mut next: Option<&ErrorJson> = fault.error.as_ref();
    while let Some(error) = next.filter(|_| codes.len() < DEPTH_MAX) {
        let is_code = |code: &&String| {
            let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !code.is_empty() && code.len() <= 80 && code.chars().all(fits)
        };
        let code = error.code.as_ref().filter(is_code).cloned().unwrap_or_default();
        codes.push(Code { folded: code.to_ascii_lowercase(), written: code });
        next = error.inner.as_deref();
    }
    codes.retain(|code| !code.written.is_empty());
    codes
}
