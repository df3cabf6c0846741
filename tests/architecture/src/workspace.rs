//! The workspace as `cargo metadata` tells it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// One thing to mend: a sentence that names the place and says what to do.
pub type Problem = String;

/// How a crate is depended on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Under `[dependencies]`.
    Normal,
    /// Under `[build-dependencies]`.
    Build,
    /// Under `[dev-dependencies]`.
    Dev,
}

/// One line of a crate's manifest.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// The crate's name at its registry, or in this workspace.
    pub name: String,
    /// The section it stands in.
    pub kind: Kind,
    /// The features it asks for.
    pub features: Vec<String>,
    /// Whether it asks for the default features as well.
    pub default_features: bool,
}

/// One member of the workspace.
#[derive(Clone, Debug)]
pub struct Package {
    /// The crate's name.
    pub name: String,
    /// Its folder from the root, with `/` between the parts: `engine/core`.
    pub folder: String,
    /// What its manifest asks for.
    pub dependencies: Vec<Dependency>,
    /// For each outside crate that ends up in its build (development apart), the way there:
    /// `["chrono", "iana-time-zone"]` for the second of the two.
    pub reached: BTreeMap<String, Vec<String>>,
}

/// The members, and where they lie.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The folder of the root manifest.
    pub root: PathBuf,
    /// All members.
    pub packages: Vec<Package>,
}

impl Workspace {
    /// Reads the workspace that this crate is a member of.
    ///
    /// # Errors
    ///
    /// Says what could not be run or understood.
    pub fn read() -> Result<Self, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = root.canonicalize().map_err(|e| format!("find the workspace root: {e}"))?;
        let metadata = run(
            &root,
            "cargo",
            &["metadata", "--format-version", "1", "--filter-platform", &host(&root)?],
        )?;
        let mut workspace = Self::from_metadata(&metadata)?;
        for package in &mut workspace.packages {
            let alone = built_alone(&root, &package.name)?;
            package.reached.retain(|name, _| alone.contains(name));
        }
        Ok(workspace)
    }

    /// Understands what `cargo metadata --format-version 1` printed.
    ///
    /// # Errors
    ///
    /// Says what is missing in the text.
    pub fn from_metadata(json: &str) -> Result<Self, String> {
        let raw: RawMetadata =
            serde_json::from_str(json).map_err(|e| format!("read cargo metadata: {e}"))?;
        let members: BTreeSet<&str> = raw.workspace_members.iter().map(String::as_str).collect();
        let names: BTreeMap<&str, &str> =
            raw.packages.iter().map(|p| (p.id.as_str(), p.name.as_str())).collect();
        let nodes: BTreeMap<&str, &RawNode> =
            raw.resolve.iter().flat_map(|r| &r.nodes).map(|n| (n.id.as_str(), n)).collect();
        let packages = raw
            .packages
            .iter()
            .filter(|p| members.contains(p.id.as_str()))
            .map(|p| Package {
                name: p.name.clone(),
                folder: folder(&raw.workspace_root, &p.manifest_path),
                dependencies: p.dependencies.iter().map(RawDependency::read).collect(),
                reached: reached(&p.id, &nodes, &names, &members),
            })
            .collect();
        Ok(Self { root: raw.workspace_root, packages })
    }
}

