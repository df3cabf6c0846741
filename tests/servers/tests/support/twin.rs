//! One start, as often as a test wants it: what happens to a world is held against what happened
//! to its undisturbed twin.

#![allow(dead_code, reason = "each suite uses a part of it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::people::{World, day};

/// The folders of a world as they were: that of `kalends`, and those of a Radicale each.
pub(crate) struct Start {
    kept: TempDir,
}

/// Everything that a world holds and that a person or a program could see of it.
#[derive(Debug, PartialEq)]
pub(crate) struct Stored {
    /// Each file that Radicale keeps, by its path, line by line.
    objects: BTreeMap<String, Vec<String>>,
    /// What `kalends` says that takes place, and what it counts and holds.
    known: [Value; 3],
}

impl Start {
    /// Keeps what the folders hold now. Nothing may be at work in them.
    pub(crate) fn of(world: &World) -> Self {
        let kept = TempDir::new().unwrap();
        for (n, folder) in folders(world).iter().enumerate() {
            copy(folder, &kept.path().join(n.to_string()));
        }
        Self { kept }
    }

    /// Puts the folders back to what they held then.
    pub(crate) fn put_back(&self, world: &World) {
        for n in 0..folders(world).len() {
            self.put_back_one(world, n);
        }
    }

    /// Puts one of them back: first that of `kalends`, then those of the servers.
    pub(crate) fn put_back_one(&self, world: &World, n: usize) {
        let folder = &folders(world)[n];
        fs::remove_dir_all(folder).unwrap();
        copy(&self.kept.path().join(n.to_string()), folder);
    }
}

impl Stored {
    /// What is stored now.
    pub(crate) fn in_world(world: &World) -> Self {
        let mut objects = BTreeMap::new();
        for (n, folder) in world.storages().iter().enumerate() {
            read(&n.to_string(), folder, &mut objects);
        }
        assert!(!objects.is_empty(), "Radicale keeps its objects elsewhere");
        let (from, to) = (dashed(0), dashed(400));
        let mut status = world.kalends(&["status"]);
        let mut held = world.kalends(&["held", "list"]);
        for review in held["held"].as_array_mut().unwrap() {
            // Which run it was that saw them is its own.
            review["run"].take();
        }
        let known = [
            world.kalends(&["events", "--from", &from, "--to", &to]),
            status["counts"].take(),
            held,
        ];
        Self { objects, known }
    }

    /// The objects that are there no more, though they were at another time.
    pub(crate) fn missing_from(&self, now: &Self) -> Vec<String> {
        let gone = self.objects.keys().filter(|path| !now.objects.contains_key(*path));
        gone.cloned().collect()
    }

    /// Names the first thing that differs, so that a failure is about one object.
    #[track_caller]
    pub(crate) fn assert_same(&self, twin: &Self, at: &str) {
        let paths = |stored: &Self| stored.objects.keys().cloned().collect::<Vec<_>>();
        assert_eq!(paths(self), paths(twin), "{at}: the objects that there are");
        for (path, text) in &self.objects {
            assert_eq!(text, &twin.objects[path], "{at}: {path}");
        }
        assert_eq!(self.known, twin.known, "{at}: what is known of it");
    }
}

fn folders(world: &World) -> Vec<std::path::PathBuf> {
    let mut all = vec![world.data().to_owned()];
    all.extend(world.storages());
    all
}

/// Copies a folder, with the times that Radicale looks at.
fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").args([from, to]).status();
    assert!(status.unwrap().success(), "{} is copied", from.display());
}

fn read(name: &str, folder: &Path, into: &mut BTreeMap<String, Vec<String>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), format!("{name}/{}", entry.file_name().display()));
        if path.ends_with(".Radicale.cache") {
            continue;
        }
        if path.is_dir() {
            read(&name, &path, into);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        // Not what was written, but when.
        let is_when =
            |line: &str| ["DTSTAMP:", "LAST-MODIFIED:"].iter().any(|name| line.starts_with(name));
        let lines = text.lines().filter(|line| !is_when(line)).map(str::to_owned);
        into.insert(name, lines.collect());
    }
}

fn dashed(ahead: i32) -> String {
    let day = day(ahead);
    format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..])
}
