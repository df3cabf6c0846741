//! Random histories: lost answers, failures, deaths between any two steps, and time.

use kalends_core::provider::FailureClass;
use kalends_core::watch::{Renewal, Upkeep};
use proptest::prelude::*;

use super::support::{DAY, HOUR, Scene, failed, push};

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
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => (1i64..40).prop_map(Happens::Hours),
        3 => Just(Happens::Well),
        1 => Just(Happens::DiesBefore),
        1 => Just(Happens::DiesAfter),
        1 => Just(Happens::AnswerLost),
        1 => prop_oneof![
            Just(FailureClass::Transient),
            Just(FailureClass::Throttled),
            Just(FailureClass::SignIn),
            Just(FailureClass::Refused),
        ].prop_map(Happens::Fails),
    ]
}

proptest! {
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
            match event {
                Happens::Hours(hours) => scene.pass(hours * HOUR),
                Happens::Well => drop(scene.tend(Some(&push))),
                Happens::DiesBefore => faults += usize::from(scene.decide(Some(&push)).is_some()),
                Happens::DiesAfter => {
                    if let Some((_, op)) = scene.decide(Some(&push)) {
                        scene.grant(&op);
                        faults += 1;
                    }
                }
                Happens::AnswerLost => {
                    if let Some(sent) = scene.decide(Some(&push)) {
                        scene.grant(&sent.1);
                        scene.settle(&sent, &failed(FailureClass::Unknown));
                        faults += 1;
                    }
                }
                Happens::Fails(class) => {
                    if let Some(sent) = scene.decide(Some(&push)) {
                        scene.requests += 1;
                        scene.settle(&sent, &failed(class));
                        faults += 1;
                    }
                }
            }
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
