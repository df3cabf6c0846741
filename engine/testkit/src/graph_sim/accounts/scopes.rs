//! What a token allows (3.1).

/// Whether granted scopes allow a method on a path below the version.
pub(crate) fn allows(scope: &str, method: &str, path: &str) -> bool {
    let granted: Vec<String> = scope.split_whitespace().map(plain).collect();
    let has = |names: &[&str]| names.iter().any(|name| granted.iter().any(|one| one == name));
    let writes = ["calendars.readwrite", "calendars.readwrite.shared"];
    let reads = ["calendars.read", "calendars.read.shared", "calendars.readbasic"];
    let last = path.rsplit('/').next().unwrap_or_default();
    if path.contains("/mailboxSettings") {
        return has(&["mailboxsettings.read", "mailboxsettings.readwrite"]);
    }
    let about_calendars = ["/calendar", "/events", "/subscriptions"];
    if !about_calendars.iter().any(|part| path.contains(part)) {
        return has(&["user.read", "user.readwrite"]) || has(&writes) || has(&reads);
    }
    let only_reads =
        method == "GET" || path.starts_with("/subscriptions") || last.contains("getSchedule");
    has(&writes) || (only_reads && has(&reads))
}

/// A scope without its resource, in lower case: both forms occur.
fn plain(scope: &str) -> String {
    scope.trim_start_matches("https://graph.microsoft.com/").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::allows;

    #[test]
    fn a_reader_does_not_write() {
        let reader = "openid https://graph.microsoft.com/Calendars.Read";
        assert!(allows(reader, "GET", "/me/calendars"));
        assert!(allows(reader, "POST", "/me/calendar/getSchedule"));
        assert!(!allows(reader, "POST", "/me/events"));
        assert!(!allows(reader, "GET", "/me/mailboxSettings"));
        assert!(allows("calendars.readwrite", "DELETE", "/me/events/1"));
        assert!(!allows("User.Read", "GET", "/me/calendars"));
    }
}
