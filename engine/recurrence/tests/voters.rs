//! Generated rules against three libraries that are not ours.
//!
//! Where all that answer agree, so must we. Where they split, the answer and its reason stand in
//! `outsiders/splits.txt`; a split that no line there covers fails.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

use std::collections::BTreeSet;
use std::ops::Range;

use ical::recur::expand::IcalRecurExpand;
use ical::recur::{IcalRecurDateTime, IcalRecurRule};
use kalends_recurrence::{Civil, Gap, Length, Options, Rule, Series, Timestamp, When, Zone};

const CAP: usize = 50;
const RULES: &str = include_str!("outsiders/rules.txt");
const SPLITS: &str = include_str!("outsiders/splits.txt");

/// One line of the table that `outsiders/rules.py` prints.
struct Case {
    start: Civil,
    horizon: Civil,
    rule: String,
    count: usize,
    hash: u64,
    last: i64,
}

/// What a library answered, with the start left out where the rule does not give it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Times(Vec<i64>),
    Refused,
}

#[test]
fn ten_thousand_rules_agree_with_the_outsiders_or_the_written_splits() {
    let cases: Vec<Case> = RULES.lines().map(Case::read).collect();
    assert_eq!(cases.len(), 10_000);
    let halves = cases.chunks(cases.len().div_ceil(2));
    let verdicts: Vec<Verdict> = std::thread::scope(|scope| {
        let runs: Vec<_> = halves.map(|half| scope.spawn(|| judge_all(half))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let total = |pick: fn(&Verdict) -> usize| verdicts.iter().map(pick).sum::<usize>();
    let wrong: Vec<&str> =
        verdicts.iter().flat_map(|verdict| &verdict.wrong).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let splits: BTreeSet<String> =
        verdicts.iter().flat_map(|verdict| verdict.splits.iter().cloned()).collect();
    assert_eq!(splits, written(), "lines of the table that no longer split");
    assert!(total(|verdict| verdict.unanimous) > 9_500, "too few rules on which all three agree");
}

#[derive(Default)]
struct Verdict {
    unanimous: usize,
    splits: Vec<String>,
    wrong: Vec<String>,
}

fn judge_all(cases: &[Case]) -> Verdict {
    let mut verdict = Verdict::default();
    for case in cases {
        let ours = ours(case);
        let (rrule, ical) = (rrule_crate(case), ical_rs(case));
        let known = [Answer::Times(ours.clone()), rrule.clone(), ical.clone()];
        let outsiders = [case.dateutil(&known), rrule, ical];
        let answered: Vec<&Answer> =
            outsiders.iter().filter(|answer| **answer != Answer::Refused).collect();
        let agree = answered.windows(2).all(|pair| pair[0] == pair[1]);
        let us = Answer::Times(ours);
        if agree {
            verdict.unanimous += usize::from(answered.len() == 3);
            if *answered[0] != us {
                verdict.wrong.push(case.describe("all against us", &us, &outsiders));
            }
            continue;
        }
        let with_us: String = outsiders
            .iter()
            .zip(["d", "r", "i"])
            .map(|(answer, name)| match answer {
                Answer::Refused => "-".to_owned(),
                answer if *answer == us => name.to_uppercase(),
                Answer::Times(_) => name.to_owned(),
            })
            .collect();
        let split = format!("{with_us} {} {}", case.start, case.rule);
        if !written().contains(&split) {
            verdict.wrong.push(case.describe(
                &format!("unwritten split {with_us}"),
                &us,
                &outsiders,
            ));
        }
        verdict.splits.push(split);
    }
    verdict
}

/// The lines of the table without their reason.
fn written() -> BTreeSet<String> {
    let lines = SPLITS.lines().filter(|line| !line.starts_with('#'));
    let fields = lines.map(|line| line.split(' ').collect::<Vec<_>>());
    fields.map(|f| format!("{} {} {}", f[0], f[2], f[3])).collect()
}

impl Case {
    fn read(line: &str) -> Self {
        let fields: Vec<&str> = line.split('|').collect();
        Self {
            start: civil(fields[0]),
            horizon: civil(fields[1]),
            rule: fields[2].to_owned(),
            count: fields[3].parse().unwrap(),
            hash: u64::from_str_radix(fields[4], 16).unwrap(),
            last: fields[5].parse().unwrap(),
        }
    }

    /// The table holds only a hash: it stands for the list among the known ones that it fits.
    fn dateutil(&self, known: &[Answer]) -> Answer {
        let fits = |answer: &&Answer| match answer {
            Answer::Times(times) => times.len() == self.count && fnv(times) == self.hash,
            Answer::Refused => false,
        };
        let other = || Answer::Times(vec![self.last, i64::MIN, self.count as i64]);
        known.iter().find(fits).cloned().unwrap_or_else(other)
    }

    fn describe(&self, verdict: &str, ours: &Answer, outsiders: &[Answer]) -> String {
        let show = |answer: &Answer| match answer {
            Answer::Times(times) => {
                let shown = times.iter().take(8).map(|t| {
                    if *t == i64::MIN {
                        "?".to_owned()
                    } else {
                        Civil::from_seconds(*t).to_string()
                    }
                });
                format!("{} {}", times.len(), shown.collect::<Vec<_>>().join(" "))
            }
            Answer::Refused => "refused".to_owned(),
        };
        let names = ["dateutil", "rrule", "ical-rs"];
        let theirs: Vec<String> = names
            .iter()
            .zip(outsiders)
            .map(|(name, answer)| format!("{name}: {}", show(answer)))
            .collect();
        format!(
            "{verdict}: {} {}\n  ours: {}\n  {}",
            self.start,
            self.rule,
            show(ours),
            theirs.join("\n  ")
        )
    }

    fn keep(&self, times: impl Iterator<Item = i64>) -> Answer {
        let horizon = self.horizon.seconds();
        Answer::Times(times.take_while(|time| *time < horizon).take(CAP).collect())
    }
}

/// Our instances, without a start that the rule itself does not give.
fn ours(case: &Case) -> Vec<i64> {
    let zone = Zone::utc();
    let mut rule = Rule::parse(&case.rule).unwrap();
    let given = rule.gives_start(case.start);
    if let (false, Some(count)) = (given, rule.count()) {
        // We count the start even so, and the outsiders do not.
        let (one, more) = (format!("COUNT={count}"), format!("COUNT={}", count + 1));
        rule = Rule::parse(&case.rule.replace(&one, &more)).unwrap();
    }
    let start = When::Floating(case.start);
    let series = Series {
        start: &start,
        length: Length::Exact(0),
        rules: std::slice::from_ref(&rule),
        extras: &[],
        excluded: &[],
        overrides: &[],
    };
    let options = Options { gap: Gap::Shift, floating: &zone, budget: 1_000_000 };
    let to = |civil: Civil| Timestamp::from_seconds(civil.seconds());
    let window: Range<Timestamp> = to(case.start)..to(case.horizon);
    let found = series.instances(window, &options);
    assert!(!found.exhausted(), "budget: {}", case.rule);
    let times = found.map(|instance| instance.start.as_seconds());
    times.filter(|time| *time != case.start.seconds() || given).take(CAP).collect()
}

/// Fed as UTC, since all-day and floating starts would fall into the host's zone.
fn rrule_crate(case: &Case) -> Answer {
    let rule = match case.rule.split_once("UNTIL=") {
        Some((before, after)) => {
            let (until, rest) = after.split_at(15);
            format!("{before}UNTIL={until}Z{rest}")
        }
        None => case.rule.clone(),
    };
    let start = case.start.to_string().replace(['-', ':'], "");
    let Ok(set) = format!("DTSTART:{start}Z\nRRULE:{rule}").parse::<rrule::RRuleSet>() else {
        return Answer::Refused;
    };
    // Its plain iterator never ends on a rule that finds nothing more; this one gives up.
    let found = set.all(CAP as u16);
    let answer = case.keep(found.dates.iter().map(rrule_seconds));
    let gave_up = found.limited && found.dates.len() < CAP;
    if gave_up { Answer::Refused } else { answer }
}

fn rrule_seconds(time: &chrono::DateTime<rrule::Tz>) -> i64 {
    time.timestamp()
}

fn ical_rs(case: &Case) -> Answer {
    let Ok(rule) = IcalRecurRule::parse(&case.rule) else {
        return Answer::Refused;
    };
    let start = IcalRecurDateTime::from_seconds(case.start.seconds());
    case.keep(IcalRecurExpand::new(rule, start).map(|time| time.seconds()))
}

fn civil(stamp: &str) -> Civil {
    let (date, time) = stamp.split_once('T').unwrap();
    let text = format!(
        "{}-{}-{}T{}:{}:{}",
        &date[..4],
        &date[4..6],
        &date[6..],
        &time[..2],
        &time[2..4],
        &time[4..]
    );
    text.parse().unwrap()
}

fn fnv(times: &[i64]) -> u64 {
    let bytes = times.iter().flat_map(|time| time.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |value, byte| {
        (value ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
