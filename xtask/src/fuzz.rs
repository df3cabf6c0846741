//! The fuzz targets, under cargo-fuzz, where it is installed.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::run::{Done, is_ci, loudly, root, step, succeeds};

/// Seconds for each target.
const SECONDS: u32 = 60;

/// What a target begins from beside its own corpus: the folders of other tests.
const BESIDE: [(&str, &str); 3] = [
    ("object", "engine/ical/tests/corpus"),
    ("feed", "engine/ical/tests/corpus"),
    ("scenario", "tests/scenarios/scripts"),
];
/// The stored and queued forms, a line each: its name, a tab, the form.
const FORMS: &str = "engine/core/tests/wire/forms.txt";

/// Runs each target for a while, from the committed corpus; what it finds beside that stays in
/// `target`. Installs cargo-fuzz where it is missing, and without it says so: the tests run the
/// same functions over seeded damage. In CI that is a failure.
pub(crate) fn run() -> Done {
    if !has(&["fuzz", "--version"]) && !has(&["install", "--locked", "cargo-fuzz"]) {
        loudly(
            "left out: the fuzz targets, for want of cargo-fuzz, which could not be installed.\n\
             To have it: cargo install --locked cargo-fuzz",
        );
        return missing(is_ci());
    }
    targets()?.iter().try_for_each(|target| fuzz(target))
}

/// What comes of a run without cargo-fuzz.
fn missing(is_ci: bool) -> Done {
    if is_ci { Err("cargo-fuzz, which the long run needs, is missing".to_owned()) } else { Ok(()) }
}

fn has(args: &[&str]) -> bool {
    succeeds(Command::new("cargo").args(args))
}

fn targets() -> Result<Vec<String>, String> {
    let folder = root().join("tests/fuzz/corpus");
    let entries = fs::read_dir(&folder).map_err(|e| format!("list {}: {e}", folder.display()))?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

/// The folders that a target begins from beside its own corpus.
fn beside(target: &str) -> Done<Vec<PathBuf>> {
    let of_it = BESIDE.into_iter().filter(|(of, _)| *of == target);
    let mut folders: Vec<PathBuf> = of_it.map(|(_, folder)| root().join(folder)).collect();
    if target == "wire" {
        folders.push(forms()?);
    }
    Ok(folders)
}

/// A folder with a file for each stored form.
fn forms() -> Done<PathBuf> {
    let (file, folder) = (root().join(FORMS), root().join("target/fuzz-forms"));
    let text = fs::read_to_string(&file).map_err(|e| format!("read {}: {e}", file.display()))?;
    fs::create_dir_all(&folder).map_err(|e| format!("make {}: {e}", folder.display()))?;
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    for (nth, (_, form)) in lines.enumerate() {
        let seed = folder.join(nth.to_string());
        fs::write(&seed, form).map_err(|e| format!("write {}: {e}", seed.display()))?;
    }
    Ok(folder)
}

fn fuzz(target: &str) -> Done {
    let found = root().join("target/fuzz").join(target);
    fs::create_dir_all(&found).map_err(|e| format!("make {}: {e}", found.display()))?;
    let seeds = root().join("tests/fuzz/corpus").join(target);
    let mut command = Command::new("cargo");
    // Sanitizers are for nightly compilers, or for one that is told to take it for one.
    if has(&["+nightly", "--version"]) {
        command.arg("+nightly");
    } else {
        command.env("RUSTC_BOOTSTRAP", "1");
    }
    command.args(["fuzz", "run", "--fuzz-dir", "tests/fuzz/libfuzzer", target]);
    command.arg(found).arg(seeds).args(beside(target)?).args([
        "--",
        "-max_len=16384",
        "-timeout=10",
    ]);
    step(command.arg(format!("-max_total_time={SECONDS}")).current_dir(root()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_begin_from_what_other_tests_read() {
        let count = |target: &str| -> usize {
            let folders = beside(target).unwrap();
            folders.iter().map(|folder| fs::read_dir(folder).unwrap().count()).sum()
        };
        assert!(count("object") >= 8 && count("feed") >= 8, "objects of the iCalendar tests");
        assert!(count("scenario") >= 50, "stories");
        assert!(count("wire") >= 50, "stored forms");
        assert_eq!(count("rule"), 0);
    }

    #[test]
    fn without_cargo_fuzz_ci_fails() {
        assert!(missing(true).is_err());
        assert!(missing(false).is_ok());
    }
}
