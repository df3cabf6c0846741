//! Keys of users, and what each is good for.

use kalends::ids::GraphId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use worker::{Env, Method, Request, Response};

use crate::problem::Problem;
use crate::registry::Registry;
use crate::{body, lookup};

/// Keys that are listed.
const PAGE: u32 = 500;
/// The longest name of a key.
const NAME_MAX: usize = 100;

/// What a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// Look at everything of its user.
    Read,
    /// Change it.
    Write,
    /// Use the tools at `/mcp`, within their gates, and nothing else.
    Tools,
}

impl Scope {
    const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Tools];

    const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Tools => "tools",
        }
    }

    /// As they are kept: `read write`.
    pub(crate) fn write_all(scopes: &[Self]) -> String {
        scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(" ")
    }
}

/// Who asks, by their key.
pub(crate) struct Caller {
    pub(crate) graph: GraphId,
    /// As they are kept: a word of a later version gives no right.
    pub(crate) scopes: String,
}

impl Caller {
    /// Whether the key is good for a request.
    pub(crate) fn may(&self, method: &Method, path: &str) -> Result<(), Problem> {
        let has = |scope: Scope| self.scopes.split(' ').any(|word| word == scope.word());
        let lacks = match (method, path) {
            (_, "/mcp") if has(Scope::Read) && has(Scope::Write) => return Ok(()),
            (_, "/mcp") => Scope::Tools,
            (Method::Get | Method::Head, _) => Scope::Read,
            _ => Scope::Write,
        };
        if has(lacks) { Ok(()) } else { Err(no_scope(lacks)) }
    }
}

fn no_scope(lacks: Scope) -> Problem {
    let text = format!("the key lacks the scope `{}`: ask for one that has it", lacks.word());
    Problem::new(403, "key.scope", text)
}

/// A key to be made: for reading and writing, where nothing is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    graph: String,
    name: String,
    #[serde(default)]
    scopes: Vec<Scope>,
}

/// Answers the admin's requests below `/v1/keys`.
pub(crate) async fn answer(mut request: Request, env: &Env) -> Result<Response, Problem> {
    let (registry, path) = (Registry::open(env).await?, request.path());
    let id = path.trim_start_matches("/v1/keys").trim_start_matches('/');
    match (request.method(), id) {
        (Method::Get, "") => list(&registry, &lookup::after(&request)?).await,
        (Method::Post, "") => make(&registry, body::json(&mut request).await?).await,
        (Method::Delete, id) if registry.end_key(id).await? => {
            Ok(Response::empty()?.with_status(204))
        }
        (Method::Delete, _) => Err(Problem::not_found("key")),
        _ => Err(Problem::not_found("place")),
    }
}

/// A page of them, and where the next one begins.
async fn list(registry: &Registry, after: &str) -> Result<Response, Problem> {
    let keys = registry.keys(after.split_once('.').unwrap_or((after, "")), PAGE).await?;
    let last = keys.last().filter(|_| keys.len() == PAGE as usize);
    let next = last.map(|key| format!("{}.{}", key.graph, key.id));
    Ok(Response::from_json(&json!({ "keys": keys, "next": next }))?)
}

async fn make(registry: &Registry, new: NewKey) -> Result<Response, Problem> {
    let NewKey { graph, name, scopes } = new;
    let known: GraphId = graph.parse().map_err(|_| Problem::not_found("user"))?;
    if !registry.knows(known).await? {
        return Err(Problem::not_found("user"));
    }
    if name.is_empty() || name.len() > NAME_MAX {
        return Err(Problem::usage("a name has 1 to 100 bytes"));
    }
    let wanted = if scopes.is_empty() { vec![Scope::Read, Scope::Write] } else { scopes };
    let scopes: Vec<Scope> = Scope::ALL.into_iter().filter(|it| wanted.contains(it)).collect();
    let (id, key) = registry.add_key(known, &name, &scopes).await?;
    let told = json!({ "id": id, "graph": graph, "name": name, "scopes": scopes, "key": key });
    Ok(Response::from_json(&told)?.with_status(201))
}
