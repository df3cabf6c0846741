//! Pages of events, merged from below and from the layer.

use std::collections::BTreeSet;

use kalends_core::ids::{CalendarId, EdgeId, EventId, ProviderId};
use kalends_core::plan::RowKey;
use kalends_core::slice::{Bundle, GonePage, MirrorPage, Page, PresencePage, ReadSet, Slice};

use super::layer::Layer;

/// How many events a page of evidence holds.
const GONE_EVENTS_MAX: usize = 200;

/// What a page lists events of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of {
    Calendar(CalendarId),
    Edge(EdgeId),
}

impl Of {
    fn key(self, event: EventId) -> RowKey {
        match self {
            Self::Calendar(calendar) => RowKey::Presence(event, calendar),
            Self::Edge(edge) => RowKey::Mirror(event, edge),
        }
    }

    pub(super) fn want(self, after: Option<EventId>, limit: u32) -> ReadSet {
        let mut want = ReadSet::default();
        match self {
            Self::Calendar(calendar) => {
                want.presences.insert(PresencePage { calendar, after, limit });
            }
            Self::Edge(edge) => {
                want.mirrors.insert(MirrorPage { edge, after, limit });
            }
        }
        want
    }

    /// The only page of a slice that was loaded for it alone.
    pub(super) fn page(self, slice: &Slice) -> Page {
        let page = match self {
            Self::Calendar(_) => slice.presences.values().next(),
            Self::Edge(_) => slice.mirrors.values().next(),
        };
        page.cloned().unwrap_or_default()
    }
}

impl Layer {
    /// The events of one page from below as they are now, with those of the layer up to its end.
    /// `until`: the page's end; `None` where it is the last.
    pub(super) fn merge_page(
        &self,
        of: Of,
        below: &[EventId],
        after: Option<EventId>,
        until: Option<EventId>,
    ) -> BTreeSet<EventId> {
        let touched = match of {
            Of::Calendar(calendar) => self.touched_in(calendar),
            Of::Edge(edge) => self.touched_under(edge),
        };
        let inside = |event: &EventId| {
            after.is_none_or(|after| *event > after) && until.is_none_or(|until| *event <= until)
        };
        let kept = below.iter().copied().filter(|event| self.holds(&of.key(*event)) != Some(false));
        let added = touched.into_iter().filter(|event| self.holds(&of.key(*event)) == Some(true));
        kept.chain(added.filter(inside)).collect()
    }

    /// The evidence in a calendar. `below` are the touched events as they lie below.
    pub(super) fn merge_gone(&self, calendar: CalendarId, page: &mut GonePage, below: &Slice) {
        let mut events: BTreeSet<EventId> = page.events.iter().copied().collect();
        for event in self.touched_in(calendar) {
            let before = below.events.get(&event).cloned().flatten();
            let mut after = before.clone();
            self.patch_event(event, &mut after);
            let (was, is) =
                (Facts::of(before.as_ref(), calendar), Facts::of(after.as_ref(), calendar));
            page.presences = shifted(page.presences, &was, &is, |facts| facts.there);
            page.presences_gone = shifted(page.presences_gone, &was, &is, |facts| facts.gone);
            page.mirrors_gone = shifted(page.mirrors_gone, &was, &is, |facts| facts.mirrors);
            if is.evidence {
                events.insert(event);
            } else {
                events.remove(&event);
            }
        }
        page.more |= events.len() > GONE_EVENTS_MAX;
        page.events = events.into_iter().take(GONE_EVENTS_MAX).collect();
    }
}

/// What is set aside as it is now. `below` holds as many more as were touched.
pub(super) fn merge_asides(
    below: Vec<ProviderId>,
    touched: Vec<(ProviderId, bool)>,
    limit: usize,
) -> Vec<ProviderId> {
    let mut objects: BTreeSet<ProviderId> = below.into_iter().collect();
    for (object, lasts) in touched {
        if lasts {
            objects.insert(object);
        } else {
            objects.remove(&object);
        }
    }
    objects.into_iter().take(limit).collect()
}

struct Facts {
    there: bool,
    gone: bool,
    mirrors: bool,
    evidence: bool,
}

impl Facts {
    fn of(bundle: Option<&Bundle>, calendar: CalendarId) -> Self {
        let presence = bundle.and_then(|bundle| bundle.presences.get(&calendar));
        let gone = presence.is_some_and(|presence| presence.gone.is_some());
        let instances = presence.is_some_and(|p| p.instances.iter().any(|i| i.gone.is_some()));
        let mirrors = bundle.into_iter().flat_map(|bundle| bundle.mirrors.values());
        let mirrors = mirrors
            .filter(|mirror| mirror.mirror.calendar == calendar)
            .any(|mirror| mirror.parts.values().any(|part| part.gone.is_some()));
        let evidence = gone || instances || mirrors;
        Self { there: presence.is_some(), gone, mirrors, evidence }
    }
}

fn shifted(count: u32, was: &Facts, is: &Facts, fact: impl Fn(&Facts) -> bool) -> u32 {
    (count + u32::from(fact(is))).saturating_sub(u32::from(fact(was)))
}
