//! The checks, run on the workspace itself.

#![allow(clippy::unwrap_used, reason = "a test that cannot read the workspace has failed")]

use std::fs;
use std::sync::LazyLock;

use kalends_architecture::{
    Problem, SourceFile, Workspace, check_imports, check_laws, check_lints, check_map,
    check_mutants, check_not_empty, check_orphans, check_purity, check_secrets, check_sizes,
    check_text,
};

#[test]
fn imports_follow_the_table() {
    assert_none(&check_imports(&workspace().packages));
}

#[test]
fn files_hold_one_idea_each() {
    assert_none(&check_sizes(&files()));
}

#[test]
fn every_law_has_tests() {
    let invariants = workspace().root.join("engine/docs/invariants.md");
    assert_none(&check_laws(&fs::read_to_string(invariants).unwrap(), &files()));
}

#[test]
fn pure_crates_touch_no_machine() {
    assert_none(&check_purity(&files()));
}

/// Catches a door at which a secret can be guessed byte by byte, from how long the answer takes.
#[test]
fn secrets_are_compared_in_the_same_time_for_all() {
    assert_none(&check_secrets(&files()));
}

#[test]
fn lint_settings_are_repeated_where_they_are_replaced() {
    assert_none(&check_lints(&files()));
}

#[test]
fn no_file_holds_notes_stubs_or_paths_of_one_machine() {
    assert_none(&check_text(&files()));
}

#[test]
fn every_file_of_tests_is_run() {
    assert_none(&check_orphans(&files()));
}

#[test]
fn no_crate_is_empty() {
    assert_none(&check_not_empty(&workspace().packages, &files()));
}

#[test]
fn the_code_map_is_true() {
    let workspace = workspace();
    let map = fs::read_to_string(workspace.root.join("ARCHITECTURE.md")).unwrap();
    assert_none(&check_map(&map, &workspace.packages));
}

/// Catches a line that changed below a patch, which then breaks nothing until somebody mends it.
#[test]
fn every_breakage_of_a_law_applies_to_the_tree() {
    assert_none(&check_mutants(&workspace().root).unwrap());
}

fn workspace() -> &'static Workspace {
    static WORKSPACE: LazyLock<Workspace> = LazyLock::new(|| Workspace::read().unwrap());
    &WORKSPACE
}

fn files() -> Vec<SourceFile> {
    SourceFile::read_all(&workspace().root).unwrap()
}

#[track_caller]
fn assert_none(problems: &[Problem]) {
    assert!(problems.is_empty(), "{} to mend:\n  {}", problems.len(), problems.join("\n  "));
}
