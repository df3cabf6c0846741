//! The least disclosure of edge, person and organisation is a lattice meet.

use std::collections::BTreeMap;

use kalends_core::event::Privacy;
use kalends_core::graph::{DetailLevel, EdgeOptions, Policy, PolicyOwner};
use kalends_core::policy::{Disclosure, disclosure, shown};
use proptest::prelude::*;

fn level() -> impl Strategy<Value = DetailLevel> {
    prop_oneof![Just(DetailLevel::Busy), Just(DetailLevel::Title), Just(DetailLevel::Full)]
}

fn any_disclosure() -> impl Strategy<Value = Disclosure> {
    (level(), level(), any::<bool>(), any::<bool>()).prop_map(
        |(level, private_level, people, meeting)| Disclosure {
            level,
            private_level,
            people,
            meeting,
        },
    )
}

fn any_policy() -> impl Strategy<Value = Policy> {
    (level(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(level_max, private_grants, people, meeting)| Policy {
            level_max,
            private_grants,
            people,
            meeting,
        },
    )
}

proptest! {
    #[test]
    fn meet_is_a_lattice_meet(a in any_disclosure(), b in any_disclosure(), c in any_disclosure()) {
        prop_assert_eq!(a.meet(b), b.meet(a));
        prop_assert_eq!(a.meet(b).meet(c), a.meet(b.meet(c)));
        prop_assert_eq!(a.meet(a), a);
        prop_assert_eq!(a.meet(Disclosure::top()), a);
        // What both allow is allowed by each: meeting again changes nothing.
        prop_assert_eq!(a.meet(b).meet(a), a.meet(b));
    }

    #[test]
    fn no_policy_adds_detail(
        level in level(),
        grant in any::<bool>(),
        person in any_policy(),
        organization in any_policy(),
        private in any::<bool>(),
    ) {
        let edge = EdgeOptions {
            level, private_grant: grant, people: true, ..EdgeOptions::default()
        };
        let privacy = if private { Privacy::Private } else { Privacy::Default };
        let alone = disclosure(&edge, &BTreeMap::new());
        let one = disclosure(&edge, &BTreeMap::from([(PolicyOwner::Person, person.clone())]));
        let both = disclosure(&edge, &BTreeMap::from([
            (PolicyOwner::Person, person), (PolicyOwner::Organization, organization),
        ]));
        prop_assert!(shown(&one, privacy) <= shown(&alone, privacy));
        prop_assert!(shown(&both, privacy) <= shown(&one, privacy));
        prop_assert!(both.people <= one.people && !both.meeting);
    }
}

#[test]
fn private_events_show_busy_unless_everyone_grants_more() {
    let full = EdgeOptions { level: DetailLevel::Full, ..EdgeOptions::default() };
    let granted = EdgeOptions { private_grant: true, ..full.clone() };
    let none = BTreeMap::new();
    let refused = BTreeMap::from([(
        PolicyOwner::Organization,
        Policy { private_grants: false, ..Policy::default() },
    )]);
    assert_eq!(shown(&disclosure(&full, &none), Privacy::Private), DetailLevel::Busy);
    assert_eq!(shown(&disclosure(&full, &none), Privacy::Confidential), DetailLevel::Busy);
    assert_eq!(shown(&disclosure(&full, &none), Privacy::Default), DetailLevel::Full);
    assert_eq!(shown(&disclosure(&granted, &none), Privacy::Private), DetailLevel::Full);
    assert_eq!(shown(&disclosure(&granted, &refused), Privacy::Private), DetailLevel::Busy);
}
