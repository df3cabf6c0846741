//! What holds for all edges of a person.

use kalends::UserEdit;
use kalends::core::graph::{Policy, PolicyOwner};
use kalends::core::schedule::{Rule, Rules};

use crate::args::{DetailFlag, read_zone};
use crate::data::Data;
use crate::error::CliError;
use crate::hooks::CliHooks;
use crate::host;
use crate::outcome::Outcome;
use crate::show::detail;
use crate::view::{CeilingView, Settings};

/// What is set; what is not named stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Change {
    pub(crate) home: Option<String>,
    pub(crate) detail_max: Option<DetailFlag>,
    pub(crate) private_grants: Option<bool>,
    pub(crate) people: Option<bool>,
    pub(crate) meeting: Option<bool>,
}

pub(crate) async fn show(data: &Data) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let ceiling = |owner| {
        let policy = config.policies.get(&owner).cloned().unwrap_or_default();
        CeilingView {
            detail_max: detail(policy.level_max),
            private_grants: policy.private_grants,
            people: policy.people,
            meeting: policy.meeting,
        }
    };
    let settings = Settings {
        home: Rules::of(config.rules.values()).zone.to_string(),
        person: ceiling(PolicyOwner::Person),
        organization: ceiling(PolicyOwner::Organization),
    };
    Ok(Outcome::new(settings, ""))
}

/// Lowering what may be shown clears it from mirrors at the next sync.
pub(crate) async fn change(data: &Data, change: Change) -> Result<Outcome, CliError> {
    let zone = change.home.as_deref().map(read_zone).transpose().map_err(CliError::usage)?;
    let config = data.config().await?;
    let before = config.policies.get(&PolicyOwner::Person).cloned().unwrap_or_default();
    let policy = Policy {
        level_max: change.detail_max.map_or(before.level_max, Into::into),
        private_grants: change.private_grants.unwrap_or(before.private_grants),
        people: change.people.unwrap_or(before.people),
        meeting: change.meeting.unwrap_or(before.meeting),
    };
    let driver = host::driver(data, CliHooks::quiet())?;
    if let Some(zone) = zone {
        let edit = UserEdit::SetRule { rule: Box::new(Rule::Home(zone)) };
        kalends::edit(&driver, &data.keys, edit).await?;
    }
    if policy != before {
        let edit = UserEdit::SetPolicy { owner: PolicyOwner::Person, policy };
        kalends::edit(&driver, &data.keys, edit).await?;
    }
    show(data).await
}
