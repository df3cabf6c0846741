//! Proposals against a search of everything, and against what must never be broken.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use kalends_core::schedule::propose::{
    Fairness, Proposal, Repeat, Role, Seat, Taste, Wish, propose,
};
use kalends_core::schedule::{Stretch, Weekdays, Why};
use kalends_core::time::Timestamp;

use crate::draw::{Dice, Minute, ZONES};
use crate::is_long;
use crate::support::zone;

/// A meeting as both sides see it.
#[derive(Debug)]
struct Case {
    zone: usize,
    start: Minute,
    end: Minute,
    length: Minute,
    grid: u16,
    repeat: Option<u16>,
    a_day: i32,
    max: usize,
    seats: Vec<Guest>,
    roles: Vec<Role>,
}

#[derive(Debug)]
struct Guest {
    zone: usize,
    /// Neighbours share their borders.
    free: Vec<(Minute, Minute, u16)>,
    tastes: Vec<Taste>,
    burden: u16,
}

#[test]
fn proposals_are_the_best_of_all_there_are() {
    let (mut found, mut crowded) = (0, 0);
    for seed in 0..if is_long() { 2_000 } else { 150 } {
        let case = small(&mut Dice::new(seed));
        let proposals = case.propose(u32::MAX);
        assert!(proposals.proven, "seed {seed}");
        let seen: Vec<(Minute, i64)> =
            proposals.list.iter().map(|one| (start(one), one.score)).collect();
        assert_eq!(seen, case.exhaustive(), "seed {seed}: {case:#?}");
        for proposal in &proposals.list {
            case.holds(proposal, seed);
        }
        found += u32::from(!seen.is_empty());
        crowded += u32::from(case.roles.len() > 1);
    }
    assert!(found > 40 && crowded > 40, "{found} {crowded}");
}

#[test]
fn what_must_hold_is_never_broken_however_large() {
    let mut unproven = 0;
    for seed in 0..if is_long() { 20_000 } else { 40 } {
        let case = large(&mut Dice::new(seed));
        let proposals = case.propose(2_000);
        unproven += u32::from(!proposals.proven);
        for proposal in &proposals.list {
            case.holds(proposal, seed);
        }
        assert_eq!(proposals, case.propose(2_000), "seed {seed}: the same again");
    }
    assert!(unproven > 0, "none was large");
}

#[test]
fn whose_turn_it_was_more_often_is_asked_later_and_old_turns_are_forgotten() {
    let mut fairness = Fairness::of(["ann", "bob"]);
    fairness.chose(&"ann");
    assert!(fairness.burden(&"ann") > fairness.burden(&"bob"));
    fairness.chose(&"bob");
    assert_eq!((fairness.burden(&"ann"), fairness.burden(&"bob")), (0, 0));
    for _ in 0..1_000 {
        let before = fairness.burden(&"ann");
        fairness.chose(&"ann");
        assert!(fairness.burden(&"ann") >= before);
    }
    assert_eq!(fairness.burden(&"ann"), Fairness::<&str>::POINTS_MAX);
    fairness.chose(&"carl");
    assert_eq!(fairness.burden(&"carl"), 0);
}

fn start(proposal: &Proposal) -> Minute {
    proposal.meetings[0].start.as_seconds() / 60
}

fn small(dice: &mut Dice) -> Case {
    let seats = 1 + dice.below(5) as usize;
    let span = 1 + dice.below(900);
    case(dice, seats, span, 3)
}

fn large(dice: &mut Dice) -> Case {
    let seats = 12 + dice.below(12) as usize;
    let span = 3_000 + dice.below(17_000);
    case(dice, seats, span, 6)
}

fn case(dice: &mut Dice, seats: usize, span: Minute, roles: i64) -> Case {
    let start = i64::from(20_541 + 200 * dice.below(2) as i32) * 1_440 - dice.below(1_440);
    let repeat = dice.maybe(4, |dice| 1 + dice.below(4) as u16);
    let end = start + span + 60;
    let known = end + i64::from(repeat.unwrap_or(0)) * 10_080 + 120;
    Case {
        zone: dice.zone(),
        start,
        end,
        length: 15 * (1 + dice.below(6)),
        grid: [60, 30, 15, 20][dice.below(4) as usize],
        repeat,
        a_day: dice.below(5) as i32,
        max: 1 + dice.below(6) as usize,
        seats: (0..seats).map(|_| guest(dice, (start, known))).collect(),
        roles: (0..=dice.below(roles)).map(|_| role(dice, seats)).collect(),
    }
}

