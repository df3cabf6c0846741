//! What discovery found, as the text that the host keeps.

use kalends_core::time::Zone;

/// The first line; another version is forgotten, and found anew.
const VERSION: &str = "google 1";

/// What discovery found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Remembered {
    /// The zone of the person's main calendar.
    pub(crate) main_zone: String,
    /// Calendars and their zones, where they differ from the main one.
    pub(crate) zones: Vec<(String, String)>,
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
            match line.split_once(' ') {
                Some(("main-zone", zone)) => found.main_zone = zone.to_owned(),
                Some(("zone", rest)) => {
                    let pair = rest.split_once(' ');
                    found.zones.extend(pair.map(|(zone, id)| (id.to_owned(), zone.to_owned())));
                }
                Some(_) | None => {}
            }
        }
        found
    }

    /// One text, lines of a key and a value.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("{VERSION}\nmain-zone {}\n", one_line(&self.main_zone));
        for (id, zone) in &self.zones {
            text.push_str(&format!("zone {} {}\n", one_line(zone), one_line(id)));
        }
        text
    }

    /// The zone of a calendar; `None` where no zone is known by that name.
    pub(crate) fn zone(&self, calendar: &str) -> Option<Zone> {
        let own = self.zones.iter().find(|(id, _)| id == calendar);
        Zone::resolve(own.map_or(&self.main_zone, |(_, zone)| zone))
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
            main_zone: "Europe/Berlin".into(),
            zones: vec![("a b@group".into(), "America/New_York".into())],
        };
        assert_eq!(Remembered::from_text(&found.to_text()), found);
        assert_eq!(found.zone("x").unwrap().name(), "Europe/Berlin");
        assert_eq!(found.zone("a b@group").unwrap().name(), "America/New_York");
        assert_eq!(Remembered::from_text("other 1\nmain-zone X\n"), Remembered::default());
    }
}
