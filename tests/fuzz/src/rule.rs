//! The parser and the expansion of recurrence rules.

use kalends_recurrence::{Civil, Gap, Length, Options, Rule, Series, Timestamp, When, Zone};

/// How many steps an expansion may take here: few, so that many rules are tried.
const STEPS_MAX: u32 = 5_000;

/// A rule: its normal form is a rule again and the same one, and its instances in a window are
/// sorted, inside, and come in bounded steps.
///
/// # Panics
/// Where that is not so.
pub fn rule(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(rule) = Rule::parse(text) else { return };
    let civil = Civil::from_seconds(1_774_778_400);
    let starts = [
        When::Zoned(civil, Zone::resolve("Europe/Berlin").unwrap_or_else(Zone::utc)),
        When::Floating(civil),
        When::Date(civil.date()),
    ];
    for start in &starts {
        let normal = rule.normalized_for(start);
        let again = Rule::parse(&normal).map(|rule| rule.normalized_for(start));
        assert_eq!(again.as_ref(), Ok(&normal), "{text}");
        expand(start, &rule);
    }
}

fn expand(start: &When, rule: &Rule) {
    let zone = Zone::utc();
    let series = Series {
        start,
        length: Length::Exact(3_600),
        rules: core::slice::from_ref(rule),
        extras: &[],
        excluded: &[],
        overrides: &[],
    };
    let options = Options { gap: Gap::Shift, floating: &zone, budget: STEPS_MAX };
    for from in [1_774_000_000, 1_900_000_000, 4_000_000_000] {
        let window = Timestamp::from_seconds(from)..Timestamp::from_seconds(from + 90 * 86_400);
        let found: Vec<_> = series.instances(window.clone(), &options).collect();
        assert!(found.len() <= STEPS_MAX as usize + 1);
        assert!(found.is_sorted_by_key(|one| one.start));
        let inside = |one: &kalends_recurrence::Instance| {
            one.start < window.end && one.end >= window.start && one.start <= one.end
        };
        assert!(found.iter().all(inside));
    }
}
