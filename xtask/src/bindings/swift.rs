//! Swift: the package, and its tests where there is a compiler.

use std::path::PathBuf;
use std::process::Command;

use super::{Language, folder, generate, library, made, programs};
use crate::run::{Done, loudly, step, succeeds};

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
    let package = stage()?;
    let mut swift = Command::new("swift");
    swift.args(["test", "--disable-xctest", "--no-parallel"]).current_dir(&package);
    swift.env("LD_LIBRARY_PATH", package.join("lib"));
    step(programs(&mut swift))
}

/// The XCFramework, which only Apple's tools can make.
pub(super) fn package() -> Done {
    if !cfg!(target_os = "macos") {
        loudly("An XCFramework is made on a Mac alone: run bindings/swift/xcframework.sh there.");
        return Err("not on a Mac".to_owned());
    }
    generate::run(Language::Swift, &library::debug())?;
    step(Command::new("bash").arg(folder("swift/xcframework.sh")))
}

pub(super) fn measure() -> Done {
    Err("the figures are taken in Python and Kotlin".to_owned())
}

/// The package with what is generated, where SwiftPM wants it.
fn stage() -> Done<PathBuf> {
    let (from, generated, package) = (folder("swift"), made("swift"), made("swift-package"));
    for place in ["Sources/Kalends", "Sources/KalendsFFI/include", "Tests/KalendsTests", "lib"] {
        generate::empty(&package.join(place))?;
    }
    let sources = [
        (from.join("Package.swift"), "Package.swift"),
        (from.join("Sources/Kalends/Host.swift"), "Sources/Kalends/Host.swift"),
        (generated.join("kalends.swift"), "Sources/Kalends/kalends.swift"),
        (generated.join("Contract.swift"), "Sources/Kalends/Contract.swift"),
        (generated.join("kalendsFFI.h"), "Sources/KalendsFFI/include/kalendsFFI.h"),
        (generated.join("kalendsFFI.modulemap"), "Sources/KalendsFFI/include/module.modulemap"),
        (from.join("Tests/KalendsTests/EngineTests.swift"), "Tests/KalendsTests/EngineTests.swift"),
        (from.join("Tests/KalendsTests/Support.swift"), "Tests/KalendsTests/Support.swift"),
    ];
    for (source, place) in &sources {
        generate::copy(source, &package.join(place))?;
    }
    generate::write(&package.join("Sources/KalendsFFI/empty.c"), "")?;
    generate::copy(&library::debug(), &package.join("lib").join(library::name()))?;
    Ok(package)
}
