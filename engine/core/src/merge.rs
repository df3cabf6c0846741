//! An origin changed by its own people while a change of ours waits to be written to it.

use crate::compile::{Merged, merge3};
use crate::event::Body;
use crate::graph::{Capabilities, OnConflict};
use crate::ids::{CalendarId, EdgeId};
use crate::normalize;
use crate::presence::{ContentHash, Pending, Presence};
use crate::revert::is_quiet;
use crate::slice::{Bundle, Config};

/// How many changes that were replaced are remembered.
const BEFORE_MAX: usize = 4;

/// Tells one waiting change from another; `None`: a deletion.
pub(crate) fn change_hash(pending: &Pending) -> Option<ContentHash> {
    pending.want.as_ref().map(|want| normalize::hash(want, &Capabilities::default()))
}

/// Puts a change on its way to the origin; it takes the place of one that waits. Where guests are to be
/// told of that, they are told of what it becomes, unless that is a deletion. What joins a change that a
/// person asked for is as much theirs: no grant of an edge holds for it, and it goes back with no mirror.
/// A parked one is joined by nothing: no mirror shows it.
pub(crate) fn put_change(presence: &mut Presence, want: Option<Body>, from: Option<EdgeId>) {
    let older = presence.pending.take();
    let is_joined =
        |older: &Pending| older.want.is_some() && older.parked.is_none() && older.is_a_persons();
    let joined = want.is_some() && from.is_some() && older.as_ref().is_some_and(is_joined);
    let mut before = older.as_ref().map(|older| older.before.clone()).unwrap_or_default();
    before.extend(older.as_ref().and_then(change_hash));
    before.drain(..before.len().saturating_sub(BEFORE_MAX));
    let base = presence.version.clone();
    let told = older.filter(|_| want.is_some()).map(|older| older.guests);
    presence.pending = Some(Pending {
        want,
        base,
        from,
        joined,
        guests: told.unwrap_or_default(),
        before,
        attempts: 0,
        retry_at: None,
        parked: None,
    });
}

/// The changes of origins that were given up, or rest until a person grants them, and whose place an edit
/// or a deletion of a mirror took: they are to be kept where they can be brought back (L14).
pub(crate) fn replaced<'a>(
    before: &'a Bundle,
    after: &Bundle,
) -> impl Iterator<Item = (CalendarId, EdgeId, &'a Body)> {
    before.presences.iter().filter_map(|(calendar, presence)| {
        let rested = presence.pending.as_ref().filter(|pending| pending.parked.is_some())?;
        let (want, hash) = (rested.want.as_ref()?, change_hash(rested)?);
        let now = after.presences.get(calendar)?.pending.as_ref()?;
        let is_replaced = now.before.contains(&hash) && !rested.before.contains(&hash);
        Some((*calendar, now.from.filter(|_| is_replaced)?, want))
    })
}

/// Works the waiting change out anew against what the provider shows now. Gone where the provider
/// shows just that already. Whether something of what the provider shows loses against the change:
/// then it is to be kept where it can be brought back.
pub(crate) fn merge_pending(presence: &mut Presence, shown: &Body, config: &Config) -> bool {
    let Some(pending) = presence.pending.take() else {
        return false;
    };
    let Some(want) = &pending.want else {
        // We were about to delete it, and someone changed it: the change wins (L14).
        return false;
    };
    let plain = Capabilities::default();
    let seen = normalize::hash(shown, &plain);
    if normalize::hash(want, &plain) == seen {
        return false;
    }
    if pending.before.contains(&seen) {
        // An older change of ours was written after all: the newer one stands on it.
        presence.pending = Some(Pending { base: presence.version.clone(), ..pending });
        return false;
    }
    let policy = pending
        .from
        .and_then(|edge| config.edges.get(&edge))
        .map_or(OnConflict::LastSeen, |edge| edge.options.on_conflict);
    // The provider's change is the one seen last.
    let policy = match policy {
        OnConflict::LastSeen | OnConflict::Origin => OnConflict::Origin,
        OnConflict::Mirror => OnConflict::Mirror,
    };
    let Merged { body, lost } = merge3(&presence.body, shown, want, policy);
    if normalize::hash(&body, &plain) == seen {
        return false;
    }
    let parked = pending.parked.clone().filter(|_| waits_for_grant(&pending, shown));
    presence.pending = Some(Pending {
        want: Some(body),
        base: presence.version.clone(),
        attempts: 0,
        retry_at: None,
        parked,
        ..pending
    });
    policy == OnConflict::Mirror && !lost.is_empty()
}

