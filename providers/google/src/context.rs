//! What every exchange of one connection knows.

use kalends_core::ids::ProviderId;
use kalends_core::provider::{Failure, FailureClass};
use kalends_core::time::Zone;
use kalends_kit::Url;

use crate::address::encoded;
use crate::config::GoogleConfig;
use crate::remember::Remembered;
use crate::scopes::Grants;

/// The connection, read from its configuration.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// The address of the API, without a slash at its end.
    api: String,
    pub(crate) grants: Grants,
    pub(crate) remembered: Remembered,
}

impl Context {
    pub(crate) fn new(config: &GoogleConfig) -> Result<Self, Failure> {
        let api = format!("{}/calendar/v3", config.api.trim().trim_end_matches('/'));
        Url::parse(&api).map_err(bad_address)?;
        let grants = Grants::of(&config.granted);
        Ok(Self { api, grants, remembered: Remembered::from_text(&config.remember) })
    }

    /// An address of the API: a path that is encoded already, and a query.
    pub(crate) fn at(&self, path: &str, query: &str) -> Result<Url, Failure> {
        let mark = if query.is_empty() { "" } else { "?" };
        Url::parse(&format!("{}/{path}{mark}{query}", self.api)).map_err(bad_address)
    }

    /// The events of a calendar.
    pub(crate) fn events(&self, calendar: &ProviderId, query: &str) -> Result<Url, Failure> {
        self.at(&format!("calendars/{}/events", encoded(&calendar.0)), query)
    }

    /// One event of a calendar.
    pub(crate) fn event(
        &self,
        calendar: &ProviderId,
        id: &str,
        query: &str,
    ) -> Result<Url, Failure> {
        self.at(&format!("calendars/{}/events/{}", encoded(&calendar.0), encoded(id)), query)
    }

    /// The instances of a series.
    pub(crate) fn instances(
        &self,
        calendar: &ProviderId,
        series: &str,
        query: &str,
    ) -> Result<Url, Failure> {
        let (calendar, series) = (encoded(&calendar.0), encoded(series));
        self.at(&format!("calendars/{calendar}/events/{series}/instances"), query)
    }

    /// The zone of a calendar, as the last discovery found it.
    pub(crate) fn zone(&self, calendar: &ProviderId) -> Zone {
        self.remembered.zone(&calendar.0).unwrap_or_else(Zone::utc)
    }
}

fn bad_address(error: kalends_kit::UrlError) -> Failure {
    fail(FailureClass::Refused, "google.address", &error.to_string())
}

/// A failure with nothing said of when to try again.
pub(crate) fn fail(class: FailureClass, code: &str, detail: &str) -> Failure {
    Failure { class, code: code.to_owned(), detail: detail.to_owned(), retry_at: None }
}

/// The person did not allow it: it is not tried.
pub(crate) fn not_granted(what: &str) -> Failure {
    let detail = format!("{what} was not allowed: sign in again, and allow everything");
    fail(FailureClass::Forbidden, "google.not-granted", &detail)
}

/// The calendar itself is not there.
pub(crate) fn calendar_gone() -> Failure {
    fail(
        FailureClass::CalendarGone,
        "google.calendar-gone",
        "the calendar is not there: look for the account's calendars again",
    )
}

/// The event is not there.
pub(crate) fn not_found() -> Failure {
    fail(FailureClass::NotFound, "google.not-found", "the event is not there any more")
}

/// The event is not at the version that was asked for.
pub(crate) fn stale() -> Failure {
    fail(FailureClass::Stale, "google.changed", "the event was changed meanwhile: read it again")
}
