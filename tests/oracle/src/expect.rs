//! From origins and edges to mirrors.

use std::collections::BTreeSet;

use crate::model::{Edge, Exception, Level, Mirror, Origin, Place};

/// Events, by UID, of which a place holds a copy that a person made theirs, or deleted for good.
pub type Theirs = BTreeSet<(Place, String)>;

/// The mirrors that a place should hold, sorted.
///
/// For each event: none where the place holds the event itself; else one, from the edge that
/// shows most of it, ties by rank. An edge shows what its own calendar holds of the event; where
/// any calendar holds the event or an instance of it as private, all show no more than that the
/// time is taken. None where a person has made the mirror there theirs.
#[must_use]
pub fn expected(place: Place, origins: &[Origin], edges: &[Edge], theirs: &Theirs) -> Vec<Mirror> {
    let uids: BTreeSet<&str> = origins.iter().map(|origin| origin.uid.as_str()).collect();
    let mut mirrors: Vec<Mirror> = uids
        .into_iter()
        .filter(|uid| !theirs.contains(&(place, (*uid).to_owned())))
        .flat_map(|uid| {
            let held: Vec<&Origin> = origins.iter().filter(|o| o.uid == uid).collect();
            mirrors_of(place, &held, edges)
        })
        .collect();
    mirrors.sort();
    mirrors
}

fn mirrors_of(place: Place, held: &[&Origin], edges: &[Edge]) -> Vec<Mirror> {
    if held.iter().any(|origin| origin.calendar == place) {
        return Vec::new();
    }
    let private = held.iter().any(|origin| origin.private);
    let secret = secrets(held);
    let mut shown: Vec<(Level, [u8; 16], Vec<Mirror>)> = edges
        .iter()
        .filter(|edge| edge.to == place)
        .filter_map(|edge| Some((edge, held.iter().find(|o| o.calendar == edge.from)?)))
        .map(|(edge, origin)| {
            let level = if private { Level::Busy } else { edge.level };
            (level, edge.rank, show(&with_secrets(origin, &secret), level, &edge.titled))
        })
        .filter(|(_, _, mirrors)| !mirrors.is_empty())
        .collect();
    shown.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    shown.into_iter().next().map(|(_, _, mirrors)| mirrors).unwrap_or_default()
}

/// One mirror, without the instances that may not be seen; or, where only changed instances may be
/// seen, one for each of them.
fn show(origin: &Origin, level: Level, titled: &str) -> Vec<Mirror> {
    let hidden = |title: &str| {
        origin.free || [title, &origin.description].iter().any(|text| text.contains("#nosync"))
    };
    if !hidden(&origin.title) {
        let mut seen = origin.clone();
        let left_out = seen.exceptions.extract_if(.., |one| hidden(&one.title));
        seen.excluded.extend(left_out.map(|one| one.original));
        return vec![shape(&seen, level, titled)];
    }
    let seen = origin.exceptions.iter().filter(|one| !hidden(&one.title));
    let alone = seen.map(|one| {
        let single = Origin {
            title: one.title.clone(),
            start: one.start.clone(),
            rule: String::new(),
            exceptions: Vec::new(),
            excluded: Vec::new(),
            ..origin.clone()
        };
        shape(&single, if one.private { Level::Busy } else { level }, titled)
    });
    alone.collect()
}

/// The originals of instances that some calendar holds as private.
fn secrets(held: &[&Origin]) -> BTreeSet<String> {
    let changed = held.iter().flat_map(|origin| &origin.exceptions);
    changed.filter(|one| one.private).map(|one| one.original.clone()).collect()
}

/// The event with each of these instances private, where it has them.
fn with_secrets(origin: &Origin, secret: &BTreeSet<String>) -> Origin {
    let mut strict = origin.clone();
    for original in secret.iter().map(|original| in_form_of(&origin.start, original)) {
        match strict.exceptions.iter_mut().find(|one| one.original == original) {
            Some(one) => one.private = true,
            None if takes_place(origin, &original) => strict.exceptions.push(Exception {
                original: original.clone(),
                start: original.clone(),
                title: origin.title.clone(),
                private: true,
            }),
            None => {}
        }
    }
    strict
}