/// A change that waits for the series stands on what its instances are now. Whether something of
/// that is to be written over.
pub(crate) fn merge_changed(presence: &mut Presence, known: &Body, config: &Config) -> bool {
    if presence.pending.is_none() || presence.body == *known {
        return false;
    }
    let shown = std::mem::replace(&mut presence.body, known.clone());
    let loses = merge_pending(presence, &shown, config);
    presence.body = shown;
    loses
}

/// Whether a change rests until somebody grants that guests are told of it, as long as there are any:
/// whatever else becomes of its event.
pub(crate) fn waits_for_grant(pending: &Pending, shown: &Body) -> bool {
    pending.parked.as_deref() == Some(Pending::WOULD_NOTIFY) && !is_quiet(shown)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

    use super::*;
    use crate::event::Person;
    use crate::ids::ProviderId;
    use crate::presence::Guests;
    use crate::transitions::{EDGE, body};

    fn presence(body: Body) -> Presence {
        Presence {
            object: ProviderId("object".to_owned()),
            version: None,
            body,
            doubts: Vec::new(),
            instances: Vec::new(),
            gone: None,
            pending: None,
        }
    }

    /// Catches a person's change that goes by the rule of an edge, since an edit of a mirror joined it.
    #[test]
    fn what_joins_a_persons_change_is_theirs() {
        let joins = |first: Option<EdgeId>, parked: Option<&str>, then: Option<Body>| {
            let mut presence = presence(body("Review"));
            put_change(&mut presence, Some(body("Concert")), first);
            presence.pending.iter_mut().for_each(|it| it.parked = parked.map(str::to_owned));
            put_change(&mut presence, then.clone(), Some(EDGE));
            put_change(&mut presence, then, Some(EDGE));
            let pending = presence.pending.unwrap();
            assert_eq!(pending.from, Some(EDGE), "its edge's rules hold for it");
            pending.is_a_persons()
        };
        assert!(joins(None, None, Some(body("Choir"))));
        assert!(!joins(Some(EDGE), None, Some(body("Choir"))));
        // No mirror showed that.
        assert!(!joins(None, Some(Pending::WOULD_NOTIFY), Some(body("Choir"))));
        // A deletion is its mirror's alone: nothing of the change is left.
        assert!(!joins(None, None, None));
    }

    /// Catches a change that is shown in mirrors and goes back from them again, since something else of its
    /// event changed while nobody has granted that guests are told.
    #[test]
    fn what_waits_for_a_grant_waits_until_the_guests_are_gone() {
        let invited = |title: &str, guests: &[&str]| {
            let mut body = body(title);
            body.content.attendees = guests
                .iter()
                .map(|email| Person { email: (*email).to_owned(), ..Person::default() })
                .collect();
            body
        };
        let parked = |code: &str, shown: Body| {
            let mut presence = presence(invited("Review", &["ann"]));
            put_change(&mut presence, Some(invited("Concert", &["ann"])), None);
            presence.pending.iter_mut().for_each(|it| it.parked = Some(code.to_owned()));
            merge_pending(&mut presence, &shown, &Config::default());
            presence.pending.unwrap().parked
        };
        let code = Pending::WOULD_NOTIFY;
        assert_eq!(parked(code, invited("Review", &["ann", "bob"])).as_deref(), Some(code));
        assert_eq!(parked(code, invited("Review", &[])), None);
        assert_eq!(parked("http.400", invited("Review", &["ann", "bob"])), None);
    }

    /// Catches guests who hear nothing of a change that waited when another took its place, and those who
    /// hear of a deletion that nobody was to tell of.
    #[test]
    fn what_guests_are_to_be_told_of_is_told_in_what_takes_its_place() {
        let guests = |first: Guests, then: Option<Body>| {
            let mut presence = presence(body("Review"));
            put_change(&mut presence, Some(body("Concert")), None);
            presence.pending.iter_mut().for_each(|pending| pending.guests = first);
            put_change(&mut presence, then, None);
            presence.pending.map(|pending| pending.guests)
        };
        assert_eq!(guests(Guests::Told, Some(body("Choir"))), Some(Guests::Told));
        assert_eq!(guests(Guests::Told, None), Some(Guests::Untold));
        assert_eq!(guests(Guests::Untold, Some(body("Choir"))), Some(Guests::Untold));
    }
}
