//! What a form says, field by field.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;

use crate::args::{Moment, read_length};
use crate::error::CliError;

/// The fields of a form; one that is empty counts as left out.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Fields(BTreeMap<String, String>);

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// What is said, parted by commas.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let parts = self.text(name).split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    }

    pub(super) fn length(&self, name: &str, usual: &str) -> Result<i64, CliError> {
        read_length(self.get(name).unwrap_or(usual)).map_err(CliError::usage)
    }

    pub(super) fn moment(&self, name: &str) -> Result<Option<Moment>, CliError> {
        Ok(Moment::named(self.get(name).map(str::to_owned))?)
    }

    /// `None` where it is left out.
    pub(super) fn maybe<T: FromStr>(&self, name: &str) -> Result<Option<T>, CliError> {
        self.get(name).map(|_| self.word(name)).transpose()
    }

    pub(super) fn word<T: FromStr>(&self, name: &str) -> Result<T, CliError> {
        let text = self.text(name);
        text.parse().map_err(|_| CliError::usage(format!("{name}: {text:?} does not fit there")))
    }
}
