//! Limits of providers: no schedule exceeds one, and reading is not starved by writing.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use kalends_core::budget::{
    Allowance, Ask, Costs, Governor, Kind, Load, Of, Rate, Turn, day, sending_ms, share,
};
use kalends_core::ids::AccountId;
use kalends_core::time::Timestamp;
use proptest::prelude::*;

const RATES: [Rate; 2] = [
    Rate { of: Of::Account, requests: 10, span_ms: 60_000 },
    Rate { of: Of::Everyone, requests: 17, span_ms: 60_000 },
];
const SOME: Allowance =
    Allowance { provider: "some", rates: &RATES, at_once: None, costs: Costs::ONE };
const START: Timestamp = Timestamp::from_seconds(1_780_000_000);
/// What a request takes at most to arrive, in milliseconds.
const WAY_MS: i64 = 5_000;

fn account(n: u8) -> AccountId {
    AccountId::from_bytes([n; 16])
}

fn at(ms: i64) -> Timestamp {
    START.saturating_add_millis(ms)
}

/// The most arrivals in any stretch of a minute, where each took its own time to arrive.
fn busiest(arrived: &[i64]) -> usize {
    let mut arrived = arrived.to_vec();
    arrived.sort_unstable();
    let within =
        |from: &i64| arrived.iter().filter(|at| (0..60_000).contains(&(*at - from))).count();
    arrived.iter().map(within).max().unwrap_or(0)
}

proptest! {
    #[test]
    fn no_schedule_exceeds_a_limit(
        asks in proptest::collection::vec((0_u8..3, any::<bool>(), 0_i64..9_000, 0..WAY_MS), 1..400)
    ) {
        let mut governor = Governor::default();
        let (mut now, mut sent) = (0_i64, vec![Vec::new(); 3]);
        for (who, writes, passes, way) in asks {
            now += passes / 4;
            let kind = if writes { Kind::Write } else { Kind::Read };
            let ask = Ask { account: account(who), allowance: &SOME, kind, count: 1 };
            match governor.ask(&ask, at(now)) {
                Turn::Go => sent[usize::from(who)].push(now + way),
                Turn::At(later) => {
                    prop_assert!(later > at(now), "nobody asks again at once");
                    // Who comes back when told to is let through, as long as nobody else came.
                    let later_ms = later.millis_since(START);
                    prop_assert_eq!(governor.clone().ask(&ask, at(later_ms)), Turn::Go);
                }
                Turn::Full => prop_assert!(false, "as many as may be"),
            }
        }
        for one in &sent {
            prop_assert!(busiest(one) <= 10, "{one:?}");
        }
        prop_assert!(busiest(&sent.concat()) <= 17);
    }

    #[test]
    fn reading_is_never_held_up_by_writing(
        asks in proptest::collection::vec((0_u8..2, 0_i64..2_000), 1..600)
    ) {
        let mut governor = Governor::default();
        let (mut now, mut read_at) = (0_i64, [-100_000_i64; 2]);
        for (who, passes) in asks {
            now += passes;
            let ask = |kind| Ask { account: account(who), allowance: &SOME, kind, count: 1 };
            while governor.ask(&ask(Kind::Write), at(now)) == Turn::Go {}
            // A read now and then is a fifth of what may be: of everyone it is three, of one two.
            if now - read_at[usize::from(who)] >= 65_000 {
                prop_assert_eq!(governor.ask(&ask(Kind::Read), at(now)), Turn::Go);
                read_at[usize::from(who)] = now;
            }
        }
    }

    #[test]
    fn no_more_are_under_way_than_may_be(
        asks in proptest::collection::vec((any::<bool>(), any::<bool>(), 1_u32..5), 1..200),
        most in 1_u32..5,
    ) {
        let allowance = Allowance { at_once: Some(most), rates: &[], ..SOME };
        let mut governor = Governor::default();
        let mut flying: Vec<(Kind, u32)> = Vec::new();
        for (writes, ends, count) in asks {
            let kind = if writes { Kind::Write } else { Kind::Read };
            let ask = |kind, count| Ask { account: account(1), allowance: &allowance, kind, count };
            if ends && !flying.is_empty() {
                let (kind, count) = flying.remove(0);
                governor.ended(&ask(kind, count));
            }
            let turn = governor.ask(&ask(kind, count), START);
            let under_way = |of: &dyn Fn(Kind) -> bool| -> u32 {
                flying.iter().filter(|(kind, _)| of(*kind)).map(|(_, count)| *count).sum()
            };
            let for_writes = (most - 1).max(1);
            // What is more than may be goes alone.
            let room = under_way(&|_| true) + count.min(most) <= most
                && (kind == Kind::Read
                    || under_way(&|kind| kind == Kind::Write) + count.min(for_writes) <= for_writes);
            prop_assert_eq!(turn, if room { Turn::Go } else { Turn::Full });
            if room {
                flying.push((kind, count));
            }
        }
    }

    /// Catches a call that carries several requests and is counted as one.
    #[test]
    fn what_travels_together_is_counted_one_by_one(
        asks in proptest::collection::vec((1_u32..5, 0_i64..30_000), 1..200)
    ) {
        let mut governor = Governor::default();
        let (mut now, mut sent) = (0_i64, Vec::new());
        for (count, passes) in asks {
            now += passes;
            let ask = Ask { account: account(1), allowance: &SOME, kind: Kind::Read, count };
            match governor.ask(&ask, at(now)) {
                Turn::Go => sent.extend((0..count).map(|_| now)),
                Turn::At(later) => {
                    let later_ms = later.millis_since(START);
                    prop_assert_eq!(governor.clone().ask(&ask, at(later_ms)), Turn::Go);
                }
                Turn::Full => prop_assert!(false, "as many as may be"),
            }
        }
        prop_assert!(busiest(&sent) <= 10, "{sent:?}");
    }
}

