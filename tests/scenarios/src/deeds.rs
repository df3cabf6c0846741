//! What people do with their calendar programs.

use kalends_core::ports::Clock;
use kalends_sim_tests::{World, read};
use kalends_testkit::caldav_sim::Person;
use kalends_testkit::memory::MemoryStore;

use crate::step::Deed;

const MARK: &str = "X-KALENDS-MARK";

/// What people have made and thrown away.
#[derive(Debug, Default)]
pub(crate) struct Hands {
    made: usize,
    bin: Vec<(String, String)>,
}

impl Hands {
    /// Carries a deed out in the calendar of a place.
    pub(crate) fn work(
        &mut self,
        world: &World<MemoryStore>,
        place: usize,
        deed: &Deed,
    ) -> Result<(), String> {
        let path = path(world, place)?;
        let now = world.clock.now().as_millis();
        let find = |title: &str| find(world, &path, title);
        let person = |work: &dyn Fn(&mut Person<'_>) -> Result<(), String>| {
            work(&mut world.http.sim().person(now))
        };
        let edit = |title: &str, change: &dyn Fn(String) -> String| {
            let name = find(title)?;
            person(&|person| person.edit(&path, &name, change))
        };
        match deed {
            Deed::Put(title, start, further) => self.put(world, &path, (title, start), further),
            Deed::PutMany(many, title) => {
                for n in 1..=*many {
                    let start = format!("202606{:02}T090000Z", 4 + n);
                    self.put(world, &path, (&format!("{title} {n}"), &start), &[])?;
                }
                Ok(())
            }
            Deed::Retitle(old, new) => edit(old, &|text| {
                text.replacen(&format!("SUMMARY:{old}"), &format!("SUMMARY:{new}"), 1)
            }),
            Deed::Reschedule(title, start) => edit(title, &|text| rescheduled(&text, start)),
            Deed::Cancel(title, at) => edit(title, &|text| {
                text.replacen("SUMMARY:", &format!("EXDATE:{at}\r\nSUMMARY:"), 1)
            }),
            Deed::Override(title, original, start, new, further) => edit(title, &|text| {
                let uid = line(&text, "UID").unwrap_or_default().to_owned();
                let mut lines = vec![format!("RECURRENCE-ID:{original}")];
                lines.extend(further.iter().cloned());
                let instance = component(&uid, (new, start), &lines);
                text.replace("END:VCALENDAR", &format!("{instance}END:VCALENDAR"))
            }),
            Deed::Unmark(title) => edit(title, &|text| unmarked(&text)),
            Deed::Delete(title) => {
                let name = find(title)?;
                person(&|person| person.delete(&path, &name))?;
                self.bin.push((path.clone(), name));
                Ok(())
            }
            Deed::DeleteAll => {
                let names: Vec<String> = world.http.sim().resources(&path).into_keys().collect();
                names.iter().try_for_each(|name| person(&|person| person.delete(&path, name)))
            }
            Deed::Undelete => {
                let (path, name) = self.bin.pop().ok_or("nothing was deleted by its title")?;
                person(&|person| person.undelete(&path, &name))
            }
            Deed::Move(title, to) => {
                let (name, to) = (find(title)?, self::path(world, *to)?);
                person(&|person| person.move_to(&path, &name, &to))
            }
            Deed::Copy(title, to) => {
                let (name, to) = (find(title)?, self::path(world, *to)?);
                self.made += 1;
                let copy = format!("person{}.ics", self.made);
                person(&|person| person.duplicate(&path, &name, &to, &copy))
            }
            Deed::Vanish => person(&|person| person.delete_calendar(&path)),
        }
    }

    fn put(
        &mut self,
        world: &World<MemoryStore>,
        path: &str,
        event: (&str, &str),
        further: &[String],
    ) -> Result<(), String> {
        self.made += 1;
        let instance = component(&format!("event{}@person", self.made), event, further);
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//person//EN\r\n{instance}END:VCALENDAR\r\n"
        );
        let now = world.clock.now().as_millis();
        world.http.sim().person(now).put(path, &format!("person{}.ics", self.made), &text)
    }
}

fn path(world: &World<MemoryStore>, place: usize) -> Result<String, String> {
    world.path(place).ok_or_else(|| "the overlay is not made yet: sync first".to_owned())
}

/// The object that shows a title; the earliest where several do.
fn find(world: &World<MemoryStore>, path: &str, title: &str) -> Result<String, String> {
    let held = world.http.sim().resources(path);
    let shows = held.iter().map(|(name, text)| (read(text), name));
    let shows = shows.filter(|(shown, _)| shown.title == title);
    let first = shows.min_by(|(a, _), (b, _)| a.start.cmp(&b.start));
    first.map(|(_, name)| name.clone()).ok_or_else(|| format!("nothing there shows {title:?}"))
}

fn component(uid: &str, (title, start): (&str, &str), further: &[String]) -> String {
    let start = if start.contains('T') {
        format!("DTSTART:{start}\r\nDURATION:PT1H")
    } else {
        format!("DTSTART;VALUE=DATE:{start}")
    };
    let lines: String = further.iter().map(|line| format!("{line}\r\n")).collect();
    format!(
        "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n{start}\r\nSUMMARY:{title}\r\n\
         {lines}END:VEVENT\r\n"
    )
}

/// The first component at another start, an hour long.
fn rescheduled(text: &str, start: &str) -> String {
    let (mut begun, mut ended) = (false, false);
    let lines = text.split("\r\n").map(|line| {
        if line.starts_with("DTSTART") && !std::mem::replace(&mut begun, true) {
            return format!("DTSTART:{start}");
        }
        let is_end = line.starts_with("DTEND") || line.starts_with("DURATION");
        if is_end && !std::mem::replace(&mut ended, true) {
            return "DURATION:PT1H".to_owned();
        }
        line.to_owned()
    });
    lines.collect::<Vec<_>>().join("\r\n")
}

fn unmarked(text: &str) -> String {
    let text = text.replace("\r\n ", "");
    let kept = text.split("\r\n").filter(|line| !line.starts_with(MARK));
    kept.collect::<Vec<_>>().join("\r\n")
}

fn line<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
}
