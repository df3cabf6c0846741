//! The generated parts of a language's layer.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Language, built, folder, library, made};
use crate::run::{Done, root, step};

/// Of a call, a record, a variant, and of what the app implements. What is said of a record's fields
/// does not come over to Python.
const SAID: [&str; 4] = [
    "Reads what changed and writes what is due",
    "What a sync did",
    "The deadline came first",
    "Keeps small secrets",
];

/// Generates into `target/bindings`, from this library, and puts it beside where the language
/// wants it there.
pub(super) fn run(language: Language, from: &Path) -> Done {
    let (name, into, file) = match language {
        Language::Python => ("python", made("python/kalends/_native"), "kalends.py"),
        Language::Kotlin => ("kotlin", made("kotlin"), "dev/kalends/kalends.kt"),
        Language::Swift => ("swift", made("swift"), "kalends.swift"),
    };
    let mut command = Command::new(built("uniffi-bindgen"));
    command.current_dir(root()).arg("generate").arg(from);
    empty(&into)?;
    let config = folder("bindgen/bindings.toml");
    command.args(["--language", name, "--no-format", "--config"]).arg(config);
    step(command.arg("--out-dir").arg(&into))?;
    documented(&into.join(file))?;
    match language {
        Language::Python => {
            let package = made("python/kalends");
            let contract = format!("CONTRACT = \"{}\"\n", contract()?);
            write(&package.join("_contract.py"), &contract)?;
            write(&into.join("__init__.py"), "")?;
            for part in ["__init__.py", "py.typed"] {
                copy(&folder("python/kalends").join(part), &package.join(part))?;
            }
            copy(from, &into.join(library::name()))?;
            let mut stubs = Command::new("python3");
            step(
                stubs
                    .env("PYTHONDONTWRITEBYTECODE", "1")
                    .arg(folder("python/stubs.py"))
                    .arg(package),
            )
        }
        Language::Kotlin => {
            let contract = contract()?;
            let text =
                format!("package dev.kalends\n\ninternal const val CONTRACT = \"{contract}\"\n");
            write(&into.join("Contract.kt"), &text)
        }
        Language::Swift => {
            write(&into.join("Contract.swift"), &format!("let madeFor = \"{}\"\n", contract()?))
        }
    }
}

/// Fails where what the engine's sources say of a call did not come over.
fn documented(file: &Path) -> Done {
    let text = fs::read_to_string(file).map_err(|e| format!("read {}: {e}", file.display()))?;
    match SAID.iter().find(|said| !text.contains(*said)) {
        None => Ok(()),
        Some(said) => Err(format!("{} does not say {said:?}", file.display())),
    }
}

/// What the library compares at its opening.
fn contract() -> Done<String> {
    let told = Command::new(built("uniffi-contract")).output();
    let told = told.map_err(|e| format!("run `uniffi-contract`: {e}"))?;
    Ok(String::from_utf8_lossy(&told.stdout).trim().to_owned())
}

/// Makes a folder, with nothing in it.
pub(super) fn empty(folder: &Path) -> Done {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|e| format!("clear {}: {e}", folder.display()))?;
    }
    fs::create_dir_all(folder).map_err(|e| format!("make {}: {e}", folder.display()))
}

pub(super) fn copy(file: &Path, to: &Path) -> Done {
    fs::copy(file, to).map(drop).map_err(|e| format!("copy {}: {e}", file.display()))
}

pub(super) fn write(file: &Path, text: &str) -> Done {
    fs::write(file, text).map_err(|e| format!("write {}: {e}", file.display()))
}
