//! One set of lint settings, said three times because the nearest file replaces the others.

use crate::tree::SourceFile;
use crate::workspace::Problem;

const ROOT: &str = "clippy.toml";
const PURE: [&str; 2] = ["engine/clippy.toml", "providers/clippy.toml"];

/// Holds that the strict files repeat every setting of the root's, and each other's.
#[must_use]
pub fn check_lints(files: &[SourceFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let [engine, providers] = PURE;
    for (from, into) in
        [(ROOT, engine), (ROOT, providers), (engine, providers), (providers, engine)]
    {
        let there = settings(files, into);
        problems.extend(
            settings(files, from).into_iter().filter(|s| !there.contains(s)).map(|setting| {
                format!("{into} lacks `{setting}`, which {from} has; repeat it there")
            }),
        );
    }
    problems
}

fn settings<'a>(files: &'a [SourceFile], path: &str) -> Vec<&'a str> {
    let lines = files.iter().filter(|f| f.path == path).flat_map(|f| f.text.lines());
    lines.map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_is_not_repeated_is_named() {
        let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
        let root = file(ROOT, "# Why.\na = 1\n");
        let same = [root.clone(), file(PURE[0], "b = 2\na = 1"), file(PURE[1], "a = 1\nb = 2")];
        assert!(check_lints(&same).is_empty());
        let lacking = [root.clone(), file(PURE[0], "b = 2"), file(PURE[1], "a = 1\nb = 2")];
        let problems = check_lints(&lacking);
        assert!(problems[0].contains("engine/clippy.toml lacks `a = 1`"), "{problems:?}");
        let apart = [root, file(PURE[0], "a = 1\nb = 2"), file(PURE[1], "a = 1")];
        assert!(check_lints(&apart)[0].contains("providers/clippy.toml lacks `b = 2`"));
    }
}
