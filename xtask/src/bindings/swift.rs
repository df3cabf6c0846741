//! Swift: the package, and its tests where there is a compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Language, folder, generate, library, made, programs};
use crate::run::{Done, loudly, step, succeeds};

/// The suite of tests that measures, and tests nothing else.
const FIGURES: &str = "Figures";

/// Fails loudly where there is no compiler.
pub(super) fn installed() -> Done {
    if succeeds(Command::new("swift").arg("--version")) {
        return Ok(());
    }
    loudly(
        "There is no Swift compiler here: nothing of the Swift layer was compiled or run.\n\
         To have one: https://swift.org/install, or Debian 13's package `swiftlang`;\n\
         then `swift --version` has to work.",
    );
    Err("no Swift compiler".to_owned())
}

/// Tests of the package on this machine, with the library as the other languages test it.
pub(super) fn test() -> Done {
    run(&library::debug(), &["--skip", FIGURES])
}

/// The XCFramework, which only Apple's tools can make.
pub(super) fn package() -> Done {
    if !cfg!(target_os = "macos") {
        loudly("An XCFramework is made on a Mac alone: run bindings/swift/xcframework.sh there.");
        return Err("not on a Mac".to_owned());
    }
    generate::run(Language::Swift, &library::debug())?;
    step(library::lean(Command::new("bash").arg(folder("swift/xcframework.sh"))))
}

/// The figures, from the stripped library.
pub(super) fn measure(small: &Path) -> Done {
    run(small, &["--configuration", "release", "--filter", FIGURES])
}

fn run(library: &Path, words: &[&str]) -> Done {
    let package = stage(library)?;
    let mut swift = Command::new("swift");
    swift.args(["test", "--disable-xctest", "--no-parallel"]).args(words).current_dir(&package);
    swift.env("LD_LIBRARY_PATH", package.join("lib"));
    step(programs(&mut swift))
}

/// The package with what is generated, and with this library, where SwiftPM wants it.
fn stage(library: &Path) -> Done<PathBuf> {
    let (from, generated, package) = (folder("swift"), made("swift"), made("swift-package"));
    let places = [
        "Sources/Kalends",
        "Sources/KalendsFFI/include",
        "Sources/Federate",
        "Tests/KalendsTests",
        "Tests/Killable",
        "lib",
    ];
    for place in places {
        generate::empty(&package.join(place))?;
    }
    for (source, place) in [
        (from.join("Package.swift"), "Package.swift"),
        (generated.join("kalends.swift"), "Sources/Kalends/kalends.swift"),
        (generated.join("Contract.swift"), "Sources/Kalends/Contract.swift"),
        (generated.join("kalendsFFI.h"), "Sources/KalendsFFI/include/kalendsFFI.h"),
        (generated.join("kalendsFFI.modulemap"), "Sources/KalendsFFI/include/module.modulemap"),
    ] {
        generate::copy(&source, &package.join(place))?;
    }
    for place in ["Sources/Kalends", "Sources/Federate", "Tests/KalendsTests", "Tests/Killable"] {
        copy_all(&from.join(place), &package.join(place))?;
    }
    generate::write(&package.join("Sources/KalendsFFI/empty.c"), "")?;
    generate::copy(library, &package.join("lib").join(library::name()))?;
    Ok(package)
}

fn copy_all(from: &Path, into: &Path) -> Done {
    let found = fs::read_dir(from).map_err(|e| format!("read {}: {e}", from.display()))?;
    let mut files = found.flatten().filter(|entry| entry.path().is_file());
    files.try_for_each(|file| generate::copy(&file.path(), &into.join(file.file_name())))
}
