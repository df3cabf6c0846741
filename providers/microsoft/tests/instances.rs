//! Which instances of a series are cancelled: those that Graph says so of, or that a whole, readable
//! list of instances leaves out. What is missing, unreadable or elsewhere is never cancelled.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

mod common;
use common::*;
use kalends_core::event::Body;
use kalends_core::provider::{FailureClass, Item, ObjectName, Payload, ProviderOp};
use serde_json::{Value, json};

const MASTER: &str = "GET /me/calendars/c/events/m?$select=";
const INSTANCES: &str = "GET /me/calendars/c/events/m/instances?startDateTime=";

fn fetch(names: &[&str]) -> ProviderOp {
    let names = names.iter().map(|name| ObjectName::Known(id(name))).collect();
    ProviderOp::Fetch { calendar: id("c"), names }
}

/// Daily at nine by UTC from 1 June 2026 on; `cancelled`: what the master names, where it does.
fn master(end: &str, cancelled: Option<&[&str]>) -> Value {
    let mut json = json!({
        "id": "m", "@odata.etag": "W/\"m1\"", "type": "seriesMaster", "subject": "Gym",
        "iCalUId": "u", "originalStartTimeZone": "UTC", "exceptionOccurrences": [],
        "start": {"dateTime": "2026-06-01T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-06-01T10:00:00.0000000", "timeZone": "UTC"},
        "recurrence": {
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "endDate", "startDate": "2026-06-01", "endDate": end},
        },
    });
    if let Some(days) = cancelled {
        let names = days.iter().map(|day| format!("OID.m.{day}"));
        json["cancelledOccurrences"] = names.collect::<Vec<_>>().into();
    }
    json
}

fn occurrence(day: &str) -> Value {
    json!({
        "id": format!("m.{day}"), "@odata.etag": "W/\"o\"", "type": "occurrence",
        "seriesMasterId": "m",
        "start": {"dateTime": format!("{day}T09:00:00.0000000"), "timeZone": "UTC"},
        "end": {"dateTime": format!("{day}T10:00:00.0000000"), "timeZone": "UTC"},
    })
}

/// The instances of the first days of June, without these.
fn june(last: u8, without: &[u8]) -> Vec<Value> {
    let days = (1..=last).filter(|day| !without.contains(day));
    days.map(|day| occurrence(&format!("2026-06-{day:02}"))).collect()
}

fn page(value: &[Value]) -> String {
    json!({ "value": value }).to_string()
}

fn read(master: &Value, instances: String) -> Heard {
    run(
        &fetch(&["m"]),
        vec![step(MASTER, 200, master.to_string()), step(INSTANCES, 200, instances)],
    )
}

fn whole(heard: &Heard) -> &Body {
    match &heard.event().payload {
        Payload::Whole(body) => body,
        other => panic!("no whole event: {other:?}"),
    }
}

/// The days that are excluded.
fn excluded(heard: &Heard) -> Vec<String> {
    let recurrence = whole(heard).recurrence.as_ref().unwrap();
    recurrence.excluded.iter().map(|when| when.civil().date().to_string()).collect()
}

fn broken(heard: &Heard) -> &str {
    match &heard.items()[..] {
        [Item::Broken(broken)] => {
            assert_eq!((&broken.id, &broken.version), (&id("m"), &Some(version("W/\"m1\""))));
            &broken.code
        }
        other => panic!("one that is set aside was expected: {other:?}"),
    }
}

#[test]
fn a_gap_in_a_whole_list_is_a_cancelled_instance() {
    let heard = read(&master("2026-06-09", None), page(&june(9, &[4])));
    assert_eq!(excluded(&heard), ["2026-06-04"]);
}

/// Row 10 of the pitfalls: a moved series that leaves instances behind.
#[test]
fn of_what_the_master_does_not_name_a_gap_is_no_cancellation() {
    let named = ["2026-06-04", "2026-06-09"];
    let heard = read(&master("2026-06-20", Some(&named)), page(&june(11, &[4, 6, 9])));
    assert_eq!(excluded(&heard), named);
    // More is missing near the day than is named: which of them it is, nobody knows.
    let heard = read(&master("2026-06-20", Some(&["2026-06-04"])), page(&june(9, &[3, 4])));
    assert_eq!(broken(&heard), "graph.cancelled");
    // What is named and there all the same takes place.
    let heard = read(&master("2026-06-20", Some(&["2026-06-04"])), page(&june(9, &[])));
    assert!(excluded(&heard).is_empty());
}

