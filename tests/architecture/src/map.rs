//! The code map says what is there, and what is absent.

use crate::workspace::{Package, Problem};

const HEAD: &str = "### `";
const INVARIANT: &str = "**Architecture Invariant:**";

/// Holds the code map in `ARCHITECTURE.md` against the members of the workspace: a section
/// headed ``### `folder` `` for each, with an invariant at least, and none for what is gone.
#[must_use]
pub fn check_map(architecture: &str, packages: &[Package]) -> Vec<Problem> {
    let sections = sections(architecture);
    let mut problems = Vec::new();
    for Package { name, folder, .. } in packages {
        match sections.iter().find(|(of, _)| of == folder) {
            None => problems.push(format!(
                "ARCHITECTURE.md has no section `{HEAD}{folder}``; say what {name} is and what is absent from it"
            )),
            Some((_, text)) if !text.contains(INVARIANT) => problems.push(format!(
                "the section of {folder} in ARCHITECTURE.md has no `{INVARIANT}`; say what is absent from {name}"
            )),
            Some(_) => {}
        }
    }
    for (folder, _) in &sections {
        if !packages.iter().any(|p| p.folder == *folder) {
            problems.push(format!(
                "ARCHITECTURE.md has a section for {folder}, which is no member of the workspace"
            ));
        }
    }
    problems
}

fn sections(text: &str) -> Vec<(&str, &str)> {
    let starts: Vec<usize> = text.match_indices(HEAD).map(|(at, _)| at).collect();
    starts
        .iter()
        .filter_map(|at| {
            let (folder, rest) = text[at + HEAD.len()..].split_once('`')?;
            let end = rest.find("\n#").unwrap_or(rest.len());
            Some((folder, &rest[..end]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Vec<Problem> {
        let package = Package {
            name: "kalends-core".into(),
            folder: "engine/core".into(),
            dependencies: Vec::new(),
            reached: Default::default(),
        };
        check_map(text, &[package])
    }

    #[test]
    fn a_member_without_a_section_or_an_invariant_is_named() {
        assert!(check("")[0].contains("no section"));
        let bare = "### `engine/core`\nWords.\n## Next\n**Architecture Invariant:** of another.";
        assert!(check(bare)[0].contains("what is absent"), "{:?}", check(bare));
        assert!(check("### `engine/core`\n**Architecture Invariant:** no clock.").is_empty());
    }

    #[test]
    fn a_section_for_what_is_gone_is_named() {
        let text = "### `engine/core`\n**Architecture Invariant:** x\n### `engine/old`\ny";
        assert!(check(text)[0].contains("engine/old, which is no member"));
    }
}
