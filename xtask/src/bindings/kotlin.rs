//! Kotlin: tests, the jar, figures. The compiler is npm's, as there is no Gradle without Maven.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Language, folder, generate, library, made, programs};
use crate::run::{Done, step, succeeds};
use crate::{debian, tools};

const COMPILER: &str = "kotlin-compiler@2.4.20";
const JNA: &str = "/usr/share/java/jna.jar";

pub(super) fn test() -> Done {
    let kotlin = Kotlin::install()?;
    let bindings = kotlin.bindings()?;
    let tests = kotlin.tests(&bindings)?;
    let mut java = kotlin.java(&[&bindings, &tests], Some(&library::debug()));
    step(programs(java.arg("dev.kalends.tests.MainKt")))
}

/// The jar with the library in it; the example is run from it.
pub(super) fn package(small: &Path) -> Done {
    generate::run(Language::Kotlin, &library::dist())?;
    let kotlin = Kotlin::install()?;
    let (bindings, natives) = (kotlin.bindings()?, made("natives"));
    // Where JNA looks for a library in a jar.
    let at = natives.join(format!("{}-{}", os(), arch()));
    generate::empty(&natives)?;
    generate::empty(&at)?;
    generate::copy(small, &at.join(library::name()))?;
    let mut jar = Command::new("jar");
    step(jar.arg("--update").arg("--file").arg(&bindings).arg("-C").arg(&natives).arg("."))?;
    let tests = kotlin.tests(&bindings)?;
    let mut java = kotlin.java(&[&bindings, &tests], None);
    step(programs(java.args(["dev.kalends.tests.MainKt", "example"])))
}

/// The figures, from the stripped library.
pub(super) fn measure(small: &Path) -> Done {
    let kotlin = Kotlin::install()?;
    let bindings = kotlin.bindings()?;
    let tests = kotlin.tests(&bindings)?;
    let mut java = kotlin.java(&[&bindings, &tests], Some(small));
    step(programs(java.arg("dev.kalends.tests.MeasureKt")))
}

/// The compiler as it is installed.
struct Kotlin {
    home: PathBuf,
}

impl Kotlin {
    fn install() -> Done<Self> {
        for (program, package) in [("java", "openjdk-17-jdk-headless"), ("npm", "npm")] {
            if !succeeds(Command::new(program).arg("--version")) {
                debian::install(&[package])?;
            }
        }
        let folder = tools::folder().join("kotlin");
        let home = folder.join("node_modules/kotlin-compiler");
        if !home.join("bin/kotlinc").exists() {
            fs::create_dir_all(&folder).map_err(|e| format!("make {}: {e}", folder.display()))?;
            let mut npm = Command::new("npm");
            step(npm.current_dir(&folder).args(["install", "--silent", COMPILER]))?;
        }
        if !Path::new(JNA).exists() {
            debian::install(&["libjna-java"])?;
        }
        Ok(Self { home })
    }

    fn bindings(&self) -> Done<PathBuf> {
        self.compile("kalends.jar", &[], &[made("kotlin"), folder("kotlin/src")])
    }

    fn tests(&self, bindings: &Path) -> Done<PathBuf> {
        let sources = [folder("kotlin/tests"), folder("kotlin/examples")];
        self.compile("kalends-tests.jar", &[bindings], &sources)
    }

    fn compile(&self, name: &str, with: &[&Path], sources: &[PathBuf]) -> Done<PathBuf> {
        let jar = made(name);
        let mut command = Command::new("bash");
        command.arg(self.home.join("bin/kotlinc")).args(["-cp", &self.path(with), "-d"]).arg(&jar);
        step(command.args(sources))?;
        Ok(jar)
    }

    /// Java with these jars, and the library beside them unless it is in one.
    fn java(&self, with: &[&Path], library: Option<&Path>) -> Command {
        let stdlib = self.home.join("lib/kotlin-stdlib.jar");
        let mut java = Command::new("java");
        if let Some(at) = library.and_then(Path::parent) {
            java.arg(format!("-Djna.library.path={}", at.display()));
        }
        java.args(["-cp", &self.path(&[with, &[stdlib.as_path()]].concat())]);
        java.env("KALENDS_EXAMPLES", folder("kotlin/examples"));
        java
    }

    fn path(&self, with: &[&Path]) -> String {
        let coroutines = self.home.join("lib/kotlinx-coroutines-core-jvm.jar");
        let jars = [Path::new(JNA), &coroutines].into_iter().chain(with.iter().copied());
        jars.map(|jar| jar.to_string_lossy()).collect::<Vec<_>>().join(":")
    }
}

/// As JNA names them.
fn os() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}

fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x86-64",
        other => other,
    }
}