/// A start as a series has it whose own is that: of a day or of a time, whichever another calendar has.
fn in_form_of(like: &str, start: &str) -> String {
    match (like.split_once('T'), start.split_once('T')) {
        (None, Some((day, _))) => day.to_owned(),
        (Some((_, time)), None) => format!("{start}T{time}"),
        (None, None) | (Some(_), Some(_)) => start.to_owned(),
    }
}

/// Whether a daily series has an instance at an original start.
fn takes_place(origin: &Origin, original: &str) -> bool {
    let count = origin.rule.strip_prefix("FREQ=DAILY;COUNT=").and_then(|n| n.parse::<i64>().ok());
    match (count, day_and_time(&origin.start), day_and_time(original)) {
        (Some(count), Some((first, of)), Some((day, at))) => {
            let in_rule = of == at && (first..first + count).contains(&day);
            in_rule && !origin.excluded.iter().any(|one| one == original)
        }
        _ => false,
    }
}

/// The number of a day, and the time after it as it is written.
fn day_and_time(start: &str) -> Option<(i64, &str)> {
    let (year, rest) = start.split_at_checked(4)?;
    let (month, rest) = rest.split_at_checked(2)?;
    let (day, time) = rest.split_at_checked(2)?;
    let [year, month, day] = [year, month, day].map(|part| part.parse::<i64>().ok());
    // A year begins with March, so that the day of the leap years is its last.
    let (year, month) = ((year? * 12 + month? - 3) / 12, (month? + 9) % 12);
    let days = year * 365 + year / 4 - year / 100 + year / 400;
    Some((days + (month * 153 + 2) / 5 + day?, time))
}

fn shape(origin: &Origin, level: Level, titled: &str) -> Mirror {
    let title = |title: &str, private: bool| match level {
        _ if !titled.is_empty() => titled.to_owned(),
        Level::Busy => "Busy".to_owned(),
        Level::Title | Level::Full if private => "Busy".to_owned(),
        Level::Title | Level::Full => title.to_owned(),
    };
    let of_series = title(&origin.title, false);
    let mut exceptions: Vec<Exception> = origin
        .exceptions
        .iter()
        .map(|one| Exception {
            title: title(&one.title, one.private),
            private: false,
            ..one.clone()
        })
        .filter(|one| one.start != one.original || one.title != of_series)
        .collect();
    exceptions.sort();
    let mut excluded = origin.excluded.clone();
    excluded.sort();
    Mirror {
        title: of_series,
        description: match level {
            Level::Busy | Level::Title => String::new(),
            Level::Full => origin.description.clone(),
        },
        start: origin.start.clone(),
        rule: origin.rule.clone(),
        exceptions,
        excluded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(start: &str, count: u8) -> Origin {
        Origin {
            calendar: 0,
            uid: "a".to_owned(),
            title: "Lunch".to_owned(),
            description: String::new(),
            start: start.to_owned(),
            private: false,
            free: false,
            invited: false,
            rule: format!("FREQ=DAILY;COUNT={count}"),
            exceptions: Vec::new(),
            excluded: Vec::new(),
        }
    }

    /// Catches a judge who wants to see what another calendar holds as private, since it is in another month
    /// than the series began in.
    #[test]
    fn a_daily_series_goes_on_over_months_and_years() {
        for (start, original, number) in [
            ("20260420T110000Z", "20260628T110000Z", 70),
            ("20251230", "20260102", 4),
            ("20280228T090000Z", "20280301T090000Z", 3),
            ("20270228", "20270301", 2),
        ] {
            assert!(takes_place(&series(start, number), original), "{start}");
            assert!(!takes_place(&series(start, number - 1), original), "{start}");
        }
        assert!(!takes_place(&series("20260420T110000Z", 9), "20260421T120000Z"));
    }

    /// Catches the same where the other calendar has a whole day and this one a time, or the other way round.
    #[test]
    fn an_instance_that_is_private_elsewhere_is_so_whatever_form_its_start_has() {
        for (start, private) in [("20260614", "20260614T120000Z"), ("20260614T120000Z", "20260614")]
        {
            let secret = [private.to_owned()].into();
            let strict = with_secrets(&series(start, 5), &secret);
            let shown: Vec<_> =
                strict.exceptions.iter().map(|e| (&*e.original, e.private)).collect();
            assert_eq!(shown, [(start, true)]);
        }
    }
}
