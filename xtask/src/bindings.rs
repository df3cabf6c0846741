//! `cargo xtask bindings`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Done, cargo, root, step, succeeds};
use crate::{debian, tools};

const NAMESPACE: &str = "kalends";
const KOTLIN_COMPILER: &str = "kotlin-compiler@2.4.20";
const JNA: &str = "/usr/share/java/jna.jar";

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
}

pub(crate) fn run(language: Language, action: Action) -> Done {
    build()?;
    generate(language)?;
    match (language, action) {
        (_, Action::Generate) => Ok(()),
        (Language::Python, Action::Test) => python(),
        (Language::Kotlin, Action::Test) => kotlin(),
        (Language::Swift, Action::Test) => {
            Err("the Swift bindings have no tests yet: generate them, and open bindings/swift"
                .into())
        }
    }
}

/// Each by itself: built together, the generator's features would get into the library.
fn build() -> Done {
    step(&mut cargo(&["build", "--quiet", "--package", "kalends-ffi", "--lib", "--examples"]))?;
    step(&mut cargo(&["build", "--quiet", "--package", "kalends-bindgen"]))?;
    let programs = ["build", "--quiet", "--package", "kalends-sim", "--package", "kalends-server"];
    step(&mut cargo(&programs))
}

fn generate(language: Language) -> Done {
    let (name, into) = match language {
        Language::Python => ("python", made("python/kalends")),
        Language::Kotlin => ("kotlin", made("kotlin")),
        Language::Swift => ("swift", made("swift")),
    };
    let mut command = Command::new(built("uniffi-bindgen"));
    command.current_dir(root()).arg("generate").arg(library());
    fs::create_dir_all(&into).map_err(|e| format!("make {}: {e}", into.display()))?;
    let config = folder("bindgen/bindings.toml");
    command.args(["--language", name, "--no-format", "--config"]).arg(config);
    step(command.arg("--out-dir").arg(&into))?;
    let told = Command::new(built("examples/contract")).output();
    let told = told.map_err(|e| format!("run the example `contract`: {e}"))?;
    let contract = String::from_utf8_lossy(&told.stdout).trim().to_owned();
    match language {
        Language::Python => {
            write(&into.join("_contract.py"), &format!("CONTRACT = \"{contract}\"\n"))?;
            for part in ["__init__.py", "py.typed"] {
                copy(&folder("python/kalends").join(part), &into)?;
            }
            copy(&library(), &into)
        }
        Language::Kotlin => write(
            &into.join("Contract.kt"),
            &format!("package dev.kalends\n\ninternal const val CONTRACT = \"{contract}\"\n"),
        ),
        Language::Swift => {
            write(&into.join("Contract.swift"), &format!("let contract = \"{contract}\"\n"))
        }
    }
}

fn python() -> Done {
    tools::install_python()?;
    let (package, tests) = (made("python"), folder("python/tests"));
    let mut command = Command::new(tools::folder().join("venv/bin/python"));
    let path = format!("{}:{}", package.display(), tests.display());
    command.env("PYTHONPATH", path).env("PYTHONDONTWRITEBYTECODE", "1").current_dir(&package);
    command.args(["-m", "unittest", "discover", "--start-directory"]).arg(&tests);
    step(programs(&mut command))
}

fn kotlin() -> Done {
    let compiler = install_kotlin()?;
    let lib = compiler.join("lib");
    let coroutines = lib.join("kotlinx-coroutines-core-jvm.jar");
    let path =
        |jars: &[&Path]| jars.iter().map(|jar| jar.to_string_lossy()).collect::<Vec<_>>().join(":");
    let (jna, out) = (Path::new(JNA), root().join("target/bindings"));
    fs::create_dir_all(&out).map_err(|e| format!("make {}: {e}", out.display()))?;
    let (bindings, tests) = (out.join("kalends.jar"), out.join("kalends-tests.jar"));
    let sources = [made("kotlin"), folder("kotlin/src")];
    compile(&compiler, &path(&[jna, &coroutines]), &bindings, &sources)?;
    let with = path(&[jna, &coroutines, &bindings]);
    compile(&compiler, &with, &tests, &[folder("kotlin/tests")])?;
    let mut java = Command::new("java");
    let with = path(&[jna, &coroutines, &bindings, &tests, &lib.join("kotlin-stdlib.jar")]);
    let natives = format!("-Djna.library.path={}", root().join("target/debug").display());
    step(programs(&mut java).args([&natives, "-cp", &with, "dev.kalends.tests.MainKt"]))
}

fn compile(compiler: &Path, with: &str, into: &Path, sources: &[PathBuf]) -> Done {
    let mut command = Command::new("bash");
    command.arg(compiler.join("bin/kotlinc")).args(["-cp", with, "-d"]).arg(into);
    step(command.args(sources))
}

fn install_kotlin() -> Done<PathBuf> {
    for (program, package) in [("java", "openjdk-17-jdk-headless"), ("npm", "npm")] {
        if !succeeds(Command::new(program).arg("--version")) {
            debian::install(&[package])?;
        }
    }
    let home = tools::folder().join("kotlin");
    let compiler = home.join("node_modules/kotlin-compiler");
    if !compiler.join("bin/kotlinc").exists() {
        fs::create_dir_all(&home).map_err(|e| format!("make {}: {e}", home.display()))?;
        let mut npm = Command::new("npm");
        step(npm.current_dir(&home).args(["install", "--silent", KOTLIN_COMPILER]))?;
    }
    if !Path::new(JNA).exists() {
        debian::install(&["libjna-java"])?;
    }
    Ok(compiler)
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

fn built(name: &str) -> PathBuf {
    root().join("target/debug").join(name)
}

fn library() -> PathBuf {
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    built(&format!("{prefix}{NAMESPACE}_ffi{suffix}"))
}

fn copy(file: &Path, into: &Path) -> Done {
    let name = file.file_name().unwrap_or_default();
    let done = fs::copy(file, into.join(name));
    done.map(drop).map_err(|e| format!("copy {}: {e}", file.display()))
}

fn write(file: &Path, text: &str) -> Done {
    fs::write(file, text).map_err(|e| format!("write {}: {e}", file.display()))
}
