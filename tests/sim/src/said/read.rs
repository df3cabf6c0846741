//! A line as a step.

use kalends_oracle::{Change, Conflict, Edge, Exception, Level, OnDelete, OnEdit, Origin, Place};

use super::print::{judged, place_name};
use super::{Deed, Judging, Said, time, words};
use crate::world::PEOPLE;

impl Said {
    /// The step of a line in a world of so many calendars; `None` where it is none.
    #[must_use]
    pub fn read(line: &str, calendars: usize) -> Option<Self> {
        if line.starts_with("fault ") || line.starts_with("watch ") {
            return Some(Self::Fault(line.to_owned()));
        }
        let words = words::split(line)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let at = |name: &str| place_of(name, calendars);
        Some(match words.as_slice() {
            ["edge", from, "->", to, options @ ..] => {
                let (edge, two_way) = edge((at(from)?, at(to)?), options)?;
                Self::Edge(Box::new(edge), two_way)
            }
            ["change", from, "->", to, options @ ..] => {
                Self::Change(Box::new(edge((at(from)?, at(to)?), options)?.0))
            }
            ["remove", from, "->", to] => Self::Remove(at(from)?, at(to)?),
            ["undo", "edit"] => Self::UndoEdit,
            ["account", "leaves", user] => Self::Leave(member(user)?, false),
            ["account", "abandoned", user] => Self::Leave(member(user)?, true),
            ["account", "returns", user] => Self::Return(member(user)?),
            ["in", place, name, rest @ ..] => {
                let place = at(place)?;
                Self::Deed(place, (*name).to_owned(), deed(place, rest, &at)?)
            }
            ["sync"] => Self::Sync,
            ["settle"] => Self::Settle,
            ["rest"] => Self::Rest,
            ["sync", "killed", "at", point] => Self::Killed(point.parse().ok()?),
            ["sync", "dies", "after", "write", writes] => Self::Dies(writes.parse().ok()?),
            ["sync", "twice"] => Self::Twice,
            ["sync", "paused", "after", turns] => Self::Paused(turns.parse().ok()?),
            ["sync", "begins", turns] => Self::Begins(turns.parse().ok()?),
            ["sync", "goes", "on"] => Self::GoesOn,
            ["sync", "behind", "by", millis] => Self::Behind(millis.parse().ok()?),
            ["wait", millis, "milliseconds"] => Self::Wait(millis.parse().ok()?),
            ["expire", place] => Self::Expire(at(place)?),
            ["late", place, objects] => Self::Late(at(place)?, objects.parse().ok()?),
            ["doubt"] => Self::Doubt,
            ["calm"] => Self::Calm,
            ["work"] => Self::Work,
            ["notices", "by", numbers] => Self::Notices(numbers.parse().ok()?),
            ["notices", "all"] => Self::AllNotices,
            ["notices", "none"] => Self::NoNotices,
            ["silent", provider, "for", hours, "hours"] => {
                Self::Silent((*provider).to_owned(), hours.parse().ok()?)
            }
            ["deaf"] => Self::Deaf,
            ["lose", "the", "store"] => Self::Wipe,
            ["never", place, title] => Self::Never(at(place)?, (*title).to_owned()),
            ["judge", what] => {
                let all = [Judging::All, Judging::Rows, Judging::Calendars, Judging::Edits];
                Self::Judge(all.into_iter().find(|one| judged(*one) == *what)?)
            }
            _ => return None,
        })
    }
}

fn member(name: &str) -> Option<usize> {
    PEOPLE.iter().position(|user| *user == name)
}

fn place_of(name: &str, calendars: usize) -> Option<Place> {
    (0..calendars + PEOPLE.len()).find(|place| place_name(*place, calendars) == name)
}

