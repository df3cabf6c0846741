//! Events as they are: by id, as a list, as a view, as the instances of a series.

use jiff::SignedDuration;
use serde_json::Value;

use super::super::answer::{Answer, Outcome, Refusal};
use super::super::context::Cx;
use super::super::query;
use super::super::series::Window;
use super::super::show;
use super::super::times;
use super::create::place;
use super::{LISTS, READS};

/// What a view allows between its edges (3.4).
const VIEW_DAYS_MAX: i64 = 1_825;
const DAY_MS: i64 = 86_400_000;

/// `GET .../events/{id}`.
pub(crate) fn get(cx: &mut Cx<'_>, calendar: Option<u64>, id: &str) -> Outcome {
    cx.takes(READS)?;
    let (number, date) = place(cx.event(id, calendar)?);
    let names = cx.query.selected().unwrap_or_default();
    query::check_names(&names, "event")?;
    let event = cx.state.events.get(&number).ok_or_else(Refusal::not_found)?;
    let Some(date) = date else {
        return super::create::answer(cx, number, 200);
    };
    let instance = event.instance_on(date, cx.profile).ok_or_else(Refusal::not_found)?;
    let mut shown = show::occurrence(&cx.lens(), number, event, &instance);
    query::narrow(&mut shown, &cx.query)?;
    shown["@odata.context"] = format!("{}/$metadata#events/$entity", cx.base).into();
    let tag = show::etag(number, &event.content_of(&instance));
    Ok(Answer::new(200, shown).header("ETag", &tag))
}

/// `GET .../events`: masters and single events, nothing expanded.
pub(crate) fn list(cx: &mut Cx<'_>, calendar: Option<u64>) -> Outcome {
    cx.takes(LISTS)?;
    let items = calendars(cx, calendar).into_iter().flat_map(|calendar| {
        cx.state.events_of(calendar).map(|(number, event)| show::whole(&cx.lens(), number, event))
    });
    let items: Vec<Value> = items.collect();
    query::page(cx, items, "event")
}

/// `GET .../calendarView`: single events and instances between two times.
pub(crate) fn view(cx: &mut Cx<'_>, calendar: Option<u64>) -> Outcome {
    let options: Vec<&str> =
        LISTS.iter().copied().chain(["startDateTime", "endDateTime"]).collect();
    cx.takes(&options)?;
    let window = window(cx)?;
    let mut items = Vec::new();
    for calendar in calendars(cx, calendar) {
        for (number, event) in cx.state.events_of(calendar) {
            if event.recurrence.is_none() {
                if event.touches(window, cx.profile) {
                    items.push((
                        event.content.slot.start_ms(),
                        show::whole(&cx.lens(), number, event),
                    ));
                }
                continue;
            }
            for instance in event.instances(window, cx.profile) {
                let shown = show::occurrence(&cx.lens(), number, event, &instance);
                items.push((instance.slot.start_ms(), shown));
            }
        }
    }
    items.sort_by_key(|(start, _)| *start);
    let mut items: Vec<Value> = items.into_iter().map(|(_, item)| item).collect();
    for members in items.iter_mut().filter_map(Value::as_object_mut) {
        // Not selectable in views (3.4).
        members.remove("createdDateTime");
        members.remove("lastModifiedDateTime");
    }
    query::page(cx, items, "event")
}

/// `GET .../events/{id}/instances`.
pub(crate) fn instances(cx: &mut Cx<'_>, calendar: Option<u64>, id: &str) -> Outcome {
    let options: Vec<&str> =
        LISTS.iter().copied().chain(["startDateTime", "endDateTime"]).collect();
    cx.takes(&options)?;
    let window = window(cx)?;
    let (number, date) = place(cx.event(id, calendar)?);
    let event = cx.state.events.get(&number).filter(|event| event.recurrence.is_some());
    let Some(event) = event.filter(|_| date.is_none()) else {
        let message = "The requested operation is only valid for a recurring master.";
        return Err(Refusal::new(400, "ErrorInvalidOperation", message));
    };
    let all = event.instances(window, cx.profile);
    let items = all.iter().map(|instance| show::occurrence(&cx.lens(), number, event, instance));
    let items: Vec<Value> = items.collect();
    query::page(cx, items, "event")
}

/// `startDateTime` and `endDateTime`: both are required, an offset counts (3.4).
pub(crate) fn window(cx: &Cx<'_>) -> Result<Window, Refusal> {
    let edge = |name: &str| {
        let text = cx.query.get(name).filter(|text| !text.is_empty());
        let missing = format!(
            "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime. {name} is missing."
        );
        let text = text.ok_or_else(|| Refusal::new(400, "ErrorInvalidParameter", &missing))?;
        let invalid = format!("The value '{text}' of parameter '{name}' is invalid.");
        times::parse_edge(text).ok_or_else(|| Refusal::new(400, "ErrorInvalidParameter", &invalid))
    };
    let (start, end) = (edge("startDateTime")?, edge("endDateTime")?);
    if end < start {
        return Err(Refusal::invalid("The end of the window is before its start."));
    }
    if end - start > VIEW_DAYS_MAX * DAY_MS {
        let days = SignedDuration::from_millis(end - start).as_hours() / 24;
        return Err(Refusal::invalid(&format!(
            "Your request can't be completed. The range between the start and end dates is greater than the allowed range. Maximum number of days: {VIEW_DAYS_MAX}, asked for {days}."
        )));
    }
    Ok((start, end))
}

/// The calendars of a path: the one it names, or all own ones.
fn calendars(cx: &Cx<'_>, calendar: Option<u64>) -> Vec<u64> {
    let own = cx.state.calendars.iter().filter(|(_, held)| held.owner == cx.user);
    calendar.map_or_else(|| own.map(|(number, _)| *number).collect(), |one| vec![one])
}
