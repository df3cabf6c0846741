//! What was asked for, and what people let a program have of it.

use std::collections::BTreeSet;

/// The scopes of `wanted` that `granted` does not name. Providers may say a scope as an address and
/// in another case than it was asked for (Microsoft identity platform); where one says nothing,
/// what was asked for was granted (RFC 6749 section 5.1).
#[must_use]
pub fn missing_scopes<'a>(wanted: &'a [String], granted: &str) -> Vec<&'a str> {
    let granted: BTreeSet<String> = granted.split_whitespace().map(plain).collect();
    if granted.is_empty() {
        return Vec::new();
    }
    // These two are never named: they show in what comes with the tokens.
    let silent = |scope: &str| matches!(scope, "offline_access" | "openid" | "profile" | "email");
    let lacking = |scope: &&str| !silent(scope) && !granted.contains(&plain(scope));
    wanted.iter().map(String::as_str).filter(lacking).collect()
}

fn plain(scope: &str) -> String {
    let scope = scope.to_ascii_lowercase();
    let short = scope.strip_prefix("https://graph.microsoft.com/");
    short.map(str::to_owned).unwrap_or(scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_unticked_is_named_however_the_rest_is_spelled() {
        let wanted =
            ["Calendars.ReadWrite", "MailboxSettings.Read", "offline_access"].map(str::to_owned);
        let granted = "https://graph.microsoft.com/calendars.readwrite openid";
        assert_eq!(missing_scopes(&wanted, granted), ["MailboxSettings.Read"]);
        assert_eq!(missing_scopes(&wanted, ""), [""; 0]);
    }
}
