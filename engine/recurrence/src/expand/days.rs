//! The days of a month, of a year, and whether a day passes.

use std::ops::ControlFlow;

use super::plan::Plan;
use super::weeks::{first_week, week_begin, week_in};
use crate::date::{days_in_month, is_leap};
use crate::rule::{Frequency, bits};
use crate::{Date, Weekday};

/// Days 1, 8, 15, 22 and 29, moved down to bit 0.
const WEEKLY: u64 = 1 | 1 << 7 | 1 << 14 | 1 << 21 | 1 << 28;

impl Plan<'_> {
    /// Calls back with each day of a month, rising.
    pub(super) fn days_of_month(
        &self,
        year: i32,
        month: u8,
        mut found: impl FnMut(i32) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let before = Date::from_parts(year, month, 1).days() - 1;
        for day in bits(u64::from(self.month_mask(year, month, before))) {
            let day = before + i32::from(day);
            if !self.filtered || self.numbered(day) {
                found(day)?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Calls back with each day of a year, rising.
    pub(super) fn days_of_year(
        &self,
        year: i32,
        mut found: impl FnMut(i32) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let wanted = self.by_year.then(|| self.year_set(year));
        for month in 1..=12 {
            if self.months != 0 && self.months & 1 << month == 0 {
                continue;
            }
            let Some(wanted) = &wanted else {
                self.days_of_month(year, month, &mut found)?;
                continue;
            };
            let before = Date::from_parts(year, month, 1).days() - 1;
            for day in bits(u64::from(self.month_mask(year, month, before))) {
                let day = before + i32::from(day);
                if wanted.contains(day) {
                    found(day)?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Whether a day passes every part that speaks of days, where they only limit.
    pub(super) fn day_passes(&self, day: i32) -> bool {
        let date = Date::from_days(day);
        if self.weekdays != 0 && self.weekdays & 1 << date.weekday().index() == 0 {
            return false;
        }
        if self.months == 0 && self.month_days | self.month_days_back == 0 {
            return self.numbered(day);
        }
        let (year, month, of_month) = date.ymd();
        if self.months != 0 && self.months & 1 << month == 0 {
            return false;
        }
        if self.month_days | self.month_days_back != 0 {
            let back = days_in_month(year, month) + 1 - of_month;
            if self.month_days & 1 << of_month == 0 && self.month_days_back & 1 << back == 0 {
                return false;
            }
        }
        self.numbered(day)
    }

    /// Whether a day passes BYYEARDAY and BYWEEKNO.
    fn numbered(&self, day: i32) -> bool {
        let parts = self.parts;
        if !parts.year_days.is_empty() {
            let (year, _, _) = Date::from_days(day).ymd();
            let number = day - Date::from_parts(year, 1, 1).days() + 1;
            let back = number - 366 - i32::from(is_leap(year));
            let says = |wanted: i32| parts.year_days.binary_search(&(wanted as i16)).is_ok();
            if !says(number) && !says(back) {
                return false;
            }
        }
        parts.week_numbers.is_empty()
            || week_in(week_begin(day, self.week_start), self.week_start, &parts.week_numbers)
    }

    /// The days of a month as bits 1 to 31. `before` is the day before its first.
    fn month_mask(&self, year: i32, month: u8, before: i32) -> u32 {
        if self.months != 0 && self.months & 1 << month == 0 {
            return 0;
        }
        let len = u32::from(days_in_month(year, month));
        let all = ((1_u64 << (len + 1)) - 2) as u32;
        let mut mask = all;
        if self.month_days | self.month_days_back != 0 {
            // Bit b of the one becomes bit len + 1 - b of the other.
            let back = u64::from(self.month_days_back.reverse_bits()) << 1 >> (31 - len);
            mask &= self.month_days | back as u32;
        }
        let of_year = self.by_year && self.months == 0 && self.parts.has_ordinals();
        if !self.parts.by_day.is_empty() && !of_year {
            let first = Date::from_days(before + 1).weekday().index();
            mask &= self.weekday_mask(first, len);
        }
        mask
    }

    /// The days of BYDAY in a month whose first day has weekday `first`.
    fn weekday_mask(&self, first: u8, len: u32) -> u32 {
        let offset = |weekday: u8| 1 + u32::from((weekday + 7 - first) % 7);
        let all = (1_u64 << (len + 1)) - 2;
        let mut mask = 0;
        for weekday in bits(u64::from(self.weekdays)) {
            mask |= WEEKLY << offset(weekday);
        }
        for entry in self.parts.by_day.iter().filter(|entry| entry.ordinal != 0) {
            let day = nth(offset(entry.weekday.index()), len, entry.ordinal);
            mask |= day.map_or(0, |day| 1 << day);
        }
        (mask & all) as u32
    }

    /// Calls back with each day of the numbered weeks of a year, rising.
    pub(super) fn days_of_week_year(
        &self,
        year: i32,
        mut found: impl FnMut(i32) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let weeks = first_week(year, self.week_start)..first_week(year + 1, self.week_start);
        for week in weeks.step_by(7) {
            if week_in(week, self.week_start, &self.parts.week_numbers) {
                for day in (week..week + 7).filter(|day| self.day_passes(*day)) {
                    found(day)?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// The days that BYYEARDAY and the numbers of BYDAY leave of a year.
    fn year_set(&self, year: i32) -> YearSet {
        let parts = self.parts;
        let before = Date::from_parts(year, 1, 1).days() - 1;
        let len = 365 + u32::from(is_leap(year));
        let mut set = YearSet { before, bits: [u64::MAX; 6] };
        if !parts.year_days.is_empty() {
            set.keep(parts.year_days.iter().map(|number| match i32::from(*number) {
                number @ 1.. => number,
                number => number + len as i32 + 1,
            }));
        }
        if self.months == 0 && parts.has_ordinals() {
            let first = Date::from_days(before + 1).weekday();
            set.keep(parts.by_day.iter().flat_map(|entry| {
                let offset = days_until(first, entry.weekday) + 1;
                let each = if entry.ordinal == 0 { offset..len + 1 } else { 0..0 };
                let only = nth(offset, len, entry.ordinal);
                each.step_by(7).chain(only).map(|day| day as i32)
            }));
        }
        set
    }

    /// Whether a period of this frequency is made of days.
    pub(super) fn has_days(&self) -> bool {
        self.freq >= Frequency::Daily
    }
}

/// A set of days of one year.
struct YearSet {
    /// The day before the first.
    before: i32,
    /// Bit n is day n of the year, from 1.
    bits: [u64; 6],
}

impl YearSet {
    fn contains(&self, day: i32) -> bool {
        let number = (day - self.before) as usize;
        self.bits[number / 64] & 1 << (number % 64) != 0
    }

    /// Removes all days but these; those outside 1 to 366 are passed over.
    fn keep(&mut self, days: impl Iterator<Item = i32>) {
        let mut kept = [0_u64; 6];
        for day in days.filter(|day| (1..=366).contains(day)) {
            kept[day as usize / 64] |= 1 << (day % 64);
        }
        for (all, kept) in self.bits.iter_mut().zip(kept) {
            *all &= kept;
        }
    }
}

/// The `ordinal`th of the days `first`, `first + 7`, ... up to `len`, from the end if negative.
fn nth(first: u32, len: u32, ordinal: i8) -> Option<u32> {
    let weeks = u32::from(ordinal.unsigned_abs()).checked_sub(1)? * 7;
    if ordinal > 0 {
        return Some(first + weeks).filter(|day| *day <= len);
    }
    let last = first + (len - first) / 7 * 7;
    last.checked_sub(weeks).filter(|day| *day > 0)
}

fn days_until(from: Weekday, to: Weekday) -> u32 {
    u32::from((to.index() + 7 - from.index()) % 7)
}