#[test]
fn an_unreadable_instance_sets_the_series_aside_and_cancels_nothing() {
    for strange in [
        json!("m.4"),
        json!({"id": 4}),
        json!({"id": "m.4", "type": "occurrence", "seriesMasterId": "m"}),
        json!({"id": "m.4", "type": "occurrence", "start": {"dateTime": "soon"}}),
        json!({"id": "m.4", "type": "occurrence", "start": {
            "dateTime": "2026-06-04T09:00:00", "timeZone": "Nowhere Standard Time"}}),
        // Changed, and nobody says of which day.
        json!({"id": "m.4", "type": "exception", "seriesMasterId": "m", "start": {
            "dateTime": "2026-06-04T11:00:00", "timeZone": "UTC"}}),
    ] {
        let mut instances = june(9, &[4]);
        instances.push(strange.clone());
        let heard = read(&master("2026-06-09", None), page(&instances));
        assert_eq!(broken(&heard), "graph.instance", "{strange}");
    }
}

#[test]
fn an_answer_that_is_no_list_is_no_empty_list() {
    for body in ["{}", "[]", "", "{\"value\":null}", "{\"value\":[", "<html></html>"] {
        // Where that is all that the server gives, nothing is set aside for it.
        let heard = never_whole(INSTANCES, &master("2026-06-09", None), body, "<html></html>");
        assert_eq!(heard.failure().class, FailureClass::Protocol, "{body}");
        assert!(heard.outputs.is_empty(), "{body}");
        // Where its calendar answers all the same, it is this series.
        let heard = never_whole(INSTANCES, &master("2026-06-09", None), body, "{}");
        let [Item::Broken(broken)] = &heard.items()[..] else { panic!("{:?}", heard.outputs) };
        assert_eq!((&*broken.code, &broken.version), ("graph.json", &None), "{body}");
    }
}

/// A reading of a series of which this is always given, and last its calendar.
fn never_whole(part: &'static str, master: &Value, given: &str, calendar: &str) -> Heard {
    let mut script = vec![step(MASTER, 200, master.to_string())];
    script.extend((0..3).map(|_| step(part, 200, given)));
    script.push(step("GET /me/calendars/c?$select=id", 200, calendar));
    run(&fetch(&["m"]), script)
}

/// Where Graph's instances are not those of the rule, a gap by the rule proves nothing.
#[test]
fn instances_that_the_rule_does_not_give_set_the_series_aside() {
    let mut instances = june(9, &[4]);
    instances.push(occurrence("2026-06-12"));
    let heard = read(&master("2026-06-09", None), page(&instances));
    assert_eq!(broken(&heard), "graph.instances");
}

/// Another hour on a day that the clock left an hour out of is no other instance.
#[test]
fn an_hour_that_does_not_exist_cancels_nothing() {
    let mut series = master("2027-03-30", Some(&["2027-03-29"]));
    series["originalStartTimeZone"] = "W. Europe Standard Time".into();
    series["start"] = json!({"dateTime": "2027-03-26T01:30:00", "timeZone": "UTC"});
    series["end"] = json!({"dateTime": "2027-03-26T01:45:00", "timeZone": "UTC"});
    series["recurrence"]["range"]["startDate"] = "2027-03-26".into();
    series["recurrence"]["range"]["recurrenceTimeZone"] = "W. Europe Standard Time".into();
    // On the 28th it is one o'clock at the hour that should be half past two.
    let starts = ["26T01:30:00", "27T01:30:00", "28T00:30:00", "30T00:30:00"];
    let instances: Vec<Value> = starts
        .iter()
        .map(|start| {
            let time = json!({"dateTime": format!("2027-03-{start}"), "timeZone": "UTC"});
            json!({"id": format!("m.{start}"), "type": "occurrence", "start": time, "end": time})
        })
        .collect();
    let heard = read(&series, page(&instances));
    assert_eq!(excluded(&heard), ["2027-03-29"]);
}

