//! Users of the server.

use kalends::core::ports::Clock as _;
use kalends_tokio::SystemClock;
use serde_json::json;
use url::Url;

use super::bundle;
use crate::args::UserCommand;
use crate::data::Data;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::serve::{OWNER, Registry, User, invite, whereabouts};
use crate::show::table;
use crate::view::UserView;

/// Where a server is that nobody said anything else to.
const USUAL: &str = "http://127.0.0.1:8080";

pub(crate) async fn run(data: &Data, command: UserCommand) -> Result<Outcome, CliError> {
    let registry = Registry::of(data)?;
    match command {
        UserCommand::Add { name } => add(data, &registry, name, None).await,
        UserCommand::List => list(&registry),
        UserCommand::Link { name, at } => link(data, &registry, name, at),
    }
}

/// Adds a user, with an empty graph or with one that a bundle describes.
pub(crate) async fn add(
    data: &Data,
    registry: &Registry,
    name: String,
    bundle: Option<&str>,
) -> Result<Outcome, CliError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        return Err(CliError::usage(
            "a user's name has 1 to 64 letters, digits, dots, lines and hyphens",
        ));
    }
    if registry.user(&name)?.is_some() {
        return Err(CliError::usage(format!("there is a user {name:?} already")));
    }
    let graph = match bundle {
        Some(text) => bundle::adopt(data, text).await?,
        None => data.new_graph().await?.keys.graph,
    };
    let user = User { name: name.clone(), graph };
    if !registry.add_user(&user, SystemClock.now())? {
        // Somebody was faster. Unless they came with the same bundle, nobody has this graph.
        registry.forget_graph(graph)?;
        return Err(CliError::usage(format!("there is a user {name:?} already")));
    }
    let text = format!("user {name} is added; give a key with `key create --user {name}`");
    Ok(Outcome::new(UserView::of(&user), text))
}

fn link(
    data: &Data,
    registry: &Registry,
    name: Option<String>,
    at: Option<Url>,
) -> Result<Outcome, CliError> {
    let name = name.unwrap_or_else(|| OWNER.to_owned());
    if registry.user(&name)?.is_none() {
        return Err(no_user(&name));
    }
    let at = at.map(String::from).or_else(|| whereabouts(&data.folder));
    let at = at.as_deref().unwrap_or(USUAL);
    let link = invite(registry, at.trim_end_matches('/'), &name)?;
    Ok(Outcome::new(json!({"user": name, "link": link}), link))
}

/// There is nobody by that name.
pub(crate) fn no_user(name: &str) -> CliError {
    CliError::not_found(format!("there is no user {name:?}")).hinting("`user list` has them")
}

fn list(registry: &Registry) -> Result<Outcome, CliError> {
    let users = registry.users()?;
    let json: Vec<UserView> = users.iter().map(UserView::of).collect();
    let rows = users.iter().map(|user| [user.name.clone(), user.graph.to_string()]);
    let text = table(["user", "graph"], rows, "no users");
    Ok(Outcome::new(json!({ "users": json }), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a graph that nobody has, and that no bundle can bring any more, where two ask for one name.
    #[tokio::test]
    async fn of_two_who_want_a_name_one_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let registry = Registry::of(&data).unwrap();
        let eve = || add(&data, &registry, "eve".to_owned(), None);
        let (one, other) = tokio::join!(eve(), eve());
        assert!(one.is_ok() != other.is_ok());
        let graphs = "SELECT (SELECT count(*) FROM graphs), (SELECT count(*) FROM secrets)";
        let counts =
            registry.look(|on| on.query_row(graphs, [], |row| Ok((row.get(0)?, row.get(1)?))));
        assert_eq!(counts.unwrap(), (2, 2), "the owner's and hers");
    }

    /// Catches a graph that goes although it is somebody's: two who come with one bundle have one graph.
    #[tokio::test]
    async fn what_a_user_has_is_not_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let registry = Registry::of(&data).unwrap();
        add(&data, &registry, "eve".to_owned(), None).await.unwrap();
        let graph = registry.user("eve").unwrap().unwrap().graph;
        registry.forget_graph(graph).unwrap();
        assert!(data.of_graph(graph).await.is_ok());
    }
}
