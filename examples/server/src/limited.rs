//! Accounts whose owner did not allow all that was asked for.

use kalends::core::graph::Account;
use kalends_tokio::{Secret, SignIn, missing_scopes};

use crate::accounts::GOOGLE;
use crate::data::Data;
use crate::view::{AskView, LimitView};

/// What people are asked to allow, in plain words.
pub(crate) fn asks(scopes: &[String]) -> Vec<AskView> {
    let ask = |scope: &String| AskView { scope: scope.clone(), means: means(scope).to_owned() };
    scopes.iter().map(ask).collect()
}

fn means(scope: &str) -> &'static str {
    match scope {
        kalends_google::READ_EVENTS => "read the events of all your calendars",
        kalends_google::WRITE_EVENTS => "read, make, change and delete events in your calendars",
        kalends_google::READ_LIST => "see which calendars you have",
        kalends_google::OWN_CALENDARS => {
            "make calendars of its own beside yours, and write to those alone"
        }
        kalends_google::ASK_BUSY => {
            "see when you and others are busy, in calendars you have access to"
        }
        "Calendars.ReadWrite" => "read, make, change and delete events in your calendars",
        "MailboxSettings.Read" => "see your time zone and your working hours",
        "User.Read" => "see your name and your address",
        "offline_access" => "go on while you are away, until you take it back",
        _ => "something that only its provider explains",
    }
}

/// What an account may not do, by its credentials; nothing where they cannot be read.
pub(crate) async fn limits_of(data: &Data, account: &Account) -> Vec<LimitView> {
    let kept = data.store.secret(data.keys.graph, account.id).await.unwrap_or_default();
    let secret = kept.and_then(|bytes| Secret::from_bytes(&bytes));
    let sign_in = secret.as_ref().and_then(|secret| secret.sign_in.as_deref());
    sign_in.map(|sign_in| limits(&account.provider, sign_in)).unwrap_or_default()
}

/// What an account may not do, in words; nothing where all was allowed, or nobody knows.
pub(crate) fn limits(kind: &str, sign_in: &SignIn) -> Vec<LimitView> {
    let (asked, granted) = (&sign_in.client.scopes, &sign_in.grant.scopes);
    let view =
        |scope: &str, means: &str| LimitView { scope: scope.to_owned(), means: means.to_owned() };
    if kind == GOOGLE {
        let limits = kalends_google::limits(asked, granted);
        return limits.iter().map(|limit| view(limit.scope, limit.means)).collect();
    }
    let missing = missing_scopes(asked, granted);
    missing.iter().map(|scope| view(scope, "what needs it is left out")).collect()
}

/// The same for people, with what to do.
pub(crate) fn text(kind: &str, name: &str, limits: &[LimitView]) -> Option<String> {
    let lines: Vec<String> =
        limits.iter().map(|limit| format!("  {}: {}", limit.scope, limit.means)).collect();
    (!lines.is_empty()).then(|| {
        format!(
            "the account is limited: not all that was asked for was allowed\n{}\nto lift that, sign \
             in again and allow everything: account add {kind} --name {name}",
            lines.join("\n")
        )
    })
}
