//! Times as stories write them: a day, or a day and an hour in UTC.

use crate::words::{Trouble, Words};

/// Reads `2026-06-10 09:00`, or a day alone; as iCalendar writes it.
pub(crate) fn read(words: &mut Words) -> Result<String, Trouble> {
    let day = words.next("a day like 2026-06-10")?;
    let digits = day.replace('-', "");
    if day.len() != 10 || digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(words.trouble(format!("`{day}` is no day like 2026-06-10")));
    }
    if words.eat("all-day") {
        return Ok(digits);
    }
    let hour = words.next("an hour like 09:00, or `all-day`")?;
    let minutes = hour.replace(':', "");
    if hour.len() != 5 || minutes.len() != 4 || !minutes.bytes().all(|b| b.is_ascii_digit()) {
        return Err(words.trouble(format!("`{hour}` is no hour like 09:00")));
    }
    Ok(format!("{digits}T{minutes}00Z"))
}

/// The same for people.
pub(crate) fn write(stamp: &str) -> String {
    match (stamp.get(0..4), stamp.get(4..6), stamp.get(6..8)) {
        (Some(year), Some(month), Some(day)) => {
            let day = format!("{year}-{month}-{day}");
            match (stamp.get(9..11), stamp.get(11..13)) {
                (Some(hour), Some(minute)) => format!("{day} {hour}:{minute}"),
                _ => format!("{day} all day"),
            }
        }
        _ => stamp.to_owned(),
    }
}

/// Reads `3 hours`, `2 days`, in milliseconds.
pub(crate) fn span(words: &mut Words) -> Result<i64, Trouble> {
    let number = words.next("a number")?;
    let count: i64 =
        number.parse().map_err(|_| words.trouble(format!("`{number}` is no number")))?;
    let unit = words.next("`minutes`, `hours` or `days`")?;
    let millis = match unit.trim_end_matches('s') {
        "minute" => 60_000,
        "hour" => 3_600_000,
        "day" => 86_400_000,
        _ => return Err(words.trouble(format!("`{unit}` is neither minutes, hours nor days"))),
    };
    Ok(count * millis)
}