/// Beyond the longest part of time that is given at once.
#[test]
fn what_was_cancelled_years_apart_is_looked_for_in_parts() {
    let series = master("2036-12-31", Some(&["2026-06-04", "2035-02-01"]));
    let near = page(&june(9, &[4]));
    let far: Vec<Value> = ["2035-01-30", "2035-01-31", "2035-02-02", "2035-02-03"]
        .iter()
        .map(|day| occurrence(day))
        .collect();
    let at = |day| format!("{INSTANCES}{day}T00%3A00%3A00Z&endDateTime=");
    let calls: [&'static str; 2] = [at("2026-06-02").leak(), at("2035-01-30").leak()];
    let heard = run(
        &fetch(&["m"]),
        vec![
            step(MASTER, 200, series.to_string()),
            step(calls[0], 200, near),
            step(calls[1], 200, page(&far)),
        ],
    );
    assert_eq!(excluded(&heard), ["2026-06-04", "2035-02-01"]);
}

#[test]
fn more_parts_than_are_looked_at_set_the_series_aside() {
    let days: Vec<String> = (0..40).map(|n| format!("{}-06-04", 2026 + 6 * n)).collect();
    let days: Vec<&str> = days.iter().map(String::as_str).collect();
    let series = master("2400-12-31", Some(&days));
    let heard = run(&fetch(&["m"]), vec![step(MASTER, 200, series.to_string())]);
    assert_eq!(broken(&heard), "graph.cancelled-far");
}

/// The calendar keeps moving where one series' instances are not given.
#[test]
fn instances_that_are_refused_set_their_series_aside_alone() {
    for (status, code) in [(404, "ErrorItemNotFound"), (400, "ErrorInvalidRequest")] {
        let series = master("2026-06-09", None);
        let heard = run(
            &fetch(&["m"]),
            vec![step(MASTER, 200, series.to_string()), step(INSTANCES, status, error(code))],
        );
        assert_eq!(broken(&heard), format!("graph.{code}"));
    }
    // Where the server fails at them, they are asked for again a few times first.
    let failing = || step(INSTANCES, 500, error("X"));
    let given = step(INSTANCES, 200, page(&june(9, &[4])));
    let master = || step(MASTER, 200, master("2026-06-09", None).to_string());
    let heard = run(&fetch(&["m"]), vec![master(), failing(), failing(), given]);
    assert_eq!(excluded(&heard), ["2026-06-04"]);
    let probe = step("GET /me/calendars/c?$select=id", 200, "{}");
    let heard = run(&fetch(&["m"]), vec![master(), failing(), failing(), failing(), probe]);
    let [Item::Broken(broken)] = &heard.items()[..] else { panic!("{:?}", heard.outputs) };
    assert_eq!((&*broken.code, &broken.version), ("graph.X", &None));
    let heard = run(&fetch(&["m"]), vec![master(), step(INSTANCES, 429, error("TooManyRequests"))]);
    assert_eq!(heard.failure().class, FailureClass::Throttled);
}

fn exception(day: u8, title: &str) -> Value {
    json!({
        "id": format!("m.x{day}"), "@odata.etag": format!("W/\"x{day}\""), "type": "exception",
        "seriesMasterId": "m", "subject": title,
        "originalStart": format!("2026-06-{day:02}T09:00:00Z"), "originalStartTimeZone": "UTC",
        "start": {"dateTime": format!("2026-06-{day:02}T11:00:00.0000000"), "timeZone": "UTC"},
        "end": {"dateTime": format!("2026-06-{day:02}T12:00:00.0000000"), "timeZone": "UTC"},
    })
}

#[test]
fn changed_instances_come_in_pages_and_each_counts() {
    let mut series = master("2026-06-09", Some(&[]));
    series["exceptionOccurrences"] = json!([exception(3, "Three")]);
    let link = format!("{API}/me/calendars/c/events/m/exceptionOccurrences?$skip=1");
    series["exceptionOccurrences@odata.nextLink"] = link.into();
    let rest = page(&[exception(5, "Five")]);
    let more = "GET /me/calendars/c/events/m/exceptionOccurrences?$skip=1";
    let heard =
        run(&fetch(&["m"]), vec![step(MASTER, 200, series.to_string()), step(more, 200, rest)]);
    let titles = whole(&heard).exceptions.iter().map(|e| e.content.title.as_str());
    assert_eq!(titles.collect::<Vec<_>>(), ["Three", "Five"]);
    let bad = page(&[json!({"id": 7})]);
    let heard =
        run(&fetch(&["m"]), vec![step(MASTER, 200, series.to_string()), step(more, 200, bad)]);
    assert_eq!(broken(&heard), "graph.instance");
    // Catches a calendar that stands still, since the next page of one series never comes.
    let heard = never_whole(more, &series, "<html></html>", "{}");
    let [Item::Broken(broken)] = &heard.items()[..] else { panic!("{:?}", heard.outputs) };
    assert_eq!((&*broken.code, &broken.version), ("graph.json", &None));
}

/// The master's word came before the change did.
#[test]
fn a_changed_instance_among_the_instances_alone_is_a_changed_one() {
    let mut instances = june(9, &[4, 6]);
    instances.push(exception(6, "Six"));
    let heard = read(&master("2026-06-09", None), page(&instances));
    assert_eq!(excluded(&heard), ["2026-06-04"]);
    let [six] = &whole(&heard).exceptions[..] else { panic!("{:?}", whole(&heard)) };
    assert_eq!(six.content.title, "Six");
}

/// Daily at nine in New York from 1 June 2026 on, in a zone that has no name.
fn nameless(zone: &str) -> (Value, Vec<Value>) {
    let time = |text: String| json!({"dateTime": text, "timeZone": "UTC"});
    let mut series = master("2027-12-31", Some(&[]));
    series["start"] = time("2026-06-01T13:00:00".to_owned());
    series["end"] = time("2026-06-01T14:00:00".to_owned());
    series["originalStartTimeZone"] = zone.into();
    series["recurrence"]["range"]["recurrenceTimeZone"] = zone.into();
    // Two days around the end of summer time there; in Rome it ends a week before.
    let all = [("2026-10-24", 13), ("2026-10-26", 13), ("2026-11-02", 14)];
    let instances = all.map(|(day, hour)| {
        let mut one = occurrence(day);
        one["start"] = time(format!("{day}T{hour}:00:00"));
        one["end"] = time(format!("{day}T{}:00:00", hour + 1));
        one
    });
    (series, instances.to_vec())
}

/// Row 13 of the pitfalls. Catches a series in a zone without a name that is an hour off after a clock
/// was changed.
#[test]
fn pitfall_13_a_series_in_a_zone_nobody_knows_is_read_where_its_instances_bear_it_out() {
    for zone in ["tzone://Microsoft/Custom", "Customized Time Zone"] {
        let (series, instances) = nameless(zone);
        let heard = |remember: &str| {
            let script =
                vec![step(MASTER, 200, series.to_string()), step(INSTANCES, 200, page(&instances))];
            run_known(remember, &fetch(&["m"]), script)
        };
        let elsewhere = heard("graph 1\nsubject me\nzone Europe/Rome\n");
        assert_eq!(broken(&elsewhere), "graph.zone", "{zone}");
        let there = heard("graph 1\nsubject me\nzone America/New_York\n");
        let start = &whole(&there).content.span.start;
        assert_eq!(*start, zoned("2026-06-01T09:00:00", "America/New_York"), "{zone}");
    }
}

/// Monthly on the 31st from January 2026 on.
fn monthly(cancelled: Option<&[&str]>) -> Value {
    let mut series = master("2027-12-31", cancelled);
    for (key, hour) in [("start", 9), ("end", 10)] {
        series[key]["dateTime"] = format!("2026-01-31T{hour:02}:00:00").into();
    }
    series["recurrence"] = json!({
        "pattern": {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31},
        "range": {"type": "numbered", "startDate": "2026-01-31", "numberOfOccurrences": 12},
    });
    series
}

/// Catches a month's end that is believed and never looked at.
#[test]
fn what_a_day_means_that_a_month_does_not_have_its_instances_say() {
    let rule = |cancelled: Option<&[&str]>, days: &[&str]| {
        let instances: Vec<Value> = days.iter().map(|day| occurrence(day)).collect();
        let script = vec![
            step(MASTER, 200, monthly(cancelled).to_string()),
            step(INSTANCES, 200, page(&instances)),
        ];
        let heard = run(&fetch(&["m"]), script);
        let recurrence = whole(&heard).recurrence.clone().unwrap();
        (recurrence.rules[0].by_month_day().to_vec(), recurrence.excluded.len())
    };
    assert_eq!(rule(Some(&[]), &["2026-02-28"]), (vec![-1], 0));
    assert_eq!(rule(Some(&[]), &[]), (vec![31], 0));
    // One that was cancelled tells nothing: another is looked at.
    assert_eq!(rule(Some(&["2026-02-28"]), &["2026-04-30"]), (vec![-1], 1));
    assert_eq!(rule(Some(&["2026-02-28"]), &[]).0, [31]);
}
