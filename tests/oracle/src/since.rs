//! What an event may say when all is at rest again, after edits here and there.

use std::collections::BTreeSet;

use crate::change::Change;
use crate::model::{Conflict, Origin, Place};

/// Where a person made an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// In the event's own calendar.
    Origin,
    /// In the mirror of this edge, whose conflicts end so.
    Mirror(usize, Conflict),
}

/// What a mirror shows that a person deletes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Showing {
    /// All that it is to show.
    All,
    /// What it was to show before.
    Less,
}

/// Whether an event has to go, because a person deleted its mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// It stays: no mirror was deleted, or one that did not show yet what was changed in the event.
    Never,
    /// It goes, or something else that happened to it comes first and it stays.
    May,
    /// It goes.
    Must,
}

/// One event of one calendar, since all was at rest last.
///
/// What was changed in one place only is so in the end. What was changed in two places ends as one
/// of them has it, by the policy of conflicts where it decides: who is seen first is open. Times
/// and instances are one field.
#[derive(Debug, Clone)]
pub struct Since {
    before: Origin,
    edits: Vec<(By, Change)>,
    hidden: Vec<(By, Change)>,
    happened: usize,
    stirred: bool,
    /// Edges whose mirrors are people's by now, with what was changed in them and not seen before.
    left: BTreeSet<usize>,
    ending: Ending,
    /// Where the mirror was that was deleted last.
    ended: Option<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Title,
    Description,
    When,
}

impl Since {
    /// Nothing has happened yet.
    #[must_use]
    pub fn at_rest(before: Origin) -> Self {
        let (edits, hidden) = <(Vec<_>, Vec<_>)>::default();
        let (ending, ended) = (Ending::Never, None);
        let (happened, stirred, left) = (0, false, BTreeSet::new());
        Self { before, edits, hidden, happened, stirred, left, ending, ended }
    }

    /// A person changes it.
    pub fn edit(&mut self, by: By, change: Change) {
        self.touch();
        self.edits.push((by, change));
    }

    /// A person changes in a mirror what it does not show: it is put right, unless the mirror shows
    /// it by the time that this is seen.
    pub fn edit_hidden(&mut self, by: By, change: Change) {
        self.touch();
        if self.stirred { &mut self.edits } else { &mut self.hidden }.push((by, change));
    }

    /// Something else happens to one of its mirrors: our answer to it is on its way from now on.
    pub fn touch(&mut self) {
        self.happened += 1;
        if self.ending == Ending::Must {
            self.ending = Ending::May;
        }
    }

    /// Mirrors of it come, go, or show more or less: edits of them may find that nobody wants them.
    pub fn stir(&mut self) {
        self.touch();
        self.stirred = true;
        self.edits.append(&mut self.hidden);
    }

    /// The mirror of an edge is a person's, or elsewhere: what was changed in it before may be seen with that
    /// alone, and stay in it.
    pub fn leave(&mut self, edge: usize) {
        self.touch();
        self.left.insert(edge);
    }

    /// A person deletes its mirror in a place, under an edge that takes this to the event. One that does
    /// not show yet what was changed in the event says nothing about that.
    pub fn end(&mut self, place: Place, showing: Showing) {
        let (untouched, edited) = (!self.is_touched() && !self.stirred, self.is_edited_alone());
        self.touch();
        self.ended = Some(place);
        self.ending = match showing {
            Showing::All if untouched => Ending::Must,
            Showing::Less if edited => Ending::Never,
            Showing::All | Showing::Less => Ending::May,
        };
    }

    /// What is there now took the place of another one: what was changed in mirrors of that may go to it.
    pub fn inherit(&mut self, other: &Self) {
        let all = other.edits.iter().chain(&other.hidden);
        self.edits.extend(all.filter(|(by, _)| *by != By::Origin).cloned());
        self.stir();
    }

    /// The last edit changes what a place shows: where its mirror was deleted before, and nothing else
    /// happened, it comes back.
    pub fn outlive(&mut self, place: Place) {
        let alone = self.happened == 2 && self.edits.len() == 1 && !self.stirred;
        if alone && self.ended == Some(place) {
            self.ending = Ending::Never;
        }
    }

