//! The address of an event's video meeting.

use crate::syntax::{Component, Property};

/// Properties that hold nothing but a meeting's address, the surest first: RFC 7986 section 5.11
/// and what calendars wrote before it.
pub(crate) const MEETING_PROPERTIES: [&str; 4] = [
    "CONFERENCE",
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
];

/// Hosts, with everything below them, whose pages are meetings.
const HOSTS: [&str; 18] = [
    "zoom.us",
    "zoom.com",
    "zoomgov.com",
    "meet.google.com",
    "teams.microsoft.com",
    "teams.microsoft.us",
    "teams.live.com",
    "webex.com",
    "whereby.com",
    "meet.jit.si",
    "8x8.vc",
    "gotomeeting.com",
    "gotomeet.me",
    "bluejeans.com",
    "chime.aws",
    "facetime.apple.com",
    "join.skype.com",
    "meet.goto.com",
];

/// The address, or an empty text. URL counts only where it leads to a meeting.
pub(super) fn meeting(event: &Component<'_>) -> String {
    let said = MEETING_PROPERTIES.iter().flat_map(|name| event.all(name)).map(address);
    let page = event.property("URL").map(address).filter(|page| is_meeting(page));
    said.chain(page).find(|address| !address.is_empty()).unwrap_or_default()
}

/// URIs have no escapes (RFC 5545 section 3.3.13), but some writers escape them all the same.
fn address(property: &Property<'_>) -> String {
    property.text().trim().to_owned()
}

/// Whether an address leads to a meeting of a kind that is known.
pub(crate) fn is_meeting(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once("://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let below = |known: &str| {
        host.strip_suffix(known).is_some_and(|head| head.is_empty() || head.ends_with('.'))
    };
    scheme.to_ascii_lowercase().starts_with("http") && HOSTS.iter().any(|known| below(known))
}

#[cfg(test)]
mod tests {
    use super::is_meeting;

    #[test]
    fn only_addresses_of_known_meetings_count() {
        for address in ["https://us02web.zoom.us/j/1", "HTTPS://Meet.Google.com/a-b"] {
            assert!(is_meeting(address), "{address}");
        }
        for address in ["https://example.com/zoom.us", "https://notzoom.us/j/1", "zoom.us/j/1"] {
            assert!(!is_meeting(address), "{address}");
        }
    }
}
