//! The simulated providers, and what one person has in their calendars there.

use kalends::core::ports::Clock as _;
use kalends::recurrence::{Civil, Date, Gap, Timestamp, Zone};
use kalends_sim::Served;
use kalends_testkit::caldav_sim::{CaldavSim, Profile};
use kalends_testkit::google_sim::GoogleSim;
use kalends_testkit::graph_sim::{self, AccountKind, GraphSim};
use kalends_tokio::SystemClock;
use serde_json::{Value, json};

use crate::error::CliError;

/// Whose calendars these are, at Google and Microsoft.
pub(super) const PRIVATE: &str = "ann@example.com";
const WORK: &str = "ann@contoso.example";
const FAMILY: (&str, &str) = ("ann", "demo");
const CLIENT: (&str, &str) = ("kalends-demo", "demo");
/// Where they live.
pub(super) const ZONE: &str = "Europe/Berlin";
const SEED: u64 = 7;
const ANY_PORT: &str = "127.0.0.1:0";

/// An event: days from this week's Monday, hour and minute, minutes that it lasts, its title.
type Slot = (i32, (u32, u32), i64, &'static str);

const PRIVATE_EVENTS: [Slot; 2] =
    [(2, (8, 30), 45, "Dentist"), (4, (19, 30), 120, "Dinner with Lena")];
const WORK_EVENTS: [Slot; 5] = [
    (0, (14, 0), 60, "Design review"),
    (1, (11, 0), 45, "1:1 with Jonas"),
    (2, (13, 0), 120, "Planning"),
    (3, (15, 0), 60, "Customer call"),
    (4, (10, 30), 60, "Demo of the week"),
];
const FAMILY_EVENTS: [Slot; 3] = [
    (2, (16, 30), 90, "Football practice"),
    (3, (18, 0), 90, "Parents' evening"),
    (5, (11, 0), 180, "Grandma's birthday"),
];

/// The providers, each at an address of its own, until this is dropped.
pub(super) struct Stage {
    pub(super) google: Served<GoogleSim>,
    pub(super) microsoft: Served<GraphSim>,
    pub(super) family: Served<CaldavSim>,
    /// The calendar of the family, at the CalDAV server.
    pub(super) family_calendar: String,
    /// What the person will change: their dinner and their football practice.
    pub(super) dinner: String,
    week: Week,
}

impl Stage {
    /// Sets it up with events of this week.
    pub(super) async fn set() -> Result<Self, CliError> {
        let week = Week::this()?;
        let (google, dinner) = google(&week)?;
        let microsoft = microsoft(&week)?;
        let (family, family_calendar) = family(&week)?;
        Ok(Self {
            google: Served::listen(ANY_PORT, google).await?,
            microsoft: Served::listen(ANY_PORT, microsoft).await?,
            family: Served::listen(ANY_PORT, family).await?,
            family_calendar,
            dinner,
            week,
        })
    }

    /// What tells the server where Google and Microsoft are.
    pub(super) fn variables(&self) -> [(&'static str, String); 7] {
        let (google, microsoft) = (self.google.url(), self.microsoft.url());
        [
            ("KALENDS_GOOGLE_API", google.clone()),
            ("KALENDS_GOOGLE_AUTH", google),
            ("KALENDS_GOOGLE_CLIENT_ID", CLIENT.0.to_owned()),
            ("KALENDS_GOOGLE_CLIENT_SECRET", CLIENT.1.to_owned()),
            ("KALENDS_MICROSOFT_API", microsoft.clone()),
            ("KALENDS_MICROSOFT_AUTH", microsoft),
            ("KALENDS_MICROSOFT_CLIENT_ID", CLIENT.0.to_owned()),
        ]
    }

    /// The CalDAV server's address, and the user and password there.
    pub(super) fn family_login(&self) -> (String, String, String) {
        (self.family.url(), FAMILY.0.to_owned(), FAMILY.1.to_owned())
    }

    /// The calendar that the person has at work.
    pub(super) fn work_calendar(&self) -> Result<String, CliError> {
        first_calendar(&self.microsoft.sim())
    }

    pub(super) fn work_event(&self, slot: Slot) -> Value {
        self.week.graph(slot)
    }

    /// The practice, so many minutes later than it was put down.
    pub(super) fn practice(&self, minutes: i64) -> String {
        let [practice, ..] = FAMILY_EVENTS;
        self.week.ics(practice, minutes)
    }
}

fn google(week: &Week) -> Result<(GoogleSim, String), CliError> {
    let mut sim = GoogleSim::new(SEED);
    sim.add_user(PRIVATE, ZONE);
    sim.set_browser(Some(PRIVATE));
    sim.add_client(CLIENT.0, CLIENT.1);
    let mut person = sim.person(PRIVATE, now_ms());
    let mut ids = Vec::new();
    for slot in PRIVATE_EVENTS {
        ids.push(person.add(PRIVATE, &week.google(slot)).map_err(odd)?);
    }
    let mut yoga = week.google((1, (18, 30), 60, "Yoga"));
    yoga["recurrence"] = json!(["RRULE:FREQ=WEEKLY;BYDAY=TU,TH"]);
    person.add(PRIVATE, &yoga).map_err(odd)?;
    Ok((sim, ids.pop().unwrap_or_default()))
}

fn microsoft(week: &Week) -> Result<GraphSim, CliError> {
    let mut sim = GraphSim::new(graph_sim::Profile::default(), SEED);
    sim.add_user(WORK, "Ann", AccountKind::Work);
    sim.set_zone(WORK, "W. Europe Standard Time");
    sim.sign_in_at_browser(WORK);
    let calendar = first_calendar(&sim)?;
    let mut person = sim.person(now_ms());
    for slot in WORK_EVENTS {
        person.create(&calendar, &week.graph(slot)).map_err(|why| odd(format!("{why:?}")))?;
    }
    let mut standup = week.graph((0, (9, 30), 15, "Standup"));
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    standup["recurrence"] = json!({
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": days},
        "range": {"type": "noEnd", "startDate": week.monday.to_string()},
    });
    person.create(&calendar, &standup).map_err(|why| odd(format!("{why:?}")))?;
    Ok(sim)
}

fn family(week: &Week) -> Result<(CaldavSim, String), CliError> {
    let mut sim = CaldavSim::new(Profile::radicale(), SEED);
    sim.add_user(FAMILY.0, FAMILY.1);
    let calendar = sim.add_calendar(FAMILY.0, "Family");
    for (n, slot) in FAMILY_EVENTS.into_iter().enumerate() {
        let name = format!("{n}.ics");
        sim.person(now_ms()).put(&calendar, &name, &week.ics(slot, 0)).map_err(odd)?;
    }
    Ok((sim, calendar))
}

fn first_calendar(sim: &GraphSim) -> Result<String, CliError> {
    let calendars = sim.calendars(WORK);
    let first = calendars.first().map(|(id, _)| id.clone());
    first.ok_or_else(|| odd("there is no calendar at work".to_owned()))
}

/// The week that is shown first.
struct Week {
    monday: Date,
    zone: Zone,
}

impl Week {
    fn this() -> Result<Self, CliError> {
        let zone = Zone::parse(ZONE).ok_or_else(|| odd(format!("{ZONE} is no zone")))?;
        let today = zone.civil(SystemClock.now()).date();
        Ok(Self { monday: today.add_days(-i32::from(today.weekday().index())), zone })
    }

    fn span(&self, (day, (hour, minute), minutes, _): Slot) -> (Timestamp, Timestamp) {
        let civil = Civil::new(self.monday.add_days(day), (hour * 60 + minute) * 60);
        let start = self.zone.instant(civil, Gap::Shift);
        (start, start.saturating_add_millis(minutes * 60_000))
    }

    fn google(&self, slot: Slot) -> Value {
        let (start, end) = self.span(slot);
        let time = |at: Timestamp| json!({"dateTime": at.to_string(), "timeZone": ZONE});
        json!({"summary": slot.3, "start": time(start), "end": time(end)})
    }

    fn graph(&self, slot: Slot) -> Value {
        let (start, end) = self.span(slot);
        let time = |at: Timestamp| {
            let civil = self.zone.civil(at).to_string();
            json!({"dateTime": civil, "timeZone": "W. Europe Standard Time"})
        };
        json!({"subject": slot.3, "start": time(start), "end": time(end)})
    }

    fn ics(&self, slot: Slot, later_minutes: i64) -> String {
        let (start, end) = self.span(slot);
        let stamp = |at: Timestamp| {
            let text = at.saturating_add_millis(later_minutes * 60_000).to_string();
            format!("{}Z", text[..19].replace(['-', ':'], ""))
        };
        let title = slot.3;
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//kalends//demo//EN\r\nBEGIN:VEVENT\r\n\
             UID:{}@family.example\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{}\r\nDTEND:{}\r\n\
             SUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            title.replace(' ', "-"),
            stamp(start),
            stamp(end),
        )
    }
}

pub(super) fn now_ms() -> i64 {
    SystemClock.now().as_millis()
}

pub(super) fn odd(why: String) -> CliError {
    CliError::failed("demo", &why)
}
