//! `kalends mcp`.

use serde_json::json;

use super::handler::{Toolbox, over_stdio};
use crate::args::McpArgs;
use crate::commands::user::no_user;
use crate::data::Data;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::serve::Registry;

/// Serves one person's tools until whoever started it ends.
pub(crate) async fn run(data: &Data, args: McpArgs) -> Result<Outcome, CliError> {
    let registry = Registry::of(data)?;
    let data = match &args.user {
        Some(name) => {
            let user = registry.user(name)?.ok_or_else(|| no_user(name))?;
            data.of_graph(user.graph).await?
        }
        None => data.clone(),
    };
    let may_write = !args.read_only;
    over_stdio(Toolbox { data, registry, may_write, desks: None }).await?;
    // Standard output speaks the protocol: nothing else may stand there.
    Ok(Outcome::new(json!(null), ""))
}
