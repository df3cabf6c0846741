//! Histories as scripts.

use std::path::Path;

use kalends_sim_tests::{Check, Script, Tale, retell};

/// Lives the script in a file; gives how many ended otherwise than they should.
pub(crate) fn live(file: &Path) -> usize {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string());
    match text.and_then(|text| Script::read(&text)) {
        Ok(script) => match retell(&script) {
            None => println!("it ends as it should"),
            Some(trouble) => {
                println!("{trouble}");
                return 1;
            }
        },
        Err(trouble) => {
            println!("{}: {trouble}", file.display());
            return 1;
        }
    }
    0
}

/// Prints a failed history as a script, where that fails in the same way.
pub(crate) fn print(tale: &Tale, trouble: &str) {
    let text = tale.script().least().text();
    let again = Script::read(&text).ok().and_then(|script| retell(&script));
    if again.is_some_and(|again| Check::of(&again) == Check::of(trouble)) {
        println!("as a script, for `cargo xtask sim --script FILE`:\n\n{text}");
    } else {
        println!("(no script of it ends so)");
    }
}

/// Prints all that was asked and answered in a history, and all that was recorded.
pub(crate) fn trace(tale: &Tale) {
    let trace = tale.trace();
    trace.requests.iter().for_each(|request| println!("{request}"));
    for (entry, payload) in trace.journal {
        let rows = payload.map(|payload| String::from_utf8_lossy(&payload.0).into_owned());
        println!("{} {:?} {}", entry.seq, entry.cause.what, rows.unwrap_or_default());
    }
}
