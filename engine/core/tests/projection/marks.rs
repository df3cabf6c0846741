//! Marks, and the marks of other products.

use kalends_core::ids::{EdgeId, EventId, GraphId};
use kalends_core::keys::{GraphKeys, base32hex, from_base32hex};
use kalends_core::known_marks::{is_telling, product_of};
use kalends_core::mark::{Mark, Reading, read, sign};
use kalends_core::mirror::PartKey;
use kalends_core::time::Timestamp;

fn keys(graph: u8, secret: u8) -> GraphKeys {
    GraphKeys { graph: GraphId::from_bytes([graph; 16]), secret: [secret; 32] }
}

fn mark() -> Mark {
    Mark {
        event: EventId::from_bytes([5; 16]),
        edge: EdgeId::from_bytes([6; 16]),
        part: PartKey::Override(Timestamp::from_millis(1_700_000_000_000)),
        generation: 3,
    }
}

#[test]
fn a_mark_reads_back_under_its_own_name_alone() {
    let token = sign(&keys(1, 1), &mark(), "abc");
    assert_eq!(token.len(), 114);
    assert!(token.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    assert_eq!(read(&keys(1, 1), &token, "abc"), Reading::Ours(mark()));
    assert_eq!(read(&keys(1, 1), &token.to_uppercase(), "abc"), Reading::Ours(mark()));
    assert_eq!(read(&keys(1, 1), &token, "abd"), Reading::Void);
    assert_eq!(read(&keys(1, 2), &token, "abc"), Reading::Void);
    assert_eq!(read(&keys(2, 1), &token, "abc"), Reading::OtherGraph);
}

#[test]
fn a_changed_byte_anywhere_makes_a_mark_worthless() {
    let token = from_base32hex(&sign(&keys(1, 1), &mark(), "abc")).unwrap();
    for at in 0..token.len() {
        let mut forged = token.clone();
        forged[at] ^= 1;
        let reading = read(&keys(1, 1), &base32hex(&forged), "abc");
        assert!(!matches!(reading, Reading::Ours(_)), "byte {at}");
    }
}

#[test]
fn a_mark_of_a_later_version_is_left_alone_and_other_text_is_no_mark() {
    let mut token = from_base32hex(&sign(&keys(1, 1), &mark(), "abc")).unwrap();
    token[0] = 2;
    assert_eq!(read(&keys(1, 1), &base32hex(&token), "abc"), Reading::OtherGraph);
    for text in ["", "x", "not a mark", "0000", &"z".repeat(114), &"0".repeat(114)] {
        assert_eq!(read(&keys(1, 1), text, "abc"), Reading::Garbage, "{text}");
    }
    let cut = &sign(&keys(1, 1), &mark(), "abc")[..100];
    assert_eq!(read(&keys(1, 1), cut, "abc"), Reading::Garbage);
}

#[test]
fn marks_of_other_products_are_known() {
    let known = [
        ("X-TMINUS-MANAGED", "TRUE", "T-Minus"),
        ("categories", "Work, T-Minus Managed", "T-Minus"),
        ("com.tminus.metadata", "{}", "T-Minus"),
        ("fromGAS", "true", "GAS-ICS-Sync"),
        ("outlook_CalendarID-02", "0000", "Outlook Google Calendar Sync"),
        ("UID", "0b5a@keeper.sh", "Keeper"),
    ];
    for (name, value, product) in known {
        assert_eq!(product_of(name, value), Some(product), "{name}");
        assert!(is_telling(name), "{name}");
    }
    let unknown = [
        ("X-TMINUS-MANAGED", "false"),
        ("UID", "0b5a@user.keeper.sh"),
        ("SUMMARY", "T-Minus Managed"),
        ("reclaim.touched", "true"),
    ];
    for (name, value) in unknown {
        assert_eq!(product_of(name, value), None, "{name}");
    }
    assert!(!is_telling("SUMMARY"));
}
