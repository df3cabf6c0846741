//! Zones that a calendar describes by itself: changes of the offset, one by one and by rules, as
//! VTIMEZONE does (RFC 5545 section 3.6.5).
//!
//! The name holds them all, so that the zone can be stored: one change after the other with `|`
//! between, each its first wall-clock time and the offsets before and after, and its rule behind a
//! dot, with dots and underscores for semicolons and commas:
//! `20230428T000000+0200+0300.FREQ=YEARLY.BYMONTH=4.BYDAY=-1FR|...`. So it can be a TZID too.

use super::table::Table;
use super::value::{Gap, Zone};
use crate::series::{Options, Series};
use crate::{Civil, Length, Rule, Timestamp, When};

/// The most changes and rules of one zone.
const OBSERVANCES_MAX: usize = 64;
/// The most changes that they come to until 2100.
const CHANGES_MAX: usize = 2_000;
/// How many steps the expansion of all rules of a zone may take.
const BUDGET: u32 = 20_000;
/// Changes that lie closer together than this are no zone's.
const APART_SECONDS: i64 = 2 * 86_400;

/// A change of the offset, once or by a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observance {
    /// The first onset, on the wall before the change.
    pub first: Civil,
    /// Seconds east of UTC before it.
    pub before: i32,
    /// Seconds east of UTC from it on.
    pub after: i32,
    /// When it comes again.
    pub rule: Option<Rule>,
}

/// The name of the zone that these make, without its prefix.
pub(super) fn name(observances: &[Observance]) -> String {
    let texts = observances.iter().map(|one| {
        let rule = one.rule.as_ref().map_or_else(String::new, |rule| {
            format!(".{}", rule.normalized().replace(';', ".").replace(',', "_"))
        });
        let first = one.first.to_string().replace(['-', ':'], "");
        format!("{first}{}{}{rule}", offset(one.before), offset(one.after))
    });
    texts.collect::<Vec<_>>().join("|")
}

/// The offsets that a name says, from the first change on.
pub(super) fn table(name: &str) -> Option<Table> {
    let observances: Option<Vec<Observance>> =
        name.split('|').take(OBSERVANCES_MAX + 1).map(read).collect();
    let observances = observances.filter(|all| all.len() <= OBSERVANCES_MAX)?;
    let rules = observances.iter().filter(|one| one.rule.is_some()).count();
    let budget = BUDGET / u32::try_from(rules.max(1)).ok()?;
    let mut changes = Vec::new();
    for observance in &observances {
        onsets(observance, budget, &mut changes)?;
    }
    changes.sort_by_key(|(at, _)| *at);
    // Many name a first onset twice: by itself, and among the dates or by the rule.
    changes.dedup();
    let before = observances.iter().min_by_key(|one| one.first)?.before;
    let mut last: Option<i64> = None;
    for (at, _) in &changes {
        if last.is_some_and(|last| at - last < APART_SECONDS) {
            return None;
        }
        last = Some(*at);
    }
    Table::of_changes(before, changes)
}

/// The moments at which a change takes place until the table ends.
fn onsets(observance: &Observance, budget: u32, changes: &mut Vec<(i64, i32)>) -> Option<()> {
    let zone = super::database::fixed_zone(observance.before)?;
    let start = When::Zoned(observance.first, zone);
    let series = Series {
        start: &start,
        length: Length::Exact(0),
        rules: observance.rule.as_slice(),
        extras: &[],
        excluded: &[],
        overrides: &[],
    };
    let options = Options { gap: Gap::Shift, floating: &Zone::utc(), budget };
    let first = start.instant(&Zone::utc(), Gap::Shift);
    let all = series.instances(first..Timestamp::from_seconds(Table::END), &options);
    if all.exhausted() || changes.len() + all.len() > CHANGES_MAX {
        return None;
    }
    changes.extend(all.map(|onset| (onset.start.as_seconds(), observance.after)));
    Some(())
}

fn read(text: &str) -> Option<Observance> {
    let (change, rule) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
    let (first, offsets) = change.split_at_checked(15)?;
    let second = offsets.get(1..)?.find(['+', '-'])? + 1;
    let (before, after) = offsets.split_at_checked(second)?;
    let rule = match rule {
        Some(rule) => Some(Rule::parse(&rule.replace('.', ";").replace('_', ",")).ok()?),
        None => None,
    };
    let (before, after) = (super::fixed::found(before)?, super::fixed::found(after)?);
    Some(Observance { first: civil(first)?, before, after, rule })
}

/// `20230428T000000`.
fn civil(text: &str) -> Option<Civil> {
    let (date, time) = text.split_once('T')?;
    let pieces = [date.get(..4)?, date.get(4..6)?, date.get(6..8)?];
    let clock = [time.get(..2)?, time.get(2..4)?, time.get(4..6)?];
    format!("{}T{}", pieces.join("-"), clock.join(":")).parse().ok()
}

/// `+0200`, with seconds only if there are any.
fn offset(seconds: i32) -> String {
    super::fixed::name(seconds).replace(':', "")
}