    /// Whether nothing happened but changes in its own calendar.
    fn is_edited_alone(&self) -> bool {
        let by_origin = self.edits.iter().all(|(by, _)| *by == By::Origin);
        by_origin && self.is_touched() && self.happened == self.edits.len() && !self.stirred
    }

    /// A person makes something else of it. An instance that was cancelled in a mirror may be cancelled in
    /// it all the same, where it has the start and the rule that it had.
    pub fn reshape(&mut self, origin: Origin) {
        let is_same = (&origin.start, &origin.rule) == (&self.before.start, &self.before.rule);
        self.before = origin;
        let may_follow = |(by, change): &(By, Change)| {
            is_same && *by != By::Origin && matches!(change, Change::Cancel(_))
        };
        self.edits.retain(may_follow);
        // What was hidden may be shown now.
        self.stir();
    }

    /// It is in another calendar now.
    pub const fn carry(&mut self, to: usize) {
        self.before.calendar = to;
    }

    /// Whether it has to go.
    #[must_use]
    pub const fn ending(&self) -> Ending {
        self.ending
    }

    /// Whether mirrors of it come and go.
    #[must_use]
    pub const fn is_stirred(&self) -> bool {
        self.stirred
    }

    /// Whether anything happened to it.
    #[must_use]
    pub const fn is_touched(&self) -> bool {
        self.happened > 0
    }

    /// Whether it was changed through a mirror.
    #[must_use]
    pub fn is_changed_by_mirror(&self) -> bool {
        self.edits.iter().any(|(by, _)| *by != By::Origin)
    }

    /// Whether it was changed through the mirror of this edge.
    #[must_use]
    pub fn is_changed_by(&self, edge: usize) -> bool {
        self.edits.iter().any(|(by, _)| matches!(by, By::Mirror(of, _) if *of == edge))
    }

    /// Whether what a person did to a mirror may be missed. A write of ours whose answer was lost
    /// makes nobody know who wrote what is there: it counts as ours, and the loser is kept.
    #[must_use]
    pub const fn is_open(&self, faults: bool) -> bool {
        self.stirred || (faults && self.happened > 1)
    }

    /// What is wrong with what it says now, in words.
    #[must_use]
    pub fn objections(&self, held: &Origin, faults: bool) -> Vec<String> {
        let judge = |what: &str, field: Field, of: &dyn Fn(&Origin) -> String| {
            let (allowed, is) = (self.allowed(field, of, faults), of(held));
            let right = allowed.contains(&is);
            (!right).then(|| format!("the {what} is {is:?}, not one of {allowed:?}"))
        };
        let mut wrong = vec![
            judge("title", Field::Title, &|origin| origin.title.clone()),
            judge("description", Field::Description, &|origin| origin.description.clone()),
            judge("start", Field::When, &|origin| origin.start.clone()),
            judge("rest", Field::When, &|origin| {
                format!("{} {} {} {}", origin.rule, origin.private, origin.free, origin.invited)
            }),
        ];
        for original in self.originals(held) {
            wrong.push(judge("instance", Field::When, &|origin| start_of(origin, &original)));
            let (allowed, is) = (self.titles(&original, faults), title_of(held, &original));
            let right = allowed.contains(&is);
            wrong.push((!right).then(|| format!("{original} is called {is:?}, not {allowed:?}")));
        }
        wrong.into_iter().flatten().collect()
    }

    /// All that one aspect of a field may come to: of what was changed in mirrors that were left, the last
    /// edits may have stayed in them.
    fn allowed(
        &self,
        field: Field,
        of: &dyn Fn(&Origin) -> String,
        faults: bool,
    ) -> BTreeSet<String> {
        let is_left =
            |(by, _): &(By, Change)| matches!(by, By::Mirror(edge, _) if self.left.contains(edge));
        let ends = self.edits.iter().enumerate().filter(|(_, edit)| is_left(edit));
        let followed = ends.map(|(at, _)| at).chain([self.edits.len()]);
        let allowed = followed.map(|end| {
            let seen = self.edits.iter().enumerate();
            let seen = seen.filter(|(at, edit)| *at < end || !is_left(edit));
            let edits = seen.map(|(_, edit)| edit.clone()).collect();
            Self { edits, ..self.clone() }.followed(field, of, faults)
        });
        allowed.flatten().collect()
    }

