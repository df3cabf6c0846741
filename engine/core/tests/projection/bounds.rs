//! Limits on texts and raw bytes.

use kalends_core::author::{EditError, check};
use kalends_core::limits::{EVENT_BYTES_MAX, bound, bound_chars, bound_raw};
use kalends_core::slice::Config;
use kalends_core::step::UserEdit;

use super::support::{single, utc};

#[test]
fn an_event_that_no_store_takes_is_refused_before_it_is_put_down() {
    let said = |description: String| {
        let mut body = Box::new(single("Talk", utc("2026-06-01T10:00:00")));
        body.content.description = description;
        check(&Config::default(), &UserEdit::PutEvent { event: None, body })
    };
    assert_eq!(said("x".repeat(EVENT_BYTES_MAX - 1_000)), Ok(()));
    assert_eq!(said("x".repeat(EVENT_BYTES_MAX)), Err(EditError::TooLarge));
    // As it is stored, and not as it is said: a quote takes two bytes.
    assert_eq!(said("\"".repeat(EVENT_BYTES_MAX / 2)), Err(EditError::TooLarge));
}

#[test]
fn texts_are_cut_before_the_character_that_does_not_fit() {
    assert_eq!(bound("aé🎉", 100), "aé🎉");
    assert_eq!(bound("aé🎉", 6), "aé");
    assert_eq!(bound("aé🎉", 3), "aé");
    assert_eq!(bound("aé🎉", 2), "a");
    assert_eq!(bound("🎉", 3), "");
    assert_eq!(bound_chars("aé🎉", Some(2)), "aé");
    assert_eq!(bound_chars("aé🎉", Some(3)), "aé🎉");
    assert_eq!(bound_chars("aé🎉", Some(0)), "");
    assert_eq!(bound_chars("aé🎉", None), "aé🎉");
}

#[test]
fn raw_bytes_are_cut_like_text_where_they_are_text() {
    let text = "aé🎉".as_bytes();
    assert_eq!(bound_raw(text, 7), text);
    assert_eq!(bound_raw(text, 6), "aé".as_bytes());
    assert_eq!(bound_raw(text, 2), b"a");
    let noise = [0x80; 10];
    assert_eq!(bound_raw(&noise, 5).len(), 2);
    assert_eq!(bound_raw(&noise, 2).len(), 0);
}
