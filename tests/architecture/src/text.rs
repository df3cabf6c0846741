//! What no file of the project says, and no crate lacks.

use crate::code::Code;
use crate::tree::SourceFile;
use crate::workspace::{Package, Problem};

/// Notes to oneself. (Put together here, so that this file does not hold what it looks for.)
const NOTES: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Code that stands in for code, and tests that do not run.
const STUBS: &[(&str, &str)] = &[
    ("todo!(", "write it, or leave the function out"),
    ("unimplemented!(", "write it, or leave the function out"),
    ("#[ignore", "a test that does not run is none; put a long run behind KALENDS_LONG"),
    ("assert!(true)", "a test must be able to fail"),
];

/// Folders of one machine, put together likewise.
const MACHINE: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/var/fol", "ders/"),
];

/// Holds every text file free of notes, stubs and paths of one machine.
#[must_use]
pub fn check_text(files: &[SourceFile]) -> Vec<Problem> {
    files.iter().flat_map(check_file).collect()
}

/// Holds that every member of the workspace has something in it.
#[must_use]
pub fn check_not_empty(packages: &[Package], files: &[SourceFile]) -> Vec<Problem> {
    packages
        .iter()
        .filter(|package| {
            let inside = format!("{}/", package.folder);
            let mut sources = files.iter().filter(|f| f.is_rust() && f.path.starts_with(&inside));
            !sources.any(|f| has_items(&f.text))
        })
        .map(|p| {
            format!("{} ({}) is empty; fill it or take it out of the workspace", p.name, p.folder)
        })
        .collect()
}

fn has_items(text: &str) -> bool {
    let code = Code::of(text);
    code.as_str().lines().any(|l| !l.trim().is_empty() && !l.trim().starts_with("#!["))
}

fn check_file(file: &SourceFile) -> Vec<Problem> {
    let stubs = file.is_rust().then(|| Code::of(&file.text));
    let stubs = stubs.as_ref().map_or("", Code::as_str);
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let at = format!("{}:{number}", file.path);
        for note in NOTES.iter().filter(|n| has_word(line, n)) {
            problems.push(format!("{at} says {note}; do it now, or write an issue"));
        }
        for path in machine_paths(line) {
            problems.push(format!("{at} names {path}, a folder of one machine; make it relative"));
        }
    }
    for (number, line) in (1..).zip(stubs.lines()) {
        for (stub, instead) in STUBS.iter().filter(|(stub, _)| line.contains(stub)) {
            problems.push(format!("{}:{number} has {stub}: {instead}", file.path));
        }
    }
    problems
}

fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(part) && !line[at + word.len()..].starts_with(part))
}

/// Paths that begin at such a folder; `/calendars/home/` is the path of an address.
fn machine_paths(line: &str) -> Vec<&'static str> {
    let continues = |c: char| c.is_alphanumeric() || "/-_.}~".contains(c);
    let begins = |at: usize| !line[..at].ends_with(continues);
    let mut found: Vec<&'static str> = MACHINE
        .iter()
        .copied()
        .filter(|m| line.match_indices(m).any(|(at, _)| begins(at)))
        .collect();
    let temporary = concat!("/t", "mp/");
    let named = |at: usize| line[at + temporary.len()..].starts_with(char::is_alphanumeric);
    if line.match_indices(temporary).any(|(at, _)| begins(at) && named(at)) {
        found.push(temporary);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.into(), text: text.into() }
    }

    #[test]
    fn notes_and_stubs_are_found_with_their_line() {
        for note in NOTES {
            let problems = check_text(&[file("README.md", &format!("a\n// {note}: later"))]);
            assert!(problems[0].starts_with("README.md:2 "), "{problems:?}");
            assert!(check_text(&[file("a.rs", &format!("my{note}s"))]).is_empty());
        }
        for (stub, _) in STUBS {
            let problems = check_text(&[file("a.rs", &format!("fn f() {{\n    {stub}"))]);
            assert!(problems[0].starts_with("a.rs:2 "), "{stub}: {problems:?}");
            assert!(check_text(&[file("a.rs", &format!("// {stub}"))]).is_empty(), "{stub}");
        }
    }

    #[test]
    fn folders_of_one_machine_are_found_and_addresses_are_not() {
        for path in MACHINE {
            let problems = check_text(&[file("a.sh", &format!("cd {path}x"))]);
            assert_eq!(problems.len(), 1, "{path}: {problems:?}");
        }
        let temporary = format!("cd {}", concat!("/t", "mp/x"));
        assert_eq!(check_text(&[file("a.sh", &temporary)]).len(), 1);
        let address = "http://localhost/calendars/home/ and {base}/home/";
        assert!(check_text(&[file("a.rs", address)]).is_empty());
    }

    #[test]
    fn a_crate_with_docs_alone_is_empty_and_one_with_tests_alone_is_not() {
        let package = |folder: &str| Package {
            name: "p".into(),
            folder: folder.into(),
            dependencies: Vec::new(),
            reached: Default::default(),
        };
        let files = [
            file("a/src/lib.rs", "//! Docs.\n#![allow(x)]\n"),
            file("ab/src/lib.rs", "//! Docs.\nmod m;\n"),
            file("c/src/lib.rs", "//! Docs.\n"),
            file("c/tests/t.rs", "#[test]\nfn t() {}\n"),
        ];
        let problems = check_not_empty(&[package("a"), package("ab"), package("c")], &files);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("(a) is empty"), "{problems:?}");
    }
}
