//! Finding an account's calendars.

use std::sync::Arc;

use kalends_core::graph::{Capabilities, ScopeKind, SeriesShape};
use kalends_core::ids::ProviderId;
use kalends_core::provider::{CalendarItem, Done, Failure, FailureClass, Output};
use kalends_core::time::{Timestamp, Zone};
use kalends_kit::{Next, Outbox, Pages, Reply, Script, Url};

use super::parse;
use crate::ask;
use crate::context::{Context, fail};
use crate::mark;
use crate::remember::Remembered;
use crate::wire::calendar::{CalendarJson, SettingsJson, UserJson};
use crate::wire::page::PageJson;

/// The longest subject that Exchange keeps, in characters.
const TITLE_CHARS_MAX: u32 = 255;
/// Calendars of one page.
const PAGE: u32 = 100;
/// Pages that are followed.
pub(crate) const PAGES_MAX: u32 = 100;

/// Finds out who it is where that is not remembered, then lists the calendars.
#[derive(Debug)]
pub(crate) struct Discover {
    context: Arc<Context>,
    stage: Stage,
    found: Remembered,
    /// Whether the mailbox was asked for its settings, whatever it said.
    asked: bool,
    pages: Pages,
}

#[derive(Debug)]
enum Stage {
    User,
    Settings,
    /// A page of calendars; `None`: the first.
    Calendars(Option<Url>),
    Over,
}

impl Discover {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        let found = context.remembered.clone();
        let stage = if found.subject.is_empty() { Stage::User } else { Stage::Calendars(None) };
        Self { context, stage, found, asked: false, pages: Pages::default() }
    }

    fn user(&mut self, user: &UserJson) -> Result<(), Failure> {
        let subject = user.id.clone().filter(|id| !id.is_empty()).ok_or_else(|| {
            let detail = "the server does not say who signed in: allow the app to read the profile";
            fail(FailureClass::Protocol, "graph.no-user", detail)
        })?;
        let mut addresses: Vec<String> = [&user.mail, &user.user_principal_name]
            .into_iter()
            .flatten()
            .map(|a| a.to_lowercase())
            .collect();
        addresses.dedup();
        self.found = Remembered { subject, addresses, ..Remembered::default() };
        Ok(())
    }

    /// Without the right to them the zone is not known, and nothing else is lacking. Where they fail
    /// to come and a zone is known, it holds until they do.
    fn settings(&mut self, reply: &Reply, now: Timestamp) -> Result<(), Failure> {
        self.asked = true;
        if !matches!(reply.status(), 403 | 404) {
            match parse::read::<SettingsJson>(reply, now) {
                Ok(settings) => {
                    self.found.zone = settings.time_zone.as_deref().and_then(Zone::resolve);
                }
                Err(failure) => return self.lacks_settings(failure),
            }
        }
        self.found.asked = Some(Zone::utc().civil(now).date());
        Ok(())
    }

    /// The settings did not come: it is no failure of an account that was found before, unless it
    /// is signed out.
    fn lacks_settings(&mut self, failure: Failure) -> Result<(), Failure> {
        let was_found = !self.context.remembered.subject.is_empty();
        let signed_out = matches!(failure.class, FailureClass::SignIn | FailureClass::Consent);
        if was_found && !signed_out { Ok(()) } else { Err(failure) }
    }

    fn calendars(&mut self, page: PageJson, out: &mut Outbox) -> Result<Stage, Failure> {
        for value in page.value {
            let json: CalendarJson = serde_json::from_value(value).unwrap_or_default();
            out.extend(self.calendar(json).map(|item| Output::Calendar(Box::new(item))));
        }
        match page.next_link {
            Some(link) if self.pages.goes_on(&link, PAGES_MAX) => {
                Ok(Stage::Calendars(Some(self.context.link(&link)?)))
            }
            Some(_) => Err(endless()),
            None => Ok(Stage::Over),
        }
    }

    fn calendar(&self, json: CalendarJson) -> Option<CalendarItem> {
        let id = json.id.clone().filter(|id| !id.is_empty())?;
        let write = json.can_edit != Some(false);
        let owner = json.owner.as_ref().and_then(|owner| owner.address.as_deref());
        let own = owner.is_none_or(|owner| self.found.addresses.contains(&owner.to_lowercase()));
        Some(CalendarItem {
            id: ProviderId(id),
            name: json.name.clone().unwrap_or_default(),
            kind: ScopeKind::Calendar,
            // Of one's own and not to be written: holidays, birthdays and what was subscribed to.
            subscribed: own && !write,
            derived: derived(&json),
            capabilities: Capabilities {
                write,
                series: SeriesShape::Patterns,
                floating: false,
                zone: self.found.zone(),
                title_chars_max: Some(TITLE_CHARS_MAX),
                ..Capabilities::default()
            },
            token: None,
            tag: None,
        })
    }
}

impl Script for Discover {
    fn next(&mut self, now: Timestamp) -> Next {
        if matches!(self.stage, Stage::Calendars(None)) && !self.asked && self.found.is_old(now) {
            self.stage = Stage::Settings;
        }
        let request = match &self.stage {
            Stage::User => self.context.at("/me?$select=id,mail,userPrincipalName").map(ask::get),
            Stage::Settings => self.context.at("/me/mailboxSettings").map(ask::get),
            Stage::Calendars(None) => calendars(&self.context).map(|url| ask::page(url, PAGE)),
            Stage::Calendars(Some(url)) => Ok(ask::page(url.clone(), PAGE)),
            Stage::Over => {
                return Next::Done(Done::Discovered {
                    subject: self.found.subject.clone(),
                    makes_calendars: true,
                    remember: self.found.to_text(),
                });
            }
        };
        match request {
            Ok(request) => Next::Call(Box::new(request)),
            Err(failure) => Next::Done(Done::Failed(failure)),
        }
    }

    fn reply(&mut self, reply: Reply, out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        self.stage = match self.stage {
            Stage::User => {
                self.user(&parse::read(&reply, now)?)?;
                Stage::Settings
            }
            Stage::Settings => {
                self.settings(&reply, now)?;
                Stage::Calendars(None)
            }
            Stage::Calendars(_) => self.calendars(parse::read(&reply, now)?, out)?,
            Stage::Over => Stage::Over,
        };
        Ok(())
    }

    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        match self.stage {
            Stage::Settings => {
                self.lacks_settings(failure)?;
                self.asked = true;
                self.stage = Stage::Calendars(None);
                Ok(())
            }
            Stage::User | Stage::Calendars(_) | Stage::Over => Err(failure),
        }
    }
}

/// The first page of the calendars, each with the name we gave it where we made it.
pub(crate) fn calendars(context: &Context) -> Result<Url, Failure> {
    context.at(&format!("/me/calendars?$expand={}", mark::expand_calendar()))
}

/// The name that we gave a calendar when we made it.
pub(crate) fn derived(json: &CalendarJson) -> Option<String> {
    let mut all = json.single_value_extended_properties.iter().flatten();
    let ours = all.find(|property| mark::is_calendar(property.id.as_deref()));
    ours.and_then(|property| property.value.clone()).filter(|value| !value.is_empty())
}

pub(crate) fn endless() -> Failure {
    fail(FailureClass::Protocol, "graph.pages", "the server's list has no end: try later")
}
