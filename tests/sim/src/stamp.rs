//! Times as worlds write them: `20260610` is a day, `20260610T090000Z` a time of UTC,
//! `Europe/Berlin:20261020T090000` one of a zone, and `20260610T090000` one of none.

use kalends_core::time::{Civil, Gap, Timestamp, Zone};

/// The zone of a time; UTC of a day, of what says so, and of a time of none.
fn zone(stamp: &str) -> Zone {
    let named = stamp.split_once(':').and_then(|(zone, _)| Zone::parse(zone));
    named.unwrap_or_else(Zone::utc)
}

fn wall(stamp: &str) -> &str {
    stamp.split_once(':').map_or(stamp, |(_, wall)| wall).trim_end_matches('Z')
}

/// Whether it is a day.
pub(crate) fn is_day(stamp: &str) -> bool {
    wall(stamp).len() == "20260610".len()
}

/// Whether it is a time of no zone: the same hour wherever one is.
fn is_floating(stamp: &str) -> bool {
    wall(stamp) == stamp && !is_day(stamp)
}

/// Whether it is one instant, wherever one is.
pub(crate) fn is_instant(stamp: &str) -> bool {
    !is_day(stamp) && !is_floating(stamp)
}

/// The name of its zone.
pub(crate) fn zone_name(stamp: &str) -> String {
    zone(stamp).name().to_owned()
}

/// `2026-06-10` of a time or a day.
pub(crate) fn day(stamp: &str) -> String {
    let wall = wall(stamp);
    format!("{}-{}-{}", &wall[..4], &wall[4..6], &wall[6..8])
}

/// `2026-06-10T09:00:00` of a time, as the clock of its zone shows it, so many seconds later.
pub(crate) fn local(stamp: &str, later_seconds: i64) -> String {
    civil(stamp).add_seconds(later_seconds).to_string()
}

fn civil(stamp: &str) -> Civil {
    let wall = wall(stamp);
    let time = match wall.get(9..15) {
        Some(time) => format!("{}:{}:{}", &time[..2], &time[2..4], &time[4..]),
        None => "00:00:00".to_owned(),
    };
    let utc: Timestamp = format!("{}T{time}Z", day(stamp)).parse().unwrap();
    Civil::from_seconds(utc.as_seconds())
}

/// The second that it means; of a day, its midnight in UTC.
pub(crate) fn second(stamp: &str) -> i64 {
    zone(stamp).instant(civil(stamp), Gap::Shift).as_seconds()
}

/// A second, as another time would be written.
pub(crate) fn like(model: &str, second: i64) -> String {
    let zone = zone(model);
    let text = zone.civil(Timestamp::from_seconds(second)).to_string().replace(['-', ':'], "");
    if is_day(model) {
        text[..8].to_owned()
    } else if is_floating(model) {
        text
    } else if zone == Zone::utc() {
        format!("{text}Z")
    } else {
        format!("{zone}:{text}")
    }
}

/// The second in a zone that a provider names, whatever the way in which it names it.
pub(crate) fn in_zone(name: &str, second: i64) -> String {
    let zone = Zone::resolve(name).unwrap_or_else(Zone::utc);
    like(&format!("{zone}:20260610T090000"), second)
}

/// How far east of UTC `+02:00` is; 0 of a `Z`.
pub(crate) fn east_seconds(offset: &str) -> i64 {
    let part = |from: usize| offset.get(from..from + 2).and_then(|text| text.parse().ok());
    let seconds = part(1).unwrap_or(0) * 3_600 + part(4).unwrap_or(0) * 60;
    if offset.starts_with('-') { -seconds } else { seconds }
}

/// A time as UTC: of a single, its instant is all that counts. A day and a time of no zone are none.
pub(crate) fn in_utc(stamp: &str) -> String {
    if is_instant(stamp) { like("20260610T090000Z", second(stamp)) } else { stamp.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_all_kinds_are_read_and_written() {
        let berlin = "Europe/Berlin:20261020T090000";
        for stamp in ["20260610", "20260610T090000Z", "20260610T090000", berlin] {
            assert_eq!(like(stamp, second(stamp)), stamp);
        }
        assert_eq!(
            [east_seconds("+02:00"), east_seconds("-05:30"), east_seconds("Z")],
            [7_200, -19_800, 0]
        );
        assert_eq!(in_utc(berlin), "20261020T070000Z");
        assert_eq!(in_utc("20261020T090000"), "20261020T090000");
        assert_eq!(in_utc("Europe/Berlin:20261027T090000"), "20261027T080000Z");
        assert_eq!(in_zone("W. Europe Standard Time", second(berlin)), berlin);
        assert_eq!(
            (day(berlin), local(berlin, 3_600)),
            ("2026-10-20".into(), "2026-10-20T10:00:00".into())
        );
        assert_eq!(
            (zone_name(berlin), zone_name("20260610")),
            ("Europe/Berlin".into(), "UTC".into())
        );
    }
}
