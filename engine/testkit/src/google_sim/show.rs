//! Events as replies show them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::calendar::{Calendar, Row};
use super::digest;
use super::json::{Object, object, text};
use super::state::Role;
use super::time::{Moment, stamp};

/// For whom an event is shown, and how.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) seed: u64,
    pub(crate) user: String,
    pub(crate) role: Role,
    pub(crate) zone: TimeZone,
    pub(crate) max_attendees: usize,
}

/// How much a cancelled event still says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stub {
    /// All that is known.
    Details,
    /// What is guaranteed, and its kind and tag.
    Short,
    /// The id and that it is cancelled (F17); of an instance of a series that is there, which one
    /// it is, as guaranteed.
    Bare,
}

impl View {
    /// The resource of an event.
    pub(crate) fn event(&self, calendar: &Calendar, row: &Row, stub: Stub) -> Value {
        if row.cancelled && (row.bare || stub != Stub::Details) {
            return self.stub(calendar, row, stub);
        }
        let mut out = self.head(calendar, row);
        if self.hides(row) {
            out.insert("visibility".to_owned(), json!("private"));
        } else {
            self.fill(calendar, row, &mut out);
        }
        self.times(calendar, row, &mut out);
        Value::Object(out)
    }

    /// The entity tag of a row.
    pub(crate) fn tag(&self, calendar: &Calendar, row: &Row) -> String {
        let version = row.version.to_string();
        digest::etag(self.seed, &[&calendar.id, &row.id, &version])
    }

    fn stub(&self, calendar: &Calendar, row: &Row, stub: Stub) -> Value {
        let mut out = object(json!({"id": row.id, "status": "cancelled"}));
        if stub != Stub::Bare {
            out.insert("kind".to_owned(), json!("calendar#event"));
            out.insert("etag".to_owned(), json!(self.tag(calendar, row)));
        }
        let series = row.instance_of.as_ref().and_then(|(master, _)| calendar.rows.get(master));
        let of_living = series.is_some_and(|series| !series.cancelled);
        if !row.bare && (stub != Stub::Bare || of_living) {
            self.place_in_series(calendar, row, &mut out);
        }
        Value::Object(out)
    }

    fn head(&self, calendar: &Calendar, row: &Row) -> Object {
        let status = text(&row.body, "status").unwrap_or("confirmed");
        object(json!({
            "kind": "calendar#event",
            "etag": self.tag(calendar, row),
            "id": row.id,
            "status": if row.cancelled { "cancelled" } else { status },
            "htmlLink": format!("https://www.google.com/calendar/event?eid={}", row.id),
            "created": stamp(row.created_ms),
            "updated": stamp(row.updated_ms),
            "iCalUID": row.uid,
            "sequence": row.sequence,
            "eventType": row.event_type(),
        }))
    }

    fn fill(&self, calendar: &Calendar, row: &Row, out: &mut Object) {
        for (key, value) in &row.body {
            if key != "status" {
                out.insert(key.clone(), value.clone());
            }
        }
        let creator = json!({"email": row.creator});
        out.insert("creator".to_owned(), with_self(creator, row.creator == self.user));
        out.insert("organizer".to_owned(), self.organizer(calendar, row));
        out.entry("reminders".to_owned()).or_insert_with(|| json!({"useDefault": true}));
        self.attendees(out);
    }

    /// An event that nobody invited to is organised by its calendar.
    fn organizer(&self, calendar: &Calendar, row: &Row) -> Value {
        let own = json!({"email": calendar.id});
        let value = row.organizer.clone().unwrap_or(own);
        let email = value.get("email").and_then(Value::as_str).unwrap_or_default();
        let is_self = email == self.user || email == calendar.id;
        with_self(value, is_self)
    }

    fn attendees(&self, out: &mut Object) {
        let Some(guests) = out.get_mut("attendees").and_then(Value::as_array_mut) else {
            return;
        };
        for guest in guests.iter_mut() {
            let own = guest.get("email").and_then(Value::as_str) == Some(&self.user);
            if let Some(guest) = guest.as_object_mut() {
                guest.entry("responseStatus").or_insert_with(|| json!("needsAction"));
            }
            *guest = with_self(guest.take(), own);
        }
        if guests.len() > self.max_attendees {
            guests.retain(|guest| guest.get("self").is_some());
            out.insert("attendeesOmitted".to_owned(), json!(true));
        }
    }

    fn times(&self, calendar: &Calendar, row: &Row, out: &mut Object) {
        for field in ["start", "end"] {
            if let Ok(moment) = Moment::read(row.body.get(field), field) {
                out.insert(field.to_owned(), moment.shown(&self.zone, &calendar.time_zone));
            }
        }
        self.place_in_series(calendar, row, out);
    }

    fn place_in_series(&self, calendar: &Calendar, row: &Row, out: &mut Object) {
        let Some((master, key)) = &row.instance_of else {
            return;
        };
        let series = calendar.rows.get(master);
        let start = series.and_then(|row| Moment::read(row.body.get("start"), "start").ok());
        let at = Timestamp::from_second(*key).unwrap_or(Timestamp::MIN);
        let original = match start {
            Some(Moment::Day(_)) => Moment::Day(at.to_zoned(TimeZone::UTC).date()),
            Some(Moment::Time(_, zone)) => Moment::Time(at, zone),
            None => Moment::Time(at, None),
        };
        let shown = original.shown(&self.zone, &calendar.time_zone);
        out.insert("recurringEventId".to_owned(), json!(master));
        out.insert("originalStartTime".to_owned(), shown);
    }

    /// Whether only the time may be seen.
    fn hides(&self, row: &Row) -> bool {
        let private = matches!(text(&row.body, "visibility"), Some("private" | "confidential"));
        match self.role {
            Role::FreeBusyReader => true,
            Role::Reader => private,
            Role::Writer | Role::Owner => false,
        }
    }
}

fn with_self(mut value: Value, own: bool) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.remove("self");
        if own {
            object.insert("self".to_owned(), json!(true));
        }
    }
    value
}
