//! `getSchedule`: views by slots, items, and an error for each one that cannot be told.

use crate::support::{ALICE, BOB, NOW, at, body, client, daily, meeting};
use serde_json::{Value, json};

fn asked(schedules: Value) -> Value {
    json!({
        "schedules": schedules,
        "startTime": at("2026-06-10T06:00:00", "UTC"),
        "endTime": at("2026-06-10T10:30:00", "UTC"),
        "availabilityViewInterval": 60,
    })
}

#[test]
fn slots_say_who_is_busy_when() {
    let mut client = client();
    let calendar = client.sim.calendars(BOB)[0].0.clone();
    let mut person = client.sim.person(NOW);
    person.create(&calendar, &daily("Standup")).unwrap();
    let mut secret = meeting("Doctor", "2026-06-10");
    secret["sensitivity"] = json!("private");
    secret["showAs"] = json!("oof");
    person.create(&calendar, &secret).unwrap();
    let sent = asked(json!([BOB, "nobody@contoso.example"]));
    let request = client.with_body("POST", "/me/calendar/getSchedule", &sent);
    let reply = client.send(&request);
    let said = body(&reply)["value"].as_array().unwrap().clone();
    assert_eq!(said[0]["availabilityView"], "02030");
    assert_eq!(said[0]["scheduleItems"].as_array().unwrap().len(), 2);
    assert_eq!(said[0]["scheduleItems"][1]["isPrivate"], true);
    assert!(!reply.text().contains("Doctor"));
    assert_eq!(said[0]["workingHours"]["startTime"], "08:00:00.0000000");
    assert_eq!(said[1]["error"]["responseCode"], "ErrorMailRecipientNotFound");
    client.check_contract();
}

#[test]
fn what_is_too_much_is_refused() {
    let mut client = client();
    let mut code = |change: &dyn Fn(&mut Value)| {
        let mut sent = asked(json!([ALICE]));
        change(&mut sent);
        let request = client.with_body("POST", "/me/calendar/getSchedule", &sent);
        client.refused(&request)
    };
    let many: Vec<String> = (0..21).map(|n| format!("p{n}@contoso.example")).collect();
    let refused = |code: &str| (400, code.to_owned());
    assert_eq!(code(&|_| {}).0, 200);
    assert_eq!(code(&|s| s["schedules"] = json!(many)), refused("ErrorMailboxDataArrayTooBig"));
    assert_eq!(
        code(&|s| s["endTime"] = at("2026-09-10T06:00:00", "UTC")),
        refused("ErrorTimeIntervalTooBig")
    );
    assert_eq!(
        code(&|s| s["availabilityViewInterval"] = json!(4)),
        refused("ErrorInvalidTimeInterval")
    );
    assert_eq!(code(&|s| s["interval"] = json!(4)), refused("RequestBodyRead"));
    assert_eq!(code(&|s| s["availabilityViewInterval"] = Value::Null).0, 500);
}
