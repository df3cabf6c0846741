//! `cargo xtask worker`: the host for Cloudflare Workers, built and tested in workerd.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use clap::ValueEnum;

use crate::debian;
use crate::run::{Done, cargo, root, step, succeeds, target};
use crate::tools;
use crate::wasm;

/// The very version of `wasm-bindgen` in the manifest of the workspace.
const BINDGEN: &str = "wasm-bindgen-cli@0.2.130";
/// The version of the crate `worker`.
const BUILD: &str = "worker-build@0.8.7";
/// What worker-build calls, and what brings Miniflare and workerd; this one for Node 20.
const NPM: &[&str] = &["esbuild@0.28.2", "binaryen@132.0.0", "wrangler@4.86.0"];

/// How worker-build is told that the code is to be small.
const RELEASE: &str = "--release";

/// The Worker that runs tests inside of itself.
const TESTS: &str = "tests/workerd";
/// The Worker that people deploy.
const EXAMPLE: &str = "examples/worker";

/// What to do with the host for Workers.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Action {
    /// Builds the Worker of the tests, and the one of the example.
    Build,
    /// Builds both, and runs the tests of both inside workerd.
    Test,
    /// Builds both for release, and says how large and how quick they are.
    Measure,
    /// Builds the one of the example for release, and has it take 50,000 events in.
    Many,
}

/// Installs what is missing, which takes ten minutes the first time, and does it.
pub(crate) fn run(action: Action) -> Done {
    let tools = Tools::install()?;
    match action {
        Action::Build => tools.build_both("--dev").map(drop),
        Action::Test => {
            let (tests, example) = tools.build_both("--dev")?;
            let programs = ["--package", "kalends-sim", "--package", "kalends-server"];
            step(cargo(&["build", "--quiet", "--bins"]).args(programs))?;
            let (simulators, binary) = (simulators(), target().join("debug/kalends"));
            step(tools.node("run.mjs").arg(&tests).arg(&simulators))?;
            step(tools.node("example.mjs").arg(example).arg(&simulators).arg(&binary))?;
            step(tools.node("seeds.mjs").arg(tests).arg(&simulators).arg(binary))
        }
        Action::Measure => {
            let (tests, example) = tools.build_both(RELEASE)?;
            step(tools.node("measure.mjs").arg(tests).arg(example))
        }
        Action::Many => {
            let example = tools.build(EXAMPLE, RELEASE)?;
            step(&mut cargo(&["build", "--quiet", "--bins", "--package", "kalends-sim"]))?;
            step(tools.node("many.mjs").arg(example).arg(simulators()))
        }
    }
}

fn simulators() -> PathBuf {
    target().join("debug/kalends-sim")
}

struct Tools(PathBuf);

impl Tools {
    fn install() -> Done<Self> {
        let tools = Self(tools::folder().join("worker"));
        if !succeeds(Command::new("node").arg("--version")) {
            debian::install(&["nodejs", "npm"]).map_err(|e| format!("no node ({e})"))?;
        }
        tools::install_npm("worker/npm", NPM)?;
        for package in [BINDGEN, BUILD] {
            tools.install_program(package)?;
        }
        Ok(tools)
    }

    fn npm(&self) -> PathBuf {
        self.0.join("npm")
    }

    /// A program of the tests, in node, with Miniflare.
    fn node(&self, program: &str) -> Command {
        let mut node = Command::new("node");
        node.arg(root().join(TESTS).join(program)).arg(self.npm());
        node
    }

    /// Without its lock, which names releases that mirrors may lack.
    fn install_program(&self, package: &str) -> Done {
        let installed = fs::read_to_string(self.0.join(".crates.toml")).unwrap_or_default();
        if installed.contains(&format!("\"{} ", package.replace('@', " "))) {
            return Ok(());
        }
        let mut cargo = Command::new("cargo");
        cargo.args(["install", "--quiet", package, "--root"]).arg(&self.0);
        step(cargo.env("CARGO_TARGET_DIR", target().join("worker-tools")))
    }

    fn build_both(&self, profile: &str) -> Done<(PathBuf, PathBuf)> {
        Ok((self.build(TESTS, profile)?, self.build(EXAMPLE, profile)?))
    }

    /// The module and its glue, built so that panics unwind; the folder that they lie in.
    fn build(&self, folder: &str, profile: &str) -> Done<PathBuf> {
        const OUT: &str = "target/worker";
        // In folders of their own: what one has compiled is of no use to the other.
        let (rust, panic) = match profile {
            RELEASE => ("rust-small", wasm::Panic::UnwindSmall),
            _ => ("rust", wasm::Panic::Unwind),
        };
        let rust = self.0.join(rust);
        wasm::make_toolchain(&rust, panic)?;
        let bin = |name: &str| self.npm().join("node_modules/.bin").join(name);
        let folders = [rust.join("bin"), self.0.join("bin")];
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = folders.into_iter().chain(std::env::split_paths(&path));
        let path = std::env::join_paths(paths).map_err(|e| format!("a folder's name: {e}"))?;
        let mut command = Command::new(self.0.join("bin/worker-build"));
        command.args([profile, "--out-dir", OUT]).current_dir(root().join(folder));
        command.env("PATH", path).env("RUSTC", rust.join("bin/rustc"));
        command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
        command.env("RUSTFLAGS", "-Cpanic=unwind").env("CARGO_PROFILE_RELEASE_PANIC", "unwind");
        // As examples/worker/build.sh has it: a Worker is as quick to start as it is small.
        command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "z").env("CARGO_PROFILE_RELEASE_LTO", "fat");
        command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1");
        // Without names of functions: worker-build keeps those that it finds.
        command.env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
        command.env("CARGO_TARGET_DIR", target().join("worker"));
        command.env("WASM_BINDGEN_BIN", self.0.join("bin/wasm-bindgen"));
        command.env("WASM_OPT_BIN", bin("wasm-opt")).env("ESBUILD_BIN", bin("esbuild"));
        step(&mut command)?;
        Ok(root().join(folder).join(OUT))
    }
}
