//! What discovery found, as the text that the host keeps.

use kalends_kit::Url;

/// The first line; another version is forgotten, and found anew.
const VERSION: &str = "caldav 1";

/// What discovery found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Remembered {
    /// Whose account it is: host and principal path.
    pub(crate) subject: String,
    /// The calendar homes.
    pub(crate) homes: Vec<Url>,
    /// The owner's mail addresses, lower case, without `mailto:`.
    pub(crate) addresses: Vec<String>,
    /// The `Server` header.
    pub(crate) server: String,
    /// Paths of calendars without sync-collection.
    pub(crate) without_sync: Vec<String>,
    /// Paths of calendars that say how large an object may be, in octets.
    pub(crate) octets_max: Vec<(String, u32)>,
}

impl Remembered {
    /// Reads what [`Self::to_text`] wrote; what cannot be read is as if nothing was found.
    pub(crate) fn from_text(text: &str) -> Self {
        let mut lines = text.lines();
        let mut found = Self::default();
        if lines.next() != Some(VERSION) {
            return found;
        }
        for line in lines {
            let Some((key, value)) = line.split_once(' ') else {
                continue;
            };
            let value = value.to_owned();
            match key {
                "subject" => found.subject = value,
                "home" => found.homes.extend(Url::parse(&value)),
                "address" => found.addresses.push(value),
                "server" => found.server = value,
                "without-sync" => found.without_sync.push(value),
                "octets-max" => found.octets_max.extend(octets_max(&value)),
                _ => {}
            }
        }
        found
    }

    /// One text, lines of a key and a value.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("{VERSION}\nsubject {}\n", one_line(&self.subject));
        let mut line = |key: &str, value: &str| {
            text.push_str(key);
            text.push(' ');
            text.push_str(&one_line(value));
            text.push('\n');
        };
        for home in &self.homes {
            line("home", &home.to_string());
        }
        for address in &self.addresses {
            line("address", address);
        }
        if !self.server.is_empty() {
            line("server", &self.server);
        }
        for path in &self.without_sync {
            line("without-sync", path);
        }
        for (path, octets) in &self.octets_max {
            line("octets-max", &format!("{octets} {path}"));
        }
        text
    }
}

fn octets_max(value: &str) -> Option<(String, u32)> {
    let (octets, path) = value.split_once(' ')?;
    Some((path.to_owned(), octets.parse().ok()?))
}

fn one_line(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let found = Remembered {
            subject: "h/principals/a b/".into(),
            homes: vec![
                Url::parse("https://p01.h/a/").unwrap(),
                Url::parse("http://h:8/").unwrap(),
            ],
            addresses: vec!["a@h".into()],
            server: "x/1 (y)".into(),
            without_sync: vec!["/a/b/".into()],
            octets_max: vec![("/a/c d/".into(), 65_500)],
        };
        assert_eq!(Remembered::from_text(&found.to_text()), found);
    }

    proptest! {
        #[test]
        fn any_text_reads_as_something(text in "\\PC{0,40}(\n\\PC{0,20}){0,4}") {
            let _ = Remembered::from_text(&text);
            let _ = Remembered::from_text(&format!("{VERSION}\n{text}"));
        }
    }
}
