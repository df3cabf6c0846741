//! Times in scripts: `2026-06-10`, `2026-06-10T09:00`, `2026-06-10T09:00@Europe/Berlin`,
//! `2026-06-10T09:00@floating`.

/// Stands where the zone does: of none, wherever one is.
const FLOATING: &str = "floating";

/// As iCalendar writes it, from a script.
pub(super) fn read(text: &str) -> Option<String> {
    let (local, zone) = text.split_once('@').unwrap_or((text, ""));
    let (day, hour) = local.split_once('T').unwrap_or((local, ""));
    let digits = |text: &str, mark: char, lengths: &[usize]| -> Option<String> {
        let parts: Vec<&str> = text.split(mark).collect();
        let all = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        let fits = parts.iter().map(|part| part.len()).eq(lengths.iter().copied());
        (all && fits).then(|| parts.concat())
    };
    let day = digits(day, '-', &[4, 2, 2])?;
    match (hour, zone) {
        ("", "") => Some(day),
        ("", _) => None,
        (_, zone) if zone.contains(':') => None,
        (hour, "") => Some(format!("{day}T{}00Z", digits(hour, ':', &[2, 2])?)),
        (hour, FLOATING) => Some(format!("{day}T{}00", digits(hour, ':', &[2, 2])?)),
        (hour, zone) => Some(format!("{zone}:{day}T{}00", digits(hour, ':', &[2, 2])?)),
    }
}

/// The same for people; as it is where it is no such time.
pub(super) fn write(stamp: &str) -> String {
    let (zone, local) = stamp.split_once(':').unwrap_or(("", stamp));
    let part = |range| local.get(range).unwrap_or_default();
    let day = format!("{}-{}-{}", part(0..4), part(4..6), part(6..8));
    let hour = (local.len() > 8).then(|| format!("T{}:{}", part(9..11), part(11..13)));
    let zone = match zone {
        "" if hour.is_none() || local.ends_with('Z') => String::new(),
        "" => format!("@{FLOATING}"),
        zone => format!("@{zone}"),
    };
    format!("{day}{}{zone}", hour.unwrap_or_default())
}
