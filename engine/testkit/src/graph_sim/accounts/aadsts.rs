//! Errors by their AADSTS number: which `error` goes with each, and what stands beside it (3.15).

/// One row of the table of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) number: u32,
    pub(crate) status: u16,
    pub(crate) error: &'static str,
    pub(crate) suberror: Option<&'static str>,
    pub(crate) text: &'static str,
}

/// The numbers that can be planned as faults of the token endpoint.
pub const AADSTS: [u32; 26] = [
    50_173, 700_082, 70_008, 70_000, 70_043, 50_076, 50_079, 50_158, 53_003, 53_000, 65_001,
    65_004, 90_094, 90_093, 50_105, 700_016, 50_020, 50_194, 7_000_215, 7_000_222, 70_011, 50_196,
    90_033, 90_002, 50_000, 900_144,
];

/// The row of a number.
pub(crate) fn row(number: u32) -> Row {
    let (status, error, suberror, text) = match number {
        50_173 => (400, "invalid_grant", Some("bad_token"), REVOKED),
        700_082 => (400, "invalid_grant", None, "The refresh token has expired due to inactivity."),
        70_008 => {
            (400, "invalid_grant", None, "The authorization code or refresh token is expired.")
        }
        70_000 => (400, "invalid_grant", None, "The provided grant is invalid or malformed."),
        70_043 => (400, "invalid_grant", Some("token_expired"), "Sign-in frequency checks failed."),
        50_076 | 50_079 => (400, "interaction_required", Some("basic_action"), FACTORS),
        50_158 => (400, "interaction_required", None, "External security challenge not satisfied."),
        53_003 => (400, "invalid_grant", Some("message_only"), "Blocked by conditional access."),
        53_000 => (400, "interaction_required", None, "The device is not compliant."),
        65_001 => (400, "invalid_grant", Some("consent_required"), CONSENT),
        65_004 => (400, "access_denied", None, "The resource owner declined to consent."),
        90_094 => (403, "access_denied", None, ADMIN),
        90_093 => (400, "invalid_grant", None, ADMIN),
        50_105 => (400, "invalid_grant", None, "The user is not assigned to a role of the app."),
        700_016 => (400, "unauthorized_client", None, "The app was not found in the directory."),
        50_020 => (400, "invalid_grant", None, "The account does not exist in the tenant."),
        50_194 => (400, "invalid_request", None, "The app is not configured as multi-tenant."),
        7_000_215 => (401, "invalid_client", None, "Invalid client secret provided."),
        7_000_222 => (401, "invalid_client", None, "The provided client secret keys are expired."),
        70_011 => (400, "invalid_scope", None, "The provided value for scope is not valid."),
        50_196 => (400, "invalid_grant", None, "The server ended the request: a loop was found."),
        90_033 => (503, "temporarily_unavailable", None, "The service is temporarily unavailable."),
        90_002 => (400, "invalid_request", None, "The tenant was not found."),
        50_000 => (500, "server_error", None, "There was an error issuing a token."),
        _ => (400, "invalid_request", None, "The request body is not as it must be."),
    };
    Row { number, status, error, suberror, text }
}

const REVOKED: &str =
    "The provided grant has expired due to it being revoked; a fresh token is needed.";
const FACTORS: &str =
    "Due to a change made by your administrator you must use multi-factor authentication.";
const CONSENT: &str = "The user or administrator has not consented to use the application.";
const ADMIN: &str = "The grant requires admin permission.";
