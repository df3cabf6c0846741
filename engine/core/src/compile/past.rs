//! What a series said before its origin and its mirror were both changed.
//!
//! Of what a mirror said last no more than hashes are kept. Where both sides changed no more than a
//! few instances, each of them was then as it is on one side, or as its series has it, or at the time
//! of one side with the words of the other: the one choice that has the hash is what was said.

use std::collections::BTreeSet;

use super::propagate::{content_at, put_exception};
use super::writable::same;
use crate::event::{Body, Content, Exception};
use crate::fields::Field;
use crate::form::{self, key_in};
use crate::graph::Capabilities;
use crate::mirror::FieldHashes;
use crate::time::{Timestamp, When};

/// How many instances may differ: five choices each at most.
const DIFFERING_MAX: usize = 4;

/// How a series has one of its instances.
#[derive(Debug, Clone, PartialEq)]
enum Has {
    AsRuled,
    LeftOut,
    Changed(Box<Exception>),
}

/// What a series said.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Past {
    pub(crate) said: Body,
    /// Of what the series itself says, that which both sides changed: nobody can tell what it was.
    pub(super) unknown: Vec<Field>,
}

/// The series of which this was `said`, found between what it is to show and what an edit made of it.
/// `None` where nobody can tell, and of what is no series.
pub(crate) fn past(
    shown: &Body,
    edited: &Body,
    target: &Capabilities,
    said: &FieldHashes,
) -> Option<Past> {
    shown.recurrence.as_ref()?;
    let has_pattern = |body: &Body| FieldHashes::of(body, target).has_pattern_of(said);
    if !has_pattern(shown) || !has_pattern(edited) {
        return None;
    }
    let start = &shown.content.span.start;
    let differing: Vec<Choice> = keys(start, shown)
        .union(&keys(start, edited))
        .map(|at| Choice::between(start, *at, shown, edited))
        .filter(|choice| choice.of.len() > 1)
        .collect();
    if differing.len() > DIFFERING_MAX {
        return None;
    }
    let mut with_extras = shown.clone();
    if let (Some(own), Some(other)) = (&mut with_extras.recurrence, &edited.recurrence) {
        own.extras.clone_from(&other.extras);
    }
    [shown, &with_extras]
        .into_iter()
        .find_map(|body| search(body.clone(), &differing, target, said))
        .map(|found| with_texts(found, shown, edited, (target, said)))
}

/// The series with what it said of itself: each of its fields is yet as one of the sides has it, unless
/// both changed it.
fn with_texts(
    mut found: Body,
    shown: &Body,
    edited: &Body,
    (target, said): (&Capabilities, &FieldHashes),
) -> Past {
    let [ours, theirs] = [shown, edited].map(|body| FieldHashes::of(body, target).differing(said));
    let of = |field| if theirs.contains(&field) { &shown.content } else { &edited.content };
    let content = &mut found.content;
    content.title.clone_from(&of(Field::Title).title);
    content.description.clone_from(&of(Field::Description).description);
    content.location.clone_from(&of(Field::Location).location);
    content.status = of(Field::Busy).status;
    content.busy = of(Field::Busy).busy;
    let is_unknown = |field: &Field| *field != Field::When && ours.contains(field);
    Past { said: found, unknown: theirs.into_iter().filter(is_unknown).collect() }
}

/// An instance that differs, and how it may have been.
struct Choice {
    original: When,
    of: Vec<Has>,
}

impl Choice {
    fn between(start: &When, at: Timestamp, shown: &Body, edited: &Body) -> Self {
        let original = form::at_key(start, at);
        let [own, other] = [shown, edited].map(|body| has(start, body, at));
        let of = match (&own, &other) {
            (Has::Changed(a), Has::Changed(b)) if is_same(a, b) => vec![own],
            _ if own == other => vec![own],
            (Has::AsRuled, Has::Changed(one)) | (Has::Changed(one), Has::AsRuled) => {
                let mixed = [[shown, edited], [edited, shown]].map(|of| at_time_of(one, of));
                [own, other].into_iter().chain(mixed).collect()
            }
            (Has::Changed(one), Has::Changed(_)) => {
                let mixed = [[shown, edited], [edited, shown]].map(|of| at_time_of(one, of));
                [own, other, Has::AsRuled].into_iter().chain(mixed).collect()
            }
            (Has::AsRuled, _) | (_, Has::AsRuled) => vec![own, other],
            (Has::LeftOut, Has::Changed(one)) | (Has::Changed(one), Has::LeftOut) => {
                // All but its time may have been what the series says, which hides what its own words were.
                let moved = moved_alone(one, edited);
                vec![own, other, Has::AsRuled, moved]
            }
            (Has::LeftOut, Has::LeftOut) => vec![own],
        };
        Self { original, of }
    }
}

