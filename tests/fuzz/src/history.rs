//! The reader of histories.

use kalends_sim_tests::Script;

/// A history as a script: one that can be read is read again as it is written down.
///
/// # Panics
/// Where that is not so.
pub fn history(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(script) = Script::read(&text) else { return };
    let again = script.text();
    let read = Script::read(&again);
    assert!(read.as_ref() == Ok(&script), "{read:?} of\n{again}");
}
