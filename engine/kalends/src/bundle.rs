//! A graph's bundle: what makes it itself, without credentials and without events.

use std::collections::BTreeMap;

use kalends_core::graph::{Account, Calendar, Edge, Policy, PolicyOwner, Sweep};
use kalends_core::ids::{GraphId, RuleId};
use kalends_core::journal::{Cause, CauseKind, Entry};
use kalends_core::keys::GraphKeys;
use kalends_core::plan::{Change, Plan, Row, RowKey};
use kalends_core::schedule::Rule;
use kalends_core::slice::{Config, Slice};
use kalends_core::step::Env;
use kalends_core::wire::{self, WireError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

const VERSION: u32 = 1;

/// What makes a graph itself: its id and secret, accounts without credentials, calendars with
/// their scope choices, edges and policies. A store that imports it keeps ids and mirrors.
///
/// Whoever has it can sign marks of the graph: keep it like a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphBundle {
    /// The graph's id and secret.
    pub keys: GraphKeys,
    /// Accounts.
    pub accounts: Vec<Account>,
    /// Calendars, overlays too.
    pub calendars: Vec<Calendar>,
    /// Edges.
    pub edges: Vec<Edge>,
    /// Policies.
    pub policies: Vec<(PolicyOwner, Policy)>,
    /// How the person wants to work.
    pub rules: Vec<(RuleId, Rule)>,
}

/// Why a bundle was not taken.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is not a bundle.
    #[error("this is no bundle of a graph: {0}")]
    Form(#[from] serde_json::Error),
    /// A row of it cannot be read.
    #[error("the bundle holds what cannot be read: {0}")]
    Row(#[from] WireError),
    /// A later version wrote it.
    #[error("the bundle has version {0}: use a version of this program that knows it")]
    Version(u32),
    /// An id or the secret is damaged.
    #[error("the bundle's {0} is damaged: export it anew")]
    Damaged(&'static str),
    /// There is something else already.
    #[error("the graph is set up already: import a bundle into an empty data folder")]
    NotEmpty,
}

impl GraphBundle {
    /// The bundle of a graph.
    #[must_use]
    pub fn of(keys: &GraphKeys, config: &Config) -> Self {
        Self {
            keys: keys.clone(),
            accounts: config.accounts.values().cloned().collect(),
            calendars: config.calendars.values().cloned().collect(),
            edges: config.edges.values().cloned().collect(),
            policies: config.policies.iter().map(|(owner, p)| (*owner, p.clone())).collect(),
            rules: config.rules.iter().map(|(id, rule)| (*id, rule.clone())).collect(),
        }
    }

    /// As JSON text.
    ///
    /// # Errors
    /// [`BundleError::Form`].
    pub fn to_json(&self) -> Result<String, BundleError> {
        let form = Form {
            v: VERSION,
            graph: self.keys.graph.to_string(),
            secret: hex(&self.keys.secret),
            rows: self.rows().iter().map(kept).collect::<Result<_, _>>()?,
        };
        Ok(serde_json::to_string_pretty(&form)?)
    }

    /// Reads what [`GraphBundle::to_json`] wrote.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn from_json(text: &str) -> Result<Self, BundleError> {
        let Tag { v } = serde_json::from_str(text)?;
        if v > VERSION {
            return Err(BundleError::Version(v));
        }
        let form: Form = serde_json::from_str(text)?;
        let graph: GraphId = form.graph.parse().map_err(|_| BundleError::Damaged("graph id"))?;
        let secret = unhex(&form.secret).ok_or(BundleError::Damaged("secret"))?;
        let keys = GraphKeys { graph, secret };
        let mut bundle = Self::of(&keys, &Config::default());
        for Kept { key, row } in &form.rows {
            bundle.take(key, row.get().as_bytes())?;
        }
        Ok(bundle)
    }

    /// The plan that sets an empty graph up like this, journalled; `None` where it is set up just so
    /// already, as after an import whose end nobody saw.
    ///
    /// # Errors
    /// [`BundleError::NotEmpty`].
    pub fn import(&self, slice: &Slice, env: &Env) -> Result<Option<Plan>, BundleError> {
        if slice.head.seq > 0 || !slice.config.accounts.is_empty() {
            let there = Self::of(&env.keys, &slice.config);
            return if self.is_like(&there) { Ok(None) } else { Err(BundleError::NotEmpty) };
        }
        let mut plan = Plan::default();
        let mut deltas = Vec::new();
        for row in self.rows() {
            let bytes = wire::encode(&row);
            deltas.push(wire::delta(&row.key(), None, Some(&bytes)));
            plan.changes.push(Change::Put(row, bytes));
        }
        for edge in &self.edges {
            let row = Row::Sweep(edge.id, Sweep::After(None));
            let bytes = wire::encode(&row);
            plan.changes.push(Change::Put(row, bytes));
        }
        let payload = wire::payload(&deltas);
        let cause = Cause::of(CauseKind::Authored);
        let entry = Entry::after(slice.head, (env.now, env.run), cause, None, &payload);
        plan.entries.push((entry, payload));
        Ok(Some(plan))
    }

    /// Whether it says the same, in whatever order.
    fn is_like(&self, other: &Self) -> bool {
        let rows = |bundle: &Self| -> BTreeMap<RowKey, Row> {
            bundle.rows().into_iter().map(|row| (row.key(), row)).collect()
        };
        self.keys == other.keys && rows(self) == rows(other)
    }

    fn rows(&self) -> Vec<Row> {
        let accounts = self.accounts.iter().cloned().map(Row::Account);
        let calendars = self.calendars.iter().cloned().map(Row::Calendar);
        let edges = self.edges.iter().cloned().map(Row::Edge);
        let policies = self.policies.iter().map(|(owner, p)| Row::Policy(*owner, p.clone()));
        let rules = self.rules.iter().map(|(id, rule)| Row::Rule(*id, rule.clone()));
        accounts.chain(calendars).chain(edges).chain(policies).chain(rules).collect()
    }

    fn take(&mut self, key: &str, row: &[u8]) -> Result<(), BundleError> {
        match wire::read_key(key) {
            Some(RowKey::Account(id)) => self.accounts.push(wire::account(id, row)?),
            Some(RowKey::Calendar(id)) => self.calendars.push(wire::calendar(id, row)?),
            Some(RowKey::Edge(id)) => self.edges.push(wire::edge(id, row)?),
            Some(RowKey::Policy(owner)) => self.policies.push((owner, wire::policy(row)?)),
            Some(RowKey::Rule(id)) => self.rules.push((id, wire::rule(row)?)),
            Some(_) | None => return Err(BundleError::Damaged("list of rows")),
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Tag {
    v: u32,
}

#[derive(Serialize, Deserialize)]
struct Form {
    v: u32,
    graph: String,
    secret: String,
    rows: Vec<Kept>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    key: String,
    row: Box<RawValue>,
}

fn kept(row: &Row) -> Result<Kept, BundleError> {
    let text = String::from_utf8_lossy(&wire::encode(row)).into_owned();
    Ok(Kept { key: wire::key(&row.key()), row: RawValue::from_string(text)? })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}
