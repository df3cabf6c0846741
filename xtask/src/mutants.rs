//! `cargo xtask mutants`: histories that catch no breakage of a law prove nothing about it.
//!
//! Each patch below `tests/mutants` breaks one thing, names its law and the histories that must
//! notice. All patches are applied to one copy of the tree, each behind a switch, so that one build
//! holds them all; the history that notices one has to end well with the switch off.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{Done, cargo, root, step, target};

/// What turns a breakage on.
const SWITCH: &str = "KALENDS_MUTANT";
/// What the copy's core is told of the switch.
const IN_CORE: &str = "\nmod mutant;\npub use mutant::mutant;\n";
/// How the histories begin the line that says which of them fails.
const BREACH: &str = "breach: ";
/// After this, histories that have not ended do not end.
const PATIENCE: Duration = Duration::from_secs(600);

/// A breakage.
struct Mutant {
    name: String,
    law: String,
    histories: Vec<String>,
    patch: PathBuf,
}

/// A history that ends otherwise than it should.
struct Breach {
    check: String,
    seed: u64,
}

/// Tries the named mutants, or all, and prints what caught each; fails where one of them is not
/// caught.
pub(crate) fn run(names: &[String]) -> Done {
    let all = mutants()?;
    let known: BTreeSet<&str> = all.iter().map(|one| one.name.as_str()).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(name.as_str())) {
        return Err(format!("tests/mutants has no {name}.patch"));
    }
    let histories = build(&all)?;
    println!("| mutant | law | caught by | history |\n|---|---|---|---|");
    let mut missed = Vec::new();
    for mutant in all.iter().filter(|one| names.is_empty() || names.contains(&one.name)) {
        let Mutant { name, law, .. } = mutant;
        let caught = mutant.caught(&histories)?;
        match &caught {
            Some(Breach { check, seed }) => println!("| {name} | {law} | {check} | {} |", seed + 1),
            None => println!("| {name} | {law} | **nothing** | |"),
        }
        missed.extend(caught.is_none().then_some(name.as_str()));
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("not caught: {}", missed.join(", "))) }
}

impl Mutant {
    fn of(patch: &Path) -> Done<Self> {
        let text = fs::read_to_string(patch).map_err(|e| said("read", patch, &e))?;
        let line = |name: &str| {
            let found = text.lines().find_map(|line| line.strip_prefix(name));
            found.ok_or_else(|| format!("{} has no line `{name}`", patch.display()))
        };
        Ok(Self {
            name: patch.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            law: line("law: ")?.to_owned(),
            histories: line("histories: ")?.split_whitespace().map(str::to_owned).collect(),
            patch: patch.to_owned(),
        })
    }

    /// The first history that notices the breakage, and ends well without it.
    fn caught(&self, histories: &Path) -> Done<Option<Breach>> {
        let Some(breach) = lived(histories, &self.name, &self.histories)? else {
            return Ok(None);
        };
        let mut alone = self.histories.clone();
        if let Some(at) = alone.iter().position(|word| word == "--seeds") {
            alone.splice(at..at + 2, []);
        }
        let seed = breach.seed.to_string();
        alone.extend(["--seeds", "1", "--start", &seed].map(str::to_owned));
        match lived(histories, "", &alone)? {
            None => Ok(Some(breach)),
            Some(_) => Err(format!("history {seed} of {} fails without it, too", self.name)),
        }
    }
}

/// Lives histories with a switch turned on: the first that fails.
fn lived(histories: &Path, switch: &str, args: &[String]) -> Done<Option<Breach>> {
    let mut command = Command::new(histories);
    command.args(["--first", "--whole"]).args(args).env(SWITCH, switch);
    let told = histories.with_file_name("told");
    let out = fs::File::create(&told).map_err(|e| said("make", &told, &e))?;
    let silent = command.stdin(Stdio::null()).stdout(out).stderr(Stdio::null());
    let mut child = silent.spawn().map_err(|e| said("run", histories, &e))?;
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|e| said("wait for", histories, &e))? {
            break status;
        }
        if began.elapsed() > PATIENCE {
            child.kill().map_err(|e| said("end", histories, &e))?;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let text = fs::read_to_string(&told).map_err(|e| said("read", &told, &e))?;
    let told = text.lines().find_map(|line| line.strip_prefix(BREACH));
    match (status.success(), told.and_then(|told| told.rsplit_once(" at seed "))) {
        (true, _) => Ok(None),
        (false, Some((check, seed))) => {
            let seed = seed.parse().map_err(|_| format!("`{seed}` is no seed"))?;
            Ok(Some(Breach { check: check.to_owned(), seed }))
        }
        (false, None) => Err(format!("the histories of `{switch}` did not end: {status}")),
    }
}

