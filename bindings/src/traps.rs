//! What the generators let pass and the languages do not forgive, looked for in the sources of what
//! crosses.

use std::{fs, path::Path};

use crate::declared::DECLARED;

/// Names that Kotlin, Swift's Foundation or Python have for themselves, or that are the module's.
const TYPES_TAKEN: &str = "Calendar Context Data Date Error Exception Host Kalends Locale Notification Operation Progress Result Thread TimeZone Unit";
const CALLS_TAKEN: &str =
    "close destroy equals finalize hash hash_code notify notify_all to_string wait";
/// An error's in Kotlin.
const FIELDS_TAKEN: &str = "cause localized_message message stack_trace";
/// They mangle names on the JVM, and have no size that all languages know.
const NUMBERS_REFUSED: &str = "i128 isize u128 u16 u32 u64 u8 usize";

#[test]
fn all_that_crosses_is_in_the_contract() {
    let sources = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let mut crossing = 0;
    // What lies deeper are tests.
    for source in sources.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let text = fs::read_to_string(&source).unwrap();
        let name = source.file_name().unwrap().to_str().unwrap();
        // The contract is not part of itself, nor is what says what crosses.
        if ["contract.rs", "lib.rs", "traps.rs"].contains(&name) || !text.contains("uniffi::") {
            continue;
        }
        crossing += 1;
        assert!(DECLARED.contains(&text.as_str()), "{name} is missing in declared.rs");
    }
    assert_eq!(crossing, DECLARED.len());
}

#[test]
fn every_call_answers_with_one_of_our_errors_and_the_app_with_its_own() {
    let calls = calls();
    assert!(calls.len() > 30, "{calls:?}");
    for call in calls {
        let answer = call.text.split_once("-> Result<").map(|(_, answer)| answer.trim());
        let answer = answer.unwrap_or_else(|| panic!("{} answers with no result", call.name));
        let error = if call.is_of_the_app { ", HostError>" } else { ", EngineError>" };
        assert!(answer.ends_with(error), "{} answers {answer}", call.name);
        // Where an app's exception gets lost, nothing at all would look like success.
        assert!(!answer.starts_with("()"), "{} says nothing where it worked", call.name);
    }
}

#[test]
fn no_name_is_one_that_a_language_has() {
    let taken = |name: &str, list: &str| {
        assert!(list.split(' ').all(|word| word != name), "{name} is taken");
    };
    calls().iter().for_each(|call| taken(&call.name, CALLS_TAKEN));
    for line in lines() {
        for what in ["pub struct ", "pub enum ", "pub trait "] {
            if let Some(rest) = line.strip_prefix(what) {
                taken(word(rest), TYPES_TAKEN);
            }
        }
    }
    let errors = DECLARED.iter().flat_map(|text| text.split("uniffi::Error)]").skip(1));
    let fields: Vec<&str> = errors
        .flat_map(|text| text.split("\n}\n").next().unwrap_or_default().lines())
        .filter(|line| line.starts_with("        ") && line.contains(": "))
        .map(|line| word(line.trim()))
        .collect();
    assert!(fields.contains(&"reason"), "{fields:?}");
    fields.into_iter().for_each(|field| taken(field, FIELDS_TAKEN));
}

#[test]
fn no_number_is_unsigned() {
    let fields = lines().filter(|line| line.starts_with("    ") && line.ends_with(','));
    let fields = fields.filter(|line| !line.contains('(')).map(str::to_owned);
    let crossing: Vec<String> = calls().into_iter().map(|call| call.text).chain(fields).collect();
    assert!(crossing.iter().any(|text| text.contains("deadline_ms: i64")));
    for text in crossing {
        let text = text.replace("Vec<u8>", "bytes");
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        let refused = |word: &str| NUMBERS_REFUSED.split(' ').any(|one| one == word);
        assert!(!words.any(refused), "{text}");
    }
}

#[derive(Debug)]
struct Call {
    name: String,
    /// From its parameters to its answer.
    text: String,
    is_of_the_app: bool,
}

/// All that is exported, and what the app implements.
fn calls() -> Vec<Call> {
    let mut found = Vec::new();
    let contract = include_str!("contract.rs");
    for text in DECLARED.iter().copied().chain([contract]) {
        for block in text.split("#[uniffi::export").skip(1) {
            let is_of_the_app = block.starts_with("(foreign)");
            let block = block.split("\n}\n").next().unwrap_or_default();
            for call in block.split(" fn ").skip(1) {
                let end = call.find(['{', ';']).unwrap_or(call.len());
                let text = call[..end].trim().to_owned();
                found.push(Call { name: word(call).to_owned(), text, is_of_the_app });
            }
        }
    }
    found
}

fn lines() -> impl Iterator<Item = &'static str> {
    DECLARED.iter().flat_map(|text| text.lines())
}

fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}
