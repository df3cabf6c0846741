//! The codes of problems, as the page that lists them has them.

use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};

/// The list, for people.
const PAGE: &str = include_str!("../../docs/codes.md");

/// The codes of a row: `a` or `a.`, `b.`, where a point at the end stands for all that follows it.
fn listed() -> impl Iterator<Item = &'static str> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| `"));
    let first = rows.filter_map(|row| row.split('|').nth(1));
    first.flat_map(|cell| cell.split(',')).map(|code| code.trim().trim_matches('`'))
}

/// The code of a problem in the document of the API.
pub(super) fn schema() -> RefOr<Schema> {
    let examples: Vec<Value> =
        listed().filter(|code| !code.ends_with('.')).map(Value::from).collect();
    let text = "For programs. Stable; docs/codes.md of the server lists all of them with what they say. \
                Those of providers begin with who speaks: `http.`, `dav.`, `google.`, `graph.`.";
    let code = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    RefOr::T(code.description(Some(text)).examples(examples).build().into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    fn sources(folder: &Path) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files.extend(sources(&path));
            } else {
                files.push(path);
            }
        }
        files
    }

    /// Literals that look like codes, behind the words that make problems.
    fn made(text: &str) -> BTreeSet<&str> {
        let makers = [
            "Problem::new(",
            "CliError::new(",
            "CliError::failed(",
            "CliError::broken(",
            "Self::failed(",
        ];
        let calls = makers.iter().flat_map(|maker| text.split(maker).skip(1));
        calls
            .filter_map(|rest| rest.split_once('"'))
            .filter_map(|(before, rest)| {
                let near = before.len() < 80 && !before.contains(';');
                let code = rest.split('"').next()?;
                let is_code = |c: char| c.is_ascii_lowercase() || matches!(c, '.' | '-');
                (near && !code.is_empty() && code.chars().all(is_code)).then_some(code)
            })
            .collect()
    }

    /// Catches a code that no list tells, and a list of codes that nobody says any more.
    #[test]
    fn each_code_of_the_sources_is_listed() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folders = [here.join("src"), here.join("../../engine/core/src/author")];
        let files = folders.iter().flat_map(|folder| sources(folder));
        let texts: Vec<String> = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
        let known: BTreeSet<&str> = listed().collect();
        let said: BTreeSet<&str> = texts.iter().flat_map(|text| made(text)).collect();
        let untold: Vec<_> = said.difference(&known).collect();
        assert!(untold.is_empty() && said.len() > 30, "docs/codes.md lacks {untold:?}");
        let is_said = |code: &&&str| texts.iter().any(|text| text.contains(&format!("\"{code}\"")));
        let whole = known.iter().filter(|code| !code.ends_with('.') && **code != "deadline");
        let stale: Vec<_> = whole.filter(|code| !is_said(code)).collect();
        assert!(stale.is_empty(), "docs/codes.md still lists {stale:?}");
    }
}
