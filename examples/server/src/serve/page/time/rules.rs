//! How the person wants to work.

use askama::Template;
use kalends::core::ids::RuleId;
use kalends::core::schedule::Rule;

use super::super::session::Visitor;
use super::kinds::title;
use crate::commands::rule;
use crate::error::CliError;

#[derive(Template)]
#[template(path = "time_rules.html")]
pub(super) struct RulesPart {
    token: String,
    rules: Vec<Shown>,
}

struct Shown {
    id: String,
    title: &'static str,
    says: String,
}

impl RulesPart {
    pub(super) async fn of(visitor: &Visitor) -> Result<Self, CliError> {
        let config = visitor.data.config().await?;
        let home = rule::home(&visitor.data).await?;
        let shown = |(id, rule): (&RuleId, &Rule)| Shown {
            id: id.to_string(),
            title: title(rule.kind()),
            says: rule::said(rule, &home),
        };
        let mut rules: Vec<Shown> = config.rules.iter().map(shown).collect();
        rules.sort_by(|one, other| (one.title, &one.says).cmp(&(other.title, &other.says)));
        Ok(Self { token: visitor.token.clone(), rules })
    }
}
