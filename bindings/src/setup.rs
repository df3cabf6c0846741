//! Accounts, calendars and edges.

use kalends::core::graph::{self, DetailLevel, EdgeOptions};
use kalends::core::ids::{AccountId, CalendarId, EdgeId};
use kalends::core::plan::Note;
use kalends::core::slice::Config;
use kalends::{Credential, EdgeTarget, NewAccount, UserEdit};
use kalends_kit::Secret;

use crate::catalog::{CALDAV, FEED};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::views::{id, kind, lifecycle, role};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AccountView {
    /// Its id.
    pub id: String,
    /// `caldav`, `feed`, ...
    pub provider: String,
    /// The name its owner gave it.
    pub name: String,
    /// Who the provider says it is.
    pub subject: String,
    /// `active`, or on its way out.
    pub state: String,
}

/// A calendar.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CalendarView {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// The display name.
    pub name: String,
    /// Whether it is read.
    pub on: bool,
    /// `theirs`, `subscribed`, `own`, `overlay`, `lost`.
    pub role: String,
}

/// An edge: events of one calendar, mirrored into another.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EdgeView {
    /// Its id.
    pub id: String,
    /// The source calendar.
    pub source: String,
    /// The target calendar.
    pub target: String,
    /// How much its mirrors show.
    pub detail: Detail,
    /// `overlay` or `mirror`.
    pub kind: String,
    /// `active`, `paused`, `retiring`, `abandoned`.
    pub state: String,
    /// Whether it is one of a two-way pair.
    pub two_way: bool,
}

/// How much a mirror shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Detail {
    /// That the time is taken.
    Busy,
    /// The title, too.
    Title,
    /// All but people and alarms.
    Full,
}

/// Where an edge leads.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum EdgeEnd {
    /// Into a calendar of ours in this account, made when it is needed.
    Overlay {
        /// The account's id.
        account: String,
    },
    /// Into a calendar that is there, among the person's own events.
    Existing {
        /// The calendar's id.
        calendar_id: String,
    },
}

/// What becomes of a mirror that a person changed or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum OnChange {
    /// It is put right.
    Restore,
    /// The change goes to the origin.
    Propagate,
    /// The copy is the person's from now on.
    Detach,
}

/// An edge to be made.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EdgeDraft {
    /// The source calendar.
    pub source: String,
    /// Where it leads.
    pub target: EdgeEnd,
    /// How much its mirrors show.
    pub detail: Detail,
    /// Its counterpart, too.
    #[uniffi(default = false)]
    pub two_way: bool,
    /// Of mirrors that a person changed. Absent: put right.
    #[uniffi(default = None)]
    pub on_edit: Option<OnChange>,
    /// Of mirrors that a person deleted. Absent: made again.
    #[uniffi(default = None)]
    pub on_delete: Option<OnChange>,
    /// The title of its mirrors, with `{title}` where the level shows it. Absent: the usual one.
    #[uniffi(default = None)]
    pub title: Option<String>,
}

#[uniffi::export]
impl Engine {
    /// Adds a CalDAV account, or gives one new credentials. Its calendars are looked for at once,
    /// so that a wrong address or password shows before anything is kept.
    ///
    /// # Errors
    /// `NeedsSignIn` where the password is refused; `Network` where the server cannot be reached or is no
    /// CalDAV server; `Invalid` for a name that cannot be; `Storage`, `Corrupt`.
    pub async fn add_caldav_account(
        &self,
        name: String,
        url: String,
        user: String,
        password: String,
    ) -> Result<AccountView, EngineError> {
        let credential = Credential::Basic { user, password };
        self.add_account(name, CALDAV, Secret::new(url, credential)).await
    }

    /// Adds an ICS feed; its address is kept like a password.
    ///
    /// # Errors
    /// `Network` where the address gives no calendar; `Invalid` for a name that cannot be; `Storage`,
    /// `Corrupt`.
    pub async fn add_feed_account(
        &self,
        name: String,
        url: String,
    ) -> Result<AccountView, EngineError> {
        self.add_account(name, FEED, Secret::new(url, Credential::None)).await
    }

