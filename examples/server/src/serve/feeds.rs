//! Feeds: calendars that others subscribe to, each under an address of its own that nobody can guess,
//! compiled as mirrors are.

use std::collections::BTreeSet;

use kalends::GraphKeys;
use kalends::core::event::Body;
use kalends::core::graph::EdgeOptions;
use kalends::core::keys::base32hex;
use kalends::core::read::{Offer, offered};
use kalends::core::slice::{Bundle, Config};
use kalends::core::time::Timestamp;
use kalends::ids::{CalendarId, EventId, GraphId};
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::registry::Registry;
use super::routes::{EdgeBody, FiltersBody};
use super::sign_in::Ticket;
use crate::args::DetailFlag;
use crate::commands::export::Telling;
use crate::error::CliError;
use crate::lookup;

/// The most feeds of one graph.
const FEEDS_MAX: i64 = 100;
const DAY_MS: i64 = 86_400_000;

/// What a feed shows, of what and when.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeedBody {
    /// What subscribers see it called.
    #[schema(max_length = 200)]
    pub(crate) name: String,
    /// From these calendars alone, by id or ACCOUNT/CALENDAR; all where it is not named.
    pub(crate) calendars: Option<Vec<String>>,
    /// How much shows; by default that the time is taken.
    detail: Option<DetailFlag>,
    /// The title of all events, with `{title}` where the detail shows it.
    title: Option<String>,
    filters: Option<FiltersBody>,
    /// Days back.
    #[schema(maximum = 65535)]
    past_days: Option<u16>,
    /// Days ahead.
    #[schema(maximum = 65535)]
    future_days: Option<u16>,
    /// Show private events at the feed's detail.
    private_grant: Option<bool>,
    /// At full: people, as text.
    people: Option<bool>,
    /// At full: the meeting's address, as text.
    meeting: Option<bool>,
}

impl FeedBody {
    /// One of all calendars.
    pub(super) fn showing(name: String, detail: DetailFlag) -> Self {
        Self { name, detail: Some(detail), ..Self::default() }
    }

    /// One of no calendar.
    fn empty() -> Self {
        Self { calendars: Some(Vec::new()), ..Self::default() }
    }

    /// How much shows.
    pub(super) fn detail(&self) -> DetailFlag {
        self.detail.unwrap_or(DetailFlag::Busy)
    }

    /// As an edge's. What it allows is narrowed by the graph's settings, as an edge's is.
    fn options(&self) -> EdgeOptions {
        let mut options = EdgeOptions::default();
        let body = EdgeBody {
            detail: self.detail,
            title: self.title.clone(),
            filters: self.filters.clone(),
            past_days: self.past_days,
            future_days: self.future_days,
            private_grant: self.private_grant,
            people: self.people,
            meeting: self.meeting,
            ..EdgeBody::default()
        };
        body.apply(&mut options);
        options
    }

    /// Puts ids in the place of names, so that a calendar that is called otherwise stays.
    pub(crate) fn settled(mut self, config: &Config) -> Result<Self, CliError> {
        if self.name.chars().count() > 200 || self.name.chars().any(char::is_control) {
            return Err(CliError::usage("a feed's name is one line of 200 letters at most"));
        }
        for calendar in self.calendars.iter_mut().flatten() {
            *calendar = lookup::calendar(config, calendar)?.id.to_string();
        }
        Ok(self)
    }
}

/// A feed, without its address, which nobody keeps.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    pub(crate) id: String,
    pub(crate) graph: GraphId,
    pub(crate) body: FeedBody,
    pub(crate) made: Timestamp,
    /// What it showed when somebody last looked.
    pub(super) shown: Option<Shown>,
}

/// What a feed showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    /// Where the graph's journal ended then.
    pub(super) head: [u8; 32],
    /// The day that its window began at.
    pub(super) day: i64,
    /// The hash of its text.
    pub(super) digest: [u8; 32],
    /// Since when it shows that.
    pub(super) changed: Timestamp,
}

impl Feed {
    /// What tells its events; its window goes from day to day.
    pub(crate) fn telling(&self, keys: GraphKeys, now: Timestamp) -> impl Telling + use<> {
        let calendars = self.body.calendars.as_ref();
        Offering {
            feed: self.id.clone(),
            keys,
            options: self.body.options(),
            calendars: calendars.map(|some| some.iter().filter_map(|id| id.parse().ok()).collect()),
            day: Timestamp::from_millis(now.as_millis().div_euclid(DAY_MS) * DAY_MS),
        }
    }
}

struct Offering {
    feed: String,
    keys: GraphKeys,
    options: EdgeOptions,
    calendars: Option<BTreeSet<CalendarId>>,
    day: Timestamp,
}

