//! Mirrors: what we keep of an event in a target calendar, in parts.

use crate::fields::Field;
use crate::ids::{CalendarId, EdgeId, EventId, ProviderId, Version};
use crate::presence::{ContentHash, Gone};
use crate::time::Timestamp;

/// Which object of a mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKey {
    /// A single event, or a series in one object, or the master.
    Whole,
    /// A changed instance as an object of its own, by the start it had before.
    Override(Timestamp),
    /// An instance written singly, by its original start.
    Single(Timestamp),
}

impl PartKey {
    /// Nine bytes that sort like the key: a tag and the original start.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 9] {
        let (tag, at) = match self {
            Self::Whole => (0, 0),
            Self::Override(at) => (1, at.as_millis()),
            Self::Single(at) => (2, at.as_millis()),
        };
        let mut bytes = [0; 9];
        bytes[0] = tag;
        bytes[1..].copy_from_slice(&(at ^ i64::MIN).to_be_bytes());
        bytes
    }

    /// Reads what [`PartKey::to_bytes`] wrote.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 9]) -> Option<Self> {
        let mut at = [0; 8];
        at.copy_from_slice(&bytes[1..]);
        let at = Timestamp::from_millis(i64::from_be_bytes(at) ^ i64::MIN);
        match bytes[0] {
            0 => Some(Self::Whole),
            1 => Some(Self::Override(at)),
            2 => Some(Self::Single(at)),
            _ => None,
        }
    }
}

/// The full name of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartRef {
    /// The event.
    pub event: EventId,
    /// The edge.
    pub edge: EdgeId,
    /// Which object.
    pub part: PartKey,
}

/// One mirror: an event under an edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// The target calendar, which its parts lie in.
    pub calendar: CalendarId,
    /// Whether it is wanted, and if not, why.
    pub wanted: Wanted,
    /// How it is kept.
    pub mode: MirrorMode,
}

/// Whether an edge wants a mirror of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wanted {
    /// It does.
    Yes,
    /// Another edge shows the event in the same calendar.
    CoveredBy(EdgeId),
    /// It does not.
    No(Unwanted),
}

/// Why an edge wants no mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unwanted {
    /// The event left the source calendar.
    SourceGone,
    /// The target calendar holds the event itself.
    HeldByTarget,
    /// A filter of the edge leaves it out.
    Filtered(Filtered),
    /// It is ahead of the window, or outside it and was never mirrored.
    OutOfWindow,
    /// The edge is being removed.
    EdgeRetiring,
}

/// Which filter left an event out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Filtered {
    /// All-day.
    AllDay,
    /// Leaves the time free.
    Free,
    /// Declined.
    Declined,
    /// Tentative.
    Tentative,
    /// Cancelled.
    Cancelled,
    /// Its kind.
    Kind,
    /// Its categories.
    Category,
    /// A keyword.
    Keyword,
    /// `#nosync`.
    NoSync,
}

/// How a mirror is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MirrorMode {
    /// It follows its origin.
    Kept,
    /// It left the window by the back edge: kept, no longer compared.
    Frozen,
    /// An undo rests it until the origin changes or someone resumes it.
    Paused,
    /// A person made it theirs: never written again.
    Detached,
}

/// One provider object of a mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Counts the ids it has had; a deleted id stays taken.
    pub generation: u32,
    /// The hash of what it should say; `None`: it should not be there.
    pub want: Option<ContentHash>,
    /// The provider's object, where one is there.
    pub object: Option<PartObject>,
    /// The last four contents that the provider acknowledged, newest last.
    pub acks: Vec<Ack>,
    /// Hashes of what it should have said before the present want took their place, while no
    /// answer had come: up to four, oldest first. One of them may have been written all the same. Of
    /// an instance that was taken in as a person left it, what that says.
    pub before: Vec<ContentHash>,
    /// Where the work on it stands.
    pub status: PartStatus,
    /// When it was written back because a person had edited it: the last three times.
    pub reverts: Vec<Timestamp>,
    /// How often the present want was tried in vain.
    pub attempts: u16,
    /// How often in a row a write found something else there than what was read just before.
    pub stale: u16,
    /// When the event starts, for the order of writes.
    pub starts: Timestamp,
    /// Evidence that a person deleted it; the effect waits for the release.
    pub gone: Option<Gone>,
}

