//! Lists of several pages.

use kalends_core::provider::{Failure, FailureClass};

use crate::context::fail;

/// Pages that are followed.
const PAGES_MAX: u32 = 100_000;

/// How far a list was read.
#[derive(Debug, Default)]
pub(crate) struct Paging {
    token: Option<String>,
    read: u32,
    /// What named the page after the first, second, fourth, ...: whoever goes round in circles comes
    /// by it again.
    mark: Option<String>,
}

impl Paging {
    /// What names the next page; `None`: it is the first.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// A page was read, and named the next: whether there is one. Pages may be short or empty before
    /// others, and only one that names none is the last.
    pub(crate) fn read(&mut self, next: Option<String>) -> Result<bool, Failure> {
        self.read += 1;
        if next.is_none() {
            *self = Self::default();
            return Ok(false);
        }
        if next == self.mark || self.read >= PAGES_MAX {
            return Err(fail(
                FailureClass::Protocol,
                "google.pages",
                "the pages of a list go round in circles: try later",
            ));
        }
        if self.read.is_power_of_two() {
            self.mark.clone_from(&next);
        }
        self.token = next;
        Ok(true)
    }
}
