//! What holds for all edges of a person.

use kalends::core::author::EditError;
use kalends::core::graph::{Policy, PolicyOwner};
use kalends::core::schedule::{Rule, Rules};
use kalends::core::slice::Config;
use kalends::{DriverError, UserEdit};
use serde_json::json;

use super::etag;
use crate::args::{DetailFlag, read_zone};
use crate::data::Data;
use crate::error::CliError;
use crate::hooks::CliHooks;
use crate::host;
use crate::outcome::Outcome;
use crate::show::detail;
use crate::view::{CeilingView, Settings};

/// How often a change is made anew that others came before.
const TRIES_MAX: usize = 8;

/// What is set; what is not named stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Change {
    pub(crate) home: Option<String>,
    pub(crate) detail_max: Option<DetailFlag>,
    pub(crate) private_grants: Option<bool>,
    pub(crate) people: Option<bool>,
    pub(crate) meeting: Option<bool>,
    /// Only if all of it still has this tag.
    pub(crate) etag: Option<String>,
}

pub(crate) async fn show(data: &Data) -> Result<Outcome, CliError> {
    Ok(Outcome::new(view(&*data.config().await?), ""))
}

fn view(config: &Config) -> Settings {
    let ceiling = |owner| {
        let policy = config.policies.get(&owner).cloned().unwrap_or_default();
        CeilingView {
            detail_max: detail(policy.level_max),
            private_grants: policy.private_grants,
            people: policy.people,
            meeting: policy.meeting,
        }
    };
    Settings {
        home: Rules::of(config.rules.values()).zone.to_string(),
        person: ceiling(PolicyOwner::Person),
        organization: ceiling(PolicyOwner::Organization),
    }
}

/// Whether the settings are what whoever changes them was told.
fn known(config: &Config, etag: &str) -> Result<(), CliError> {
    let is_known = etag::of(&json!(view(config))) == etag;
    if is_known { Ok(()) } else { Err(DriverError::Edit(EditError::PolicyChanged).into()) }
}

/// Lowering what may be shown clears it from mirrors at the next sync. Who names no tag changes what they
/// name and nothing else, whatever others change meanwhile.
pub(crate) async fn change(data: &Data, change: Change) -> Result<Outcome, CliError> {
    for _ in 0..TRIES_MAX {
        match put(data, &change).await {
            Err(error) if change.etag.is_none() && error.code == EditError::POLICY_CHANGED => {}
            Err(error) => return Err(error),
            Ok(()) => return show(data).await,
        }
    }
    Err(DriverError::Edit(EditError::PolicyChanged).into())
}

async fn put(data: &Data, change: &Change) -> Result<(), CliError> {
    let edits = edits(&*data.config().await?, change)?;
    let driver = host::driver(data, CliHooks::quiet())?;
    host::edit_at_once(data, &driver, &edits).await.map(|_| ())
}

/// What a change comes to, each on what holds now. With a tag all must be as it was told, also what stays.
fn edits(config: &Config, change: &Change) -> Result<Vec<UserEdit>, CliError> {
    let zone = change.home.as_deref().map(read_zone).transpose().map_err(CliError::usage)?;
    if let Some(etag) = &change.etag {
        known(config, etag)?;
    }
    let before = config.policies.get(&PolicyOwner::Person).cloned().unwrap_or_default();
    let policy = Policy {
        level_max: change.detail_max.map_or(before.level_max, Into::into),
        private_grants: change.private_grants.unwrap_or(before.private_grants),
        people: change.people.unwrap_or(before.people),
        meeting: change.meeting.unwrap_or(before.meeting),
    };
    let home = Rules::of(config.rules.values()).zone;
    let zone = zone.unwrap_or_else(|| home.clone());
    let mut edits = Vec::new();
    // The rule first: what may be shown looks at each edge, and may fill a step.
    if zone != home || change.etag.is_some() {
        let base = Some(Box::new(Rule::Home(home)));
        edits.push(UserEdit::SetRule { rule: Box::new(Rule::Home(zone)), base });
    }
    if policy != before || change.etag.is_some() {
        let base = Some(before);
        edits.push(UserEdit::SetPolicy { owner: PolicyOwner::Person, base, policy });
    }
    Ok(edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::RuleSet;
    use crate::commands::rule;

    /// Catches a change of something that somebody else changed since it was read: of two with one tag,
    /// one is refused, at the same time too.
    #[tokio::test(flavor = "multi_thread")]
    async fn of_two_changes_with_one_tag_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let to = |home: &str, etag: &str| Change {
            home: Some(home.to_owned()),
            etag: Some(etag.to_owned()),
            ..Change::default()
        };
        for (one, other) in [("Europe/Paris", "Europe/Rome"), ("Asia/Tokyo", "Asia/Seoul")] {
            let etag = etag::of(&json!(view(&data.config().await.unwrap())));
            let (one, other) =
                tokio::join!(change(&data, to(one, &etag)), change(&data, to(other, &etag)));
            let refused: Vec<CliError> = [one, other].into_iter().filter_map(Result::err).collect();
            assert_eq!(refused.len(), 1, "{refused:?}");
            assert_eq!(refused[0].code, EditError::POLICY_CHANGED);
        }
        // Where both change something else, too: each was told of both.
        let etag = etag::of(&json!(view(&data.config().await.unwrap())));
        let people =
            |people| Change { people: Some(people), etag: Some(etag.clone()), ..Change::default() };
        let before = data.config().await.unwrap().policies.clone();
        let (one, other) =
            tokio::join!(change(&data, to("Australia/Perth", &etag)), change(&data, people(false)));
        assert_eq!([&one, &other].iter().filter(|one| one.is_err()).count(), 1);
        let changed = data.config().await.unwrap();
        assert_eq!(changed.policies != before, other.is_ok(), "all or nothing");
        assert_eq!(changed.policies == before, one.is_ok());
        // A rule says so as well.
        let etag = etag::of(&json!(view(&data.config().await.unwrap())));
        let zone = read_zone("Africa/Cairo").unwrap();
        rule::set(&data, RuleSet::Home { zone }).await.unwrap();
        let refused = change(&data, to("Europe/Oslo", &etag)).await.err().unwrap();
        assert_eq!(refused.code, EditError::POLICY_CHANGED);
    }
    /// Catches a change that takes back another one of something else, made at the same time: a ceiling that
    /// was lowered is as it was.
    #[tokio::test(flavor = "multi_thread")]
    async fn changes_of_several_things_at_once_all_hold() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        for (level, people) in [(DetailFlag::Busy, true), (DetailFlag::Title, false)].repeat(4) {
            let lower = Change { detail_max: Some(level), ..Change::default() };
            let named = Change { people: Some(people), ..Change::default() };
            let (one, other) = tokio::join!(change(&data, lower), change(&data, named));
            assert_eq!((one.err().map(|it| it.code), other.err().map(|it| it.code)), (None, None));
            let held = data.config().await.unwrap().policies[&PolicyOwner::Person].clone();
            assert_eq!((held.level_max, held.people), (level.into(), people));
        }
    }
}
