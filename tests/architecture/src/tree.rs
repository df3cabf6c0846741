//! The files that people write.

use std::fs;
use std::path::Path;

/// Folders that hold what is made or fetched, never what is written.
const SKIPPED: &[&str] = &["target", "node_modules", "__pycache__"];

/// The endings of text files that are written by hand.
const WRITTEN: &[&str] =
    &["rs", "toml", "md", "sh", "php", "py", "js", "kt", "swift", "sql", "txt", "yml", "yaml"];

/// One text file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path from the root, with `/` between the parts.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl SourceFile {
    /// Reads every text file below the root; folders whose names begin with a dot are left out,
    /// except the one that holds what runs for every change.
    ///
    /// # Errors
    ///
    /// Says which file or folder could not be read.
    pub fn read_all(root: &Path) -> Result<Vec<Self>, String> {
        let mut files = Vec::new();
        walk(root, root, &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// Whether this is Rust source.
    #[must_use]
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether this is Rust source that ends up in what is shipped: outside of tests, benches,
    /// examples of a crate and fuzz targets.
    #[must_use]
    pub fn is_production(&self) -> bool {
        let apart = ["tests", "benches", "fuzz"];
        self.is_rust() && !self.path.split('/').any(|part| apart.contains(&part))
    }
}

fn walk(root: &Path, dir: &Path, files: &mut Vec<SourceFile>) -> Result<(), String> {
    let entries = fs::read_dir(dir).map_err(|e| format!("list {}: {e}", dir.display()))?;
    for entry in entries {
        let entry = entry.map_err(|e| format!("list {}: {e}", dir.display()))?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            let hidden = name.starts_with('.') && name != ".ci" && name != ".cargo";
            if !hidden && !SKIPPED.contains(&name.as_str()) {
                walk(root, &path, files)?;
            }
        } else if is_written(dir, &name) {
            // A file that another program removes between listing and reading is no finding.
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            let path = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            files.push(SourceFile { path: path.replace('\\', "/"), text });
        }
    }
    Ok(())
}

fn is_written(dir: &Path, name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|e| WRITTEN.contains(&e)) || dir.file_name().is_some_and(|d| d == ".ci")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_is_what_is_shipped() {
        let file = |path: &str| SourceFile { path: path.into(), text: String::new() };
        assert!(file("engine/core/src/plan.rs").is_production());
        assert!(file("examples/server/src/main.rs").is_production());
        assert!(!file("engine/core/tests/plan.rs").is_production());
        assert!(!file("tests/sim/src/world.rs").is_production());
        assert!(!file("engine/core/benches/plan.rs").is_production());
        assert!(!file("README.md").is_production());
    }
}
