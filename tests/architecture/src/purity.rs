//! No clock, randomness or IO in the sources of `engine/` and `providers/`.
//!
//! Clippy holds the same for calls and types that it can resolve; this also sees imports, paths
//! and what stands behind a `cfg` that the build did not take.

use crate::code::Code;
use crate::tree::SourceFile;
use crate::workspace::Problem;

/// Paths and names, and what to do instead.
const BANNED: &[(&str, &str)] = &[
    ("std::fs", "files belong to the host; take and give bytes"),
    ("std::net", "connections belong to the host; return a call"),
    ("std::env", "settings are arguments"),
    ("std::thread", "the host decides what runs where"),
    ("std::process", "programs belong to the host"),
    ("SystemTime::now", "take `now` as an argument"),
    ("Instant::now", "take `now` as an argument"),
    ("Utc::now", "take `now` as an argument"),
    ("Local::now", "take `now` as an argument"),
    ("Timestamp::now", "take `now` as an argument"),
    ("Zoned::now", "take `now` as an argument"),
    ("HashMap", "its order changes from run to run; use BTreeMap"),
    ("HashSet", "its order changes from run to run; use BTreeSet"),
];

const MODULES: &[&str] = &["fs", "net", "env", "thread", "process"];

/// Holds the sources of the pure crates free of what only a host may touch.
#[must_use]
pub fn check_purity(files: &[SourceFile]) -> Vec<Problem> {
    files.iter().filter(|f| is_pure_source(f)).flat_map(check_file).collect()
}

fn is_pure_source(file: &SourceFile) -> bool {
    let pure = file.path.starts_with("engine/") || file.path.starts_with("providers/");
    pure && file.is_rust() && file.path.contains("/src/")
}

fn check_file(file: &SourceFile) -> Vec<Problem> {
    let code = Code::of(&file.text);
    let code = code.as_str();
    let named = BANNED.iter().flat_map(|ban| whole_words(code, ban.0).map(move |at| (at, ban)));
    let grouped = whole_words(code, "std")
        .flat_map(|at| grouped_modules(&code[at..]).into_iter().map(move |m| (at, &BANNED[m])));
    named
        .chain(grouped)
        .map(|(at, (banned, instead))| {
            let line = code[..at].matches('\n').count() + 1;
            format!("{}:{line} uses {banned}: {instead}", file.path)
        })
        .collect()
}

/// Where the words stand by themselves: `std::thread` but not `std::thread_local`.
fn whole_words<'a>(code: &'a str, words: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(words).map(|(at, _)| at).filter(move |at| {
        !code[..*at].ends_with(part) && !code[at + words.len()..].starts_with(part)
    })
}

/// Banned modules imported as `std::{fs, io}`, as places in the list of modules.
fn grouped_modules(code: &str) -> Vec<usize> {
    let Some(group) = code.strip_prefix("std::{") else {
        return Vec::new();
    };
    let mut depth = 1_usize;
    let mut first_words = vec![String::new()];
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' if depth == 1 => first_words.push(String::new()),
            c if depth == 1 => {
                if let Some(word) = first_words.last_mut() {
                    word.push(c);
                }
            }
            _ => {}
        }
    }
    let names = first_words.iter().map(|w| w.split([':', ' ']).find(|w| !w.trim().is_empty()));
    names.flatten().filter_map(|w| MODULES.iter().position(|m| *m == w.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str) -> Vec<Problem> {
        check_purity(&[SourceFile { path: path.into(), text: text.into() }])
    }

    #[test]
    fn each_banned_path_is_found_with_its_line() {
        for (banned, _) in BANNED {
            let text = format!("// ok\nfn f() {{ {banned}; }}\n");
            let problems = check("engine/core/src/a.rs", &text);
            assert_eq!(problems.len(), 1, "{banned}: {problems:?}");
            assert!(problems[0].starts_with("engine/core/src/a.rs:2 "), "{problems:?}");
        }
    }

    #[test]
    fn grouped_imports_are_read() {
        let text =
            "use std::{collections::BTreeMap, net::{self, IpAddr}, fs};\nuse std::{fmt, io};";
        let problems = check("providers/kit/src/a.rs", text);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems.iter().any(|p| p.contains("std::net")), "{problems:?}");
        assert!(problems.iter().any(|p| p.contains("std::fs")), "{problems:?}");
    }

    #[test]
    fn words_in_comments_texts_and_other_names_are_fine() {
        let text =
            "/// Not std::fs.\nconst A: &str = \"HashMap\"; struct MyHashMap; thread_local!{}";
        assert!(check("engine/core/src/a.rs", text).is_empty());
        assert!(check("hosts/tokio/src/a.rs", "use std::fs;").is_empty());
        assert!(check("engine/core/tests/a.rs", "use std::fs;").is_empty());
    }
}