fn mutants() -> Done<Vec<Mutant>> {
    let folder = root().join("tests/mutants");
    let entries = fs::read_dir(&folder).map_err(|e| said("read", &folder, &e))?;
    let mut patches: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    patches.retain(|path| path.extension().is_some_and(|extension| extension == "patch"));
    patches.sort();
    patches.iter().map(|patch| Mutant::of(patch)).collect()
}

/// Builds the histories over a copy that holds every breakage; gives the program.
///
/// The patches are applied beside the copy, and what is otherwise then is brought over: files that
/// are the same keep their times, so that little is built. What the histories stand on is built once
/// for them and for the copy: it goes to the same place, under the same flags.
fn build(all: &[Mutant]) -> Done<PathBuf> {
    let home = root().join("target/mutants");
    let (stage, tree) = (home.join("stage"), home.join("tree"));
    let files = listed()?;
    let switch = "engine/core/src/mutant.rs".to_owned();
    let kept: BTreeSet<PathBuf> = files.iter().chain([&switch]).map(PathBuf::from).collect();
    prune(&stage, &stage, &kept)?;
    prune(&tree, &tree, &kept)?;
    for name in &files {
        bring(&root().join(name), &stage.join(name))?;
    }
    bring(&root().join("tests/mutants/switch.rs"), &stage.join(&switch))?;
    let core = stage.join("engine/core/src/lib.rs");
    let text = fs::read_to_string(&core).map_err(|e| said("read", &core, &e))?;
    fs::write(&core, text + IN_CORE).map_err(|e| said("write", &core, &e))?;
    quieten(&stage)?;
    all.iter().try_for_each(|mutant| apply(&mutant.patch, &stage))?;
    for name in &kept {
        bring(&stage.join(name), &tree.join(name))?;
    }
    let mut command = cargo(&["build", "--quiet", "--profile", "histories"]);
    command.args(["--package", "kalends-sim-tests", "--bin", "histories"]).current_dir(&tree);
    let target = root().join(target());
    step(command.env("CARGO_TARGET_DIR", &target))?;
    // The next build of the histories themselves takes this name for its own.
    let (built, histories) = (target.join("histories/histories"), home.join("histories"));
    fs::copy(&built, &histories).map_err(|e| said("copy", &built, &e))?;
    Ok(histories)
}

/// Turns off the lints that the workspace asks for: a breakage need not be well written.
fn quieten(stage: &Path) -> Done {
    let manifest = stage.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|e| said("read", &manifest, &e))?;
    let text = text.replace(" = \"warn\"", " = \"allow\"");
    fs::write(&manifest, text).map_err(|e| said("write", &manifest, &e))
}

/// The files of the workspace that are there, those that are not committed yet among them.
fn listed() -> Done<Vec<String>> {
    let listed = Command::new("git")
        .args(["ls-files", "-co", "--exclude-standard", "-z"])
        .current_dir(root())
        .output();
    let listed = listed.map_err(|e| format!("run git ls-files: {e}"))?.stdout;
    let text = String::from_utf8_lossy(&listed).into_owned();
    let names = text.split('\0').filter(|name| !name.is_empty() && root().join(name).is_file());
    Ok(names.map(str::to_owned).collect())
}

/// Takes away what a copy holds of files that are not there any more.
fn prune(folder: &Path, copy: &Path, kept: &BTreeSet<PathBuf>) -> Done {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            prune(&path, copy, kept)?;
        } else if path.strip_prefix(copy).is_ok_and(|name| !kept.contains(name)) {
            fs::remove_file(&path).map_err(|e| said("take away", &path, &e))?;
        }
    }
    Ok(())
}

/// Writes a file's bytes to another place, unless they stand there.
fn bring(from: &Path, to: &Path) -> Done {
    let new = fs::read(from).map_err(|e| said("read", from, &e))?;
    if fs::read(to).is_ok_and(|old| old == new) {
        return Ok(());
    }
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder).map_err(|e| said("make", folder, &e))?;
    fs::write(to, new).map_err(|e| said("write", to, &e))
}

fn apply(patch: &Path, stage: &Path) -> Done {
    let mut command = Command::new("git");
    // The copy lies below a repository that is not its own.
    command.env("GIT_CEILING_DIRECTORIES", stage.parent().unwrap_or(stage));
    let status = command.arg("apply").arg(patch).current_dir(stage).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("{} does not apply any more: mend it", patch.display())),
        Err(error) => Err(format!("run git apply: {error}")),
    }
}

fn said(what: &str, path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{what} {}: {error}", path.display())
}
