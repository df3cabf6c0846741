//! `cargo xtask wasm`: the pure crates run where there is nothing but what a host injects, and decide
//! there as they do everywhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bench::package_name;
use crate::debian;
use crate::run::{Done, cargo, root, step, succeeds};
use crate::tools;
use crate::wasm_imports::imports;

const TARGET: &str = "wasm32-unknown-unknown";

/// What is empty on every other target, so that nothing else sees it break. Workers themselves are
/// built and run by `cargo xtask worker`.
const WORKERS: &[&str] = &["kalends-cloudflare", "kalends-worker", "kalends-workerd"];

/// What a host injects: nothing yet. Requests, time and storage are values in and out.
const INJECTED: &[&str] = &[];

/// Debian's compiler of browsers, which has the sources of the standard library.
const DEBIAN: &[&str] = &["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

/// Runs the module that is named: its `main` traps where it panics.
const RUN: &str = "WebAssembly.instantiate(require('fs').readFileSync(process.argv[1]), {})\
    .then(module => module.instance.exports.main(0, 0))";

/// Links each pure crate, every function of it, as a module of its own and looks at its imports; then
/// lets `tests/golden` compare what is decided there with what is decided here.
pub(crate) fn run() -> Done {
    let toolchain = Toolchain::find()?;
    let mut problems = Vec::new();
    for name in pure_crates() {
        let module = toolchain.link(&name)?;
        let bytes = fs::read(&module).map_err(|e| format!("read {}: {e}", module.display()))?;
        let wanted = imports(&bytes)?;
        eprintln!("  {name}: {} bytes, {} imports", bytes.len(), wanted.len());
        let foreign = wanted.iter().filter(|import| !INJECTED.contains(&import.as_str()));
        problems.extend(foreign.map(|import| format!("{name} asks its host for {import}")));
    }
    if !problems.is_empty() {
        return Err(problems.join("\n"));
    }
    toolchain.golden()?;
    toolchain.check(WORKERS)
}

fn pure_crates() -> Vec<String> {
    let folders = ["engine", "providers"].iter().filter_map(|g| fs::read_dir(root().join(g)).ok());
    let mut names: Vec<String> =
        folders.flatten().flatten().filter_map(|entry| package_name(&entry.path())).collect();
    names.sort();
    names
}

/// A compiler that has the standard library of the target.
enum Toolchain {
    /// The compiler in use.
    Installed,
    /// One put together from Debian's packages, in this folder.
    Debian(PathBuf),
}

impl Toolchain {
    /// Takes the compiler in use if it has the target, and never adds to it: that is for whoever
    /// owns it. Otherwise one of our own is made in the folder of tools.
    fn find() -> Done<Self> {
        if has_target(Path::new("rustc")) {
            return Ok(Self::Installed);
        }
        let made = tools::folder().join("wasm");
        make_toolchain(&made, Panic::Abort)?;
        Ok(Self::Debian(made))
    }

    /// What is decided about time, decided in a module.
    fn golden(&self) -> Done {
        if !succeeds(Command::new("node").arg("--version")) {
            debian::install(&["nodejs"]).map_err(|e| format!("no node to run modules by ({e})"))?;
        }
        let out = root().join("target/wasm");
        let mut command = self.cargo();
        command.args(["build", "--bin", "kalends-golden", "--target", TARGET]);
        command.args(["--package", "kalends-golden", "--target-dir"]).arg(&out);
        step(command.env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
        let module = out.join(TARGET).join("debug/kalends-golden.wasm");
        step(Command::new("node").args(["--eval", RUN]).arg(module)).map_err(|e| {
            format!("on {TARGET} something else is decided than is recorded in tests/golden: {e}")
        })
    }

    /// Whether crates fit what they stand on.
    fn check(&self, packages: &[&str]) -> Done {
        let mut command = self.cargo();
        command.args(["check", "--target", TARGET, "--target-dir"]).arg(root().join("target/wasm"));
        step(command.args(packages.iter().flat_map(|package| ["--package", package])))
    }

    /// Links the crate with all its functions kept, so that what none of them calls is seen too.
    fn link(&self, name: &str) -> Done<PathBuf> {
        let out = root().join("target/wasm");
        let mut command = self.cargo();
        command.args(["rustc", "--lib", "--crate-type", "cdylib", "--target", TARGET]);
        command.args(["--package", name, "--target-dir"]).arg(&out);
        command.args(["--", "-Clink-dead-code", "-Clink-arg=--no-gc-sections"]);
        step(command.env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
        Ok(out.join(TARGET).join("debug").join(format!("{}.wasm", name.replace('-', "_"))))
    }

    fn cargo(&self) -> Command {
        let mut command = cargo(&[]);
        if let Self::Debian(folder) = self {
            command = Command::new(folder.join("bin/cargo"));
            command.current_dir(root()).env("RUSTC", folder.join("bin/rustc"));
            command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
        }
        command
    }
}

/// What a panic does in what is built.
#[derive(Clone, Copy)]
pub(crate) enum Panic {
    Abort,
    Unwind,
    /// As `Unwind`, with a standard library that is small before it is quick.
    UnwindSmall,
}

/// Puts a compiler together in a folder, unless it is there. The standard library of the target has
/// one strategy of panics.
pub(crate) fn make_toolchain(made: &Path, panic: Panic) -> Done {
    if has_target(&made.join("bin/rustc")) {
        return Ok(());
    }
    const UNWIND: &str =
        "rustup toolchain install nightly --component rust-src, and worker-build --panic-unwind";
    let (strategy, by_hand): (&[&str], _) = match panic {
        Panic::Abort => (&["abort"], "rustup target add wasm32-unknown-unknown"),
        Panic::Unwind => (&["unwind"], UNWIND),
        Panic::UnwindSmall => (&["unwind", "small"], UNWIND),
    };
    if !Path::new("/usr/lib/rustlib/src").exists() || !Path::new("/usr/bin/lld-19").exists() {
        debian::install(DEBIAN)
            .map_err(|e| format!("no compiler for {TARGET} ({e}).\n  By hand: {by_hand}"))?;
    }
    let mut make = Command::new("bash");
    make.arg(root().join("xtask/wasm-toolchain.sh")).arg(made).args(strategy);
    step(&mut make).map_err(|e| format!("no compiler for {TARGET} ({e}).\n  By hand: {by_hand}"))
}

fn has_target(rustc: &Path) -> bool {
    let libraries =
        Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output();
    libraries.is_ok_and(|o| {
        o.status.success() && Path::new(String::from_utf8_lossy(&o.stdout).trim()).is_dir()
    })
}
