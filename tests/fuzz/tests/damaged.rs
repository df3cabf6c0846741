//! Each target over its corpus and 2,000 damaged copies of it. KALENDS_LONG takes fifty times as
//! many.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use kalends_fuzz::{
    Damager, caldav, feed, google, graph, history, multistatus, object, rule, scenario, wire,
};

const SEED: u64 = 20_261_121;

/// The files of folders, relative to this crate.
fn files(folders: &[&str]) -> Vec<Vec<u8>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(here.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn hold(target: fn(&[u8]), good: &[Vec<u8>]) {
    assert!(!good.is_empty(), "no corpus");
    good.iter().for_each(|bytes| target(bytes));
    let count = if std::env::var_os("KALENDS_LONG").is_some() { 100_000 } else { 2_000 };
    let mut damager = Damager::new(SEED);
    for nth in 0..count {
        let bytes = damager.damaged(good);
        let held = catch_unwind(|| target(&bytes));
        assert!(held.is_ok(), "damage {nth} of seed {SEED}:\n{}", bytes.escape_ascii());
    }
}

#[test]
fn objects() {
    hold(object, &files(&["corpus/object", "../../engine/ical/tests/corpus"]));
}

#[test]
fn feeds() {
    hold(feed, &files(&["corpus/feed", "../../engine/ical/tests/corpus"]));
}

#[test]
fn rules() {
    hold(rule, &files(&["corpus/rule"]));
}

#[test]
fn scenarios() {
    hold(scenario, &files(&["corpus/scenario", "../scenarios/scripts"]));
}

#[test]
fn histories() {
    hold(history, &files(&["corpus/history"]));
}

#[test]
fn talks_with_caldav() {
    hold(caldav, &files(&["corpus/caldav"]));
}

#[test]
fn talks_with_google() {
    hold(google, &files(&["corpus/google"]));
}

#[test]
fn talks_with_graph() {
    hold(graph, &files(&["corpus/graph"]));
}

#[test]
fn multistatuses() {
    hold(multistatus, &files(&["corpus/multistatus"]));
}

#[test]
fn forms() {
    let mut good = files(&["corpus/wire"]);
    let forms = include_str!("../../../engine/core/tests/wire/forms.txt");
    let lines = forms.lines().filter_map(|line| line.split_once('\t'));
    good.extend(lines.map(|(_, line)| line.as_bytes().to_vec()));
    hold(wire, &good);
}
