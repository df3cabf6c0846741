//! The reader of stories.

use kalends_scenarios::{Story, parse};

/// A story: what its lines say, they say again when they are written down one after the other,
/// and what cannot be read is named with a line that is there.
///
/// # Panics
/// Where that is not so.
pub fn scenario(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let script = Story::of(&text).script;
    let (cast, lines) = match parse(&script) {
        Ok(read) => read,
        Err(trouble) => {
            let there = script.lines().count().max(1);
            assert!((1..=there).contains(&trouble.line), "{trouble} of {there} lines");
            return;
        }
    };
    let whose = |(name, user): &(String, usize)| format!(" \"{name}\"={}", ["alice", "bob"][*user]);
    let mut again: String = "calendars".to_owned();
    again.extend(cast.calendars.iter().map(whose));
    for line in &lines {
        again += &format!("\n{}", line.text);
    }
    let Ok((same, read)) = parse(&again) else { panic!("{again} cannot be read again") };
    assert_eq!(same, cast);
    assert!(read.iter().map(|line| &line.step).eq(lines.iter().map(|line| &line.step)));
}
