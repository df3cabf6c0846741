//! A step as a line.

use kalends_oracle::{Change, Conflict, Edge, Exception, Level, OnDelete, OnEdit, Origin, Place};

use super::{Deed, Judging, Said, time};
use crate::world::PEOPLE;

impl Said {
    /// The line of a step in a world of so many calendars.
    #[must_use]
    pub fn line(&self, calendars: usize) -> String {
        let at = |place: Place| place_name(place, calendars);
        let ends = |edge: &Edge| format!("{} -> {}", at(edge.from), at(edge.to));
        match self {
            Self::Edge(edge, two_way) => {
                let two_way = if *two_way { " two-way" } else { "" };
                format!("edge {} {}{two_way}", ends(edge), options(edge))
            }
            Self::Change(edge) => format!("change {} {}", ends(edge), options(edge)),
            Self::Remove(from, to) => format!("remove {} -> {}", at(*from), at(*to)),
            Self::UndoEdit => "undo edit".to_owned(),
            Self::Leave(member, false) => format!("account leaves {}", PEOPLE[*member]),
            Self::Leave(member, true) => format!("account abandoned {}", PEOPLE[*member]),
            Self::Return(member) => format!("account returns {}", PEOPLE[*member]),
            Self::Deed(place, name, deed) => {
                format!("in {} {name} {}", at(*place), deed_text(deed, &at))
            }
            Self::Sync => "sync".to_owned(),
            Self::Settle => "settle".to_owned(),
            Self::Rest => "rest".to_owned(),
            Self::Killed(point) => format!("sync killed at {point}"),
            Self::Dies(writes) => format!("sync dies after write {writes}"),
            Self::Twice => "sync twice".to_owned(),
            Self::Paused(turns) => format!("sync paused after {turns}"),
            Self::Begins(turns) => format!("sync begins {turns}"),
            Self::GoesOn => "sync goes on".to_owned(),
            Self::Behind(millis) => format!("sync behind by {millis}"),
            Self::Wait(millis) => format!("wait {millis} milliseconds"),
            Self::Fault(text) => text.clone(),
            Self::Expire(place) => format!("expire {}", at(*place)),
            Self::Late(place, objects) => format!("late {} {objects}", at(*place)),
            Self::Doubt => "doubt".to_owned(),
            Self::Calm => "calm".to_owned(),
            Self::Work => "work".to_owned(),
            Self::Notices(numbers) => format!("notices by {numbers}"),
            Self::AllNotices => "notices all".to_owned(),
            Self::NoNotices => "notices none".to_owned(),
            Self::Silent(provider, hours) => format!("silent {provider} for {hours} hours"),
            Self::Deaf => "deaf".to_owned(),
            Self::Wipe => "lose the store".to_owned(),
            Self::Never(place, title) => format!("never {} \"{title}\"", at(*place)),
            Self::Judge(judging) => format!("judge {}", judged(*judging)),
        }
    }
}

pub(super) const fn judged(judging: Judging) -> &'static str {
    match judging {
        Judging::All => "all",
        Judging::Rows => "rows",
        Judging::Calendars => "calendars",
        Judging::Edits => "edits",
    }
}

/// What a place is called.
pub(super) fn place_name(place: Place, calendars: usize) -> String {
    match place.checked_sub(calendars).and_then(|owner| PEOPLE.get(owner)) {
        Some(user) => format!("{user}-overlay"),
        None => format!("cal{place}"),
    }
}

fn options(edge: &Edge) -> String {
    let mut words = vec![match edge.level {
        Level::Busy => "busy",
        Level::Title => "title",
        Level::Full => "full",
    }];
    words.extend(match edge.on_edit {
        OnEdit::Revert => None,
        OnEdit::Propagate => Some("on-edit=propagate"),
        OnEdit::Detach => Some("on-edit=detach"),
    });
    words.extend(match edge.on_delete {
        OnDelete::Restore => None,
        OnDelete::Propagate => Some("on-delete=propagate"),
        OnDelete::Detach => Some("on-delete=detach"),
    });
    words.extend(match edge.on_conflict {
        Conflict::LastSeen => None,
        Conflict::Origin => Some("on-conflict=origin"),
        Conflict::Mirror => Some("on-conflict=mirror"),
    });
    words.extend(edge.may_notify.then_some("may-notify"));
    let titled = (!edge.titled.is_empty()).then(|| format!(" titled=\"{}\"", edge.titled));
    words.join(" ") + &titled.unwrap_or_default()
}

fn deed_text(deed: &Deed, at: &dyn Fn(Place) -> String) -> String {
    match deed {
        Deed::Put(origin) => format!("put {}", event(origin)),
        Deed::Change(change) => change_text(change),
        Deed::Delete => "delete".to_owned(),
        Deed::Undelete => "undelete".to_owned(),
        Deed::Move(to) => format!("move to {}", at(*to)),
        Deed::Share(to, name) => format!("share to {} as {name}", at(*to)),
        Deed::Copy(to, name) => format!("copy to {} as {name}", at(*to)),
        Deed::Unmark => "unmark".to_owned(),
        Deed::Garble => "garble".to_owned(),
        Deed::CallOff => "call off".to_owned(),
        Deed::Rewind => "rewind".to_owned(),
    }
}

fn change_text(change: &Change) -> String {
    match change {
        Change::Title(title) => format!("title \"{title}\""),
        Change::Description(text) => format!("notes \"{text}\""),
        Change::Start(start) => format!("start {}", time::write(start)),
        Change::Move(original, start) => {
            format!("instance {} start {}", time::write(original), time::write(start))
        }
        Change::Retitle(original, title) => {
            format!("instance {} title \"{title}\"", time::write(original))
        }
        Change::Cancel(original) => format!("instance {} cancelled", time::write(original)),
    }
}

fn event(origin: &Origin) -> String {
    let Origin { uid, title, start, .. } = origin;
    let mut text = format!("\"{title}\" {} uid={uid}", time::write(start));
    let mut add = |cond: bool, part: String| {
        if cond {
            text += &format!(" {part}");
        }
    };
    add(!origin.description.is_empty(), format!("notes=\"{}\"", origin.description));
    add(origin.private, "private".to_owned());
    add(origin.free, "free".to_owned());
    add(origin.invited, "guests".to_owned());
    add(!origin.rule.is_empty(), format!("rule={}", origin.rule));
    for original in &origin.excluded {
        add(true, format!("without={}", time::write(original)));
    }
    for Exception { original, start, title, private } in &origin.exceptions {
        let word = if *private { "secretly" } else { "but" };
        let (original, start) = (time::write(original), time::write(start));
        add(true, format!("{word}={original},{start},\"{title}\""));
    }
    text
}
