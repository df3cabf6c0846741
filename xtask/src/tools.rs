//! What the tests need beyond cargo, installed once into `.tools`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian;
use crate::run::{Done, root, step, succeeds};

/// Debian's packages of SabreDAV and what it stands on.
const SABRE: &[&str] = &["php-cli", "php-sabre-dav", "php-sqlite3", "php-xml", "php-mbstring"];

/// The inspector of the Model Context Protocol, at npm.
const INSPECTOR: &str = "@modelcontextprotocol/inspector@2.12.0";

/// What judges servers of that protocol, and a provider of sign-ins that keeps to the letter, at npm: each a
/// folder here with a lock file.
const LOCKED: (&str, [&str; 2]) = ("tests/servers/npm", ["conformance", "oidc"]);

/// What drives a browser, and what judges whether everybody can use what it shows, at npm.
const BROWSER: &[&str] = &["puppeteer-core@24.43.1", "axe-core@4.14.1"];

/// The folder of installed programs, which tests find by `KALENDS_TOOLS`.
pub(crate) fn folder() -> PathBuf {
    root().join(".tools")
}

/// Makes sure of everything; one sentence for each thing that is missing and could not be had.
pub(crate) fn install() -> Vec<String> {
    let all = [
        install_python(),
        install_judge(),
        install_npm("inspector", &[INSPECTOR]),
        LOCKED.1.into_iter().try_for_each(install_locked),
        install_browser(),
        sabre(),
    ];
    all.into_iter().filter_map(Result::err).collect()
}

/// Radicale, Xandikos, python-caldav, vdirsyncer and Google's client, in a virtual environment.
pub(crate) fn install_python() -> Done {
    install_venv("venv", "tests/servers/requirements.txt").map_err(|e| {
        format!(
            "the calendar servers and clients from PyPI could not be installed ({e}).\n  By hand: \
             python3 -m venv .tools/venv && .tools/venv/bin/pip install -r tests/servers/requirements.txt"
        )
    })
}

/// What tries our own API: its libraries do not get along with those of the clients.
fn install_judge() -> Done {
    install_venv("judge", "tests/servers/judge-requirements.txt").map_err(|e| {
        format!(
            "schemathesis from PyPI could not be installed ({e}).\n  By hand: python3 -m venv \
             .tools/judge && .tools/judge/bin/pip install -r tests/servers/judge-requirements.txt"
        )
    })
}

/// A browser without a window, and what drives it.
pub(crate) fn install_browser() -> Done {
    install_npm("browser", BROWSER)?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    if names.iter().any(|name| succeeds(Command::new(name).arg("--version"))) {
        return Ok(());
    }
    debian::install(&["chromium"]).map_err(|e| {
        format!(
            "Chromium is missing ({e}).\n  By hand, on Debian or Ubuntu: sudo apt-get install \
             chromium"
        )
    })
}

/// Packages of npm in a folder of their own.
pub(crate) fn install_npm(name: &str, packages: &[&str]) -> Done {
    let (place, wanted) = (folder().join(name), packages.join(" "));
    let stamp = place.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    npm(&place, &[&["install"], packages].concat()).map_err(|e| {
        format!(
            "{wanted} from npm could not be installed ({e}).\n  By hand: npm install --prefix \
             .tools/{name} {wanted}"
        )
    })?;
    fs::write(&stamp, wanted).map_err(|e| format!("write {stamp:?}: {e}"))
}

/// Packages that a lock file names to the last, in a folder of their own. None of their scripts runs.
fn install_locked(name: &str) -> Done {
    let (from, place) = (root().join(LOCKED.0).join(name), folder().join(name));
    let lock = from.join("package-lock.json");
    let wanted = fs::read_to_string(&lock).map_err(|e| format!("read {lock:?}: {e}"))?;
    let stamp = place.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    fs::create_dir_all(&place).map_err(|e| format!("make {place:?}: {e}"))?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(from.join(file), place.join(file)).map_err(|e| format!("copy {file}: {e}"))?;
    }
    npm(&place, &["ci", "--ignore-scripts"]).map_err(|e| {
        format!(
            "{name} from npm could not be installed ({e}).\n  By hand: cp {0}/{name}/*.json \
             .tools/{name} && npm ci --ignore-scripts --prefix .tools/{name}",
            LOCKED.0
        )
    })?;
    fs::write(&stamp, wanted).map_err(|e| format!("write {stamp:?}: {e}"))
}

/// Runs npm in a folder; it is installed first where it is missing.
fn npm(place: &Path, args: &[&str]) -> Done {
    let run = || {
        let mut npm = Command::new("npm");
        npm.args(["--silent", "--no-audit", "--no-fund", "--prefix"]).arg(place);
        step(npm.args(args))
    };
    run().or_else(|_| debian::install(&["npm"]).and_then(|()| run()))
}

/// Makes a virtual environment with what a file of requirements names, unless it is there.
pub(crate) fn install_venv(name: &str, requirements: &str) -> Done {
    let wanted = root().join(requirements);
    let wanted_text = fs::read_to_string(&wanted).map_err(|e| format!("read {wanted:?}: {e}"))?;
    let venv = folder().join(name);
    let stamp = venv.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted_text) {
        return Ok(());
    }
    make_venv(&venv)?;
    let mut pip = Command::new(venv.join("bin/python"));
    step(pip.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&wanted))?;
    fs::write(&stamp, wanted_text).map_err(|e| format!("write {stamp:?}: {e}"))
}

pub(crate) fn make_venv(venv: &Path) -> Done {
    let make = || {
        let mut python = Command::new("python3");
        step(python.args(["-m", "venv", "--clear"]).arg(venv))
    };
    // Debian keeps the module that makes environments in a package of its own.
    make().or_else(|_| debian::install(&["python3-venv"]).and_then(|()| make()))
}

/// SabreDAV under PHP, from Debian.
fn sabre() -> Done {
    if has_sabre() {
        return Ok(());
    }
    let installed = debian::install(SABRE);
    if installed.is_ok() && has_sabre() {
        return Ok(());
    }
    let why = installed.err().unwrap_or_else(|| "it does not load".to_owned());
    Err(format!(
        "SabreDAV is missing ({why}).\n  By hand, on Debian or Ubuntu: sudo apt-get install {}",
        SABRE.join(" ")
    ))
}

fn has_sabre() -> bool {
    let loads = "require 'Sabre/autoload.php'; \
        exit(extension_loaded('pdo_sqlite') && class_exists('Sabre\\\\CalDAV\\\\Plugin') ? 0 : 1);";
    succeeds(Command::new("php").args(["-d", "error_reporting=0", "-r", loads]))
}