fn edge((from, to): (Place, Place), words: &[&str]) -> Option<(Edge, bool)> {
    let (level, words) = words.split_first()?;
    let mut edge = Edge {
        rank: [0; 16],
        from,
        to,
        level: match *level {
            "busy" => Level::Busy,
            "title" => Level::Title,
            "full" => Level::Full,
            _ => return None,
        },
        on_edit: OnEdit::Revert,
        on_delete: OnDelete::Restore,
        on_conflict: Conflict::LastSeen,
        may_notify: false,
        titled: String::new(),
    };
    let mut two_way = false;
    for word in words {
        match word.split_once('=').unwrap_or((word, "")) {
            ("two-way", "") => two_way = true,
            ("may-notify", "") => edge.may_notify = true,
            ("titled", title) => title.clone_into(&mut edge.titled),
            ("on-edit", "propagate") => edge.on_edit = OnEdit::Propagate,
            ("on-edit", "detach") => edge.on_edit = OnEdit::Detach,
            ("on-delete", "propagate") => edge.on_delete = OnDelete::Propagate,
            ("on-delete", "detach") => edge.on_delete = OnDelete::Detach,
            ("on-conflict", "origin") => edge.on_conflict = Conflict::Origin,
            ("on-conflict", "mirror") => edge.on_conflict = Conflict::Mirror,
            _ => return None,
        }
    }
    Some((edge, two_way))
}

fn deed(place: Place, words: &[&str], at: &dyn Fn(&str) -> Option<Place>) -> Option<Deed> {
    Some(match words {
        ["put", title, start, parts @ ..] => {
            Deed::Put(Box::new(event(place, (title, start), parts)?))
        }
        ["title", title] => Deed::Change(Change::Title((*title).to_owned())),
        ["notes", text] => Deed::Change(Change::Description((*text).to_owned())),
        ["start", start] => Deed::Change(Change::Start(time::read(start)?)),
        ["instance", original, rest @ ..] => {
            let original = time::read(original)?;
            Deed::Change(match rest {
                ["start", start] => Change::Move(original, time::read(start)?),
                ["title", title] => Change::Retitle(original, (*title).to_owned()),
                ["cancelled"] => Change::Cancel(original),
                _ => return None,
            })
        }
        ["delete"] => Deed::Delete,
        ["undelete"] => Deed::Undelete,
        ["move", "to", to] => Deed::Move(at(to)?),
        ["share", "to", to, "as", name] => Deed::Share(at(to)?, (*name).to_owned()),
        ["copy", "to", to, "as", name] => Deed::Copy(at(to)?, (*name).to_owned()),
        ["unmark"] => Deed::Unmark,
        ["garble"] => Deed::Garble,
        ["call", "off"] => Deed::CallOff,
        ["rewind"] => Deed::Rewind,
        _ => return None,
    })
}

fn event(calendar: Place, (title, start): (&str, &str), parts: &[&str]) -> Option<Origin> {
    let mut origin = Origin {
        calendar,
        uid: String::new(),
        title: title.to_owned(),
        description: String::new(),
        start: time::read(start)?,
        private: false,
        free: false,
        invited: false,
        rule: String::new(),
        exceptions: Vec::new(),
        excluded: Vec::new(),
    };
    for part in parts {
        let (word, value) = part.split_once('=').unwrap_or((part, ""));
        match (word, value) {
            ("uid", uid) => uid.clone_into(&mut origin.uid),
            ("notes", text) => text.clone_into(&mut origin.description),
            ("private", "") => origin.private = true,
            ("free", "") => origin.free = true,
            ("guests", "") => origin.invited = true,
            ("rule", rule) => rule.clone_into(&mut origin.rule),
            ("without", original) => origin.excluded.push(time::read(original)?),
            ("but" | "secretly", instance) => {
                let mut fields = instance.splitn(3, ',');
                origin.exceptions.push(Exception {
                    original: time::read(fields.next()?)?,
                    start: time::read(fields.next()?)?,
                    title: fields.next()?.to_owned(),
                    private: word == "secretly",
                });
            }
            _ => return None,
        }
    }
    Some(origin)
}
