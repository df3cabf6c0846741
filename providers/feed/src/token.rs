//! What is known of the last feed, as an opaque token.

use crate::sketch::Sketch;

/// The first field; another version counts as no token.
const VERSION: &str = "feed2";
/// The same of tokens that do not say what the feed held.
const OLDER: &str = "feed1";

/// What is known of the last feed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Token {
    /// Its ETag.
    pub(crate) etag: Option<String>,
    /// Its Last-Modified.
    pub(crate) modified: Option<String>,
    /// Whether it held the same events as the one before: then nothing missing waits to be
    /// confirmed, and the server may be asked for changes only.
    pub(crate) settled: bool,
    /// Whether events are told by time and title.
    pub(crate) by_content: bool,
    /// The UIDs.
    pub(crate) uids: Sketch,
    /// The times and titles.
    pub(crate) contents: Sketch,
    /// A hash of all ids.
    pub(crate) ids: String,
    /// A digest of all that it held, but for what changes by itself; empty where it is not known.
    pub(crate) said: String,
    /// How long its publisher wants it to be left between two reads, in seconds.
    pub(crate) refresh_s: Option<i64>,
    /// The calendar's name; used by what discovery remembers.
    pub(crate) name: String,
}

impl Token {
    pub(crate) fn to_text(&self) -> String {
        let flag = |set: bool| if set { "1" } else { "0" }.to_owned();
        let fields = [
            VERSION.to_owned(),
            escape(self.etag.as_deref().unwrap_or_default()),
            escape(self.modified.as_deref().unwrap_or_default()),
            flag(self.settled),
            flag(self.by_content),
            self.uids.to_text(),
            self.contents.to_text(),
            escape(&self.ids),
            escape(&self.name),
            escape(&self.said),
            self.refresh_s.map(|seconds| seconds.to_string()).unwrap_or_default(),
        ];
        fields.join("|")
    }

    /// Reads [`Self::to_text`]; `None` for anything else.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split('|').collect();
        let (fields, said, refresh_s) = match fields.as_slice() {
            [VERSION, fields @ .., said, refresh_s] => (fields, unescape(said), *refresh_s),
            // It is read whole once more.
            [OLDER, fields @ ..] => (fields, String::new(), ""),
            _ => return None,
        };
        let [etag, modified, settled, by_content, uids, contents, ids, name] = *fields else {
            return None;
        };
        let some = |field: &str| Some(unescape(field)).filter(|text| !text.is_empty());
        Some(Self {
            etag: some(etag),
            modified: some(modified),
            settled: settled == "1" && !said.is_empty(),
            by_content: by_content == "1",
            uids: Sketch::from_text(uids),
            contents: Sketch::from_text(contents),
            ids: unescape(ids),
            name: unescape(name),
            said,
            refresh_s: refresh_s.parse().ok(),
        })
    }
}

fn escape(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    clean.replace('%', "%25").replace('|', "%7C")
}

fn unescape(text: &str) -> String {
    text.replace("%7C", "|").replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_token_reads_back(
            etag in "[ -~]{0,20}", name in "[ -~]{0,20}", settled: bool, refresh_s: Option<i64>,
        ) {
            let token = Token {
                etag: Some(etag).filter(|etag| !etag.is_empty()),
                name,
                settled,
                refresh_s,
                said: "0f".to_owned(),
                uids: Sketch::of([1, 2 << 96].into_iter()),
                ..Token::default()
            };
            prop_assert_eq!(Token::from_text(&token.to_text()), Some(token));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            let _ = Token::from_text(&text);
            for version in [OLDER, VERSION] {
                let _ = Token::from_text(&format!("{version}|{text}|||||||||"));
            }
        }
    }

    /// Catches events that are told by UIDs again, since what was known of them was forgotten.
    #[test]
    fn an_older_token_is_read_and_not_gone_on_from() {
        let old = Token::from_text("feed1|\"e\"||1|1|00000001|00000002|ab|Team").unwrap();
        assert!(old.by_content && !old.settled && old.uids.len() == 1 && old.ids == "ab");
        assert_eq!((old.name.as_str(), old.refresh_s), ("Team", None));
    }
}
