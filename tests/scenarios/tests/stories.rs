//! Every story ends as its file says. `KALENDS_BLESS=1` writes down how they end now.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use std::path::{Path, PathBuf};

use kalends_scenarios::{Story, difference};

fn stories() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut stories: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "txt")).collect();
    stories.sort();
    stories
}

/// Catches any change of what people see that nobody meant.
#[test]
fn every_story_ends_as_it_is_written() {
    let bless = std::env::var_os("KALENDS_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in stories() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let story = Story::of(&std::fs::read_to_string(&path).unwrap());
        match story.tell() {
            Err(trouble) => wrong.push(format!("{name}: {trouble}")),
            Ok(seen) if seen == story.outcome => {}
            Ok(seen) if bless => std::fs::write(&path, story.with(&seen)).unwrap(),
            Ok(seen) => wrong.push(format!("{name}:\n{}", difference(&story.outcome, &seen))),
        }
    }
    assert!(wrong.is_empty(), "{}\nKALENDS_BLESS=1 writes down how they end now", wrong.join("\n"));
}

#[test]
fn there_are_stories() {
    assert!(stories().len() >= 50);
}

#[test]
fn an_outcome_that_differs_is_shown_line_by_line() {
    let expected = "a\nb\nc\nd\n";
    assert_eq!(difference(expected, expected), "");
    assert_eq!(difference(expected, "a\nx\nc\nd\ne\n"), "-  2 b\n+  2 x\n+  5 e\n");
}

#[test]
fn an_outcome_that_was_changed_is_told_apart() {
    let story =
        Story::of("calendars work=alice\nin work put \"A\" 2026-06-10 09:00\n---\nnothing\n");
    let seen = story.tell().unwrap();
    assert_eq!(seen, "in the end\n    work:\n        2026-06-10 09:00  A  (theirs)\n");
    assert_ne!(difference(&story.outcome, &seen), "");
    assert_eq!(Story::of(&story.with(&seen)).outcome, seen);
}

#[test]
fn what_cannot_be_read_or_done_is_named_with_its_line() {
    let say = |rest: &str| Story::of(&format!("calendars work=alice home=bob\n\n{rest}")).tell();
    for (script, trouble) in [
        ("dance", "line 3: `dance` is no step"),
        (
            "edge work -> attic busy",
            "line 3: there is no calendar `attic`: name it in the first line",
        ),
        ("edge work home busy", "line 3: `->` is expected"),
        ("edge work -> home loud", "line 3: `loud` is neither busy, title nor full"),
        ("edge work -> home busy on-edit=weep", "line 3: `on-edit=weep` is no option of an edge"),
        ("sync twice", "line 3: `twice` is too much"),
        ("in work put \"A\" tomorrow", "line 3: `tomorrow` is no day like 2026-06-10"),
        ("in work put \"A\" 2026-06-10 9", "line 3: `9` is no hour like 09:00"),
        ("in work put \"A 2026-06-10", "line 3: a quote is not closed"),
        ("in work delete \"A\"", "line 3: nothing there shows \"A\""),
        ("# a comment\nfault C99 at PUT always", "line 4: the catalogue has no fault `C99`"),
        ("wait long", "line 3: `long` is no number"),
        ("remove work -> home", "line 3: there is no such edge"),
    ] {
        assert_eq!(say(script), Err(trouble.to_owned()), "{script}");
    }
    let trouble = "line 1: the script has no step: begin with `calendars work=alice home=bob`";
    assert_eq!(Story::of("# nothing").tell(), Err(trouble.to_owned()));
}
