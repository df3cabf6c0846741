//! Hand-written cases.

use std::fs;
use std::path::Path;

/// A case, with what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The file's name, or the seed.
    pub name: String,
    /// What is wrong.
    pub wrong: String,
    /// The octets.
    pub bytes: Vec<u8>,
}

impl Case {
    /// What a list of ends calls it: its file, or its seed and what that makes wrong.
    #[must_use]
    pub fn listed(&self) -> String {
        let is_file = self.name.contains('.');
        if is_file { self.name.clone() } else { format!("{}, {}", self.name, self.wrong) }
    }
}

/// The cases of a folder of this crate, sorted.
///
/// # Panics
/// Where a file has no line in the folder's `wrong.txt`, or a line no file.
#[must_use]
pub fn cases(folder: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let list = fs::read_to_string(folder.join("wrong.txt")).unwrap();
    let cases: Vec<Case> = list
        .lines()
        .map(|line| {
            let (name, wrong) = line.split_once(": ").unwrap();
            let bytes = fs::read(folder.join(name)).unwrap_or_else(|why| panic!("{name}: {why}"));
            Case { name: name.to_owned(), wrong: wrong.to_owned(), bytes }
        })
        .collect();
    assert!(cases.is_sorted_by_key(|case| &case.name), "the lines of {folder:?} are sorted");
    let files = fs::read_dir(&folder).unwrap().count() - 1;
    assert_eq!(files, cases.len(), "each file of {folder:?} has its line in wrong.txt");
    cases
}
