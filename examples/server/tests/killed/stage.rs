//! One start, as often as a test wants it, and what stands at the end.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::Kalends;

/// So many places are visited where not all are.
const PLACES_SOON: usize = 5;

/// Providers that can be put back to what they were.
pub(crate) trait Providers {
    /// All that they are.
    type Kept;

    fn keep(&self) -> Self::Kept;

    fn put_back(&self, kept: &Self::Kept);

    /// All that people see there, each object without the times at which it was written.
    fn objects(&self) -> BTreeMap<String, Vec<String>>;

    /// What was asked that nobody should ask: unconditional writes, people who were mailed.
    fn wrong(&self) -> Vec<String>;
}

/// Providers, and the binary beside them.
pub(crate) struct World<P> {
    pub(crate) providers: P,
    pub(crate) kalends: Kalends,
}

/// All that a world holds and anyone could see of it.
#[derive(Debug, PartialEq)]
struct Stands {
    objects: BTreeMap<String, Vec<String>>,
    known: [Value; 4],
}

impl<P: Providers> World<P> {
    /// Syncs, and once more without a write; what the first created, updated and deleted.
    #[track_caller]
    pub(crate) fn settles(&self) -> [u64; 3] {
        let wrote = counts(&self.kalends.done("sync"));
        assert_eq!(counts(&self.kalends.done("sync")), [0, 0, 0], "nothing more to write");
        wrote
    }

    /// Lets the binary die on its way through these commands, the last of which syncs, at one place
    /// after the other: whoever repeats what was not answered ends as the undisturbed twin, in a
    /// world where a tampered mirror was mended each time. `comes_to` judges what the twin's last
    /// command reported.
    pub(crate) fn killed(&self, lines: &[&str], comes_to: impl FnOnce(&Value)) {
        let (kept, data) = (self.providers.keep(), Folder::of(&self.kalends.path("data")));
        let (mut places, mut undisturbed) = (Vec::new(), Vec::new());
        for (nth, line) in lines.iter().enumerate() {
            let (output, passed) = self.counted(line);
            places.extend((1..=passed).map(|place| (nth, place)));
            undisturbed.push(output);
        }
        comes_to(&said(undisturbed.last().unwrap()));
        let twin = self.stands();
        self.rests("undisturbed");

        let most =
            if std::env::var_os("KALENDS_LONG").is_some() { usize::MAX } else { PLACES_SOON };
        let (mut visited, mut died) = (0, 0);
        for (nth, place) in places.iter().copied().step_by(places.len().div_ceil(most)) {
            let at = format!("{:?} killed at place {place} of {}", lines[nth], places.len());
            self.providers.put_back(&kept);
            data.put_back(&self.kalends.path("data"));
            lines[..nth].iter().for_each(|line| drop(self.kalends.json(line)));
            visited += 1;
            // Requests that go out at once are settled together or not: the last places are not
            // always reached.
            died += usize::from(self.dies(lines[nth], place) == Some(9));
            for (line, before) in lines[nth..].iter().zip(&undisturbed[nth..]) {
                let (said, code) = self.kalends.json(line);
                assert_eq!(Some(code), before.status.code(), "{at}, then {line:?}: {said}");
            }
            let stands = self.stands();
            stands.assert_same(&twin, &at);
            self.rests(&at);
        }
        assert!(died * 4 >= visited * 3 && died > 0, "{died} of {visited} places were reached");
    }

    /// A command, and how many places it passes.
    fn counted(&self, line: &str) -> (Output, u64) {
        let file = self.kalends.path("count");
        let mut command = self.kalends.command(&format!("{line} --json"));
        let output = command.env("KALENDS_FAIL_COUNT", &file).output().unwrap();
        (output, fs::read_to_string(file).unwrap().lines().count() as u64)
    }

    /// The signal by which a command ended.
    fn dies(&self, line: &str, place: u64) -> Option<i32> {
        let mut command = self.kalends.command(line);
        command.env("KALENDS_FAIL_AT", place.to_string()).output().unwrap().status.signal()
    }

    /// The journal holds together, nobody was asked what should not be, and the next sync has
    /// nothing to write.
    fn rests(&self, at: &str) {
        self.kalends.done("journal --verify");
        let report = self.kalends.json("sync").0;
        assert_eq!(counts(&report), [0, 0, 0], "{at}: the next sync has nothing to write");
        assert_eq!(report["settled"], true, "{at}: {report}");
        assert_eq!(self.providers.wrong(), [""; 0], "{at}");
    }

    fn stands(&self) -> Stands {
        let mut held = self.kalends.done("held list");
        for review in held["held"].as_array_mut().unwrap() {
            // Which run it was that saw them is its own.
            review["run"].take();
        }
        let known = [
            self.kalends.done("events --from 2020-01-01 --to 2040-01-01"),
            self.kalends.done("status")["counts"].take(),
            self.kalends.done("edge list"),
            held,
        ];
        Stands { objects: self.providers.objects(), known }
    }
}

impl Stands {
    /// Names the first thing that differs, so that a failure is about one object.
    #[track_caller]
    fn assert_same(&self, twin: &Self, at: &str) {
        let names = |stands: &Self| stands.objects.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(self), names(twin), "{at}: the objects that there are");
        for (name, text) in &self.objects {
            assert_eq!(text, &twin.objects[name], "{at}: {name}");
        }
        assert_eq!(self.known, twin.known, "{at}: what is known of it");
    }
}

/// The data folder as it was. Nothing may be at work in it.
struct Folder(TempDir);

impl Folder {
    fn of(folder: &Path) -> Self {
        let kept = tempfile::tempdir().unwrap();
        copy(folder, kept.path());
        Self(kept)
    }

    fn put_back(&self, folder: &Path) {
        let _absent = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).unwrap();
        copy(self.0.path(), folder);
    }
}

/// The files of a flat folder, which need not be there.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).into_iter().flatten() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// What a sync created, updated and deleted.
#[track_caller]
pub(crate) fn counts(report: &Value) -> [u64; 3] {
    ["created", "updated", "deleted"].map(|field| {
        report[field].as_u64().unwrap_or_else(|| panic!("a report of a sync: {report}"))
    })
}

fn said(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| json!(format!("{output:?}")))
}
