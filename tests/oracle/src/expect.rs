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
    for original in secret {
        match strict.exceptions.iter_mut().find(|one| one.original == *original) {
            Some(one) => one.private = true,
            None if takes_place(origin, original) => strict.exceptions.push(Exception {
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

/// Whether a daily series has an instance at an original start of its month.
fn takes_place(origin: &Origin, original: &str) -> bool {
    let count = origin.rule.strip_prefix("FREQ=DAILY;COUNT=").and_then(|n| n.parse::<u32>().ok());
    let parts = |text: &str| -> Option<(String, u32)> {
        let (month, rest) = text.split_at_checked(6)?;
        let (day, time) = rest.split_at_checked(2)?;
        Some((format!("{month}{time}"), day.parse().ok()?))
    };
    match (count, parts(&origin.start), parts(original)) {
        (Some(count), Some((of, first)), Some((at, day))) => {
            let in_rule = of == at && day >= first && day < first + count;
            in_rule && !origin.excluded.iter().any(|one| one == original)
        }
        _ => false,
    }
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
