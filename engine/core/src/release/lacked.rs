//! What a listing lacked, and nobody knows more of: who compared it came to no end, and another worker has
//! read on since, so that no listing of changes tells of it.

use crate::draft::Draft;
use crate::ids::{CalendarId, ProviderId};
use crate::presence::Gone;
use crate::slice::{Bundle, GonePage, Missing};

/// Whether a calendar, all of whose account was read once, holds something that a listing lacked and
/// that can be asked for alone.
pub(super) fn is_unasked(
    draft: &Draft<'_>,
    calendar: CalendarId,
    page: &GonePage,
) -> Result<bool, Missing> {
    let Some(known) = draft.config().calendars.get(&calendar) else {
        return Ok(false);
    };
    // Where nothing can be asked for alone, the next whole listing tells.
    if known.capabilities.absence_twice || draft.run()?.searched.contains(&known.account) {
        return Ok(false);
    }
    for event in &page.events {
        let bundle = draft.event(*event)?;
        if bundle.is_some_and(|bundle| lacked(bundle, calendar).next().is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The objects of an event in a calendar that a listing lacked, and of which nothing else says more.
pub(super) fn lacked(bundle: &Bundle, calendar: CalendarId) -> impl Iterator<Item = ProviderId> {
    let presence = bundle.presences.get(&calendar).into_iter();
    let origins = presence.flat_map(|presence| {
        let instances = presence.instances.iter().map(|one| (&one.gone, &one.object));
        [(&presence.gone, &presence.object)].into_iter().chain(instances)
    });
    let mirrors = bundle.mirrors.values().filter(move |it| it.mirror.calendar == calendar);
    let parts = mirrors.flat_map(|mirror| mirror.parts.values());
    let ours = parts.filter_map(|part| Some((&part.gone, &part.object.as_ref()?.id)));
    let objects = origins.chain(ours).filter(|(gone, _)| is_open(gone.as_ref()));
    objects.map(|(_, object)| object.clone())
}

fn is_open(gone: Option<&Gone>) -> bool {
    gone.is_some_and(|gone| !gone.confirmed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

    use std::sync::Arc;

    use crate::cursor::{ClockWord, Cursor, Run};
    use crate::graph::{Capabilities, EdgeOptions, Lifecycle};
    use crate::ids::{ProviderId, ScopeId};
    use crate::mirror::{MirrorMode, PartKey, PartStatus};
    use crate::plan::{Change, Row};
    use crate::slice::{AnyCalendar, Config, GonePage, Slice};
    use crate::transitions::{ACCOUNT, EDGE, PART, TARGET, bundle, edge, env, gone, part, target};

    /// What is known of a mirror that a listing lacked.
    #[derive(Clone, Copy)]
    enum Known {
        LackedAlone,
        /// In a run in which its account was read twice.
        AndSearched,
        /// Where only a second listing tells.
        OfListings,
        Gone,
    }

    /// What is asked for alone, and whether all is read again.
    fn asked(known: Known) -> (Vec<ProviderId>, bool) {
        let env = env();
        let mut lacked = part("as wanted", &PartStatus::Settled);
        lacked.gone = Some(gone(matches!(known, Known::Gone)));
        let absence_twice = matches!(known, Known::OfListings);
        let capabilities = Capabilities { absence_twice, ..Capabilities::default() };
        let calendar = crate::graph::Calendar { capabilities, ..target() };
        let scope = ScopeId::from(TARGET);
        let run = Run {
            id: env.run,
            started: env.now,
            read: vec![scope],
            searched: matches!(known, Known::AndSearched).then_some(ACCOUNT).into_iter().collect(),
            released: Vec::new(),
            clock: ClockWord::Agrees,
        };
        let page = GonePage { events: vec![PART.event], mirrors_gone: 1, ..GonePage::default() };
        let slice = Slice {
            config: Arc::new(Config {
                calendars: [(TARGET, calendar)].into(),
                edges: [(EDGE, edge(Lifecycle::Active, EdgeOptions::default()))].into(),
                ..Config::default()
            }),
            events: [(PART.event, Some(bundle(MirrorMode::Kept, PartKey::Whole, lacked)))].into(),
            evidence: [(AnyCalendar, [TARGET].into())].into(),
            gone: [(TARGET, page)].into(),
            cursors: [(scope, Some(Cursor::default()))].into(),
            runs: [(env.run, Some(run))].into(),
            ..Slice::default()
        };
        let (mut wanted, mut is_read_again) = (Vec::new(), false);
        for change in crate::release::release(&slice, &env).unwrap().changes {
            match change {
                Change::Put(Row::Cursor(_, cursor), _) => wanted = cursor.written,
                Change::Put(Row::Run(run), _) => is_read_again = run.read.is_empty(),
                Change::Put(..) | Change::Delete(_) => {}
            }
        }
        (wanted, is_read_again)
    }

    /// Catches evidence that stays for good: a listing lacked what is there, and who was to ask for it
    /// alone came to no end.
    #[test]
    fn what_a_listing_lacked_is_asked_for_alone_once_a_run() {
        let object = ProviderId("object".to_owned());
        assert_eq!(asked(Known::LackedAlone), (vec![object], true));
        for known in [Known::AndSearched, Known::OfListings, Known::Gone] {
            assert_eq!(asked(known), (Vec::new(), false));
        }
    }
}
