//! Where in the grid of a week an event lies, as names that the style knows: the page's policy lets no
//! element have a style of its own.

use std::fmt::Write as _;

/// Lines of a whole day, half an hour each.
pub(super) const SLOTS: u32 = 48;
/// Events side by side; more lie on top of each other.
const LANES: usize = 4;
/// What is shown of a day at least.
const LEAST: (u32, u32) = (8 * 2, 18 * 2);

/// The lines of the day that are shown, from the first to before the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hours {
    first: u32,
    last: u32,
}

/// The name of an hour, and its place.
pub(super) struct Hour {
    pub(super) text: String,
    pub(super) place: String,
}

impl Hours {
    /// Whole hours that hold all of these, and a day's work at least.
    pub(super) fn around(slots: impl Iterator<Item = (u32, u32)>) -> Self {
        let fold =
            |(first, last): (u32, u32), (start, end): (u32, u32)| (first.min(start), last.max(end));
        let (first, last) = slots.fold(LEAST, fold);
        Self { first: first / 2 * 2, last: last.next_multiple_of(2).min(SLOTS) }
    }

    pub(super) fn list(self) -> Vec<Hour> {
        let hours = (self.first..self.last).step_by(2);
        hours
            .map(|slot| Hour {
                text: format!("{:02}:00", slot / 2),
                place: self.place((slot, slot + 2)),
            })
            .collect()
    }

    /// The place of what takes these lines of the day.
    pub(super) fn place(self, (start, end): (u32, u32)) -> String {
        format!("s{} n{}", start.saturating_sub(self.first), end.saturating_sub(start).max(1))
    }
}

/// The lane of each event, side by side with those it meets; they are sorted by their start.
pub(super) fn lanes(slots: &[(u32, u32)]) -> Vec<String> {
    let mut lanes: Vec<(usize, usize)> = Vec::new();
    // Events that meet, directly or by others, share their width.
    let (mut ends, mut group, mut until) = (Vec::<u32>::new(), 0, 0);
    for (place, &(start, end)) in slots.iter().enumerate() {
        if start >= until {
            widen(&mut lanes, group, ends.len());
            (ends, group) = (Vec::new(), place);
        }
        until = until.max(end);
        let lane = ends.iter().position(|taken| *taken <= start).unwrap_or(ends.len());
        match ends.get_mut(lane) {
            Some(taken) => *taken = end,
            None => ends.push(end),
        }
        lanes.push((lane, 1));
    }
    widen(&mut lanes, group, ends.len());
    lanes.iter().map(|(lane, of)| format!("l{}of{of}", lane % LANES)).collect()
}

fn widen(lanes: &mut [(usize, usize)], group: usize, of: usize) {
    for lane in lanes.iter_mut().skip(group) {
        lane.1 = of.clamp(1, LANES);
    }
}

/// The names, as the style says them.
pub(super) fn rules() -> String {
    let mut text = String::new();
    for n in 0..SLOTS {
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            ".s{n}{{grid-row-start:{}}} .n{}{{grid-row-end:span {}}}",
            n + 1,
            n + 1,
            n + 1
        );
    }
    for of in 1..=LANES {
        for lane in 0..of {
            let (width, left) = (100 / of, 100 * lane / of);
            let _ = writeln!(text, ".l{lane}of{of}{{width:{width}%;margin-left:{left}%}}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches events that hide each other.
    #[test]
    fn events_that_meet_lie_side_by_side_and_others_take_the_whole_width() {
        let slots = [(0, 2), (1, 4), (2, 3), (4, 6)];
        assert_eq!(lanes(&slots), ["l0of2", "l1of2", "l0of2", "l0of1"]);
        assert_eq!(lanes(&[]), Vec::<String>::new());
        let names = rules();
        for lane in lanes(&[(0, 9); 6]) {
            assert!(names.contains(&format!(".{lane}{{")), "{lane}");
        }
    }

    /// Catches an early or a late event that is not shown.
    #[test]
    fn the_day_is_as_long_as_what_is_in_it() {
        assert_eq!(Hours::around([].into_iter()), Hours { first: 16, last: 36 });
        let long = Hours::around([(11, 12), (40, 47)].into_iter());
        assert_eq!(long, Hours { first: 10, last: 48 });
        assert_eq!(long.place((11, 12)), "s1 n1");
    }
}