/// The crates that a package is built with when it is built alone: metadata shows those of every
/// feature that any member of the workspace asks for.
fn built_alone(root: &Path, package: &str) -> Result<BTreeSet<String>, String> {
    let args = ["tree", "--package", package, "--edges", "normal,build", "--prefix", "none"];
    let tree = run(root, "cargo", &args)?;
    Ok(tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}

/// The outside crates on the way of normal and build dependencies, breadth first, each with the
/// shortest way to it. Members are passed over: each answers for what it brings in itself.
fn reached(
    from: &str,
    nodes: &BTreeMap<&str, &RawNode>,
    names: &BTreeMap<&str, &str>,
    members: &BTreeSet<&str>,
) -> BTreeMap<String, Vec<String>> {
    let mut ways: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut seen = BTreeSet::from([from]);
    let mut queue = std::collections::VecDeque::from([(from, Vec::new())]);
    while let Some((id, way)) = queue.pop_front() {
        let next = nodes.get(id).map(|n| n.deps.as_slice()).unwrap_or_default();
        for dep in next.iter().filter(|d| d.dep_kinds.iter().any(|k| is_shipped(k.kind.as_deref())))
        {
            let pkg = dep.pkg.as_str();
            if members.contains(pkg) || !seen.insert(pkg) {
                continue;
            }
            let name = names.get(pkg).copied().unwrap_or(pkg);
            let mut way = way.clone();
            way.push(name.to_owned());
            ways.entry(name.to_owned()).or_insert_with(|| way.clone());
            queue.push_back((pkg, way));
        }
    }
    ways
}

fn is_shipped(kind: Option<&str>) -> bool {
    kind != Some("dev")
}

fn folder(root: &Path, manifest: &Path) -> String {
    let dir = manifest.parent().unwrap_or(manifest);
    let dir = dir.strip_prefix(root).unwrap_or(dir);
    dir.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Dependencies of other platforms are left out, so that reading needs nothing downloaded that
/// the build did not need.
fn host(root: &Path) -> Result<String, String> {
    let version = run(root, "rustc", &["-vV"])?;
    version
        .lines()
        .find_map(|l| l.strip_prefix("host: "))
        .map(str::to_owned)
        .ok_or_else(|| "find the host in what `rustc -vV` prints".to_owned())
}

fn run(root: &Path, program: &str, args: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(args)
        .current_dir(root)
        .output()
        .map_err(|e| format!("run {program}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|e| format!("read what {program} printed: {e}"))
}

#[derive(Deserialize)]
struct RawMetadata {
    packages: Vec<RawPackage>,
    workspace_members: Vec<String>,
    workspace_root: PathBuf,
    resolve: Option<RawResolve>,
}

#[derive(Deserialize)]
struct RawPackage {
    id: String,
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<RawDependency>,
}

#[derive(Deserialize)]
struct RawDependency {
    name: String,
    kind: Option<String>,
    features: Vec<String>,
    uses_default_features: bool,
}

impl RawDependency {
    fn read(&self) -> Dependency {
        let kind = match self.kind.as_deref() {
            Some("dev") => Kind::Dev,
            Some("build") => Kind::Build,
            _ => Kind::Normal,
        };
        Dependency {
            name: self.name.clone(),
            kind,
            features: self.features.clone(),
            default_features: self.uses_default_features,
        }
    }
}

#[derive(Deserialize)]
struct RawResolve {
    nodes: Vec<RawNode>,
}

#[derive(Deserialize)]
struct RawNode {
    id: String,
    deps: Vec<RawNodeDependency>,
}

#[derive(Deserialize)]
struct RawNodeDependency {
    pkg: String,
    dep_kinds: Vec<RawKind>,
}

#[derive(Deserialize)]
struct RawKind {
    kind: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"{
        "workspace_root": "/w", "workspace_members": ["core", "kit"],
        "packages": [
            {"id": "core", "name": "kalends-core", "manifest_path": "/w/engine/core/Cargo.toml",
             "dependencies": [
                {"name": "outer", "kind": null, "features": ["x"], "uses_default_features": false},
                {"name": "probe", "kind": "dev", "features": [], "uses_default_features": true}]},
            {"id": "kit", "name": "kalends-kit", "manifest_path": "/w/providers/kit/Cargo.toml",
             "dependencies": []},
            {"id": "o", "name": "outer", "manifest_path": "/r/outer/Cargo.toml", "dependencies": []},
            {"id": "i", "name": "inner", "manifest_path": "/r/inner/Cargo.toml", "dependencies": []},
            {"id": "p", "name": "probe", "manifest_path": "/r/probe/Cargo.toml", "dependencies": []}],
        "resolve": {"nodes": [
            {"id": "core", "deps": [
                {"pkg": "o", "dep_kinds": [{"kind": null}]},
                {"pkg": "p", "dep_kinds": [{"kind": "dev"}]}]},
            {"id": "kit", "deps": [{"pkg": "core", "dep_kinds": [{"kind": null}]}]},
            {"id": "o", "deps": [{"pkg": "i", "dep_kinds": [{"kind": null}]}]}]}}"#;

    #[test]
    fn members_have_their_folder_and_the_way_to_each_outside_crate() {
        let workspace = Workspace::from_metadata(METADATA).unwrap();
        let core = &workspace.packages[0];
        assert_eq!(core.folder, "engine/core");
        assert_eq!(core.reached["inner"], ["outer", "inner"]);
        assert!(!core.reached.contains_key("probe"), "development apart");
        assert!(!core.dependencies[0].default_features);
        assert_eq!(core.dependencies[1].kind, Kind::Dev);
        assert!(workspace.packages[1].reached.is_empty(), "members answer for themselves");
    }
}