/// A part's object as last acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartObject {
    /// The provider's id.
    pub id: ProviderId,
    /// Its version; `None` where the provider has not said.
    pub version: Option<Version>,
    /// Whether we asked, or are about to ask, for its deletion under this version: then its
    /// absence tells nothing of a person.
    pub deleting: bool,
    /// Whether it was seen to hold something else than was acknowledged last: it has to be written
    /// anew whatever is wanted.
    pub edited: bool,
    /// The version of a person's edit that a write of ours took the place of last. A read that
    /// shows it may have begun before that write.
    pub replaced: Option<Version>,
    /// Whether another object took the place of its origin since it was last known to be there. Its
    /// absence tells nothing about that one.
    pub succeeded: bool,
}

impl PartObject {
    /// An object that is there, and of which nothing else is known.
    pub(crate) const fn new(id: ProviderId, version: Option<Version>) -> Self {
        Self { id, version, deleting: false, edited: false, replaced: None, succeeded: false }
    }
}

/// A content that the provider acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack {
    /// What we asked for.
    pub want: ContentHash,
    /// What it then held, normalised.
    pub content: ContentHash,
    /// The same field by field, to tell later which ones a person changed; `None` for an object
    /// that was taken in again.
    pub fields: Option<AckFields>,
}

/// An acknowledged content field by field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AckFields {
    /// What we asked for.
    pub want: FieldHashes,
    /// What the provider then held.
    pub content: FieldHashes,
}

/// Short hashes of a content's fields, in the order of [`crate::fields::Field`], and one of the
/// start and the rule alone; zero where that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldHashes(pub [[u8; 8]; 6]);

impl Part {
    /// How many acknowledged contents are kept.
    pub const ACKS_MAX: usize = 4;

    /// How many replaced wants are remembered.
    const BEFORE_MAX: usize = 4;

    /// Remembers the want that `old` had, where a write of it may be under way. Where it is wanted
    /// again, nothing else was meanwhile that anybody knows of.
    pub(crate) fn remember_want(&mut self, old: &Self) {
        let Some(want) = old.want else { return };
        if self.want == Some(want) {
            self.forget_before(want, old);
            return;
        }
        let under_way = matches!(old.status, PartStatus::Due | PartStatus::Unsure);
        let same_object = self.object.is_some() && self.generation == old.generation;
        let is_known = self.before.contains(&want) || self.acks.iter().any(|a| a.content == want);
        if under_way && same_object && !is_known {
            self.keep_before(want);
        }
    }

    /// A content that took the place of none after all is remembered where it was before alone.
    fn forget_before(&mut self, content: ContentHash, old: &Self) {
        let mut kept = old.clone();
        kept.keep_before(content);
        if self.before == kept.before {
            self.before.clone_from(&old.before);
        } else if !old.before.contains(&content) {
            self.before.retain(|known| *known != content);
        }
    }

    /// Remembers a content that the present want is to take the place of.
    pub(crate) fn keep_before(&mut self, content: ContentHash) {
        self.before.retain(|known| *known != content);
        self.before.push(content);
        let over = self.before.len().saturating_sub(Self::BEFORE_MAX);
        self.before.drain(..over);
    }

    /// Records that the provider holds `content` after we asked for `want`.
    pub fn acknowledge(&mut self, ack: Ack) {
        self.before.clear();
        self.acks.retain(|old| old.want != ack.want || old.content != ack.content);
        self.acks.push(ack);
        let over = self.acks.len().saturating_sub(Self::ACKS_MAX);
        self.acks.drain(..over);
    }

    /// Whether a field says what it said before: as it was asked for or acknowledged, among the
    /// contents that are kept.
    pub(crate) fn said(&self, field: Field, now: &FieldHashes) -> bool {
        let kept = self.acks.iter().filter_map(|ack| ack.fields);
        let mut kept = kept.flat_map(|fields| [fields.want, fields.content]);
        kept.any(|said| !now.differing(&said).contains(&field))
    }