impl Telling for Offering {
    /// Their UIDs are the feed's own: nobody who has two feeds, or the event itself, can tell by them
    /// that they belong together.
    fn tell(&self, config: &Config, event: EventId, bundle: &Bundle) -> Vec<(String, Body)> {
        let (options, calendars) = (&self.options, self.calendars.as_ref());
        let parts = offered(config, bundle, Offer { options, calendars, now: self.day });
        let uid = |part: &[u8]| {
            let fields = [self.feed.as_bytes(), event.as_bytes(), part];
            format!("{}@kalends", base32hex(&self.keys.derive("feed", &fields)))
        };
        parts.into_iter().map(|(key, body)| (uid(&key.to_bytes()), body)).collect()
    }
}

const COLUMNS: &str =
    "SELECT id, graph, body, made_ms, head, day, digest, changed_ms FROM server_feed";

impl Registry {
    /// Keeps a feed, by its address's hash alone.
    pub(super) fn add_feed(&self, feed: &Feed, address: &Ticket) -> Result<(), CliError> {
        let statement = "INSERT INTO server_feed (id, graph, address, body, made_ms)
            SELECT ?1, ?2, ?3, ?4, ?5
            WHERE (SELECT COUNT(*) FROM server_feed WHERE graph = ?2) < ?6";
        let body = serde_json::to_string(&feed.body).unwrap_or_default();
        let (graph, made) = (feed.graph.as_bytes(), feed.made.as_millis());
        let values = params![feed.id, graph, address.hash(), body, made, FEEDS_MAX];
        match self.with(|connection| connection.execute(statement, values))? {
            0 => Err(CliError::usage(format!("there are {FEEDS_MAX} feeds already"))),
            _ => Ok(()),
        }
    }

    /// The feeds of a graph, the newest last.
    pub(crate) fn feeds(&self, graph: GraphId) -> Result<Vec<Feed>, CliError> {
        let statement = format!("{COLUMNS} WHERE graph = ? ORDER BY made_ms, id");
        self.look(|connection| {
            connection.prepare(&statement)?.query_map([graph.as_bytes()], read)?.collect()
        })
    }

    /// The feed at an address.
    pub(super) fn feed_at(&self, address: &Ticket) -> Result<Option<Feed>, CliError> {
        let statement = format!("{COLUMNS} WHERE address = ?");
        self.look(|connection| connection.query_row(&statement, [address.hash()], read).optional())
    }

    /// Keeps what a feed shows, where nobody writes just then: else the next who looks works it out.
    pub(super) fn keep_shown(&self, feed: &str, shown: &Shown) {
        let statement = "UPDATE server_feed SET head = ?, day = ?, digest = ?, changed_ms = ?
            WHERE id = ?";
        let Shown { head, day, digest, changed } = shown;
        let values = params![head, day, digest, changed.as_millis(), feed];
        self.try_to(|connection| connection.execute(statement, values));
    }

    /// Feeds that are of the first calendar are of the second, which took its place.
    pub(crate) fn show_instead(
        &self,
        graph: GraphId,
        [calendar, by]: [CalendarId; 2],
    ) -> Result<(), CliError> {
        let (calendar, by) = (calendar.to_string(), by.to_string());
        for mut feed in self.feeds(graph)? {
            let named = feed.body.calendars.iter_mut().flatten();
            let named: Vec<&mut String> = named.filter(|id| **id == calendar).collect();
            if named.is_empty() {
                continue;
            }
            named.into_iter().for_each(|id| id.clone_from(&by));
            let body = serde_json::to_string(&feed.body).unwrap_or_default();
            let statement = "UPDATE server_feed SET body = ? WHERE graph = ? AND id = ?";
            let values = params![body, graph.as_bytes(), feed.id];
            self.with(|connection| connection.execute(statement, values))?;
        }
        Ok(())
    }

    /// Ends a feed of a graph; whether there was one.
    pub(crate) fn remove_feed(&self, graph: GraphId, id: &str) -> Result<bool, CliError> {
        let statement = "DELETE FROM server_feed WHERE graph = ? AND id = ?";
        let values = params![graph.as_bytes(), id];
        Ok(self.with(|connection| connection.execute(statement, values))? == 1)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Feed> {
    let body: String = row.get(2)?;
    Ok(Feed {
        id: row.get(0)?,
        graph: GraphId::from_bytes(row.get(1)?),
        // A form of a later version shows nothing: it may say to show less than this one understands.
        body: serde_json::from_str(&body).unwrap_or_else(|_| FeedBody::empty()),
        made: Timestamp::from_millis(row.get(3)?),
        shown: shown(row)?,
    })
}

fn shown(row: &Row<'_>) -> rusqlite::Result<Option<Shown>> {
    let Some(head) = row.get(4)? else { return Ok(None) };
    let (day, digest, changed) = (row.get(5)?, row.get(6)?, Timestamp::from_millis(row.get(7)?));
    Ok(Some(Shown { head, day, digest, changed }))
}
