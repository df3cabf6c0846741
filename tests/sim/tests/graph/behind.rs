//! What Graph lists no more, since its window went on.

use serde_json::json;

use super::scene;

const DAY_MS: i64 = 86_400_000;

/// Catches a calendar that is listed whole and read event by event at each pass, for ever, since more
/// of it lies behind the window than is kept in mind of what a listing lacked.
#[test]
fn what_lies_behind_the_window_is_not_read_at_every_pass() {
    let scene = scene();
    for n in 0..110 {
        let time = |minute: u32| {
            let at = format!("2026-06-{:02}T{:02}:{minute:02}:00", 2 + n % 25, 8 + n / 25);
            json!({ "dateTime": at, "timeZone": "UTC" })
        };
        let event = json!({ "subject": "Old", "start": time(0), "end": time(30) });
        scene.make(0, &event);
    }
    scene.rests("read");
    scene.world.clock.advance_millis(160 * DAY_MS);
    scene.world.settle();
    scene.world.sync();
    let _ = scene.asked();
    for _ in 0..2 {
        scene.world.clock.advance_millis(DAY_MS / 24);
        scene.world.sync();
        let asked = scene.asked();
        let read = asked.iter().filter(|line| line.contains("events") || line.contains("batch"));
        assert_eq!(read.count(), 0, "{asked:?}");
        assert!(asked.len() < 8, "{asked:?}");
    }
}
