//! Why a server refused, by the precondition it names first and by the status second: the status
//! alone is unreliable (RFC 4918 section 16).

use kalends_core::provider::{Failure, FailureClass};
use kalends_core::time::Timestamp;
use kalends_kit::{Intent, Reply, XmlLimits, XmlReader, is_xml, status_failure};

/// The conditions that are acted on; others are as good as none. Some servers misspell the
/// namespaces, so names alone are compared.
const KNOWN: &[(&str, FailureClass, &str)] = &[
    ("no-uid-conflict", FailureClass::Taken, "the UID is in use there"),
    ("resource-must-be-null", FailureClass::Taken, "the place is taken"),
    ("max-resource-size", FailureClass::TooLarge, "shorten the event"),
    ("max-instances", FailureClass::TooLarge, "bound the series"),
    ("number-of-matches-within-limits", FailureClass::TooLarge, "ask for less at once"),
    ("need-privileges", FailureClass::Forbidden, "ask the calendar's owner for the right"),
    (
        "allowed-organizer-scheduling-object-change",
        FailureClass::Forbidden,
        "the server lets nobody change this of an invitation",
    ),
    (
        "allowed-attendee-scheduling-object-change",
        FailureClass::Forbidden,
        "only the organizer may change this",
    ),
    ("valid-sync-token", FailureClass::CursorLost, "list everything again"),
    ("valid-calendar-data", FailureClass::Refused, "the server cannot read the event"),
    ("valid-calendar-object-resource", FailureClass::Refused, "the server wants another form"),
    ("supported-calendar-data", FailureClass::Refused, "the server wants another form"),
    ("supported-calendar-component", FailureClass::Refused, "choose a calendar for events"),
    ("min-date-time", FailureClass::Refused, "the event is too early for this calendar"),
    ("max-date-time", FailureClass::Refused, "the event is too late for this calendar"),
    ("calendar-collection-location-ok", FailureClass::Refused, "choose an existing calendar"),
    ("quota-not-exceeded", FailureClass::Transient, "make room in the account"),
    ("sufficient-disk-space", FailureClass::Transient, "the server needs room"),
    ("lock-token-submitted", FailureClass::Transient, "it is locked: try later"),
    ("no-conflicting-lock", FailureClass::Transient, "it is locked: try later"),
];

/// The failure that an answer states.
pub(crate) fn failure(reply: &Reply, intent: Intent, now: Timestamp) -> Failure {
    let by_status = status_failure(&reply.head, intent, now);
    let Some((name, class, advice)) = named(reply) else {
        return by_status;
    };
    Failure {
        class,
        code: format!("dav.{name}"),
        detail: format!("the server answered {} for {name}: {advice}", reply.status()),
        retry_at: by_status.retry_at,
    }
}

/// The failure of a deletion that came to an end in part: 207 lists what is still there (RFC 4918
/// section 9.6.1).
pub(crate) fn deleted_in_part() -> Failure {
    Failure {
        class: FailureClass::Unknown,
        code: "dav.delete-part".to_owned(),
        detail: "the server deleted a part only: read the object before trying again".to_owned(),
        retry_at: None,
    }
}

/// Whether an answer without a known condition says in words that a name is in use: some servers
/// keep the names of what was deleted, and say so in prose only.
pub(crate) fn says_taken(reply: &Reply) -> bool {
    let text = String::from_utf8_lossy(&reply.body).to_lowercase();
    let uid = text.contains("uid") || text.contains("object");
    let taken = ["exist", "trash", "deleted", "in use", "duplicate"];
    uid && taken.iter().any(|word| text.contains(word))
}

fn named(reply: &Reply) -> Option<(&'static str, FailureClass, &'static str)> {
    if reply.body.is_empty() || !is_xml(&reply.head) {
        return None;
    }
    let mut reader = XmlReader::new(XmlLimits::default());
    reader.push(&reply.body);
    while let Ok(Some(tree)) = reader.next_tree() {
        let known = KNOWN.iter().find(|(name, _, _)| *name == tree.name);
        if let Some(known) = known {
            return Some(*known);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use kalends_core::ports::HttpHead;
    use kalends_kit::Url;

    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        let headers = vec![("content-type".into(), "application/xml".into())];
        Reply {
            url: Url::parse("https://h/").unwrap(),
            head: HttpHead { status, headers },
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn every_condition_is_known_by_its_name_whatever_the_status() {
        for (name, class, _) in KNOWN {
            for status in [403, 409, 412, 415] {
                let body = format!("<d:error xmlns:d='DAV:'><x:{name} xmlns:x='odd'/></d:error>");
                let failure = failure(&reply(status, &body), Intent::Write, Timestamp::MIN);
                assert_eq!(failure.class, *class);
                assert_eq!(failure.code, format!("dav.{name}"));
            }
        }
    }

    #[test]
    fn without_a_known_condition_the_status_decides() {
        for body in ["", "<error", "no", "<d:error xmlns:d='DAV:'><d:odd/></d:error>"] {
            let failure = failure(&reply(412, body), Intent::Write, Timestamp::MIN);
            assert_eq!((failure.class, failure.code.as_str()), (FailureClass::Stale, "http.412"));
        }
    }

    #[test]
    fn prose_about_names_in_use_is_understood() {
        assert!(says_taken(&reply(
            400,
            "Calendar object with uid already exists in this calendar"
        )));
        assert!(!says_taken(&reply(400, "missing DTSTART")));
    }
}