    /// All that one aspect of a field may come to where its edits are followed.
    fn followed(
        &self,
        field: Field,
        of: &dyn Fn(&Origin) -> String,
        faults: bool,
    ) -> BTreeSet<String> {
        let edits: Vec<&(By, Change)> =
            self.edits.iter().filter(|(_, change)| field_of(change) == field).collect();
        let after = |by: Option<By>| {
            let mut origin = self.before.clone();
            let own = edits.iter().filter(|(who, _)| by.is_none_or(|by| by == *who));
            own.for_each(|(_, change)| change.apply(&mut origin));
            of(&origin)
        };
        let places: BTreeSet<By> = edits.iter().map(|(by, _)| *by).collect();
        let mut allowed: BTreeSet<String> = places.iter().map(|by| after(Some(*by))).collect();
        if places.is_empty() {
            allowed.insert(of(&self.before));
        }
        if self.is_open(faults) {
            allowed.extend(self.on_the_way(&edits, of, places.contains(&By::Origin)));
        }
        if field == Field::When && places.len() > 1 {
            // Instances merge one by one where both sides are known, else one side's all hold.
            allowed.extend([of(&self.before), after(None), of(&self.with_all_back(&edits))]);
            return allowed;
        }
        match edits.last() {
            Some((By::Origin, _)) if places.iter().all(|by| yields(*by)) => [after(None)].into(),
            Some((By::Mirror(_, Conflict::Mirror), _))
                if places.len() == 2 && places.contains(&By::Origin) && !self.is_open(faults) =>
            {
                [after(None)].into()
            }
            _ => allowed,
        }
    }

    /// With what was changed of an instance after somebody cancelled it: they could, since the cancelling
    /// lost against another place and the instance was there again.
    fn with_all_back(&self, edits: &[&(By, Change)]) -> Origin {
        let mut origin = self.before.clone();
        for (at, (_, change)) in edits.iter().enumerate() {
            let is_back = |original: &String| {
                edits[at + 1..].iter().any(|(_, later)| later.instance() == Some(original))
            };
            if !matches!(change, Change::Cancel(original) if is_back(original)) {
                change.apply(&mut origin);
            }
        }
        origin
    }

    /// What it said on the way, since an edit in a mirror may be missed.
    fn on_the_way(
        &self,
        edits: &[&(By, Change)],
        of: &dyn Fn(&Origin) -> String,
        at_origin: bool,
    ) -> Vec<String> {
        let (mut origin, mut said) = (self.before.clone(), Vec::new());
        if !at_origin {
            said.push(of(&origin));
        }
        for (by, change) in edits {
            change.apply(&mut origin);
            if *by != By::Origin {
                said.push(of(&origin));
            }
        }
        said
    }

    /// The titles that an instance may have: its own, or one of those that its series had when it
    /// was changed.
    fn titles(&self, original: &str, faults: bool) -> BTreeSet<String> {
        let of_series = self.edits.iter().filter_map(|(_, change)| match change {
            Change::Title(title) => Some(title.clone()),
            Change::Description(_)
            | Change::Start(_)
            | Change::Move(..)
            | Change::Retitle(..)
            | Change::Cancel(_) => None,
        });
        let own = self.allowed(Field::When, &|origin| title_of(origin, original), faults);
        // An instance that one side cancelled and the other one kept may come back as its series.
        let again = (own.len() > 1).then(|| self.before.title.clone());
        own.into_iter().chain(of_series).chain(again).collect()
    }

    fn originals(&self, held: &Origin) -> BTreeSet<String> {
        let mut edited = self.before.clone();
        self.edits.iter().for_each(|(_, change)| change.apply(&mut edited));
        [&self.before, held, &edited]
            .into_iter()
            .flat_map(|origin| {
                let changed = origin.exceptions.iter().map(|one| &one.original);
                changed.chain(&origin.excluded).cloned().collect::<Vec<_>>()
            })
            .collect()
    }
}

