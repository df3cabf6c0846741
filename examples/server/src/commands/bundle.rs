//! The graph's identity, to carry to another data folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use kalends::GraphBundle;
use kalends::core::ids::{GraphId, RunId};
use kalends::core::ports::{Clock as _, Entropy as _, GraphStore as _};
use kalends::core::slice::ReadSet;
use kalends::core::step::Env;
use kalends::driver::Point;
use kalends_tokio::{OsEntropy, SystemClock};
use serde_json::json;

use crate::args::BundleCommand;
use crate::data::Data;
use crate::error::CliError;
use crate::failpoint;
use crate::outcome::Outcome;

pub(crate) async fn run(
    folder: Option<PathBuf>,
    command: BundleCommand,
) -> Result<Outcome, CliError> {
    match command {
        BundleCommand::Export { file } => export(&Data::open(folder).await?, &file).await,
        BundleCommand::Import { file } => import(folder, &file).await,
    }
}

async fn export(data: &Data, file: &Path) -> Result<Outcome, CliError> {
    let shown = file.display().to_string();
    write_private(file, text(data).await?.as_bytes())
        .map_err(|error| CliError::file(&shown, &error))?;
    let text = format!("the graph's bundle is in {shown}: keep it like a password");
    Ok(Outcome::new(json!({"graph": data.keys.graph.to_string(), "file": shown}), text))
}

/// The bundle as text.
pub(crate) async fn text(data: &Data) -> Result<String, CliError> {
    Ok(GraphBundle::of(&data.keys, &*data.config().await?).to_json()?)
}

async fn import(folder: Option<PathBuf>, file: &Path) -> Result<Outcome, CliError> {
    let text = fs::read_to_string(file)
        .map_err(|error| CliError::file(&file.display().to_string(), &error))?;
    let bundle = GraphBundle::from_json(&text)?;
    let data = Data::open_for(folder, bundle.keys.clone()).await?;
    let run = take_in(&data, &bundle).await?;
    let graph = data.keys.graph;
    let names: Vec<&str> = bundle.accounts.iter().map(|account| account.name.as_str()).collect();
    let already = if run.is_none() { " like this already" } else { "" };
    let text = format!(
        "graph {graph} is set up{already}; now give each account its password with `account add` \
         under the same name: {}",
        names.join(", ")
    );
    let known = run.is_none();
    let run = run.map(|run| run.to_string());
    let json = json!({
        "graph": graph.to_string(), "run": run, "accounts": names, "known": known
    });
    Ok(Outcome::new(json, text))
}

/// Sets another graph of an open data folder up by a bundle.
pub(crate) async fn adopt(data: &Data, text: &str) -> Result<GraphId, CliError> {
    let bundle = GraphBundle::from_json(text)?;
    let theirs = data.adopt_graph(bundle.keys.clone()).await?;
    take_in(&theirs, &bundle).await?;
    Ok(theirs.keys.graph)
}

/// The run that set the graph up; none where it was set up like this already.
async fn take_in(data: &Data, bundle: &GraphBundle) -> Result<Option<RunId>, CliError> {
    let graph = data.keys.graph;
    let slice = data.store.load(graph, &ReadSet::default()).await?;
    let (now, seed) = (SystemClock.now(), OsEntropy.seed());
    let run = RunId::draw(&seed, now, 0);
    let env = Env { now, seed, run, keys: data.keys.clone() };
    let plan = bundle.import(&slice, &env)?;
    if let Some(plan) = &plan {
        data.store.commit(graph, slice.version, plan).await?;
        failpoint::pass(Point::Committed);
    }
    Ok(plan.map(|_| run))
}

/// Whoever has the file can sign marks of the graph.
fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(file)?;
    #[cfg(unix)]
    {
        // A file that was there keeps its mode when it is opened.
        use std::os::unix::fs::PermissionsExt as _;
        opened.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    opened.write_all(bytes)
}
