//! One edge: which events it carries, what of them shows, and what becomes of its copies.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::super::routes::{EdgeBody, FiltersBody};
use super::super::state::Server;
use super::deeds::{back_to, foreign};
use super::looks::{failed, rendered};
use super::model::{EdgeOptions, read};
use super::session::Visitor;
use crate::args::{OnConflictFlag, OnDeleteFlag, OnEditFlag};
use crate::commands::edge;
use crate::error::CliError;

#[derive(Template)]
#[template(path = "edge.html")]
struct EdgePage {
    token: String,
    notice: Option<String>,
    only_keywords: String,
    skip_keywords: String,
    checks: Vec<Check>,
    choices: Vec<Choice>,
    edge: EdgeOptions,
}

struct Check {
    name: &'static str,
    word: &'static str,
    is_on: bool,
}

struct Choice {
    name: &'static str,
    word: &'static str,
    options: Vec<(&'static str, &'static str, bool)>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    notice: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct OptionsForm {
    token: String,
    title: String,
    past_days: u16,
    future_days: u16,
    only_keywords: String,
    skip_keywords: String,
    // Browsers send those alone that are ticked.
    whole_days: Option<String>,
    tentative: Option<String>,
    with_free: Option<String>,
    with_declined: Option<String>,
    private_grant: Option<String>,
    people: Option<String>,
    meeting: Option<String>,
    may_notify: Option<String>,
    on_edit: OnEditFlag,
    on_delete: OnDeleteFlag,
    on_conflict: OnConflictFlag,
}

pub(super) async fn show(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    rendered(page(visitor, &id, asked.notice).await)
}

pub(super) async fn change(
    State(server): State<Server>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<OptionsForm>,
) -> Response {
    if !visitor.made(&form.token) {
        return foreign();
    }
    let body = EdgeBody::from(form);
    let changed = edge::alter(&visitor.data, &id, |options| body.apply(options)).await;
    server.desks.wake(&visitor.data).await;
    let here = format!("/page/edges/{id}");
    match changed {
        Ok(_) => back_to(&here, "The edge is changed; its copies follow."),
        Err(error) => failed(&here, error),
    }
}

async fn page(visitor: Visitor, id: &str, notice: Option<String>) -> Result<EdgePage, CliError> {
    let edge: EdgeOptions = read(edge::show(&visitor.data, id).await)?;
    Ok(EdgePage {
        token: visitor.token,
        notice,
        only_keywords: edge.filters.only_keywords.join(", "),
        skip_keywords: edge.filters.skip_keywords.join(", "),
        checks: checks(&edge),
        choices: choices(&edge),
        edge,
    })
}

fn checks(edge: &EdgeOptions) -> Vec<Check> {
    let filters = &edge.filters;
    let all = [
        ("whole_days", "Copy events of whole days", !filters.skip_all_day),
        ("tentative", "Copy tentative events", !filters.skip_tentative),
        ("with_free", "Copy events that leave the time free", filters.with_free),
        ("with_declined", "Copy events that were declined", filters.with_declined),
        ("private_grant", "Show private events like all others", edge.private_grant),
        ("people", "In full: name the people, as text", edge.people),
        ("meeting", "In full: the meeting's address, as text", edge.meeting),
        ("may_notify", "What is edited here may mail the guests of its origin", edge.may_notify),
    ];
    all.map(|(name, word, is_on)| Check { name, word, is_on }).into()
}

fn choices(edge: &EdgeOptions) -> Vec<Choice> {
    let choice = |name, word, now: &str, options: [(&'static str, &'static str); 3]| Choice {
        name,
        word,
        options: options.map(|(value, word)| (value, word, value == now)).into(),
    };
    vec![
        choice(
            "on_edit",
            "A copy that somebody edits",
            &edge.on_edit,
            [
                ("revert", "is put right"),
                ("propagate", "changes its origin"),
                ("detach", "is theirs from then on"),
            ],
        ),
        choice(
            "on_delete",
            "A copy that somebody deletes",
            &edge.on_delete,
            [
                ("restore", "comes back"),
                ("propagate", "takes its origin along"),
                ("detach", "stays away"),
            ],
        ),
        choice(
            "on_conflict",
            "Where both were changed",
            &edge.on_conflict,
            [
                ("last-seen", "what was seen last holds"),
                ("origin", "the origin holds"),
                ("mirror", "the copy holds"),
            ],
        ),
    ]
}

impl From<OptionsForm> for EdgeBody {
    /// All that the page shows, as it was sent.
    fn from(form: OptionsForm) -> Self {
        let is_on = |check: Option<String>| Some(check.is_some());
        let filters = FiltersBody {
            skip_all_day: Some(form.whole_days.is_none()),
            skip_tentative: Some(form.tentative.is_none()),
            with_free: is_on(form.with_free),
            with_declined: is_on(form.with_declined),
            only_keywords: Some(words(&form.only_keywords)),
            skip_keywords: Some(words(&form.skip_keywords)),
            ..FiltersBody::default()
        };
        Self {
            title: Some(form.title.trim().to_owned()),
            filters: Some(filters),
            past_days: Some(form.past_days),
            future_days: Some(form.future_days),
            private_grant: is_on(form.private_grant),
            people: is_on(form.people),
            meeting: is_on(form.meeting),
            may_notify: is_on(form.may_notify),
            on_edit: Some(form.on_edit),
            on_delete: Some(form.on_delete),
            on_conflict: Some(form.on_conflict),
            ..Self::default()
        }
    }
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}