/// Whether an edit there gives way to a later one of the origin.
const fn yields(by: By) -> bool {
    match by {
        By::Origin | By::Mirror(_, Conflict::Origin) => true,
        By::Mirror(_, Conflict::LastSeen | Conflict::Mirror) => false,
    }
}

const fn field_of(change: &Change) -> Field {
    match change {
        Change::Title(_) => Field::Title,
        Change::Description(_) => Field::Description,
        Change::Start(_) | Change::Move(..) | Change::Retitle(..) | Change::Cancel(_) => {
            Field::When
        }
    }
}

/// When an instance starts; `-` where it is cancelled.
fn start_of(origin: &Origin, original: &str) -> String {
    if origin.excluded.iter().any(|one| one == original) {
        return "-".to_owned();
    }
    let changed = origin.exceptions.iter().find(|one| one.original == original);
    changed.map_or(original, |one| &one.start).to_owned()
}

/// What an instance is called; `-` where it is cancelled.
fn title_of(origin: &Origin, original: &str) -> String {
    if origin.excluded.iter().any(|one| one == original) {
        return "-".to_owned();
    }
    let changed = origin.exceptions.iter().find(|one| one.original == original);
    changed.map_or(&origin.title, |one| &one.title).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(title: &str, description: &str) -> Origin {
        Origin {
            calendar: 0,
            uid: "a".to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            start: "20260610T090000Z".to_owned(),
            private: false,
            free: false,
            invited: false,
            rule: String::new(),
            exceptions: Vec::new(),
            excluded: Vec::new(),
        }
    }

    /// Catches a judge to whom anything may come of an event, since a mirror of it that somebody had edited
    /// became a person's: only what was edited in that one may stay in it, and the last of that first.
    #[test]
    fn what_was_edited_in_a_mirror_that_was_left_may_stay_in_it_and_nothing_else_may() {
        let (left, other) = (By::Mirror(1, Conflict::Mirror), By::Mirror(2, Conflict::Mirror));
        let mut since = Since::at_rest(said("Lunch", "-"));
        since.edit(left, Change::Title("First".to_owned()));
        since.edit(left, Change::Title("Second".to_owned()));
        since.edit(other, Change::Description("Bring it".to_owned()));
        let takes = |since: &Since, title: &str, description: &str| {
            since.objections(&said(title, description), false).is_empty()
        };
        assert!(takes(&since, "Second", "Bring it"));
        assert!(!takes(&since, "First", "Bring it") && !takes(&since, "Lunch", "Bring it"));
        since.leave(1);
        for title in ["Lunch", "First", "Second"] {
            assert!(takes(&since, title, "Bring it"), "{title}");
            assert!(!takes(&since, title, "-"), "{title}");
        }
        assert!(!takes(&since, "Dinner", "Bring it"));
    }

    /// Catches a judge to whom an instance cannot be moved in its own calendar that was cancelled there before:
    /// a mirror of it had been moved too, and won.
    #[test]
    fn an_instance_that_came_back_may_be_moved_again() {
        let day = |time: &str| format!("20260612T{time}00Z");
        let (mirror, instance) = (By::Mirror(1, Conflict::Mirror), day("0900"));
        let series = Origin { rule: "FREQ=DAILY;COUNT=5".to_owned(), ..said("Lunch", "-") };
        let takes = |since: &Since, time: &str| {
            let mut held = series.clone();
            Change::Move(instance.clone(), day(time)).apply(&mut held);
            since.objections(&held, false).is_empty()
        };
        let mut since = Since::at_rest(series.clone());
        since.edit(mirror, Change::Move(instance.clone(), day("0940")));
        since.edit(By::Origin, Change::Cancel(instance.clone()));
        assert!(takes(&since, "0940") && !takes(&since, "0954"));
        since.edit(By::Origin, Change::Move(instance.clone(), day("0954")));
        assert!(takes(&since, "0954") && !takes(&since, "1000"));
    }
}
