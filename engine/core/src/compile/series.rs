//! A series as a mirror says it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::content::in_target;
use super::project::Compile;
use crate::event::{Body, Exception, Recurrence};
use crate::filter::filtered;
use crate::form;
use crate::instances;
use crate::normalize::{canonical_exclusion, kept_exceptions};
use crate::time::{Extra, Rule, Timestamp, When};
use crate::window;

/// Master, rules and changed instances of `body` as the edge shows them.
pub(super) fn series(c: &Compile<'_>, body: &Body) -> Body {
    let show = c.show();
    let mut content = show.content(&body.content, &body.content.span);
    // The rules count from the start as it is written, also where that time does not exist.
    content.span.start = in_target(&body.content.span.start, c.target);
    content.span.length = form::canonical_length(&content.span.start, body.content.span.length);
    let start = content.span.start.clone();
    let mut recurrence = body
        .recurrence
        .as_ref()
        .map(|recurrence| canonical(&body.content.span.start, &start, recurrence))
        .unwrap_or_default();
    let mut exceptions = Vec::new();
    for exception in &body.exceptions {
        let original = target_form(&body.content.span.start, &start, &exception.original);
        if is_excluded(&recurrence, &original) {
            continue;
        }
        if filtered(&exception.content, &c.edge.options.filters).is_some() {
            recurrence.excluded.push(original);
            continue;
        }
        exceptions.push(Exception {
            original,
            this_and_future: exception.this_and_future,
            content: show.content(&exception.content, &exception.content.span),
        });
    }
    recurrence.excluded.sort_unstable();
    recurrence.excluded.dedup();
    let mut shown = Body { content, recurrence: Some(recurrence), exceptions, instance_of: None };
    drop_equal(c, &mut shown);
    shown
}

/// Whether a series lacks an instance, by its start or by its day.
fn is_excluded(recurrence: &Recurrence, original: &When) -> bool {
    let day = || When::Date(original.civil().date());
    recurrence.excluded.contains(original) || recurrence.excluded.contains(&day())
}

/// Drops the changed instances that equal what the series has there; one that the rules do not
/// give stays as an extra date.
fn drop_equal(c: &Compile<'_>, shown: &mut Body) {
    if shown.exceptions.is_empty() {
        return;
    }
    let kept: Vec<Exception> = kept_exceptions(shown).into_iter().cloned().collect();
    let all = std::mem::replace(&mut shown.exceptions, kept);
    let dropped = all.into_iter().map(|exception| exception.original).filter(|original| {
        shown.exceptions.iter().all(|exception| exception.original != *original)
    });
    let alone = Body { exceptions: Vec::new(), ..shown.clone() };
    let strays: Vec<When> = dropped.filter(|original| !gives(c, &alone, original)).collect();
    if let Some(recurrence) = &mut shown.recurrence {
        recurrence.extras.extend(strays.into_iter().map(Extra::At));
        recurrence.extras.sort_unstable();
        recurrence.extras.dedup();
    }
}

/// Whether the series has an instance with this original start.
pub(super) fn gives(c: &Compile<'_>, series: &Body, original: &When) -> bool {
    let at = original.instant(&c.target.zone, c.target.gap);
    let range = at..at.saturating_add_millis(1);
    instances::occurrences(series, range, c.view())
        .list
        .iter()
        .any(|one| form::key(&one.original) == form::key(original))
}

/// The changed instances that the rules of their series do not give, by the keys of their original
/// starts: told by one look from the first to the last of them. Where that is too dear, they are
/// given.
pub(super) fn not_given(c: &Compile<'_>, series: &Body) -> BTreeSet<Timestamp> {
    let all = series.exceptions.iter().map(|exception| &exception.original);
    let times = all.clone().map(|original| original.instant(&c.target.zone, c.target.gap));
    let (Some(first), Some(last)) = (times.clone().min(), times.max()) else {
        return BTreeSet::new();
    };
    let alone = Body { exceptions: Vec::new(), ..series.clone() };
    let found = instances::occurrences(&alone, first..last.saturating_add_millis(1), c.view());
    if found.cut {
        return BTreeSet::new();
    }
    let given: BTreeSet<Timestamp> =
        found.list.iter().map(|one| form::key(&one.original)).collect();
    all.map(form::key).filter(|key| !given.contains(key)).collect()
}

/// The body with each change of "this and all later ones" replaced by changes of the window's
/// instances one by one, for targets that hold changed instances alone.
pub(super) fn without_tails<'a>(c: &Compile<'a>) -> Cow<'a, Body> {
    if !c.body.exceptions.iter().any(|exception| exception.this_and_future) {
        return Cow::Borrowed(c.body);
    }
    let mut body = c.body.clone();
    let start = &c.body.content.span.start;
    let key = |when: &When| form::key(&form::in_form_of(start, when));
    for exception in &mut body.exceptions {
        exception.this_and_future = false;
    }
    let range = window::range(&c.edge.options.window, c.now);
    for one in instances::occurrences(c.body, range, c.view()).list {
        let changed = !core::ptr::eq(one.content, &raw const c.body.content);
        let known = body.exceptions.iter().any(|e| key(&e.original) == key(&one.original));
        if changed && !known {
            let content = crate::event::Content { span: one.span, ..one.content.clone() };
            body.exceptions.push(Exception {
                original: one.original,
                this_and_future: false,
                content,
            });
        }
    }
    Cow::Owned(body)
}

/// Rules, extras and exclusions in one canonical form, so that nothing rides along in spellings.
fn canonical(from: &When, to: &When, recurrence: &Recurrence) -> Recurrence {
    let mut rules: Vec<Rule> = recurrence
        .rules
        .iter()
        .map(|rule| Rule::parse(&rule.normalized_for(to)).unwrap_or_else(|_| rule.clone()))
        .collect();
    rules.sort_unstable_by(|a, b| a.text().cmp(b.text()));
    rules.dedup();
    let mut extras: Vec<Extra> = recurrence
        .extras
        .iter()
        .map(|extra| match extra {
            Extra::At(at) => Extra::At(target_form(from, to, at)),
            Extra::Period { start, length } => {
                let start = target_form(from, to, start);
                Extra::Period { length: form::canonical_length(&start, *length), start }
            }
        })
        .collect();
    extras.sort_unstable();
    extras.dedup();
    let excluded = recurrence
        .excluded
        .iter()
        .map(|when| match canonical_exclusion(from, recurrence, when) {
            When::Date(day) if !from.is_date() => When::Date(day),
            when @ (When::Zoned(..) | When::Floating(_) | When::Date(_)) => {
                form::at_civil(to, when.civil())
            }
        })
        .collect();
    Recurrence { rules, extras, excluded }
}

/// A start as the mirrored series writes it: the civil time of the series, in the target's form.
fn target_form(from: &When, to: &When, when: &When) -> When {
    form::at_civil(to, form::in_form_of(from, when).civil())
}
