//! What every exchange of one connection knows.

use kalends_core::ids::ProviderId;
use kalends_core::provider::{Failure, FailureClass};
use kalends_ical::Reader;
use kalends_kit::Url;

use crate::config::CaldavConfig;
use crate::quirks::Quirks;
use crate::remember::Remembered;

/// The connection, read from its configuration.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) base: Url,
    pub(crate) user: String,
    pub(crate) remembered: Remembered,
    pub(crate) quirks: Quirks,
}

impl Context {
    pub(crate) fn new(config: &CaldavConfig) -> Result<Self, Failure> {
        let base = Url::parse(&config.url)
            .map_err(|e| fail(FailureClass::Refused, "caldav.address", &e.to_string()))?;
        let remembered = Remembered::from_text(&config.remember);
        let quirks = quirks(&base, &remembered);
        Ok(Self { base, user: config.user.clone(), remembered, quirks })
    }

    /// The address of a path: at the home that holds it, else where the person's address is.
    pub(crate) fn at(&self, id: &ProviderId) -> Url {
        let homes = &self.remembered.homes;
        let home = homes.iter().find(|home| id.0.starts_with(home.path()));
        home.unwrap_or(&self.base).with_path(&id.0)
    }

    /// The address of a collection, which ends in a slash.
    pub(crate) fn collection(&self, id: &ProviderId) -> Url {
        if id.0.ends_with('/') { self.at(id) } else { self.at(&ProviderId(format!("{}/", id.0))) }
    }

    pub(crate) fn reader(&self) -> Reader {
        let mut addresses = self.remembered.addresses.clone();
        let user = self.user.to_lowercase();
        if user.contains('@') && !addresses.contains(&user) {
            addresses.push(user);
        }
        Reader { addresses }
    }

    /// The most octets of an object there, where the server says so.
    pub(crate) fn octets_max(&self, collection: &Url) -> Option<u32> {
        let mut known = self.remembered.octets_max.iter();
        known.find(|(path, _)| path == collection.path()).map(|(_, octets)| *octets)
    }

    /// Whether sync-collection is worth a try there.
    pub(crate) fn can_sync(&self, collection: &Url) -> bool {
        let without = &self.remembered.without_sync;
        !self.quirks.no_sync && !without.iter().any(|path| path == collection.path())
    }
}

/// What the data file says of the server behind this.
pub(crate) fn quirks(base: &Url, found: &Remembered) -> Quirks {
    let mut paths = vec![base.path()];
    paths.extend(found.homes.iter().map(Url::path));
    Quirks::detect(base.host(), &paths, &found.server)
}

/// A failure with nothing said of when to try again.
pub(crate) fn fail(class: FailureClass, code: &str, detail: &str) -> Failure {
    Failure { class, code: code.to_owned(), detail: detail.to_owned(), retry_at: None }
}
