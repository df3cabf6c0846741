//! One idea a file.

use crate::code::{Code, without_inline_tests};
use crate::tree::SourceFile;
use crate::workspace::Problem;

/// No Rust file has more lines than this, tests and blank lines included.
const LINES_MAX: usize = 500;

/// Half of the production files have no more production lines than this.
const MEDIAN_MAX: usize = 160;

/// Holds the size of every Rust file, and the median of the production files.
#[must_use]
pub fn check_sizes(files: &[SourceFile]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = files
        .iter()
        .filter(|f| f.is_rust())
        .map(|f| (f, f.text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(f, lines)| {
            format!(
                "{} has {lines} lines, over {LINES_MAX}; split it where a second idea begins",
                f.path
            )
        })
        .collect();
    let mut sizes: Vec<(usize, &str)> = files
        .iter()
        .filter(|f| f.is_production())
        .map(|f| (production_lines(&f.text), f.path.as_str()))
        .collect();
    sizes.sort_unstable();
    if let Some((median, _)) = sizes.get(sizes.len() / 2)
        && *median > MEDIAN_MAX
    {
        let longest: Vec<String> =
            sizes.iter().rev().take(5).map(|(n, path)| format!("{path} ({n})")).collect();
        problems.push(format!(
            "the median production file has {median} lines, over {MEDIAN_MAX}; the longest: {}",
            longest.join(", ")
        ));
    }
    problems
}

/// Lines that are not blank, the inline test module apart.
fn production_lines(text: &str) -> usize {
    let code = Code::of(text);
    let kept = without_inline_tests(&code);
    let inline = code.as_str().lines().zip(kept.as_str().lines());
    text.lines()
        .zip(inline)
        .filter(|(line, (before, after))| !line.trim().is_empty() && before == after)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, lines: usize) -> SourceFile {
        SourceFile { path: path.into(), text: "fn f() {}\n".repeat(lines) }
    }

    #[test]
    fn a_file_over_the_cap_is_named_even_among_tests() {
        assert!(check_sizes(&[file("tests/sim/src/a.rs", 500)]).is_empty());
        let problems = check_sizes(&[file("tests/sim/src/a.rs", 501)]);
        assert!(problems[0].contains("tests/sim/src/a.rs has 501 lines"), "{problems:?}");
        assert!(check_sizes(&[file("README.md", 900)]).is_empty());
    }

    #[test]
    fn the_median_is_of_production_files_only() {
        let long = file("engine/core/src/a.rs", 161);
        let short = file("engine/core/tests/b.rs", 10);
        let problems = check_sizes(&[long, short.clone(), short]);
        assert!(problems[0].contains("median production file has 161"), "{problems:?}");
        assert!(problems[0].contains("engine/core/src/a.rs (161)"), "{problems:?}");
    }

    #[test]
    fn blank_lines_and_inline_tests_are_not_production() {
        let text =
            "/// Why.\nfn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n\n}\nfn c() {}\n";
        assert_eq!(production_lines(text), 3);
    }
}