    /// Takes an account away: with the next syncs its mirrors are taken back, and then it is gone.
    /// With `abandon` they stay where they are, for an account that cannot be reached any more.
    ///
    /// # Errors
    /// `Invalid` where there is no such account; `Storage`, `Corrupt`.
    pub async fn remove_account(
        &self,
        account: String,
        abandon: bool,
    ) -> Result<bool, EngineError> {
        let account = id::<AccountId>(&account, "an account")?;
        self.edit(UserEdit::RemoveAccount { account, abandon }).await?;
        let gone = !self.setting().await?.accounts.contains_key(&account);
        if gone {
            self.mobile.driver().ports().accounts.forget(account)?;
        }
        Ok(gone)
    }

    /// All accounts.
    ///
    /// # Errors
    /// `Storage`, `Corrupt`.
    pub async fn accounts(&self) -> Result<Vec<AccountView>, EngineError> {
        let config = self.setting().await?;
        Ok(config.accounts.values().map(account_view).collect())
    }

    /// All calendars, or those of one account.
    ///
    /// # Errors
    /// `Storage`, `Corrupt`.
    #[uniffi::method(default(account = None))]
    pub async fn calendars(
        &self,
        account: Option<String>,
    ) -> Result<Vec<CalendarView>, EngineError> {
        let config = self.setting().await?;
        let of = |calendar: &&graph::Calendar| {
            account.as_ref().is_none_or(|account| calendar.account.to_string() == *account)
        };
        Ok(config.calendars.values().filter(of).map(calendar_view).collect())
    }

    /// Reads a calendar from now on, or stops reading it.
    ///
    /// # Errors
    /// `Invalid` where there is no such calendar, or it is an overlay; `Storage`, `Corrupt`.
    pub async fn set_scope(&self, calendar_id: String, on: bool) -> Result<bool, EngineError> {
        let calendar = id(&calendar_id, "a calendar")?;
        self.edit(UserEdit::SetScope { calendar, on }).await?;
        Ok(on)
    }

    /// All edges.
    ///
    /// # Errors
    /// `Storage`, `Corrupt`.
    pub async fn edges(&self) -> Result<Vec<EdgeView>, EngineError> {
        let config = self.setting().await?;
        Ok(config.edges.values().map(edge_view).collect())
    }

    /// Adds an edge, and its counterpart where it is two-way; the next sync writes its mirrors.
    ///
    /// # Errors
    /// `Invalid` where an end does not exist or takes no mirrors, and for an edge that is there; `Storage`,
    /// `Corrupt`.
    pub async fn add_edge(&self, draft: EdgeDraft) -> Result<Vec<EdgeView>, EngineError> {
        let before = self.setting().await?;
        let from = id::<CalendarId>(&draft.source, "a calendar")?;
        let to = match &draft.target {
            EdgeEnd::Overlay { account } => EdgeTarget::Overlay(id(account, "an account")?),
            EdgeEnd::Existing { calendar_id } => {
                EdgeTarget::Calendar(id(calendar_id, "a calendar")?)
            }
        };
        let options = options(&draft, to);
        let (options, two_way) = (Box::new(options), draft.two_way);
        self.edit(UserEdit::AddEdge { from, to, options, two_way }).await?;
        let after = self.setting().await?;
        let added = after.edges.values().filter(|edge| !before.edges.contains_key(&edge.id));
        Ok(added.map(edge_view).collect())
    }

    /// Takes an edge away: with the next sync its mirrors are taken back. With `abandon` they
    /// stay where they are.
    ///
    /// # Errors
    /// `Invalid` where there is no such edge; `Storage`, `Corrupt`.
    pub async fn remove_edge(&self, edge: String, abandon: bool) -> Result<bool, EngineError> {
        let edge = id::<EdgeId>(&edge, "an edge")?;
        self.edit(UserEdit::RemoveEdge { edge, abandon }).await?;
        Ok(!self.setting().await?.edges.contains_key(&edge))
    }
}

