//! What befalls the requests of a world to Microsoft Graph, and which of them.

use crate::random::Random;
use crate::site::Planned;

/// What passes: lost answers, refusals for a time, broken connections, lost tokens, and pages that
/// are empty, doubled, out of order or late.
pub(crate) const FAULTS: [&str; 16] = [
    "G6-410",
    "G6-410-case",
    "G6-400",
    "G7",
    "G8",
    "G12",
    "G12-backwards",
    "G13",
    "G20",
    "G22",
    "G23",
    "G25",
    "G28-fraction",
    "G30-503",
    "X2",
    "X3",
];

/// The other things that pass: rounds that begin anew elsewhere or say too much, other limits, other
/// networks.
pub(crate) const RARE: [&str; 14] = [
    "G6-410-location",
    "G6-dead",
    "G10",
    "G11",
    "G14",
    "G28-2",
    "G28-absent",
    "G28-one",
    "G29",
    "G30-504",
    "X1",
    "X4",
    "X5",
    "X16",
];

/// Tokens that have run out or must bring claims, zones without a name, roads that end and that nobody
/// takes, all other limits, batches out of order, and pages of somebody else.
pub(crate) const MORE: [&str; 15] = [
    "G3",
    "G3-expired",
    "G4-once",
    "G15",
    "G18",
    "G18-500",
    "G19",
    "G28-activity",
    "G28-busy",
    "G28-negative",
    "G28-past",
    "G30-500",
    "G31-backwards",
    "G31-throttled",
    "X12",
];

/// One of what is met in all worlds.
pub(crate) fn usual(random: &mut Random) -> Planned<'static> {
    let name = FAULTS[random.below(FAULTS.len())];
    let (method, path) = match name {
        "G6-410" | "G6-410-case" | "G6-400" | "G7" | "G8" | "G12" | "G12-backwards" | "G13" => {
            ("GET", "*delta*")
        }
        "G23" => (["PATCH", "DELETE"][random.below(2)], "*"),
        _ => (["POST", "PATCH", "DELETE", "GET"][random.below(4)], "*"),
    };
    planned(random, name, (method, path))
}

/// One of what is rare.
pub(crate) fn rare(random: &mut Random) -> Planned<'static> {
    let name = RARE[random.below(RARE.len())];
    let (method, path) = match name {
        "G6-410-location" | "G10" | "G11" | "G14" => ("GET", "*delta*"),
        _ => (["POST", "PATCH", "DELETE", "GET"][random.below(4)], "*"),
    };
    planned(random, name, (method, path))
}

/// One of what is met in few worlds.
pub(crate) fn more(random: &mut Random) -> Planned<'static> {
    let name = MORE[random.below(MORE.len())];
    let (method, path) = match name {
        "G31-backwards" | "G31-throttled" => ("POST", "*/$batch"),
        "G15" => ("GET", "/v1.0*"),
        "G19" => ("GET", "*delta*"),
        _ => (["POST", "PATCH", "DELETE", "GET"][random.below(4)], "/v1.0*"),
    };
    planned(random, name, (method, path))
}

const fn planned(
    random: &mut Random,
    name: &'static str,
    (method, path): (&'static str, &'static str),
) -> Planned<'static> {
    Planned { name, method, path, nth: 1 + random.below(3) as u32 }
}
