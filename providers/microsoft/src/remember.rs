//! What discovery found, as the text that the host keeps.

use kalends_core::time::{Date, Timestamp, Zone};

/// The first line; another version is forgotten, and found anew.
const VERSION: &str = "graph 1";

/// Days after which the mailbox is asked for its zone again.
const DAYS_KEPT: i32 = 7;

/// What discovery found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Remembered {
    /// Whose account it is: the user's object id.
    pub(crate) subject: String,
    /// The owner's addresses, lower case.
    pub(crate) addresses: Vec<String>,
    /// The mailbox's zone, where it is one that has a name.
    pub(crate) zone: Option<Zone>,
    /// The day, by UTC, on which the mailbox said its zone.
    pub(crate) asked: Option<Date>,
}

impl Remembered {
    /// Reads what [`Self::to_text`] wrote; what cannot be read is as if nothing was found.
    pub(crate) fn from_text(text: &str) -> Self {
        let mut lines = text.lines();
        let mut found = Self::default();
        if lines.next() != Some(VERSION) {
            return found;
        }
        for (key, value) in lines.filter_map(|line| line.split_once(' ')) {
            match key {
                "subject" => value.clone_into(&mut found.subject),
                "address" => found.addresses.push(value.to_owned()),
                "zone" => found.zone = Zone::parse(value),
                "asked" => found.asked = value.parse().ok(),
                _ => {}
            }
        }
        found
    }

    /// One text, lines of a key and a value.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("{VERSION}\nsubject {}\n", one_line(&self.subject));
        for address in &self.addresses {
            text.push_str(&format!("address {}\n", one_line(address)));
        }
        if let Some(zone) = &self.zone {
            text.push_str(&format!("zone {}\n", zone.name()));
        }
        if let Some(asked) = self.asked {
            text.push_str(&format!("asked {asked}\n"));
        }
        text
    }

    /// Whether the mailbox may have another zone by now: people move. One from a clock that stood
    /// wrong counts for nothing.
    pub(crate) fn is_old(&self, now: Timestamp) -> bool {
        let today = Zone::utc().civil(now).date();
        let age = self.asked.map(|asked| today.days() - asked.days());
        !age.is_some_and(|days| (0..DAYS_KEPT).contains(&days))
    }

    /// The zone in which the owner reads times without one.
    pub(crate) fn zone(&self) -> Zone {
        self.zone.clone().unwrap_or_else(Zone::utc)
    }
}

fn one_line(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let found = Remembered {
            subject: "48d31887-5fad-4d73-a9f5-3c356e68a038".into(),
            addresses: vec!["megan@contoso.example".into(), "m.b@contoso.example".into()],
            zone: Zone::parse("Europe/Rome"),
            asked: "2026-06-01".parse().ok(),
        };
        assert_eq!(Remembered::from_text(&found.to_text()), found);
        assert_eq!(Remembered::from_text("graph 0\nsubject x\n"), Remembered::default());
        assert_eq!(Remembered::from_text(""), Remembered::default());
    }
}
