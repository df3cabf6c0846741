//! Whether what is sent shows more than it may, word by word and step by step (L6).

use std::collections::BTreeMap;
use std::sync::PoisonError;

use kalends_oracle::{Edge, Level, Place};

use crate::check::Check;
use crate::history::History;
use crate::keep::Keep;
use crate::site::{Says, Sent, Stands};
use crate::words::{may_be_shown, words};
use crate::world::World;

/// What was looked at so far.
#[derive(Debug, Default)]
pub(crate) struct Leaks {
    /// How much of what each site was sent.
    sent: Vec<usize>,
    /// The edges before the step.
    before: Vec<Edge>,
    /// The words of each series as it was written last, by calendar and name.
    series: BTreeMap<(String, String), Vec<String>>,
}

impl<S: Keep> World<S> {
    /// Looks at all that was sent since the last time: each word of a person in it stood in that
    /// calendar before, or in one from which an edge shows all there, since the last time or now.
    /// Who shows less from now on looks before and at once, so that nothing that is sent later is
    /// judged by what was shown before.
    ///
    /// # Panics
    /// Where one did not.
    pub(crate) fn look_for_leaks(&self, history: &History) {
        let mut leaks = self.leaks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wrong = Vec::new();
        for (n, site) in self.http.sites().enumerate() {
            let from = leaks.sent.get(n).copied().unwrap_or_default();
            let sent = site.sent_after(from);
            self.judged.add(Check::Leaks, sent.len() as u64);
            let known = leaks.sent.len().max(n + 1);
            leaks.sent.resize(known, 0);
            leaks.sent[n] = from + sent.len();
            for one in sent {
                wrong.extend(leaks.leaked(self, history, &one));
            }
        }
        leaks.before.clone_from(&history.edges);
        drop(leaks);
        Check::Leaks.all_right(&wrong);
    }
}

impl Leaks {
    fn leaked<S: Keep>(&mut self, world: &World<S>, history: &History, sent: &Sent) -> Vec<String> {
        let said = words(&sent.text);
        let object = (sent.calendar.clone(), sent.name.clone());
        let stands = match sent.says() {
            Says::AsItsSeries => self.series.get(&object).cloned().unwrap_or_default(),
            Says::Instance => Vec::new(),
            Says::Whole => {
                self.stand(object, &said, sent.stands);
                Vec::new()
            }
        };
        if said.is_empty() {
            return Vec::new();
        }
        let Some(place) = world.place(&sent.calendar) else { return Vec::new() };
        // What its series says there until that is written is shown by nothing that goes before it.
        let others = said.iter().filter(|word| !stands.contains(word));
        let leaked = others.filter(|word| !self.may_read(world, history, (place, word)));
        leaked.map(|word| format!("{word} of a person is sent to {place}/{}", sent.name)).collect()
    }

    /// What a series says there after a write or, where nothing is said, a deletion.
    fn stand(&mut self, object: (String, String), said: &[String], stands: Stands) {
        match stands {
            Stands::Surely => drop(self.series.insert(object, said.to_vec())),
            Stands::Perhaps => self.series.entry(object).or_default().extend(said.iter().cloned()),
            Stands::Not => {}
        }
    }

    fn may_read<S: Keep>(
        &self,
        world: &World<S>,
        history: &History,
        (place, word): (Place, &str),
    ) -> bool {
        let holders = world.judged.holders(word);
        let mut edges = self.before.iter().chain(&history.edges);
        holders.contains(&place)
            || (may_be_shown(word)
                && edges.any(|edge| {
                    edge.to == place && edge.level == Level::Full && holders.contains(&edge.from)
                }))
    }
}

/// An event of the first calendar.
#[cfg(test)]
pub(crate) fn origin(private: bool) -> kalends_oracle::Origin {
    kalends_oracle::Origin {
        calendar: 0,
        uid: "u@person".to_owned(),
        title: "Review".to_owned(),
        description: String::new(),
        start: "20260610T090000Z".to_owned(),
        private,
        free: false,
        invited: false,
        rule: String::new(),
        exceptions: Vec::new(),
        excluded: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use kalends_core::graph::{DetailLevel, EdgeOptions};
    use kalends_testkit::caldav_sim::Profile;
    use kalends_testkit::memory::MemoryStore;

    use super::*;
    use crate::life::{Depth, Kind, Tale};
    use crate::said::said;
    use crate::worlds::Mixed;

    /// What is said where an event is shown at all, though the edge is taken to show less.
    fn trouble(world: &World<MemoryStore>, private: bool, believed: Level) -> Option<String> {
        let options =
            EdgeOptions { level: DetailLevel::Full, private_grant: true, ..EdgeOptions::default() };
        let edge = world.edge_with(0, 1, options);
        let mut history = History::default();
        history.edges.push(Edge { level: believed, ..edge });
        history.put(world, "person1.ics", origin(private));
        world.settle();
        let ended = catch_unwind(AssertUnwindSafe(|| world.look_for_leaks(&history)));
        ended.err().map(|payload| said(payload.as_ref()))
    }

    /// Catches a look that judges what is sent after an undo, or before it, by the other edges.
    #[test]
    fn once_an_edge_shows_less_what_it_showed_before_excuses_nothing() {
        for looks_at_once in [true, false] {
            let world: World<MemoryStore> = World::of_values(1, &[0, 1]);
            let mut history = History::default();
            history.edges.push(world.edge(0, 1, Level::Full));
            world.look_for_leaks(&history);
            history.edges[0].level = Level::Busy;
            if looks_at_once {
                world.look_for_leaks(&history);
            }
            history.put(&world, "person1.ics", origin(false));
            world.settle();
            let ended = catch_unwind(AssertUnwindSafe(|| world.look_for_leaks(&history)));
            assert_eq!(ended.is_err(), looks_at_once);
        }
    }

    /// Catches a look that knows nothing of the edges that a history begins with, and takes what they
    /// show until they are lowered in its first step for a leak.
    #[test]
    fn what_was_shown_before_an_edge_was_lowered_is_none() {
        let whole = Tale::new(Depth::Values, Kind::Storm, 9_100_626, 25);
        let first = Tale { steps: vec![0], ..whole };
        assert_eq!(first.live().trouble, None);
    }

    #[test]
    fn what_shows_more_than_it_may_is_noticed_at_every_provider() {
        let worlds: [fn() -> World<MemoryStore>; 4] = [
            || World::new(Profile::plain(), 1, &[0, 1]),
            || World::of_values(1, &[0, 1]),
            || World::of_google(1, &[0, 1], Mixed::Alone),
            || World::of_graph(2, &[0, 1], Mixed::Alone),
        ];
        for world in worlds {
            assert_eq!(trouble(&world(), false, Level::Full), None);
            let open = trouble(&world(), false, Level::Title).unwrap_or_default();
            assert!(open.starts_with("leaks: leak-open-full-"), "{open}");
            let hidden = trouble(&world(), true, Level::Full).unwrap_or_default();
            assert!(hidden.starts_with("leaks: leak-hush-full-"), "{hidden}");
        }
    }
}
