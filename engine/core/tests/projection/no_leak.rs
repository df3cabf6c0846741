//! L6: at busy, what is not declassified changes no byte of a mirror.

use std::cell::Cell;
use std::collections::BTreeMap;

use kalends_core::compile::{Compiled, Projected};
use kalends_core::event::Body;
use kalends_core::graph::{Capabilities, DetailLevel, EdgeOptions};
use kalends_core::ids::{CalendarId, ProviderId};
use kalends_core::mirror::PartKey;
use kalends_core::presence::Presence;
use kalends_core::read::{Offer, offered};
use kalends_core::slice::{Bundle, Config};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::drawn::{Secret, Shape, body, options, secret, secrets, shape, target};
use crate::support::{compiled, edge_with};

const CASES: u32 = 400;
const LOWERED_CASES: u32 = 150;

type Parts = BTreeMap<PartKey, Projected>;

/// What the target is to hold; none where there is no mirror, whatever the reason, which is nobody
/// else's business.
fn held(body: &Body, options: &EdgeOptions, target: &Capabilities) -> Parts {
    match compiled(body, &edge_with(options.clone()), target) {
        Compiled::Parts(parts) => parts,
        Compiled::No(_) => BTreeMap::new(),
    }
}

/// What somebody outside is shown of an event that one calendar holds.
fn offer(body: Body, options: &EdgeOptions) -> BTreeMap<PartKey, Body> {
    let (object, calendar) = (ProviderId("o".to_owned()), CalendarId::from_bytes([1; 16]));
    let presence = Presence {
        object,
        version: None,
        body,
        doubts: Vec::new(),
        instances: Vec::new(),
        gone: None,
        pending: None,
    };
    let bundle = Bundle { presences: BTreeMap::from([(calendar, presence)]), ..Bundle::default() };
    let now = "2026-03-10T00:00:00Z".parse().unwrap();
    offered(&Config::default(), &bundle, Offer { options, calendars: None, now })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn at_busy_secrets_change_nothing(
        shape in shape(),
        one in secrets(),
        two in secrets(),
        options in options(DetailLevel::Busy),
        target in target(),
    ) {
        let first = held(&body(&shape, &one, &options.filters, true), &options, &target);
        // That an instance was changed in secrets alone is a secret too, where it can be one.
        let needed = shape.shows_secret_changes();
        let second = held(&body(&shape, &two, &options.filters, needed), &options, &target);
        prop_assert!(first == second, "the mirrors differ");
    }

    #[test]
    fn at_busy_an_offer_to_somebody_outside_tells_no_secret(
        shape in shape(),
        one in secrets(),
        two in secrets(),
        options in options(DetailLevel::Busy),
    ) {
        let needed = shape.shows_secret_changes();
        let first = offer(body(&shape, &one, &options.filters, true), &options);
        let second = offer(body(&shape, &two, &options.filters, needed), &options);
        prop_assert!(first == second, "the offers differ");
        let passes = shape.master().passes(&options.filters);
        prop_assert!(!passes || !first.is_empty(), "something is shown at all");
    }

    #[test]
    fn private_contents_show_no_secret_at_any_level(
        shape in shape(),
        one in secret(),
        two in secret(),
        options in options(DetailLevel::Full),
        target in target(),
    ) {
        let mut shape = shape;
        shape.master.private = true;
        let changed = shape.changed.iter_mut().filter_map(|(_, _, facts)| facts.as_mut());
        changed.for_each(|facts| facts.private = true);
        let first = held(&body(&shape, &[one], &options.filters, true), &options, &target);
        let second = held(&body(&shape, &[two], &options.filters, true), &options, &target);
        prop_assert!(first == second, "the mirrors differ");
    }
}

/// Every text is one to look for, and tells whether it is the title.
fn canary(choice: usize) -> Secret {
    let text = || "canary text".to_owned();
    Secret {
        title: "canary title".to_owned(),
        description: text(),
        location: text(),
        categories: vec![text()],
        people: 2,
        public: true,
        choice,
    }
}

fn says(part: &Projected, word: &str) -> bool {
    format!("{part:?}").contains(word)
}

/// Lowers an edge, and gives how many parts showed the word until then.
fn lower(
    (shape, options, target): &(Shape, EdgeOptions, Capabilities),
    (from, to): (DetailLevel, DetailLevel),
    word: &str,
) -> Result<usize, TestCaseError> {
    let body = body(shape, &[canary(shape.changed.len())], &options.filters, true);
    let at = |level| held(&body, &EdgeOptions { level, ..options.clone() }, target);
    let (before, after) = (at(from), at(to));
    prop_assert!(!after.values().any(|part| says(part, word)), "{word:?} at {to:?}");
    let shown = before.iter().filter(|(_, part)| says(part, word));
    for (key, part) in shown.clone() {
        // By its hash a part that shows less is known to be written anew.
        prop_assert!(after.get(key).is_none_or(|less| less.hash != part.hash), "{key:?} stays");
    }
    Ok(shown.count())
}

/// Catches a text that a lower level keeps, and a part that a lowering leaves as it is.
#[test]
fn lowering_the_level_clears_what_was_shown() {
    let lowerings = [
        ((DetailLevel::Full, DetailLevel::Title), "canary text"),
        ((DetailLevel::Full, DetailLevel::Busy), "canary"),
        ((DetailLevel::Title, DetailLevel::Busy), "canary title"),
    ];
    for (levels, word) in lowerings {
        let shown = Cell::new(0);
        let mut runner = TestRunner::new(ProptestConfig::with_cases(LOWERED_CASES));
        let drawn = (shape(), options(DetailLevel::Full), target());
        let ran = runner.run(&drawn, |case| {
            let parts = lower(&case, levels, word)?;
            shown.set(shown.get() + u32::from(parts > 0));
            Ok(())
        });
        assert!(ran.is_ok(), "{levels:?}: {ran:?}");
        // The check can fail: the word was often there before.
        assert!(
            shown.get() > LOWERED_CASES / 10,
            "{levels:?} cleared {} of {LOWERED_CASES}",
            shown.get()
        );
    }
}
