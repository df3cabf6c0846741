//! Random histories: lost answers, failures, deaths between any two steps, and time.

use kalends_core::notice::Word;
use kalends_core::provider::FailureClass;
use kalends_core::watch::{Push, Renewal, Stage, Upkeep, due_at};
use proptest::prelude::*;

use super::support::{DAY, HOUR, Scene, failed, keys, push};

const HERE: &str = "https://a.example/hooks/x";

#[derive(Debug, Clone)]
enum Happens {
    /// So many hours pass.
    Hours(i64),
    /// All goes well.
    Well,
    /// It is killed before the request.
    DiesBefore,
    /// The provider acts, and it is killed before that is recorded.
    DiesAfter,
    /// The provider acts, and the answer is lost.
    AnswerLost,
    /// The provider fails.
    Fails(FailureClass),
    /// The provider asks for the newest channel to be renewed.
    Doubts,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => (1i64..40).prop_map(Happens::Hours),
        3 => Just(Happens::Well),
        1 => Just(Happens::DiesBefore),
        1 => Just(Happens::DiesAfter),
        1 => Just(Happens::AnswerLost),
        1 => Just(Happens::Doubts),
        1 => prop_oneof![
            Just(FailureClass::Transient),
            Just(FailureClass::Throttled),
            Just(FailureClass::SignIn),
            Just(FailureClass::Refused),
        ].prop_map(Happens::Fails),
    ]
}

/// How many faults it was.
fn happen(scene: &mut Scene, push: &Push, event: &Happens) -> usize {
    let settled = |scene: &mut Scene, acts: bool, class: FailureClass| {
        let Some(sent) = scene.decide(Some(push)) else { return 0 };
        if acts {
            scene.grant(&sent.1);
        } else {
            scene.requests += 1;
        }
        scene.settle(&sent, &failed(class));
        1
    };
    match event {
        Happens::Hours(hours) => {
            scene.pass(hours * HOUR);
            0
        }
        Happens::Well => {
            scene.tend(Some(push));
            0
        }
        Happens::DiesBefore => usize::from(scene.decide(Some(push)).is_some()),
        Happens::DiesAfter => match scene.decide(Some(push)) {
            Some((_, op)) => {
                scene.grant(&op);
                1
            }
            None => 0,
        },
        Happens::AnswerLost => settled(scene, true, FailureClass::Unknown),
        Happens::Fails(class) => settled(scene, false, *class),
        Happens::Doubts => {
            let channels = scene.watch().into_iter().flat_map(|watch| &watch.channels);
            let open = channels.filter(|channel| channel.stage == Stage::Open);
            let Some(id) = open.filter_map(|channel| channel.id.clone()).next_back() else {
                return 0;
            };
            scene.hears_from(&id, Word::Reauthorise);
            1
        }
    }
}

proptest! {
    /// Catches a watch that is due again and again though nothing is done about it, and one that is
    /// never due again: who looks at it only when it is due finds something to do, or a time to come.
    #[test]
    fn what_is_due_is_done_and_what_is_done_is_not_due(
        renewal in prop_oneof![Just(Renewal::Anew), Just(Renewal::InPlace)],
        history in prop::collection::vec(happens(), 0..40),
    ) {
        let mut scene = Scene::new();
        let push = push(renewal, HERE);
        for event in history {
            happen(&mut scene, &push, &event);
            if let Happens::Hours(_) | Happens::Doubts = event {
                continue;
            }
            let mut sent = 0;
            while let Some(one) = scene.decide(Some(&push)) {
                scene.settle(&one, &failed(FailureClass::Transient));
                sent += 1;
                prop_assert!(sent < 20, "it comes to an end");
            }
            let due = scene.watch().map(|watch| due_at(watch, &keys(), scene.now));
            prop_assert!(due.is_some_and(|due| due > scene.now), "nothing was sent, and it is due");
        }
        // Who looks at nothing but when it is due has one channel that speaks for a year.
        scene.pass(2 * DAY);
        scene.tend(Some(&push));
        let (begun, mut looks) = (scene.now, 0);
        while scene.now.millis_since(begun) < 365 * DAY {
            let due = scene.watch().map(|watch| due_at(watch, &keys(), scene.now)).unwrap();
            scene.pass(due.millis_since(scene.now).max(1));
            looks += 1;
            let speaks = scene.watch().and_then(|watch| watch.speaks_since(scene.now));
            prop_assert!(looks < 10 || speaks.is_some(), "it lapsed before it was due");
            scene.tend(Some(&push));
        }
        prop_assert!(looks < 365, "it was due {looks} times");
    }

    #[test]
    fn faults_cost_a_bounded_number_of_requests_and_end_in_one_channel(
        renewal in prop_oneof![Just(Renewal::Anew), Just(Renewal::InPlace)],
        history in prop::collection::vec(happens(), 0..40),
    ) {
        let mut scene = Scene::new();
        let push = push(renewal, HERE);
        let start = scene.now;
        let mut faults = 0;
        for event in history {
            faults += happen(&mut scene, &push, &event);
            prop_assert!(scene.watch().is_none_or(|watch| watch.channels.len() <= 9));
        }
        let days = usize::try_from(scene.now.millis_since(start) / DAY).unwrap();
        let most = 2 * (faults + days / 4 + 1) + faults;
        prop_assert!(scene.requests <= most, "{} requests, at most {most}", scene.requests);
        // Faults are over: one channel speaks, and stays so for a year without a gap.
        scene.pass(2 * DAY);
        scene.tend(Some(&push));
        scene.pass(8 * DAY);
        scene.tend(Some(&push));
        for _ in 0..365 {
            let speaks = scene.watch().and_then(|watch| watch.speaks_since(scene.now));
            prop_assert!(speaks.is_some(), "before it is tended");
            scene.tend(Some(&push));
            prop_assert_eq!(scene.upkeep(), Upkeep::Active);
            let now = scene.now;
            prop_assert_eq!(scene.granted.values().filter(|end| **end > now).count(), 1);
            scene.pass(DAY);
        }
    }
}
