//! What somebody does at the page: what the command of its kind does, and back to the page.

use axum::Form;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use kalends::core::graph::EdgeOptions;
use serde::Deserialize;
use url::form_urlencoded;

use super::super::problem::Problem;
use super::super::routes::EdgeBody;
use super::super::sign_in::{Started, begin, begin_again};
use super::super::state::Server;
use super::looks::{failed, problem};
use super::model::{TakenBack, read};
use super::session::Visitor;
use crate::accounts::{GOOGLE, MICROSOFT};
use crate::args::DetailFlag;
use crate::commands::birth::Birth;
use crate::commands::held::{self, Word};
use crate::commands::{account_add, edge, parked, sync, undo};
use crate::erasure;
use crate::error::CliError;
use crate::view::CalledOffView;

#[derive(Deserialize)]
pub(super) struct Bare {
    pub(super) token: String,
}

#[derive(Deserialize)]
pub(super) struct EdgeForm {
    token: String,
    /// The edge that is there; empty: none.
    edge: String,
    from: String,
    to: String,
    /// `none`, or how much shows.
    detail: String,
}

#[derive(Deserialize)]
pub(super) struct UndoForm {
    token: String,
    run: String,
}

#[derive(Deserialize)]
pub(super) struct HeldForm {
    token: String,
    calendar: String,
    #[serde(default)]
    unseen: bool,
    approve: bool,
    count: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct ParkedForm {
    token: String,
    part: String,
}

#[derive(Deserialize)]
pub(super) struct AccountForm {
    token: String,
    kind: String,
    name: String,
    url: String,
    user: String,
    password: String,
}

#[derive(Deserialize)]
pub(super) struct ReconnectForm {
    token: String,
    name: String,
}

#[derive(Deserialize)]
pub(super) struct ConnectForm {
    token: String,
    kind: String,
    name: String,
}

/// How much of what an undo left alone is told one by one.
const KEPT: usize = 3;

pub(super) async fn sync(visitor: Visitor, Form(form): Form<Bare>) -> Response {
    if !visitor.made(&form.token) {
        return foreign();
    }
    done(sync::on_demand(&visitor.data).await.map(|_| "Synced."))
}

pub(super) async fn edge(
    State(server): State<Server>,
    visitor: Visitor,
    Form(form): Form<EdgeForm>,
) -> Response {
    if !visitor.made(&form.token) {
        return foreign();
    }
    let set = set_edge(&visitor, &form).await;
    server.desks.wake(&visitor.data).await;
    done(set)
}

async fn set_edge(visitor: &Visitor, form: &EdgeForm) -> Result<&'static str, CliError> {
    let data = &visitor.data;
    let detail = match form.detail.as_str() {
        "none" => None,
        "busy" => Some(DetailFlag::Busy),
        "title" => Some(DetailFlag::Title),
        "full" => Some(DetailFlag::Full),
        _ => return Err(CliError::usage("a detail is none, busy, title or full")),
    };
    match (form.edge.is_empty(), detail) {
        (true, None) => Ok("Nothing changed."),
        (true, Some(detail)) => {
            let mut options = EdgeOptions::default();
            EdgeBody::of_detail(detail).apply(&mut options);
            edge::make(data, (&form.from, &form.to), options, (&Birth::now(), false)).await?;
            Ok("The edge is made; its mirrors follow.")
        }
        (false, None) => {
            edge::remove(data, &form.edge, false).await?;
            Ok("The edge is being removed; its mirrors go with it.")
        }
        (false, Some(detail)) => {
            let body = EdgeBody::of_detail(detail);
            edge::alter(data, &form.edge, |options| body.apply(options)).await?;
            Ok("The edge is changed; its mirrors follow.")
        }
    }
}

pub(super) async fn undo(
    State(server): State<Server>,
    visitor: Visitor,
    Form(form): Form<UndoForm>,
) -> Response {
    if !visitor.made(&form.token) {
        return foreign();
    }
    let undone = undo::undo(&visitor.data, &form.run).await;
    server.desks.wake(&visitor.data).await;
    match read::<TakenBack>(undone) {
        Ok(undone) => back(&taken_back(&undone)),
        Err(error) => failed("/page", error),
    }
}

fn taken_back(undone: &TakenBack) -> String {
    if undone.kept.is_empty() {
        return "It is taken back, and its copies follow.".to_owned();
    }
    let kept = listed(undone.kept.iter().map(|one| (one.what.as_str(), one.why.as_str())));
    format!("It is taken back as far as it can be. Left alone:{kept}")
}

/// What was left alone and why: the first of it one by one.
fn listed<'a>(kept: impl ExactSizeIterator<Item = (&'a str, &'a str)>) -> String {
    let more = match kept.len().saturating_sub(KEPT) {
        0 => String::new(),
        more => format!(" And {more} more."),
    };
    let told = kept.take(KEPT).map(|(what, why)| format!(" {what} ({why})."));
    told.collect::<String>() + &more
}