fn guest(dice: &mut Dice, (start, end): (Minute, Minute)) -> Guest {
    let (mut free, mut at) = (Vec::new(), start);
    while at < end {
        let next = (at + 20 + dice.below(600)).min(end);
        free.push((at, next, [0, 500, 1_000, 1_000, 250][dice.below(5) as usize]));
        at = next;
    }
    let taste = |dice: &mut Dice| {
        let from = dice.below(1_200) as u16;
        Taste {
            days: Weekdays((dice.below(127) + 1) as u8),
            minutes: from..from + 60 + dice.below(500) as u16,
            points: dice.below(100) as i32 - 50,
        }
    };
    let burden = dice.below(2) as u16 * dice.below(40) as u16;
    Guest { zone: dice.zone(), free, tastes: dice.some(3, taste), burden }
}

fn role(dice: &mut Dice, seats: usize) -> Role {
    let mut of: Vec<usize> = (0..seats).filter(|_| dice.one_in(2)).collect();
    of.push(dice.below(seats as i64) as usize);
    let distinct = of.iter().collect::<BTreeSet<_>>().len() as i64;
    let pick = 1 + dice.below(distinct.min(3)) as usize;
    Role { of, pick, optional: dice.maybe(3, |dice| dice.below(80) as i32) }
}

impl Case {
    fn propose(&self, steps_max: u32) -> kalends_core::schedule::propose::Proposals {
        let times: Vec<Vec<Stretch>> = self.seats.iter().map(Guest::time).collect();
        let seats: Vec<Seat<'_>> = self
            .seats
            .iter()
            .zip(&times)
            .map(|(guest, time)| Seat {
                time,
                zone: zone(ZONES[guest.zone]),
                tastes: guest.tastes.clone(),
                burden: guest.burden,
            })
            .collect();
        let wish = Wish {
            range: at(self.start)..at(self.end),
            length_ms: self.length * 60_000,
            grid_minutes: self.grid,
            zone: zone(ZONES[self.zone]),
            repeat: self.repeat.map(|times| Repeat { times }),
            points_a_day: self.a_day,
            proposals_max: self.max,
            steps_max,
        };
        propose(&wish, &seats, &self.roles)
    }

    /// The starts and scores that are best, by trying all.
    fn exhaustive(&self) -> Vec<(Minute, i64)> {
        let mut all: Vec<(Minute, i64)> = Vec::new();
        for start in self.start..=self.end - self.length {
            if !self.on_grid(start) {
                continue;
            }
            let meetings = self.meetings(start);
            let points: Vec<Option<i64>> =
                self.seats.iter().map(|guest| guest.points(&meetings, self.length)).collect();
            let late = i64::from(self.a_day) * ((start - self.start) / 1_440);
            if let Some(best) = self.best(0, &points, &BTreeSet::new()) {
                all.push((start, best - late));
            }
        }
        all.sort_by_key(|(start, score)| (-score, *start));
        all.truncate(self.max);
        all
    }

    fn best(&self, at: usize, points: &[Option<i64>], used: &BTreeSet<usize>) -> Option<i64> {
        let Some(role) = self.roles.get(at) else { return Some(0) };
        let of: BTreeSet<usize> = role.of.iter().copied().collect();
        let turn = |seat: usize| {
            if role.of.len() > role.pick { i64::from(self.seats[seat].burden) } else { 0 }
        };
        let open = role.optional.and_then(|_| self.best(at + 1, points, used));
        let mut best = open;
        for mask in 0_u32..1 << of.len() {
            let picked: Vec<usize> = of
                .iter()
                .enumerate()
                .filter(|(n, _)| mask >> n & 1 == 1)
                .map(|(_, seat)| *seat)
                .collect();
            let can = |seat: &usize| points[*seat].is_some() && !used.contains(seat);
            if picked.len() != role.pick || !picked.iter().all(can) {
                continue;
            }
            let own: i64 = picked.iter().map(|seat| points[*seat].unwrap() - turn(*seat)).sum();
            let used = used.iter().copied().chain(picked).collect();
            let rest = self.best(at + 1, points, &used);
            let bonus = i64::from(role.optional.unwrap_or(0));
            best = best.max(rest.map(|rest| rest + own + bonus));
        }
        best
    }

