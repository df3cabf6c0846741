//! What a mirror cannot show although its edge would, as of the edge's last look.

use super::reason::{Reason, reason};
use crate::compile::{Compile, Loss, SINGLES_MAX, losses};
use crate::graph::{Edge, Sweep};
use crate::policy::Disclosure;
use crate::project::{strict_body, strictest};
use crate::slice::{Bundle, Config};

pub(super) fn lost(
    config: &Config,
    edge: &Edge,
    disclosure: &Disclosure,
    bundle: &Bundle,
) -> Vec<Reason> {
    let (Some(Sweep::Done(now)), Some(target), Some(body)) =
        (config.sweeps.get(&edge.id), config.calendars.get(&edge.to), strict_body(bundle, edge))
    else {
        return Vec::new();
    };
    let (target, strictest) = (&target.capabilities, strictest(bundle));
    let asked = Compile { body: &body, strictest, edge, disclosure, target, now: *now };
    losses(&asked).into_iter().map(told).collect()
}

fn told(loss: Loss) -> Reason {
    match loss {
        Loss::NoSeries => reason(
            "lost.series",
            "the target holds no series: the instances in the edge's window stand there one by one",
        ),
        Loss::Unravelled => reason(
            "lost.series",
            "the filters leave out what a series cannot: its instances stand there one by one",
        ),
        Loss::NoPattern => reason(
            "lost.series",
            "the target has no pattern for this series: the instances in the edge's window stand \
             there one by one",
        ),
        Loss::Apart => reason(
            "lost.apart",
            "an instance is on the day of another one, past it, or on one that its rule does not give, \
             where the target lets none go: it stands beside its series as an event of its own",
        ),
        Loss::Instances => Reason {
            code: "lost.instances".to_owned(),
            text: format!(
                "it takes place too often: only the {SINGLES_MAX} nearest instances are there; \
                 a shorter window says the same with fewer"
            ),
        },
        Loss::Texts => reason("lost.texts", "a text is longer than the target takes: it was cut"),
    }
}