impl Engine {
    /// Carries out an edit; the run it stands under in the journal.
    pub(crate) async fn edit(&self, edit: UserEdit) -> Result<String, EngineError> {
        Ok(self.carry_out(edit).await?.0)
    }

    /// The same, with what the step remarked.
    pub(crate) async fn carry_out(
        &self,
        edit: UserEdit,
    ) -> Result<(String, Vec<Note>), EngineError> {
        let (driver, keys) = (self.mobile.driver(), self.mobile.keys());
        let (run, notes) = kalends::edit(driver, keys, edit).await?;
        Ok((run.to_string(), notes))
    }

    pub(crate) async fn add_account(
        &self,
        name: String,
        kind: &str,
        secret: Secret,
    ) -> Result<AccountView, EngineError> {
        let (driver, keys) = (self.mobile.driver(), self.mobile.keys());
        let accounts = &driver.ports().accounts;
        let opened = accounts.try_out(kind, &secret)?;
        let found = kalends::find(driver.ports(), &opened).await?;
        let new = NewAccount { provider: kind.to_owned(), name };
        let added = kalends::add_account(driver, keys, &new, &found).await?;
        accounts.keep(added, &Secret { memory: found.remember, ..secret })?;
        let config = self.setting().await?;
        let account = config.accounts.get(&added).map(account_view);
        account.ok_or_else(|| EngineError::invalid("the account was removed meanwhile"))
    }
}

fn options(draft: &EdgeDraft, to: EdgeTarget) -> EdgeOptions {
    let mut options = EdgeOptions {
        level: match draft.detail {
            Detail::Busy => DetailLevel::Busy,
            Detail::Title => DetailLevel::Title,
            Detail::Full => DetailLevel::Full,
        },
        kind: to.kind(),
        title: draft.title.clone(),
        ..EdgeOptions::default()
    };
    if let Some(on_edit) = draft.on_edit {
        options.on_edit = match on_edit {
            OnChange::Restore => graph::OnEdit::Revert,
            OnChange::Propagate => graph::OnEdit::Propagate,
            OnChange::Detach => graph::OnEdit::Detach,
        };
    }
    if let Some(on_delete) = draft.on_delete {
        options.on_delete = match on_delete {
            OnChange::Restore => graph::OnDelete::Restore,
            OnChange::Propagate => graph::OnDelete::Propagate,
            OnChange::Detach => graph::OnDelete::Detach,
        };
    }
    options
}

fn account_view(account: &graph::Account) -> AccountView {
    AccountView {
        id: account.id.to_string(),
        provider: account.provider.clone(),
        name: account.name.clone(),
        subject: account.subject.clone(),
        state: lifecycle(account.state).to_owned(),
    }
}

fn calendar_view(calendar: &graph::Calendar) -> CalendarView {
    CalendarView {
        id: calendar.id.to_string(),
        account: calendar.account.to_string(),
        name: calendar.name.clone(),
        on: calendar.on,
        role: role(calendar.role).to_owned(),
    }
}

fn edge_view(edge: &graph::Edge) -> EdgeView {
    EdgeView {
        id: edge.id.to_string(),
        source: edge.from.to_string(),
        target: edge.to.to_string(),
        detail: detail(edge.options.level),
        kind: kind(edge.options.kind).to_owned(),
        state: lifecycle(edge.state).to_owned(),
        two_way: edge.pair.is_some(),
    }
}

pub(crate) const fn detail(level: DetailLevel) -> Detail {
    match level {
        DetailLevel::Busy => Detail::Busy,
        DetailLevel::Title => Detail::Title,
        DetailLevel::Full => Detail::Full,
    }
}

/// The name of a calendar's account, and its own.
pub(crate) fn label(config: &Config, calendar: CalendarId) -> String {
    let Some(calendar) = config.calendars.get(&calendar) else { return calendar.to_string() };
    let account = config.accounts.get(&calendar.account);
    format!("{}/{}", account.map_or("?", |account| &account.name), calendar.name)
}
