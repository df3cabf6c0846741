//! The decoder of iCalendar.

use kalends_core::provider::MirrorDoc;
use kalends_ical::{Reader, mirror};
use kalends_recurrence::Timestamp;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// One object: what can be read can be written, and is read again.
///
/// # Panics
/// Where that is not so.
pub fn object(bytes: &[u8]) {
    let Ok(decoded) = Reader::default().object(bytes) else { return };
    let doc = MirrorDoc {
        derived: "0123456789abcdefghijklmnop".to_owned(),
        mark: "k1.token".to_owned(),
        body: decoded.body,
        instance: None,
    };
    let written = mirror(&doc, NOW);
    let again = Reader::default().object(&written);
    assert!(again.is_ok(), "{again:?} of\n{}", String::from_utf8_lossy(&written));
}

/// A whole feed: an event that could be read stands alone in its raw text.
///
/// # Panics
/// Where that is not so.
pub fn feed(bytes: &[u8]) {
    let Ok(mut feed) = Reader::default().feed(bytes) else { return };
    let uids: Vec<String> = feed.uids().collect();
    assert_eq!(uids.len(), feed.len(), "each event has a UID or an empty one");
    for (event, uid) in feed.events().zip(uids) {
        assert_eq!(event.uid, uid, "a UID is the same whether its event is read or not");
        let Ok(decoded) = &event.decoded else { continue };
        let alone = Reader::default().object(&event.raw);
        assert!(
            alone.as_ref().is_ok_and(|alone| alone.uid == decoded.uid),
            "{alone:?} of\n{}",
            String::from_utf8_lossy(&event.raw)
        );
    }
}
