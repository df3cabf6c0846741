//! Tests that no program holds.

use crate::tree::SourceFile;
use crate::workspace::Problem;

/// What a manifest says whose programs of tests are named one by one.
const NAMED: &str = "autotests = false";

/// Holds that where programs of tests are named one by one, each file beside them is one of them or a
/// module of the first. Cargo finds it nowhere else, and its tests would pass by never being run.
#[must_use]
pub fn check_orphans(files: &[SourceFile]) -> Vec<Problem> {
    let manifests = files.iter().filter(|f| f.path.ends_with("Cargo.toml") && says(f, NAMED));
    manifests.flat_map(|manifest| orphans(manifest, files)).collect()
}

fn orphans(manifest: &SourceFile, files: &[SourceFile]) -> Vec<Problem> {
    let folder = format!("{}tests/", manifest.path.trim_end_matches("Cargo.toml"));
    let main = files.iter().find(|f| f.path == format!("{folder}main.rs"));
    let beside = files.iter().filter_map(|f| {
        let name = f.path.strip_prefix(&folder)?.strip_suffix(".rs")?;
        (!name.contains('/') && name != "main").then_some(name)
    });
    let is_held = |name: &str| {
        says(manifest, &format!("name = \"{name}\""))
            || main.is_some_and(|main| says(main, &format!("mod {name};")))
    };
    beside
        .filter(|name| !is_held(name))
        .map(|name| format!("{folder}{name}.rs is in no program: name it in {folder}main.rs"))
        .collect()
}

fn says(file: &SourceFile, line: &str) -> bool {
    file.text.lines().any(|one| one == line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_tests_that_nobody_names_is_found() {
        let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
        let manifest =
            file("a/Cargo.toml", "autotests = false\n[[test]]\nname = \"alone\"\n[dependencies]\n");
        let main = file("a/tests/main.rs", "mod held;\n");
        let rest = ["held", "alone", "held/inner"].map(|n| file(&format!("a/tests/{n}.rs"), ""));
        let all = [vec![manifest, main], rest.to_vec()].concat();
        assert!(check_orphans(&all).is_empty());
        let lost = [all.clone(), vec![file("a/tests/lost.rs", "")]].concat();
        let problems = check_orphans(&lost);
        assert!(problems[0].contains("a/tests/lost.rs is in no program"), "{problems:?}");
        assert!(check_orphans(&lost[1..]).is_empty());
    }
}
