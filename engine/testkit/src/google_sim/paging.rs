//! Page and sync tokens: opaque to clients, signed, and each good for one query only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::call::Query;
use super::digest;
use super::error::ApiError;

/// Parameters that a sync token does not go with.
const NOT_WITH_SYNC: [&str; 8] = [
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
];

/// Parameters that may differ from page to page.
const FREE: [&str; 8] =
    ["alt", "fields", "key", "maxResults", "pageToken", "prettyPrint", "quotaUser", "syncToken"];

/// Where a run through a list stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Changes after this one; `None` for a whole list.
    pub(crate) since: Option<u64>,
    /// The last change when the run began.
    pub(crate) until: u64,
    /// The place of the last entry that was given.
    pub(crate) after: String,
    /// When the sync token was made, UTC milliseconds.
    pub(crate) made_ms: i64,
}

/// One list that tokens are good for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListOf<'a> {
    pub(crate) seed: u64,
    /// The calendar, or the person whose list of calendars it is.
    pub(crate) name: &'a str,
    pub(crate) query: &'a Query,
    /// Tokens of changes before this one are expired.
    pub(crate) oldest: u64,
}

impl ListOf<'_> {
    /// Where the call wants to go on; `seq` is the number of the last change.
    pub(crate) fn cursor(&self, seq: u64, now_ms: i64) -> Result<Cursor, ApiError> {
        if self.query.has("syncToken") {
            self.check_with_sync()?;
        }
        if let Some(token) = self.query.get("pageToken") {
            let wrong = || ApiError::invalid("Invalid page token.").at("parameter", "pageToken");
            let cursor = self.open("page", token).ok_or_else(wrong)?;
            return self.fresh(cursor);
        }
        let Some(token) = self.query.get("syncToken") else {
            let after = String::new();
            return Ok(Cursor { since: None, until: seq, after, made_ms: now_ms });
        };
        if self.foreign(token) {
            let words = "Sync token cannot be used with other parameters than the initial request.";
            return Err(ApiError::invalid(words).at("parameter", "syncToken"));
        }
        let cursor = self.open("sync", token).ok_or_else(ApiError::full_sync)?;
        let from = cursor.until;
        self.fresh(Cursor { since: Some(from), until: seq.max(from), ..cursor })
    }

    fn check_with_sync(&self) -> Result<(), ApiError> {
        let forbidden = NOT_WITH_SYNC.into_iter().find(|name| self.query.has(name));
        let hides = (self.query.get("showDeleted") == Some("false")).then_some("showDeleted");
        match forbidden.or(hides) {
            None => Ok(()),
            Some(name) => {
                let words = format!("{name} cannot be used together with syncToken.");
                Err(ApiError::invalid(words).at("parameter", name))
            }
        }
    }

    fn fresh(&self, cursor: Cursor) -> Result<Cursor, ApiError> {
        let dead = cursor.since.is_some_and(|since| since < self.oldest);
        if dead { Err(ApiError::full_sync()) } else { Ok(cursor) }
    }

    /// The token of the next page.
    pub(crate) fn page(&self, cursor: &Cursor) -> String {
        self.seal("page", cursor)
    }

    /// The token of the next run; none where the query cannot be run again.
    pub(crate) fn sync(&self, cursor: &Cursor, now_ms: i64) -> Option<String> {
        let unfit = ["orderBy", "q", "updatedMin", "iCalUID"];
        let filters = ["privateExtendedProperty", "sharedExtendedProperty"];
        let mut unfit = unfit.into_iter().chain(filters);
        if unfit.any(|name| self.query.has(name)) {
            return None;
        }
        let next = Cursor { since: None, after: String::new(), made_ms: now_ms, ..cursor.clone() };
        Some(self.seal("sync", &next))
    }

    fn seal(&self, kind: &str, cursor: &Cursor) -> String {
        let made = cursor.made_ms.to_string();
        let print = self.print(kind == "sync" || cursor.since.is_some());
        let parts = json!([kind, print, cursor.since, cursor.until, cursor.after, made]);
        let payload = URL_SAFE_NO_PAD.encode(parts.to_string());
        format!("{payload}.{}", self.sign(&payload))
    }

    fn open(&self, kind: &str, token: &str) -> Option<Cursor> {
        let parts = self.read(token)?;
        let since = parts.get(2)?.as_u64();
        let print = self.print(kind == "sync" || since.is_some());
        let wanted = [Some(kind), Some(print.as_str())];
        let given = [parts.first()?.as_str(), parts.get(1)?.as_str()];
        (wanted == given).then_some(())?;
        Some(Cursor {
            since,
            until: parts.get(3)?.as_u64()?,
            after: parts.get(4)?.as_str()?.to_owned(),
            made_ms: parts.get(5)?.as_str()?.parse().ok()?,
        })
    }

    /// Whether a sync token of this list was made for another query.
    fn foreign(&self, token: &str) -> bool {
        let print = self.read(token).and_then(|parts| Some(parts.get(1)?.as_str()?.to_owned()));
        print.is_some_and(|print| print != self.print(true))
    }

    fn read(&self, token: &str) -> Option<Vec<Value>> {
        let (payload, sign) = token.split_once('.')?;
        (sign == self.sign(payload)).then_some(())?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }

    fn sign(&self, payload: &str) -> String {
        digest::opaque_id(self.seed, &["list", self.name, payload])
    }

    /// What must not change from one request of a run to the next. The window of a first run is
    /// not asked for again, and deletions always are.
    fn print(&self, synced: bool) -> String {
        let windows = ["timeMin", "timeMax", "showDeleted", "showHidden"];
        let mut kept: Vec<String> = (self.query.0.iter())
            .filter(|(name, _)| !FREE.contains(&name.as_str()))
            .filter(|(name, value)| {
                !(synced && windows.contains(&name.as_str())) && value != "false"
            })
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        kept.sort();
        digest::opaque_id(self.seed, &[&kept.join("&")])
    }
}
