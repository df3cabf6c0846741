//! Words that people write, each of them once, and who may read them.
//!
//! A word says of itself whether the event it stands in is private, and whether any edge may show
//! it at all, so that a word that was sent says whether it may have been.

use kalends_oracle::Origin;
use sha2::{Digest, Sha256};

const MARK: &str = "leak-";
/// How long a word is: `leak-open-full-0123456789abcdef`.
const LENGTH: usize = "leak-open-none-0123456789abcdef".len();

/// Whether an edge that shows all shows the property that a word stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Descriptions and places.
    Full,
    /// Categories, addresses, alarms: no edge does.
    None,
}

/// The word for one property of what a person says of an event.
pub(crate) fn word(origin: &Origin, private: bool, property: &str, shown: Shown) -> String {
    let said = (&origin.uid, &origin.title, &origin.description, &origin.start, private, property);
    let hash = Sha256::digest(format!("{said:?}"));
    let mut word = MARK.to_owned();
    word += if private { "hush-" } else { "open-" };
    word += match shown {
        Shown::Full => "full-",
        Shown::None => "none-",
    };
    hash.iter().take(8).fold(word, |word, byte| format!("{word}{byte:02x}"))
}

/// The words in a text, in whatever format it is, folded lines too.
pub(crate) fn words(text: &str) -> Vec<String> {
    if !text.contains("leak") && !text.contains("\r\n ") {
        return Vec::new();
    }
    let text = text.replace("\r\n ", "");
    let found = text.match_indices(MARK).filter_map(|(at, _)| text.get(at..at + LENGTH));
    found.map(str::to_owned).collect()
}

/// Whether an edge that shows all may show a word.
pub(crate) fn may_be_shown(word: &str) -> bool {
    word.starts_with("leak-open-full-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ics;

    fn origin(private: bool) -> Origin {
        Origin {
            calendar: 0,
            uid: "u".to_owned(),
            title: "Review".to_owned(),
            description: String::new(),
            start: "20260610T090000Z".to_owned(),
            private,
            free: false,
            invited: false,
            rule: String::new(),
            exceptions: Vec::new(),
            excluded: Vec::new(),
        }
    }

    #[test]
    fn a_word_is_found_where_a_line_is_folded_within_it() {
        let word = word(&origin(false), false, "place", Shown::Full);
        let (head, tail) = word.split_at(3);
        assert_eq!(words(&format!("LOCATION:{head}\r\n {tail}\r\n")), [word]);
    }

    #[test]
    fn what_a_program_writes_has_a_word_of_its_own_in_each_property() {
        let open = words(&ics::write(&origin(false)));
        let hidden = words(&ics::write(&origin(true)));
        assert_eq!((open.len(), hidden.len()), (4, 4), "place, categories, address, alarm");
        assert!(open.iter().all(|word| !hidden.contains(word)));
        assert_eq!(open.iter().filter(|word| may_be_shown(word)).count(), 1, "the place");
        assert!(!hidden.iter().any(|word| may_be_shown(word)));
    }
}