/// An instance at its own time that says nothing else for itself.
fn moved_alone(one: &Exception, series: &Body) -> Has {
    let content = Content { span: one.content.span.clone(), ..series.content.clone() };
    Has::Changed(Box::new(Exception { content, ..one.clone() }))
}

/// A changed instance at its time in the first of two series, that says what it does in the other.
fn at_time_of(one: &Exception, [time, words]: [&Body; 2]) -> Has {
    let span = content_at(time, &one.original).span;
    let content = Content { span, ..content_at(words, &one.original) };
    Has::Changed(Box::new(Exception { content, ..one.clone() }))
}

fn is_same(a: &Exception, b: &Exception) -> bool {
    let fields = Field::ALL.into_iter();
    a.this_and_future == b.this_and_future
        && fields.into_iter().all(|field| same(field, &a.content, &b.content))
}

/// The choice of all that differs which has the hash.
fn search(
    body: Body,
    differing: &[Choice],
    target: &Capabilities,
    said: &FieldHashes,
) -> Option<Body> {
    let Some((first, rest)) = differing.split_first() else {
        let is_other = FieldHashes::of(&body, target).differing(said).contains(&Field::When);
        return (!is_other).then_some(body);
    };
    first.of.iter().find_map(|has| search(put(&body, &first.original, has), rest, target, said))
}

/// The original starts of which a series says something.
fn keys(start: &When, body: &Body) -> BTreeSet<Timestamp> {
    let left_out = body.recurrence.iter().flat_map(|recurrence| &recurrence.excluded);
    let changed = body.exceptions.iter().map(|exception| &exception.original);
    left_out.chain(changed).map(|when| key_in(start, when)).collect()
}

fn has(start: &When, body: &Body, at: Timestamp) -> Has {
    let mut left_out = body.recurrence.iter().flat_map(|recurrence| &recurrence.excluded);
    if left_out.any(|when| key_in(start, when) == at) {
        return Has::LeftOut;
    }
    let changed = body.exceptions.iter().find(|one| key_in(start, &one.original) == at);
    changed.map_or(Has::AsRuled, |one| Has::Changed(Box::new(one.clone())))
}

