//! What histories have to come by, depth by depth: what they never do is not tested by them.

use crate::check::Check;
use crate::life::Depth;
use crate::moves::MADE;
use crate::servers::Servers;
use crate::{caldav, google, graph_faults, values};

/// What histories of all profiles come by at the wire and with values.
const EVERYWHERE: [(&str, &str); 78] = [
    ("aside", "Quarantined"),
    ("aside", "Stray"),
    ("cause", "adopted"),
    ("cause", "authored"),
    ("cause", "conflict"),
    ("cause", "discovered"),
    ("cause", "gone-seen"),
    ("cause", "held"),
    ("cause", "mirror-edited"),
    ("cause", "released"),
    ("cause", "seen"),
    ("cause", "swept"),
    ("cause", "undone"),
    ("cause", "write-failed"),
    ("cause", "wrote"),
    ("edge", "Active"),
    ("edge", "Retiring"),
    ("mirror", "CoveredBy"),
    ("mirror", "Detached"),
    ("mirror", "Frozen"),
    ("mirror", "Kept"),
    ("mirror", "No(EdgeRetiring)"),
    ("mirror", "No(Filtered(Free))"),
    ("mirror", "No(Filtered(NoSync))"),
    ("mirror", "No(HeldByTarget)"),
    ("mirror", "No(OutOfWindow)"),
    ("mirror", "No(SourceGone)"),
    ("mirror", "Yes"),
    ("note", "deletions.held"),
    ("note", "mirror.propagated"),
    ("note", "mirror.reverted"),
    ("note", "part.new-id"),
    ("note", "released"),
    ("note", "stray"),
    ("origin", "Gone"),
    ("origin", "Pending"),
    ("part", "Due"),
    ("part", "Gone"),
    ("part", "Parked(Contended)"),
    ("part", "ReadBack"),
    ("part", "Settled"),
    ("part", "Unsure"),
    ("step", "blink"),
    ("step", "carry the mirror"),
    ("step", "change"),
    ("step", "clear"),
    ("step", "clock jumps"),
    ("step", "clock of one worker is far behind"),
    ("step", "copy"),
    ("step", "create"),
    ("step", "create-otherwise"),
    ("step", "days pass"),
    ("step", "delete"),
    ("step", "delete the mirror"),
    ("step", "edge"),
    ("step", "edges"),
    ("step", "edit"),
    ("step", "edit the mirror"),
    ("step", "kill a sync at"),
    ("step", "late"),
    ("step", "litter"),
    ("step", "lower"),
    ("step", "move"),
    ("step", "pause a sync at"),
    ("step", "remove"),
    ("step", "reshape"),
    ("step", "rest"),
    ("step", "rewind the mirror"),
    ("step", "show"),
    ("step", "split"),
    ("step", "spoil"),
    ("step", "sync"),
    ("step", "sync twice"),
    ("step", "take the mirror"),
    ("step", "tokens of"),
    ("step", "undelete"),
    ("step", "undo"),
    ("step", "wipe"),
];

/// What the profiles that are lived with three providers come by: nobody edits there but to be put
/// right, and providers tell of what changed.
const WITH_THREE: [(&str, &str); 22] = [
    ("cause", "discovered"),
    ("cause", "gone-seen"),
    ("cause", "released"),
    ("cause", "seen"),
    ("cause", "swept"),
    ("cause", "undone"),
    ("cause", "wrote"),
    ("edge", "Active"),
    ("mirror", "CoveredBy"),
    ("mirror", "Kept"),
    ("mirror", "Yes"),
    ("note", "mirror.reverted"),
    ("note", "released"),
    ("part", "Due"),
    ("part", "Settled"),
    ("part", "Unsure"),
    ("step", "notice arrives"),
    ("step", "notice doubled"),
    ("step", "notice forged"),
    ("step", "notice late"),
    ("step", "notice lost"),
    ("step", "wipe"),
];

/// What only edits that count can be judged by.
const OF_GIVING: [Check; 3] = [Check::Edits, Check::Theirs, Check::Lost];

/// What the histories that are lived in turn at a depth have to come by: groups and names.
pub(crate) fn expected(depth: Depth) -> Vec<(&'static str, String)> {
    let (lived, faults): (&[(&str, &str)], Vec<&str>) = match depth {
        Depth::Wire => {
            (&EVERYWHERE[..], [&caldav::FAULTS[..], &caldav::RARE, &caldav::MORE].concat())
        }
        Depth::Values => (&EVERYWHERE[..], values::FAULTS.iter().map(|(name, _)| *name).collect()),
        Depth::All => {
            let usual =
                [&caldav::FAULTS[..], &google::WRITING, &google::READING, &graph_faults::FAULTS];
            let rare =
                [&caldav::RARE[..], &google::RARE, &google::RARE_READING, &graph_faults::RARE];
            let more = [&google::MORE[..], &graph_faults::MORE];
            (&WITH_THREE[..], [usual.concat(), rare.concat(), more.concat()].concat())
        }
        Depth::Google => (&[][..], [&google::WRITING[..], &google::READING].concat()),
        Depth::Graph => (&[][..], graph_faults::FAULTS.to_vec()),
    };
    let checks = Check::ALL.into_iter().filter(|check| match depth {
        Depth::Wire | Depth::Values => true,
        Depth::All => !OF_GIVING.contains(check),
        Depth::Google | Depth::Graph => false,
    });
    let lived = lived.iter().map(|(group, name)| (*group, (*name).to_owned()));
    let faults = faults.into_iter().map(|name| ("step", format!("fault {name}")));
    let servers: &[Servers] = match depth {
        Depth::Wire => &Servers::ALL,
        Depth::Values | Depth::Google | Depth::Graph | Depth::All => &[Servers::Plain],
    };
    let servers = servers.iter().map(|one| ("server", one.name().to_owned()));
    let moves: &[&str] = match depth {
        Depth::Wire | Depth::Values => &MADE,
        Depth::Google | Depth::Graph | Depth::All => &[],
    };
    let moves = moves.iter().map(|one| ("move", (*one).to_owned()));
    let lived = lived.chain(servers).chain(moves);
    lived.chain(checks.map(|check| ("check", check.name().to_owned()))).chain(faults).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::Coverage;

    /// Catches a run that is green though it exercised nothing.
    #[test]
    fn where_nothing_was_exercised_all_of_it_is_named() {
        for depth in [Depth::Wire, Depth::Values, Depth::All, Depth::Google] {
            let never = Coverage::default().never(depth);
            assert_eq!(never.len(), expected(depth).len(), "{}", depth.name());
            assert!(never.len() >= 20, "{}", depth.name());
        }
        let mut coverage = Coverage::default();
        coverage.add("step", "fault C41", 1);
        assert!(!coverage.never(Depth::Wire).contains(&"step fault C41".to_owned()));
        assert!(Coverage::default().never(Depth::Wire).contains(&"step fault C41".to_owned()));
        assert!(Coverage::default().never(Depth::All).contains(&"step notice lost".to_owned()));
        assert!(Coverage::default().never(Depth::Values).contains(&"check rows".to_owned()));
        let moved = "move read-back -> settled".to_owned();
        assert!(Coverage::default().never(Depth::Values).contains(&moved));
    }
}
