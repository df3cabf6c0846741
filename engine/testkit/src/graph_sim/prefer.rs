//! The `Prefer` header: id space, zone, kind of body, size of pages (3.3, 3.4, 3.5).

use super::answer::Refusal;
use super::ids::IdSpace;
use super::profile::{Belief, Profile};
use super::zones;

/// What a request prefers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prefer {
    pub(crate) ids: IdSpace,
    pub(crate) zone: Option<String>,
    pub(crate) text_body: bool,
    pub(crate) page_items: Option<usize>,
    /// What is said back in `Preference-Applied`.
    pub(crate) applied: Vec<String>,
}

impl Prefer {
    /// Reads all values of the header; unknown preferences are ignored (RFC 7240 section 2).
    pub(crate) fn read(headers: &[(String, String)], profile: &Profile) -> Result<Self, Refusal> {
        let mut out = Self::default();
        let values = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("prefer"));
        for part in values.flat_map(|(_, value)| split(value)) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "idtype" if value.eq_ignore_ascii_case("immutableid") => {
                    out.ids = IdSpace::Immutable;
                }
                "outlook.timezone" => out.take_zone(value, profile)?,
                "outlook.body-content-type" => out.text_body = value.eq_ignore_ascii_case("text"),
                "odata.maxpagesize" | "maxpagesize" => out.page_items = value.parse().ok(),
                _ => continue,
            }
            out.applied.push(part.trim().to_owned());
        }
        Ok(out)
    }

    fn take_zone(&mut self, name: &str, profile: &Profile) -> Result<(), Refusal> {
        let is_known = zones::zone(name).is_some();
        let is_taken = zones::is_documented(name) || profile.holds(Belief::AllIanaNamesWork);
        if !is_known || !is_taken {
            return Err(Refusal::zone(name));
        }
        self.zone = Some(name.to_owned());
        Ok(())
    }

    /// The zone in which times are shown.
    pub(crate) fn shown_zone(&self) -> &str {
        self.zone.as_deref().unwrap_or("UTC")
    }
}

/// The parts between commas that stand outside quotes.
fn split(value: &str) -> Vec<&str> {
    let mut quoted = false;
    let parts = value.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}
