//! `cargo xtask bindings`.

mod generate;
mod kotlin;
mod library;
mod python;
mod swift;

use std::path::PathBuf;
use std::process::Command;

use crate::run::{Done, build_programs, built, cargo, root, step};

/// A language of the bindings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    Python,
    Kotlin,
    Swift,
}

/// What is done for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Action {
    /// Builds the library and generates its bindings.
    Generate,
    /// The same, and runs the language's own tests against kalends-sim.
    Test,
    /// Makes what is published, of the small library, and runs the example from it.
    Package,
    /// Measures the small library: its size, how 10,000 events open, how a sync ends in time.
    Measure,
}

pub(crate) fn run(language: Language, action: Action) -> Done {
    if language == Language::Swift && action != Action::Generate {
        swift::installed()?;
    }
    build()?;
    match action {
        Action::Generate => generate::run(language, &library::debug()),
        Action::Test => {
            generate::run(language, &library::debug())?;
            match language {
                Language::Python => python::test(),
                Language::Kotlin => kotlin::test(),
                Language::Swift => swift::test(),
            }
        }
        Action::Package => match language {
            Language::Python => python::package(),
            Language::Kotlin => kotlin::package(&library::small()?),
            Language::Swift => swift::package(),
        },
        Action::Measure => {
            let library = library::small()?;
            library::measure(&library)?;
            generate::run(language, &library::dist())?;
            match language {
                Language::Python => python::measure(&library),
                Language::Kotlin => kotlin::measure(&library),
                Language::Swift => swift::measure(&library),
            }
        }
    }
}

/// The library by itself: built with others, the generator's features would get into it.
fn build() -> Done {
    build_programs(&["uniffi-bindgen", "uniffi-contract", "kalends-sim", "kalends"])?;
    step(&mut cargo(&["build", "--quiet", "--package", "kalends-ffi", "--lib"]))
}

/// Where the tests find the programs that they start.
fn programs(command: &mut Command) -> &mut Command {
    command.env("KALENDS_SIM", built("kalends-sim")).env("KALENDS_CLI", built("kalends"))
}

/// Where the generated parts go, and what is made of them.
fn made(name: &str) -> PathBuf {
    root().join("target/bindings").join(name)
}

fn folder(name: &str) -> PathBuf {
    root().join("bindings").join(name)
}
