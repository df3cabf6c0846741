//! Histories of every kind over the stores that hosts stand on, judged as those in memory are.

use kalends_sim_tests::{Check, Depth, Ground, Kind, Tale, histories};

/// Lives histories of every kind in turn, and names all that end otherwise.
fn all(depth: Depth, ground: Ground, seeds: std::ops::Range<u64>) {
    let kinds = [Kind::Reverting, Kind::Giving, Kind::Storm, Kind::Rough, Kind::Leaving];
    let tales = seeds.zip(kinds.into_iter().cycle());
    let lived = tales.map(|(seed, kind)| Tale::new(depth, kind, seed, 25).on(ground));
    let failed: Vec<String> =
        lived.filter_map(|tale| Some(format!("{tale}\n{}", tale.live().trouble?))).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn histories_of_every_kind_over_sqlite_end_as_they_should() {
    all(Depth::Wire, Ground::Sqlite, 7_000_000..7_000_000 + histories(20, 1_000));
    all(Depth::Values, Ground::Sqlite, 7_100_000..7_100_000 + histories(40, 4_000));
}

#[test]
fn histories_of_every_kind_over_a_hostile_store_end_as_they_should() {
    all(Depth::Values, Ground::Hostile, 7_200_000..7_200_000 + histories(40, 4_000));
}

/// Catches judges that pass over a store which is no memory: each of them looks at as much there.
#[test]
fn no_judge_passes_over_a_store_that_is_no_memory() {
    for kind in [Kind::Reverting, Kind::Giving, Kind::Storm] {
        let tale = Tale::new(Depth::Values, kind, 7, 25);
        let memory = tale.live().coverage;
        let sqlite = tale.on(Ground::Sqlite).live().coverage;
        for check in [Check::Rows, Check::Journal, Check::Store, Check::Lost, Check::Leaks] {
            let [there, here] = [&memory, &sqlite].map(|seen| seen.times("check", check.name()));
            assert_eq!(here > 0, there > 0, "{kind:?} {check}: {there} and {here}");
        }
        assert!(sqlite.times("check", "journal") > 50, "{kind:?}");
    }
}
