use super::support::*;
use kalends_testkit::caldav_sim::When;
use kalends_testkit::google_sim::is_loopback;
use kalends_testkit::wire::{Outgoing, SimServer as _};
use serde_json::{Value, json};

const WATCH: &str = "calendars/primary/events/watch";
const ADDRESS: &str = "https://hook.example/google";

fn channel(id: &str) -> Value {
    json!({"id": id, "type": "web_hook", "address": ADDRESS, "token": "secret"})
}

fn open(desk: &mut Desk, id: &str) -> Value {
    let (status, body) = desk.post(WATCH, &channel(id));
    assert_eq!(status, 200, "{body}");
    body
}

/// What is due now, each as channel, number and state.
fn due(desk: &mut Desk) -> Vec<String> {
    let found = desk.sim.outgoing(desk.now);
    found
        .iter()
        .map(|one| {
            ["Channel-ID", "Message-Number", "Resource-State"]
                .map(|name| header(one, name))
                .join(" ")
        })
        .collect()
}

fn header(sent: &Outgoing, name: &str) -> String {
    let name = format!("X-Goog-{name}");
    let found = sent.request.headers.iter().find(|(key, _)| *key == name);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

#[test]
fn a_channel_says_so_first_and_then_each_change() {
    let mut desk = desk();
    let opened = open(&mut desk, "one");
    assert_eq!(opened["expiration"], (desk.now + 7 * 86_400_000).to_string());
    let sync = desk.sim.outgoing(desk.now).remove(0);
    assert_eq!(header(&sync, "Resource-State"), "sync");
    assert_eq!(header(&sync, "Message-Number"), "1");
    assert_eq!(header(&sync, "Channel-Token"), "secret");
    assert_eq!(header(&sync, "Resource-ID"), text(&opened["resourceId"]));
    assert_eq!(header(&sync, "Channel-Expiration"), "Thu, 08 Jan 2026 00:00:01 GMT");
    assert!(
        header(&sync, "Resource-URI").ends_with("/calendars/ann%40example.com/events?alt=json")
    );
    assert_eq!((sync.request.url.as_str(), sync.attempts), (ADDRESS, 0));
    desk.insert(&event(5));
    desk.get(EVENTS);
    desk.sim.person(ANN, desk.now).add(ANN, &event(6)).unwrap();
    assert_eq!(due(&mut desk), ["one 2 exists", "one 3 exists"]);
}

#[test]
fn each_channel_of_a_calendar_fires_and_other_calendars_do_not() {
    let mut desk = desk();
    let work = desk.sim.add_calendar(ANN, "Work");
    let one = open(&mut desk, "one");
    let two = open(&mut desk, "two");
    assert_eq!(one["resourceId"], two["resourceId"]);
    due(&mut desk);
    desk.sim.person(ANN, desk.now).add(&work, &event(6)).unwrap();
    assert_eq!(due(&mut desk), [""; 0]);
    desk.insert(&event(5));
    assert_eq!(due(&mut desk), ["one 2 exists", "two 2 exists"]);
}

#[test]
fn channels_stop_expire_and_cannot_be_had_twice() {
    let mut desk = desk();
    let one = open(&mut desk, "one");
    let (status, body) = desk.post(WATCH, &channel("one"));
    assert_eq!((status, reason(&body)), (400, "channelIdNotUnique"));
    let stop = json!({"id": "one", "resourceId": one["resourceId"]});
    let wrong = json!({"id": "one", "resourceId": "other"});
    assert_eq!(desk.post("channels/stop", &wrong).0, 404);
    assert_eq!(desk.post("channels/stop", &stop).0, 204);
    assert_eq!(desk.post("channels/stop", &stop).0, 404);
    let short = with(channel("short"), json!({"params": {"ttl": "60"}}));
    desk.post(WATCH, &short);
    due(&mut desk);
    desk.insert(&event(5));
    assert_eq!(due(&mut desk), ["short 2 exists"]);
    desk.now += 60_000;
    desk.insert(&event(6));
    assert_eq!(due(&mut desk), [""; 0]);
}

#[test]
fn addresses_are_https_or_this_machine() {
    let mut desk = desk();
    let at = |address: &str| with(channel("c"), json!({"address": address}));
    let (status, body) = desk.post(WATCH, &at("http://hook.example/"));
    assert_eq!((status, reason(&body)), (400, "push.webhookUrlNotHttps"));
    assert_eq!(desk.post(WATCH, &at("http://127.0.0.1:4000/hook")).0, 200);
    assert!(is_loopback("http://[::1]:80/") && !is_loopback("http://127.0.0.1.example/"));
    let bob = desk.sim.add_calendar(ANN, "Holidays");
    desk.sim.set_unwatchable(&bob);
    let (_, body) = desk.post(&format!("calendars/{bob}/events/watch"), &channel("d"));
    assert_eq!(reason(&body), "pushNotSupportedForRequestedResource");
}

#[test]
fn a_failed_delivery_is_tried_again_later_and_others_are_not() {
    let mut desk = desk();
    open(&mut desk, "one");
    let sync = desk.sim.outgoing(desk.now).remove(0);
    desk.sim.answered(desk.now, sync, 503);
    assert_eq!(due(&mut desk), [""; 0]);
    desk.now = desk.sim.next_outgoing_ms().unwrap();
    let again = desk.sim.outgoing(desk.now).remove(0);
    assert_eq!(again.attempts, 1);
    desk.sim.answered(desk.now, again, 404);
    assert_eq!(desk.sim.next_outgoing_ms(), None);
}

#[test]
fn the_list_of_calendars_can_be_watched() {
    let mut desk = desk();
    assert_eq!(desk.post("users/me/calendarList/watch", &channel("list")).0, 200);
    due(&mut desk);
    desk.post("calendars", &json!({"summary": "New"}));
    assert_eq!(due(&mut desk), ["list 2 exists"]);
}

/// What comes of one change under a fault, with a channel that was stopped before.
fn under(fault: &str) -> (Desk, Vec<Outgoing>) {
    let mut desk = desk();
    let old = open(&mut desk, "old");
    desk.post("channels/stop", &json!({"id": "old", "resourceId": old["resourceId"]}));
    open(&mut desk, "one");
    due(&mut desk);
    assert!(desk.sim.plan("PUSH", "*/ann@example.com/events", When::Nth(1), fault), "{fault}");
    desk.insert(&event(5));
    let found = desk.sim.outgoing(i64::MAX);
    (desk, found)
}

#[test]
fn messages_are_lost_doubled_late_and_forged_as_planned() {
    assert!(under("F20-lost").1.is_empty());
    assert_eq!(under("F20-twice").1.len(), 2);
    let (desk, late) = under("F20-late");
    assert_eq!(late[0].due_ms, desk.now + 90_000);
    let (desk, beyond) = under("F20-expired");
    assert!(beyond[0].due_ms > desk.now + 6 * 86_400_000);
    assert_eq!(header(&under("F20-token").1[0], "Channel-Token"), "a guess");
    assert_eq!(header(&under("F20-unknown").1[0], "Channel-ID"), "a-channel-of-nobody");
    assert_eq!(header(&under("F20-resource").1[0], "Resource-ID"), "another-resource");
    let stopped = under("F20-stopped").1;
    assert_eq!(
        stopped.iter().map(|one| header(one, "Channel-ID")).collect::<Vec<_>>(),
        ["old", "one"]
    );
}

#[test]
fn late_messages_are_overtaken_and_the_first_one_can_be_missing() {
    let mut desk = desk();
    assert!(desk.sim.plan("SYNC", "*", When::Always, "F20-lost"));
    assert!(desk.sim.plan("PUSH", "*", When::Nth(1), "F20-late"));
    open(&mut desk, "one");
    desk.insert(&event(5));
    desk.insert(&event(6));
    assert_eq!(due(&mut desk), ["one 3 exists"]);
    desk.now += 100_000;
    assert_eq!(due(&mut desk), ["one 2 exists"]);
}