fn put(body: &Body, original: &When, has: &Has) -> Body {
    let mut body = body.clone();
    let start = body.content.span.start.clone();
    let at = key_in(&start, original);
    body.exceptions.retain(|one| key_in(&start, &one.original) != at);
    if let Some(recurrence) = &mut body.recurrence {
        recurrence.excluded.retain(|when| key_in(&start, when) != at);
        if *has == Has::LeftOut {
            recurrence.excluded.push(original.clone());
        }
    }
    if let Has::Changed(exception) = has {
        put_exception(&mut body, (**exception).clone());
    }
    body
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

    use std::collections::BTreeMap;

    use super::*;
    use crate::compile::{Compile, Compiled, Projected, compile, propagate_since, writable_fields};
    use crate::event::{Busy, Privacy, Recurrence, Span, Status};
    use crate::graph::{DetailLevel, EdgeOptions, Lifecycle};
    use crate::mirror::PartKey;
    use crate::policy;
    use crate::time::{Length, Rule, Zone};
    use crate::transitions::{edge, env};

    fn at(hour: u8, day: u8) -> When {
        let civil = format!("2026-06-{day:02}T{hour:02}:00:00").parse().unwrap();
        When::Zoned(civil, Zone::utc())
    }

    fn content(title: &str, start: When) -> Content {
        let span = Span { start, length: Length::Exact(3_600), end_zone: None };
        Content { title: title.to_owned(), ..Content::at(span) }
    }

    fn changed(title: &str, hour: u8, day: u8) -> Exception {
        let content = content(title, at(hour, day));
        Exception { original: at(8, day), this_and_future: false, content }
    }

    fn daily(exceptions: Vec<Exception>, excluded: Vec<When>) -> Body {
        let rules = vec![Rule::parse("FREQ=DAILY;COUNT=9").unwrap()];
        let recurrence = Some(Recurrence { rules, excluded, ..Recurrence::default() });
        Body { recurrence, exceptions, ..Body::single(content("Review", at(8, 1))) }
    }

    fn found(shown: &Body, edited: &Body, said: &Body) -> Option<Body> {
        let target = Capabilities::default();
        past(shown, edited, &target, &FieldHashes::of(said, &target)).map(|past| past.said)
    }

    /// The same series under another title, with notes, a place and a use of time that go with it.
    fn named(title: &str, mut body: Body) -> Body {
        body.content = noted(title, body.content);
        for exception in &mut body.exceptions {
            let title = exception.content.title.clone();
            exception.content = noted(&title, exception.content.clone());
        }
        body
    }

    fn noted(title: &str, content: Content) -> Content {
        let busy = if title == "Old" { Busy::Busy } else { Busy::OutOfOffice };
        let (title, description) = (title.to_owned(), format!("Notes of {title}"));
        Content { location: format!("Room of {title}"), title, description, busy, ..content }
    }

    /// What is made of a series that is mirrored in full, and of its mirror.
    fn compiled<T>(origin: &Body, make: impl FnOnce(&Compile<'_>, &Projected) -> T) -> T {
        let target = Capabilities::default();
        let options = EdgeOptions { level: DetailLevel::Full, ..EdgeOptions::default() };
        let edge = edge(Lifecycle::Active, options);
        let c = Compile {
            body: origin,
            strictest: Privacy::Default,
            edge: &edge,
            disclosure: &policy::disclosure(&edge.options, &BTreeMap::new()),
            target: &target,
            now: env().now,
        };
        let Compiled::Parts(parts) = compile(&c) else { panic!("no mirror") };
        make(&c, &parts[&PartKey::Whole])
    }

    /// What becomes of an origin whose mirror `said` something, and was `edited` then.
    fn taken_back(origin: &Body, edited: &Body, said: &Body) -> Body {
        let target = Capabilities::default();
        let said = FieldHashes::of(said, &target);
        let changed = FieldHashes::of(edited, &target).differing(&said);
        compiled(origin, |c, projected| {
            let fields = writable_fields(c, projected).only(&changed).with_same_pattern(true);
            let past = past(&projected.body, edited, &target, &said).unwrap();
            propagate_since(origin, projected, edited, (fields, Some(&past))).unwrap()
        })
    }

    /// Catches an instance that takes the older words of its mirror, or its older status, since it was moved
    /// there and nobody can tell what the mirror said.
    #[test]
    fn an_instance_that_is_moved_takes_nothing_older() {
        let with = |title: &str, status: Status, instances: &[u8]| {
            let exceptions = instances.iter().map(|hour| {
                let mut one = changed(title, *hour, 5);
                one.content.status = status;
                one
            });
            let mut body = daily(exceptions.collect(), Vec::new());
            title.clone_into(&mut body.content.title);
            body.content.status = status;
            body
        };
        let origin = with("New", Status::Tentative, &[]);
        let edited = with("Old", Status::Confirmed, &[15]);
        let wanted = compiled(&origin, |c, projected| {
            let fields = writable_fields(c, projected).only(&[Field::When]).with_same_pattern(true);
            [fields, fields.where_both_moved()].map(|fields| {
                let fields = fields.without_older(&[Field::Title, Field::Busy]);
                propagate_since(&origin, projected, &edited, (fields, None))
            })
        });
        let want = with("New", Status::Tentative, &[15]);
        assert_eq!(wanted, [Some(want.clone()), Some(want)]);
    }

    /// Catches an instance that was changed in its calendar and takes what the mirror's series says, since
    /// the series was retitled there or here meanwhile; and another that takes it when it is moved.
    #[test]
    fn what_an_instance_says_as_its_series_does_is_no_edit_of_it() {
        let said = named("Old", daily(Vec::new(), Vec::new()));
        let theirs = |title: &str, exceptions| named(title, daily(exceptions, Vec::new()));
        let own = || changed("Special", 11, 3);
        for renamed in ["Old", "New"] {
            let origin = named(renamed, daily(vec![own()], Vec::new()));
            for title in ["Old", "Mine"] {
                let ends = if title == "Old" { renamed } else { title };
                let edited = theirs(title, vec![changed(title, 15, 5)]);
                let want = named(ends, daily(vec![own(), changed(ends, 15, 5)], Vec::new()));
                assert_eq!(taken_back(&origin, &edited, &said), want, "{renamed}, {title}");
                let edited = theirs(title, vec![changed(title, 15, 3)]);
                let want = named(ends, daily(vec![changed("Special", 15, 3)], Vec::new()));
                assert_eq!(taken_back(&origin, &edited, &said), want, "{renamed}, {title}");
            }
        }
    }

    /// Catches a title that a person gave to one instance, and that is lost since the series was retitled
    /// in its calendar meanwhile.
    #[test]
    fn what_an_instance_says_for_itself_is_an_edit_of_it() {
        let said = named("Old", daily(Vec::new(), Vec::new()));
        let origin = named("New", daily(vec![changed("New", 11, 3)], Vec::new()));
        let edited = named("Old", daily(vec![changed("Mine", 8, 3)], Vec::new()));
        let want = named("New", daily(vec![changed("Mine", 11, 3)], Vec::new()));
        assert_eq!(taken_back(&origin, &edited, &said), want);
    }

    /// Catches one of the choices that is never tried.
    #[test]
    fn each_instance_was_as_it_is_on_one_side_or_as_ruled() {
        let shown = daily(vec![changed("Review", 9, 2), changed("Review", 9, 3)], vec![at(8, 4)]);
        let edited = daily(vec![changed("Mine", 8, 2), changed("Mine", 8, 4)], vec![at(8, 5)]);
        let all = [
            daily(Vec::new(), Vec::new()),
            daily(vec![changed("Review", 9, 2)], vec![at(8, 4)]),
            daily(vec![changed("Mine", 8, 2)], vec![at(8, 4), at(8, 5)]),
            daily(vec![changed("Review", 9, 3), changed("Mine", 8, 4)], vec![at(8, 5)]),
        ];
        for said in all {
            assert_eq!(found(&shown, &edited, &said), Some(said));
        }
    }

    /// Catches an instance that was moved and nothing else in a mirror that hides its own words: cancelled in
    /// its calendar and retitled in the mirror, it said neither.
    #[test]
    fn an_instance_may_have_said_what_its_series_says_at_another_time() {
        let shown = daily(Vec::new(), vec![at(8, 2)]);
        let edited = daily(vec![changed("Mine", 9, 2)], Vec::new());
        let said = daily(vec![changed("Review", 9, 2)], Vec::new());
        assert_eq!(found(&shown, &edited, &said), Some(said.clone()));
        // And one that a person cancelled in the mirror, and of which its calendar came to say more.
        assert_eq!(found(&edited, &shown, &said), Some(said));
    }

    /// Catches an instance of which one side changed the time and the other the words: it said neither.
    #[test]
    fn an_instance_may_have_said_the_words_of_one_side_at_the_time_of_the_other() {
        let with = |title: &str, hour| daily(vec![changed(title, hour, 2)], Vec::new());
        let said = with("Other", 9);
        let (renamed, moved) = (with("Mine", 9), with("Other", 10));
        let ruled = daily(Vec::new(), Vec::new());
        for (one, other) in [(&renamed, &moved), (&with("Review", 9), &with("Other", 8))] {
            assert_eq!(found(one, other, &said), Some(said.clone()));
            assert_eq!(found(other, one, &said), Some(said.clone()));
        }
        let said = with("Review", 9);
        for (one, other) in [(&ruled, &renamed), (&renamed, &ruled)] {
            assert_eq!(found(one, other, &said), Some(said.clone()));
        }
    }

    /// Catches a guess that is taken though its hash is another one, and one between series that do not
    /// take place at the same times.
    #[test]
    fn what_is_none_of_these_is_not_guessed() {
        let shown = daily(vec![changed("Review", 9, 2)], Vec::new());
        let edited = daily(vec![changed("Mine", 8, 2)], Vec::new());
        let other = daily(vec![changed("Review", 10, 2)], Vec::new());
        assert_eq!(found(&shown, &edited, &other), None);
        let mut moved = shown.clone();
        moved.content.span.start = at(7, 1);
        assert_eq!(found(&moved, &edited, &daily(Vec::new(), Vec::new())), None);
        let many =
            |title: &str| daily((2..8).map(|day| changed(title, 9, day)).collect(), Vec::new());
        assert_eq!(found(&many("Review"), &many("Mine"), &daily(Vec::new(), Vec::new())), None);
    }
}
