//! Accounts and which of their calendars are read, and the feeds that others subscribe to.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;

use super::super::feeds::FeedBody;
use super::super::routes::make_feed;
use super::super::state::Server;
use super::deeds::{back_to, foreign};
use super::looks::{failed, rendered};
use super::model::{Calendar, Status};
use super::session::Visitor;
use crate::args::DetailFlag;
use crate::commands::{account, calendars};
use crate::error::CliError;

/// Where it is.
const HERE: &str = "/page/accounts";

#[derive(Template)]
#[template(path = "manage.html")]
struct ManagePage {
    user: String,
    token: String,
    notice: Option<String>,
    /// The address of a feed that was just made: it is shown this once.
    address: Option<String>,
    accounts: Vec<OneAccount>,
    /// Calendars that are read, any of which may show the same as another.
    read: Vec<Choice>,
    feeds: Vec<OneFeed>,
}

struct Choice {
    id: String,
    label: String,
}

struct OneAccount {
    name: String,
    /// Its copies are being taken back.
    is_leaving: bool,
    provider: String,
    calendars: Vec<Calendar>,
}

struct OneFeed {
    id: String,
    name: String,
    shows: &'static str,
    /// The calendars that it is of; none: of all.
    of: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    notice: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct RemoveForm {
    token: String,
    name: String,
    abandon: bool,
}

#[derive(Deserialize)]
pub(super) struct ScopeForm {
    token: String,
    calendar: String,
    on: bool,
}

#[derive(Deserialize)]
pub(super) struct ReplaceForm {
    token: String,
    calendar: String,
    with: String,
    #[serde(default)]
    anyway: bool,
}

#[derive(Deserialize)]
pub(super) struct FeedForm {
    token: String,
    name: String,
    detail: DetailFlag,
}

#[derive(Deserialize)]
pub(super) struct EndForm {
    token: String,
    feed: String,
}

pub(super) async fn show(
    State(server): State<Server>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Response {
    rendered(page(&server, visitor, (asked.notice, None)).await)
}

pub(super) async fn remove(
    State(server): State<Server>,
    visitor: Visitor,
    Form(form): Form<RemoveForm>,
) -> Response {
    if !visitor.made(&form.token) {
        return foreign();
    }
    let removed = account::removed(&visitor.data, &form.name, form.abandon).await;
    server.desks.wake(&visitor.data).await;
    match removed {
        Ok((_, sign_in)) if form.abandon => back_to(
            HERE,
            &format!("The account is removed; what was copied into it stays there{sign_in}."),
        ),
        Ok((_, sign_in)) => {
            back_to(HERE, &format!("The account is being removed: its copies go first{sign_in}."))
        }
        Err(error) => wrong(&error),
    }
}

pub(super) async fn scope(
    State(server): State<Server>,
    visitor: Visitor,
    Form(form): Form<ScopeForm>,
) -> Response {
    if !visitor.made(&form.token) {
        return foreign();
    }
    let set = calendars::scope(&visitor.data, &form.calendar, form.on).await;
    server.desks.wake(&visitor.data).await;
    done(set.map(|_| match form.on {
        true => "The calendar is read from now on.",
        false => "The calendar is not read any more; its copies go.",
    }))
}

pub(super) async fn replace(
    State(server): State<Server>,
    visitor: Visitor,
    Form(form): Form<ReplaceForm>,
) -> Response {
    if !visitor.made(&form.token) {
        return foreign();
    }
    let ends = [form.calendar.as_str(), form.with.as_str()];
    let replaced = calendars::replace(&visitor.data, &server.registry, ends, form.anyway).await;
    server.desks.wake(&visitor.data).await;
    match replaced {
        Ok(outcome) => back_to(HERE, &format!("It took its place: {}.", outcome.text)),
        Err(error) => wrong(&error),
    }
}

pub(super) async fn add_feed(
    State(server): State<Server>,
    visitor: Visitor,
    Form(form): Form<FeedForm>,
) -> Response {
    if !visitor.made(&form.token) {
        return foreign();
    }
    let body = FeedBody::showing(form.name, form.detail);
    match make_feed(&server, &visitor.data, body).await {
        // No address of the page holds it, nor does anybody's cache.
        Ok((_, address)) => {
            let (user, token) = (visitor.user.name.clone(), visitor.token.clone());
            let shown = page(&server, visitor, (None, Some(address.clone()))).await;
            // It is shown once: now, though nothing else can be.
            let shown = shown.unwrap_or_else(|error| ManagePage {
                user,
                token,
                notice: Some(format!("What is here cannot be shown now: {}", error.message)),
                address: Some(address),
                accounts: Vec::new(),
                read: Vec::new(),
                feeds: Vec::new(),
            });
            let mut shown = rendered(Ok(shown));
            shown.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            shown
        }
        Err(error) => wrong(&error),
    }
}

pub(super) async fn end_feed(
    State(server): State<Server>,
    visitor: Visitor,
    Form(form): Form<EndForm>,
) -> Response {
    if !visitor.made(&form.token) {
        return foreign();
    }
    let ended = server.registry.remove_feed(visitor.data.keys.graph, &form.feed);
    done(ended.map(|_| "The feed is ended: its address leads nowhere any more."))
}

async fn page(
    server: &Server,
    visitor: Visitor,
    (notice, address): (Option<String>, Option<String>),
) -> Result<ManagePage, CliError> {
    let found = Status::of(&visitor.data).await?;
    let feeds = server.registry.feeds(visitor.data.keys.graph)?.into_iter();
    let feeds = feeds.map(|feed| OneFeed {
        of: of(&feed.body, &found),
        shows: shows(&feed.body),
        id: feed.id,
        name: feed.body.name,
    });
    let feeds = feeds.collect();
    let is_read = |one: &&Calendar| one.on && one.role != "overlay" && one.role != "own";
    let choice = |one: &Calendar| Choice { id: one.id.clone(), label: one.label() };
    let read = found.calendars.iter().filter(is_read).map(choice).collect();
    let mut calendars = found.calendars;
    let accounts = found.accounts.into_iter().filter(|account| account.provider != "own");
    let accounts = accounts.map(|account| {
        let is_its = |one: &mut Calendar| {
            one.account.as_ref() == Some(&account.name) && one.role != "overlay"
        };
        let calendars = calendars.extract_if(.., is_its).collect();
        let is_leaving = account.state != "active";
        OneAccount { name: account.name, is_leaving, provider: account.provider, calendars }
    });
    let accounts = accounts.collect();
    let (user, token) = (visitor.user.name, visitor.token);
    Ok(ManagePage { user, token, notice, address, accounts, read, feeds })
}

fn shows(body: &FeedBody) -> &'static str {
    match body.detail() {
        DetailFlag::Busy => "busy time",
        DetailFlag::Title => "titles",
        DetailFlag::Full => "in full",
    }
}

/// The names of a feed's calendars, as far as they are there.
fn of(body: &FeedBody, found: &Status) -> Option<String> {
    let ids = body.calendars.as_ref()?;
    let names = found.calendars.iter().filter(|one| ids.contains(&one.id)).map(Calendar::label);
    let names: Vec<String> = names.collect();
    Some(if names.is_empty() { "calendars that are gone".to_owned() } else { names.join(", ") })
}

fn done(outcome: Result<&'static str, CliError>) -> Response {
    match outcome {
        Ok(text) => back_to(HERE, text),
        Err(error) => wrong(&error),
    }
}

fn wrong(error: &CliError) -> Response {
    failed(HERE, error.clone())
}
