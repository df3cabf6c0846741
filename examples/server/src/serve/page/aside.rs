//! What takes part in nothing, and why.

use super::model::SetAside;

/// So many reasons are shown.
const SHOWN: usize = 20;

/// Objects of one calendar that are set aside for one reason.
pub(super) struct Left {
    pub(super) calendar: String,
    pub(super) reason: String,
    /// Which, or how many.
    pub(super) what: String,
}

/// Calendar by calendar and reason by reason, and whether there is more than is told of. `all`: how many
/// are set aside, of which these were listed.
pub(super) fn left(asides: &[SetAside], all: u64) -> (Vec<Left>, bool) {
    let mut kinds: Vec<(&SetAside, usize)> = Vec::new();
    for aside in asides {
        let is_its = |(one, _): &&mut (&SetAside, usize)| {
            one.name == aside.name && one.reason == aside.reason
        };
        match kinds.iter_mut().find(is_its) {
            Some((_, times)) => *times += 1,
            None => kinds.push((aside, 1)),
        }
    }
    let is_listed = all <= asides.len() as u64;
    let least = if is_listed { "" } else { "at least " };
    let is_cut = kinds.len() > SHOWN || !is_listed;
    let shown = kinds.into_iter().take(SHOWN).map(|(first, times)| Left {
        calendar: first.name.clone(),
        reason: first.reason.clone(),
        what: match times {
            1 => first.object.clone(),
            times => format!("{} and {least}{} more", first.object, times - 1),
        },
    });
    (shown.collect(), is_cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aside(calendar: &str, object: &str, reason: &str) -> SetAside {
        let text = str::to_owned;
        SetAside { name: text(calendar), object: text(object), reason: text(reason) }
    }

    /// Catches a page of a thousand lines that say the same, and a reason that is told of no calendar.
    #[test]
    fn what_is_set_aside_is_told_once_for_each_calendar_and_reason() {
        let many = (0..50).map(|n| aside("work", &n.to_string(), "unreadable"));
        let all: Vec<SetAside> = many.chain([aside("home", "x", "unreadable")]).collect();
        let texts = |number: u64| {
            let (told, is_cut) = left(&all, number);
            let told = told.into_iter().map(|one| format!("{}: {}", one.calendar, one.what));
            (told.collect::<Vec<_>>(), is_cut)
        };
        let told = |first: &str| vec![format!("work: {first}"), "home: x".to_owned()];
        assert_eq!(texts(51), (told("0 and 49 more"), false));
        assert_eq!(texts(52), (told("0 and at least 49 more"), true), "one was not listed");
        let reasons: Vec<SetAside> =
            (0..=SHOWN).map(|n| aside("work", "x", &n.to_string())).collect();
        let (told, is_cut) = left(&reasons, 0);
        assert_eq!((told.len(), is_cut), (SHOWN, true));
    }
}