pub(super) async fn judge(
    State(server): State<Server>,
    visitor: Visitor,
    Form(form): Form<HeldForm>,
) -> Response {
    if !visitor.made(&form.token) {
        return foreign();
    }
    let judged = match Word::of(form.approve, form.count) {
        Ok(word) => {
            held::judge(&visitor.data, &form.calendar, held::asked(form.unseen), word).await
        }
        Err(error) => Err(error),
    };
    server.desks.wake(&visitor.data).await;
    done(judged.map(|_| "Your word is kept."))
}

pub(super) async fn retry(
    State(server): State<Server>,
    visitor: Visitor,
    Form(form): Form<ParkedForm>,
) -> Response {
    if !visitor.made(&form.token) {
        return foreign();
    }
    let retried = parked::retry(&visitor.data, Some(&form.part)).await;
    server.desks.wake(&visitor.data).await;
    done(retried.map(|_| "It is tried again."))
}

pub(super) async fn call_off(
    State(server): State<Server>,
    visitor: Visitor,
    Form(form): Form<Bare>,
) -> Response {
    if !visitor.made(&form.token) {
        return foreign();
    }
    let off = erasure::call_off(&visitor.data, &server.registry).await;
    server.desks.wake(&visitor.data).await;
    match off {
        Ok(off) => back(&called_off(&off)),
        Err(error) => failed("/page", error),
    }
}

fn called_off(off: &CalledOffView) -> String {
    let text = "The erasure is called off. Accounts that went already are to be connected again.";
    if off.lost.is_empty() {
        return text.to_owned();
    }
    let lost = listed(off.lost.iter().map(|one| (one.what.as_str(), one.why)));
    format!("{text} Not as before:{lost}")
}

pub(super) async fn add_account(
    State(server): State<Server>,
    visitor: Visitor,
    Form(form): Form<AccountForm>,
) -> Response {
    if !visitor.made(&form.token) {
        return foreign();
    }
    let AccountForm { kind, name, url, user, password, .. } = form;
    let added = match kind.as_str() {
        "caldav" => {
            let url = Some(url.as_str()).filter(|url| !url.is_empty());
            account_add::caldav(&visitor.data, name, url, user, password).await
        }
        "feed" => {
            let login = (!user.is_empty()).then_some((user, password));
            account_add::feed(&visitor.data, name, url, login).await
        }
        _ => Err(CliError::usage("an account here is caldav or feed")),
    };
    server.desks.wake(&visitor.data).await;
    done(added.map(|_| "The account is connected."))
}

pub(super) async fn connect(
    State(server): State<Server>,
    visitor: Visitor,
    Form(form): Form<ConnectForm>,
) -> Response {
    if !visitor.made(&form.token) {
        return foreign();
    }
    let kind = if form.kind == MICROSOFT { MICROSOFT } else { GOOGLE };
    sent_on(begin(&server, (&visitor.user.name, &visitor.data), (kind, form.name, false), None))
}

pub(super) async fn reconnect(
    State(server): State<Server>,
    visitor: Visitor,
    Form(form): Form<ReconnectForm>,
) -> Response {
    if !visitor.made(&form.token) {
        return foreign();
    }
    let of = (&visitor.data, form.name.as_str());
    sent_on(begin_again(&server, &visitor.user.name, of, None).await)
}

fn sent_on(started: Result<Started, Problem>) -> Response {
    match started {
        Ok(started) => Redirect::to(started.address()).into_response(),
        Err(why) => problem(why.status(), why.detail()),
    }
}

fn done(outcome: Result<&'static str, CliError>) -> Response {
    match outcome {
        Ok(text) => back(text),
        Err(error) => failed("/page", error),
    }
}

/// To the page, which says what was done.
fn back(notice: &str) -> Response {
    back_to("/page", notice)
}

/// To one of the pages, which says what was done.
pub(super) fn back_to(page: &str, notice: &str) -> Response {
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("notice", notice).finish();
    let mut response = Redirect::to(&format!("{page}?{query}")).into_response();
    // What is said is in the address: it is in nobody's cache.
    response.headers_mut().insert("cache-control", HeaderValue::from_static("no-store"));
    response
}

/// Somebody who asks too often.
pub(super) fn too_many(wait_s: u32) -> Response {
    let mut response = problem(StatusCode::TOO_MANY_REQUESTS, "Too many requests: wait a minute.");
    response.headers_mut().insert("retry-after", HeaderValue::from(wait_s));
    response
}

/// A form that was made for another sign-in, or by another page.
pub(super) fn foreign() -> Response {
    problem(
        StatusCode::FORBIDDEN,
        "This form belongs to another sign-in: go back and load the page anew.",
    )
}
