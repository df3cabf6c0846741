//! What is known of servers and cannot be asked: a data file, and safe defaults for the rest.

/// The data file; its own comment says its form.
const TABLE: &str = include_str!("quirks.txt");

/// What to mind with one server. All false: nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent habits of a server")]
pub struct Quirks {
    /// Conditions on PUT and DELETE are ignored: look before writing.
    pub checks_first: bool,
    /// It makes no calendars.
    pub no_calendars: bool,
    /// It drops properties it does not know.
    pub no_marks: bool,
    /// Its sync tokens fail without saying so.
    pub no_sync: bool,
}

impl Quirks {
    /// What the data file says of a server: its host, the paths seen there, its `Server` header.
    #[must_use]
    pub fn detect(host: &str, paths: &[&str], server: &str) -> Self {
        let paths: Vec<String> = paths.iter().map(|path| path.to_lowercase()).collect();
        let server = server.to_lowercase();
        let mut quirks = Self::default();
        for (clues, flags) in rows() {
            let told = clues.split_whitespace().any(|clue| match clue.split_once(':') {
                Some(("host", end)) => {
                    host == end || host.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'))
                }
                Some(("path", part)) => paths.iter().any(|path| path.contains(part)),
                Some(("server", part)) => server.contains(part),
                Some(_) | None => false,
            });
            if told {
                quirks.mind(flags);
            }
        }
        quirks
    }

    fn mind(&mut self, flags: &str) {
        for flag in flags.split_whitespace() {
            match flag {
                "checks-first" => self.checks_first = true,
                "no-calendars" => self.no_calendars = true,
                "no-marks" => self.no_marks = true,
                "no-sync" => self.no_sync = true,
                _ => {}
            }
        }
    }
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut cells = line.split('|').map(str::trim);
        let (_, clues, flags) = (cells.next()?, cells.next()?, cells.next()?);
        Some((clues, flags))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_whole_and_every_flag_known() {
        let known = ["checks-first", "no-calendars", "no-marks", "no-sync"];
        let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        assert_eq!(lines.count(), rows().count());
        for (clues, flags) in rows() {
            assert!(!clues.is_empty());
            assert!(flags.split_whitespace().all(|flag| known.contains(&flag)), "{flags}");
            for clue in clues.split_whitespace() {
                let (kind, part) = clue.split_once(':').unwrap();
                assert!(["host", "path", "server"].contains(&kind) && !part.is_empty(), "{clue}");
                assert_eq!(part, part.to_lowercase());
            }
        }
    }

    #[test]
    fn servers_are_told_by_host_path_and_header() {
        assert!(Quirks::detect("h", &["/SOGo/dav/alice/"], "Apache").checks_first);
        assert!(Quirks::detect("posteo.de", &[], "").no_calendars);
        assert!(Quirks::detect("x.posteo.de", &[], "").no_calendars);
        assert_eq!(Quirks::detect("notposteo.de", &["/dav/"], "nginx"), Quirks::default());
        assert!(Quirks::detect("h", &[], "Zimbra/9").no_sync);
    }
}
