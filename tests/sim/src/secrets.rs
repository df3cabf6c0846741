//! Whether passwords, tokens and texts of people are where they must not be (L16).

use kalends_core::wire;

use crate::check::Check;
use crate::keep::Keep;
use crate::site::Site;
use crate::world::World;

/// Titles of people that are no word of ours.
const TITLES: [&str; 5] = ["Dentist", "Board meeting", "#nosync", "Lunch with Ada", "Tampered"];
/// How each word of a person begins.
const WORD: &str = "leak-";

/// No password and no token is in rows, in the journal, in notes or in failures, and in the last two
/// no text of an event.
pub(crate) fn check_secrets<S: Keep>(world: &World<S>) {
    let secrets: Vec<String> = world.http.sites().flat_map(Site::secrets).collect();
    let said = world.judged.said();
    let mut wrong = Vec::new();
    for text in &said {
        wrong.extend(found(text, &secrets, || "what was noted or failed".to_owned()));
        let texts = TITLES.into_iter().chain([WORD]).filter(|title| text.contains(title));
        wrong.extend(texts.map(|title| format!("{title:?} of a person is in {text}")));
    }
    world.judged.add(Check::Secrets, said.len() as u64);
    if !secrets.is_empty() {
        world.store.look(world.keys.graph, |rows| {
            world.judged.add(Check::Secrets, rows.len() as u64);
            for (key, row) in rows {
                let text = String::from_utf8_lossy(&wire::encode(row)).into_owned();
                wrong.extend(found(&text, &secrets, || format!("the row {key:?}")));
            }
        });
        for (entry, payload) in world.store.journal(world.keys.graph) {
            let text = payload.map(|payload| String::from_utf8_lossy(&payload.0).into_owned());
            let place = || format!("entry {} of the journal", entry.seq);
            wrong.extend(found(&text.unwrap_or_default(), &secrets, place));
        }
    }
    Check::Secrets.all_right(&wrong);
}

fn found(text: &str, secrets: &[String], place: impl FnOnce() -> String) -> Option<String> {
    let secret = secrets.iter().find(|secret| text.contains(secret.as_str()))?;
    Some(format!("the secret {secret:?} is in {}", place()))
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use kalends_oracle::Origin;
    use kalends_testkit::caldav_sim::Profile;
    use kalends_testkit::memory::MemoryStore;

    use super::*;
    use crate::history::History;
    use crate::said::said;

    /// What is said of a world that something was put into.
    fn trouble(put: impl FnOnce(&World<MemoryStore>, &str)) -> Option<String> {
        let world: World<MemoryStore> = World::new(Profile::plain(), 1, &[0, 1]);
        let secret = world.http.sites().flat_map(Site::secrets).next().unwrap();
        put(&world, &secret);
        let ended = catch_unwind(AssertUnwindSafe(|| check_secrets(&world)));
        ended.err().map(|payload| said(payload.as_ref()))
    }

    #[test]
    fn a_secret_is_found_in_failures_rows_and_the_journal_and_a_title_in_failures() {
        assert_eq!(trouble(|_, _| {}), None);
        let failed = trouble(|world, secret| world.judged.failed(&[format!("no {secret}")]));
        assert!(failed.unwrap().contains("is in what was noted or failed"));
        let titled = trouble(|world, _| world.judged.failed(&["cannot write Board meeting"]));
        assert!(titled.unwrap().contains("\"Board meeting\" of a person"));
        let stored = trouble(|world, secret| {
            let origin = Origin {
                calendar: 0,
                uid: "u@person".to_owned(),
                title: secret.to_owned(),
                description: String::new(),
                start: "20260610T090000Z".to_owned(),
                private: false,
                free: false,
                invited: false,
                rule: String::new(),
                exceptions: Vec::new(),
                excluded: Vec::new(),
            };
            History::default().put(world, "person1.ics", origin);
            world.settle();
        });
        let stored = stored.unwrap();
        assert!(stored.contains("is in the row") && stored.contains("of the journal"), "{stored}");
    }
}