    fn on_grid(&self, minute: Minute) -> bool {
        shown(self.zone, minute).1 % Minute::from(self.grid) == 0
    }

    /// The beginnings of the meeting and its repeats.
    fn meetings(&self, start: Minute) -> Vec<Minute> {
        let zone = TimeZone::get(ZONES[self.zone]).unwrap();
        let civil = zone.to_datetime(jiff::Timestamp::from_second(start * 60).unwrap());
        let again = |n: u16| {
            let civil = civil.checked_add(jiff::Span::new().weeks(n)).unwrap();
            zone.to_ambiguous_timestamp(civil).compatible().unwrap().as_second() / 60
        };
        let repeats = (1..self.repeat.unwrap_or(1)).map(again);
        [start].into_iter().chain(repeats).collect()
    }

    /// What a proposal must keep to.
    fn holds(&self, proposal: &Proposal, seed: u64) {
        let first = start(proposal);
        assert!(self.on_grid(first) && first >= self.start, "seed {seed}: {proposal:?}");
        assert!(first + self.length <= self.end, "seed {seed}: {proposal:?}");
        let starts: Vec<Minute> =
            proposal.meetings.iter().map(|one| one.start.as_seconds() / 60).collect();
        assert_eq!(starts, self.meetings(first), "seed {seed}");
        let mut used = BTreeSet::new();
        for (role, filled) in self.roles.iter().zip(&proposal.roles) {
            let open = role.optional.is_some() && filled.is_empty();
            assert!(open || filled.len() == role.pick, "seed {seed}: {proposal:?}");
            for seat in filled {
                assert!(role.of.contains(seat) && used.insert(*seat), "seed {seed}: {proposal:?}");
                for meeting in &starts {
                    for minute in *meeting..meeting + self.length {
                        let free = self.seats[*seat].free_at(minute);
                        assert!(free > 0, "seed {seed}, seat {seat}, minute {minute}");
                    }
                }
            }
        }
        let sum: i64 = proposal.points.iter().map(|point| point.points).sum();
        assert_eq!(sum, proposal.score, "seed {seed}: every point is explained");
    }
}

impl Guest {
    fn time(&self) -> Vec<Stretch> {
        let stretch = |(from, to, free): &(Minute, Minute, u16)| Stretch {
            range: at(*from)..at(*to),
            free_permille: *free,
            why: if *free < 1_000 { [Why::Perhaps].into() } else { BTreeSet::new() },
        };
        self.free.iter().map(stretch).collect()
    }

    fn free_at(&self, minute: Minute) -> u16 {
        let here = self.free.iter().find(|(from, to, _)| *from <= minute && minute < *to);
        here.map_or(0, |(.., free)| *free)
    }

    fn points(&self, meetings: &[Minute], length: Minute) -> Option<i64> {
        let mut points = 0;
        for start in meetings {
            let minutes = *start..start + length;
            let free = minutes.clone().map(|minute| self.free_at(minute)).min().unwrap();
            if free == 0 {
                return None;
            }
            points -= (1_000 - i64::from(free)) / 10;
            for taste in &self.tastes {
                let inside = minutes.clone().filter(|minute| self.likes(taste, *minute)).count();
                let counts = if taste.points > 0 { inside as i64 == length } else { inside > 0 };
                points += if counts { i64::from(taste.points) } else { 0 };
            }
        }
        Some(points)
    }

    fn likes(&self, taste: &Taste, minute: Minute) -> bool {
        let (day, of_day) = shown(self.zone, minute);
        (0..3).any(|ago| {
            let of_taste = (of_day + Minute::from(ago) * 1_440) as u16;
            let weekday = (day - ago + 3).rem_euclid(7);
            taste.days.0 >> weekday & 1 == 1 && taste.minutes.contains(&of_taste)
        })
    }
}

/// The day and minute of the day that a clock shows.
fn shown(zone: usize, minute: Minute) -> (i32, Minute) {
    let at = jiff::Timestamp::from_second(minute * 60).unwrap();
    let civil = TimeZone::get(ZONES[zone]).unwrap().to_datetime(at);
    let days = jiff::civil::Date::new(1970, 1, 1).unwrap().until(civil.date()).unwrap().get_days();
    (days, Minute::from(civil.hour()) * 60 + Minute::from(civil.minute()))
}

fn at(minute: Minute) -> Timestamp {
    Timestamp::from_seconds(minute * 60)
}
