//! Python: tests, the wheel, figures.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Language, folder, generate, library, made, programs};
use crate::run::{Done, root, step};
use crate::tools;

/// What builds the wheel, and what checks its types.
const MATURIN: &str = "maturin==1.16.0";
const MYPY: &str = "mypy==2.4.1";

pub(super) fn test() -> Done {
    tools::install_python()?;
    let tests = folder("python/tests");
    let mut command = python(&tools::folder().join("venv"), Some(&made("python")));
    command.args(["-m", "unittest", "discover", "--start-directory"]).arg(&tests);
    step(programs(&mut command))
}

/// The wheel by maturin; installed into a fresh environment, its example is run there and its
/// types are checked.
pub(super) fn package() -> Done {
    generate::run(Language::Python, &library::debug())?;
    let tools = tools::folder().join("wheel");
    if !tools.join("bin/maturin").exists() {
        tools::make_venv(&tools)?;
        let mut pip = Command::new(tools.join("bin/python"));
        step(pip.args(["-m", "pip", "install", "--quiet", MATURIN]))?;
    }
    let wheels = made("wheels");
    generate::empty(&wheels)?;
    let mut maturin = Command::new(tools.join("bin/maturin"));
    maturin.args(["build", "--quiet", "--out"]).arg(&wheels).current_dir(stage()?);
    // It runs the workspace's own uniffi-bindgen, as `cargo run`.
    step(library::lean(&mut maturin))?;
    let fresh = made("venv");
    tools::make_venv(&fresh)?;
    let mut pip = Command::new(fresh.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", MYPY]).arg(wheel(&wheels)?);
    step(&mut pip)?;
    let mut example = python(&fresh, None);
    step(programs(example.args(["-m", "unittest", "test_example"])))?;
    let mut types = python(&fresh, None);
    types.args(["-m", "mypy", "--strict", "--warn-unused-ignores", "--cache-dir", "/dev/null"]);
    step(types.args([folder("python/examples/federate.py"), folder("python/tests/typed.py")]))
}

/// The figures, from the stripped library.
pub(super) fn measure(small: &Path) -> Done {
    tools::install_python()?;
    generate::copy(small, &made("python/kalends/_native").join(library::name()))?;
    let mut command = python(&tools::folder().join("venv"), Some(&made("python")));
    step(programs(command.arg(folder("python/tests/measure.py"))))
}

/// Puts the sources of the wheel together with what is generated, outside the tree.
fn stage() -> Done<PathBuf> {
    let (from, stage) = (folder("python"), made("wheel"));
    generate::empty(&stage)?;
    let package = stage.join("kalends");
    generate::empty(&package.join("_native"))?;
    let project = fs::read_to_string(from.join("pyproject.toml"));
    let project = project.map_err(|e| format!("read pyproject.toml: {e}"))?;
    let manifest = root().join("bindings/Cargo.toml");
    let project = project.replace("../Cargo.toml", &manifest.to_string_lossy());
    generate::write(&stage.join("pyproject.toml"), &project)?;
    for part in ["README.md", "kalends/__init__.py", "kalends/py.typed"] {
        generate::copy(&from.join(part), &stage.join(part))?;
    }
    // What maturin does not generate itself.
    for part in ["kalends/_contract.py", "kalends/_native/kalends.pyi"] {
        generate::copy(&made("python").join(part), &stage.join(part))?;
    }
    Ok(stage)
}

fn wheel(wheels: &Path) -> Done<PathBuf> {
    let found = fs::read_dir(wheels).map_err(|e| format!("read {}: {e}", wheels.display()))?;
    let mut found = found.flatten().map(|entry| entry.path());
    let wheel = found.find(|path| path.extension().is_some_and(|end| end == "whl"));
    wheel.ok_or_else(|| format!("maturin left no wheel in {}", wheels.display()))
}

/// Python with the tests at hand, and the package from this folder or as it is installed.
fn python(venv: &Path, package: Option<&Path>) -> Command {
    let tests = folder("python/tests");
    let mut command = Command::new(venv.join("bin/python"));
    let paths = package.into_iter().map(Path::to_path_buf).chain([tests]);
    let paths: Vec<String> = paths.map(|path| path.to_string_lossy().into_owned()).collect();
    command.env("PYTHONPATH", paths.join(":")).env("PYTHONDONTWRITEBYTECODE", "1");
    command.current_dir(made(""));
    command
}