#[test]
fn a_rest_that_was_asked_for_is_kept_and_a_clock_set_back_lengthens_nothing() {
    let mut governor = Governor::default();
    let ask = Ask { account: account(1), allowance: &SOME, kind: Kind::Read, count: 1 };
    governor.rest(account(1), at(30_000), START);
    assert_eq!(governor.ask(&ask, START), Turn::At(at(30_000)));
    let other = Ask { account: account(2), ..ask };
    assert_eq!(governor.ask(&other, START), Turn::Go, "others do not rest");
    assert_eq!(governor.ask(&ask, at(30_000)), Turn::Go);
    governor.rest(account(1), at(86_400_000), at(40_000));
    let back = at(-3_600_000);
    assert_eq!(governor.ask(&ask, back), Turn::Go, "a rest of the future is none");
    while governor.ask(&ask, back) == Turn::Go {}
    let Turn::At(later) = governor.ask(&ask, back) else { panic!("it is spent") };
    assert!(later.millis_since(back) <= 65_000, "{later}");
}

#[test]
fn a_day_is_counted_by_what_is_done_on_it() {
    let load = Load {
        calendars: 3,
        watched: 2,
        passes: 288,
        reads_of_watched: 24,
        changes: 20,
        writes: 40,
        watches_in_100_days: 50,
    };
    let day = |some: &Allowance| day(&load, some);
    // Where a list only names what changed, what people changed is read too; what we wrote is not.
    let naming = Allowance { costs: Costs { read: 1, ..Costs::ONE }, ..SOME };
    assert_eq!((day(&naming).reading, day(&naming).writing), (40, 80));
    let day = day(&SOME);
    // A look and one polled calendar each pass; each watched one once an hour.
    assert_eq!(day.looking, 288 * 2 + 48);
    assert_eq!((day.reading, day.writing, day.watching), (20, 80, 1));
    assert_eq!(day.requests(), 624 + 20 + 80 + 1);
    let shares: Vec<u64> = share(day.requests(), &SOME).map(|share| share.permille).collect();
    assert_eq!(shares, [51, 30], "of 14,400 and of 24,480");
    // Eight writes go at once, then eight a minute.
    assert_eq!((sending_ms(8, &SOME), sending_ms(9, &SOME)), (0, 60_000));
    assert_eq!(sending_ms(80, &Allowance::NONE), 0);
}

/// Catches a figure of what is spent that says another account's or another provider's, or keeps what
/// the rate forgot.
#[test]
fn what_is_spent_is_told_of_the_nearest_limit() {
    let mut governor = Governor::default();
    let spend = |governor: &mut Governor, who: u8, ms: i64| {
        let ask = Ask { account: account(who), allowance: &SOME, kind: Kind::Read, count: 1 };
        assert_eq!(governor.ask(&ask, at(ms)), Turn::Go);
    };
    assert!(governor.used(at(0)).is_empty());
    (0..3).for_each(|_| spend(&mut governor, 1, 0));
    assert_eq!(governor.used(at(0))["some"], 300, "three of the ten of one account");
    (0..3).for_each(|_| spend(&mut governor, 2, 30_000));
    assert_eq!(governor.used(at(30_000))["some"], 352, "six of the seventeen of all");
    assert_eq!(governor.used(at(60_000))["some"], 300, "the first are past");
    assert_eq!(governor.used(at(90_000))["some"], 0);
}