    /// Whether the provider holds what is wanted, by its last acknowledgement.
    #[must_use]
    pub fn is_as_wanted(&self) -> bool {
        match (&self.object, self.want) {
            (Some(object), Some(want)) => {
                !object.edited && self.acks.last().is_some_and(|ack| ack.want == want)
            }
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    /// Whether it stands for nothing but an instance of a series that a person changed or cancelled
    /// in the mirror.
    pub(crate) fn is_theirs(&self, key: PartKey) -> bool {
        matches!(key, PartKey::Override(_)) && self.want.is_none() && self.acks.is_empty()
    }

    /// Whether it stands for nothing but an instance that a person cancelled, which waits for the
    /// release.
    pub(crate) fn is_cancelled(&self, key: PartKey) -> bool {
        let on_its_way = self.object.as_ref().is_some_and(|object| object.deleting);
        self.is_theirs(key) && self.gone.is_some() && !on_its_way
    }

    /// The object, unless something else is still to be written into it, or nobody knows what it
    /// holds.
    pub(crate) fn written(&self) -> Option<&PartObject> {
        match self.status {
            PartStatus::Due | PartStatus::Unsure => None,
            PartStatus::ReadBack if !self.is_as_wanted() => None,
            PartStatus::Settled | PartStatus::ReadBack | PartStatus::Parked(_) => {
                self.object.as_ref()
            }
        }
    }

    /// Settled where the provider holds what is wanted, else due.
    pub fn settle(&mut self) {
        self.status = if self.is_as_wanted() { PartStatus::Settled } else { PartStatus::Due };
    }
}

/// Where the work on a part stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartStatus {
    /// As wanted.
    Settled,
    /// A write is due.
    Due,
    /// Written, and the stored form is to be read.
    ReadBack,
    /// A read of the object alone must say what is there.
    Unsure,
    /// Tried no more until someone looks; the reason is a code and says what to do.
    Parked(ParkReason),
}

/// Why a part is tried no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParkReason {
    /// The provider refuses the object for good.
    Refused,
    /// We may not write there, though its calendar does not say so.
    Forbidden,
    /// Its calendar says that we may not write there: tried again once it says otherwise.
    ReadOnly,
    /// It is larger than the provider takes, which did not say how much that is.
    TooLarge,
    /// It is larger than so many octets, which is what its calendar said it takes.
    OverLimit(u32),
    /// Reverted three times in a day, or never as it was read just before: someone else keeps
    /// changing it.
    Contended,
    /// Its place is taken by something that is not ours.
    Taken,
    /// Too many attempts without an answer to act on.
    Exhausted,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

    use super::*;
    use crate::draft::Draft;
    use crate::journal::{Cause, CauseKind};
    use crate::plan::{Change, Row};
    use crate::slice::{Bundle, Slice};
    use crate::transitions::{ANEW, EDGE, OLD, PART, WANT, bundle, env, part};

    /// The parts that a step puts in which one with these replaced wants is wanted otherwise in turn.
    fn puts(before: &[ContentHash], wants: &[ContentHash]) -> Vec<Part> {
        let mut due = part("to write", &PartStatus::Due);
        due.before = before.to_vec();
        let known = bundle(MirrorMode::Kept, PART.part, due);
        let slice = Slice { events: [(PART.event, Some(known))].into(), ..Slice::default() };
        let env = env();
        let mut draft = Draft::new(&slice, &env);
        for want in wants {
            let otherwise = |bundle: &mut Bundle| {
                let parts = &mut bundle.mirrors.get_mut(&EDGE).unwrap().parts;
                parts.get_mut(&PART.part).unwrap().want = Some(*want);
            };
            draft.edit(PART.event, Cause::of(CauseKind::Swept), otherwise).unwrap();
        }
        let rows = draft.finish(0).unwrap().changes.into_iter();
        rows.filter_map(|change| {
            let Change::Put(Row::Part(_, _, part), _) = change else { return None };
            Some(part)
        })
        .collect()
    }

    /// Catches an entry of the journal that tells of nothing (L11), and an old want that is forgotten: its
    /// write may be under way.
    #[test]
    fn what_is_wanted_otherwise_and_back_within_a_step_changes_nothing() {
        assert_eq!(puts(&[], &[ANEW])[0].before, [WANT]);
        let full: Vec<ContentHash> = (10..14).map(|n| ContentHash([n; 32])).collect();
        for before in [&[][..], &[OLD, ANEW], &full] {
            assert_eq!(puts(before, &[ANEW, WANT]), [], "{before:?}");
            assert_eq!(puts(before, &[ANEW, OLD, WANT]), [], "{before:?}");
        }
    }
}
