//! Lists of several pages.

use kalends_core::provider::{Failure, FailureClass};
use kalends_kit::Pages;

use crate::context::fail;

/// Pages that are followed.
const PAGES_MAX: u32 = 100_000;

/// How far a list was read.
#[derive(Debug, Default)]
pub(crate) struct Paging {
    token: Option<String>,
    pages: Pages,
}

impl Paging {
    /// What names the next page; `None`: it is the first.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// A page was read, and named the next: whether there is one. Pages may be short or empty before
    /// others, and only one that names none is the last.
    pub(crate) fn read(&mut self, next: Option<String>) -> Result<bool, Failure> {
        let Some(next) = next else {
            *self = Self::default();
            return Ok(false);
        };
        if !self.pages.goes_on(&next, PAGES_MAX) {
            return Err(fail(
                FailureClass::Protocol,
                "google.pages",
                "the pages of a list go round in circles: try later",
            ));
        }
        self.token = Some(next);
        Ok(true)
    }
}
