//! What kind of server the simulator plays. A profile is data: every field is one measured habit.

use super::render::XmlStyle;

/// One server's habits. Presets are in [`Profile::radicale`] and its neighbours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Name of the preset.
    pub name: &'static str,
    /// `Server` header.
    pub server: &'static str,
    /// `DAV` header of OPTIONS (RFC 4918 section 10.1).
    pub dav: &'static str,
    /// Where principals and homes live.
    pub layout: Layout,
    /// Discovery and authentication.
    pub access: Access,
    /// Spelling of replies.
    pub spelling: Spelling,
    /// Change detection.
    pub changes: Changes,
    /// ETags and what the server stores.
    pub storage: Storage,
    /// Reading reports.
    pub reads: Reads,
    /// Writing rules.
    pub writes: Writes,
}

/// Path templates; `{user}` stands for the login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Context path with a slash at both ends.
    pub base: &'static str,
    /// Principal path.
    pub principal: &'static str,
    /// Calendar home path.
    pub home: &'static str,
    /// A second home, listed where [`Access::shared_home`] is set.
    pub shared_home: &'static str,
}

/// Discovery and authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Status of the redirect from `/.well-known/caldav` to the base; `None` is 404 (RFC 6764).
    pub well_known: Option<u16>,
    /// What a request without credentials gets.
    pub anonymous: Anonymous,
    /// `WWW-Authenticate` values of a 401.
    pub challenges: Vec<&'static str>,
    /// Digest is asked for instead, and Basic refused.
    pub digest: Option<DigestAccess>,
    /// `current-user-principal` says `unauthenticated` even to those who are (C5).
    pub principal_hidden: bool,
    /// `principal-URL` exists (C4 where not).
    pub principal_url: bool,
    /// `calendar-user-address-set` exists.
    pub addresses: bool,
    /// The home set lists the shared home too (C3).
    pub shared_home: bool,
    /// Home hrefs are absolute, on this origin (C3).
    pub home_origin: Option<&'static str>,
    /// The home lists a schedule inbox and outbox.
    pub inbox: bool,
    /// A PROPFIND on nothing is a 207 holding a 404, not a plain 404.
    pub missing_as_multistatus: bool,
}

/// Digest as a server asks for it (RFC 7616).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestAccess {
    /// The hash.
    pub hash: DigestHash,
    /// Requests with one nonce; the next is told that it is stale. At 0, each nonce is good for
    /// one request.
    pub nonce_uses: u32,
}

/// A hash of Digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestHash {
    /// MD5.
    Md5,
    /// MD5, bound to a session.
    Md5Session,
    /// SHA-256.
    Sha256,
}

/// What a request without credentials gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anonymous {
    /// 401 with the challenges.
    Challenge,
    /// Full access as the first user (Xandikos run without a front).
    Open,
    /// PROPFIND with `unauthenticated`, 401 elsewhere (Cyrus).
    Discovery,
}

/// Spelling of replies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spelling {
    /// XML dialect.
    pub xml: XmlStyle,
    /// Spelling of hrefs.
    pub hrefs: HrefStyle,
    /// Reports list the collection itself too (C12).
    pub self_in_reports: bool,
    /// Each resource says 404 for `getetag` in a propstat (C11).
    pub etag_propstat_missing: bool,
    /// The last member of a listing is a response-level 404 (C11).
    pub last_member_gone: bool,
    /// Listings are whole by their form and leave the members out (C11).
    pub members_hidden: bool,
    /// Properties nobody knows are in each propstat (C13).
    pub unknown_properties: bool,
    /// Added to the `Date` header, in milliseconds (C46).
    pub date_skew_ms: i64,
}

/// Spelling of hrefs (C12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HrefStyle {
    /// Absolute path, reserved octets encoded, `@` left alone.
    #[default]
    Path,
    /// Full URL (Xandikos in some replies).
    Absolute,
    /// `@` and sub-delimiters encoded too.
    EncodeAll,
    /// `%` encoded again.
    Double,
    /// Nothing encoded, spaces included (SOGo).
    Raw,
    /// Collections without their final slash.
    NoSlash,
}

/// Change detection: ctag, sync tokens, deltas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// `getctag`.
    pub ctag: Ctag,
    /// The sync-collection report (RFC 6578); `None` is a server without it (C22).
    pub sync: Option<Sync>,
}

/// Habits of `getctag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ctag {
    /// No such property (C23).
    Absent,
    /// Moves with each change.
    Moves,
    /// Never moves (C24).
    Frozen,
    /// Differs at each look (C24).
    Restless,
}

/// Habits of sync-collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sync {
    /// Form of tokens.
    pub token: TokenForm,
    /// Answer to a token that is garbage, expired or foreign.
    pub bad_token: BadToken,
    /// Answer to a token that is newer than the server (a backup was restored).
    pub future_token: BadToken,
    /// Every token given is treated as bad (C14), or as a future one (C15).
    pub distrust: Distrust,
    /// 400 where `sync-level` is missing or infinite (Xandikos).
    pub level_required: bool,
    /// Gives `calendar-data` in the report where asked.
    pub data: bool,
    /// Paging.
    pub paging: Paging,
    /// An empty token also lists what was deleted long ago (C18).
    pub tombstones_first: bool,
    /// A member made and deleted inside the window is a 404 entry (C19), else left out.
    pub short_lived: bool,
    /// A PUT of equal content counts as a change.
    pub noop_put: bool,
    /// What PROPPATCH does to the token.
    pub proppatch: PropertyChange,
}

/// Form of sync tokens; the text is the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenForm {
    /// Prefix and a counter: what follows can be guessed.
    Counter(&'static str),
    /// Prefix and an opaque text bound to the history.
    Opaque(&'static str),
    /// A bare hash of the content: a delta compares contents, not history (Xandikos).
    Content,
    /// Seconds since 1970 (SOGo).
    Seconds {
        /// Items of the token's own second are listed again; where not, a second write within one
        /// second is lost (C21).
        repeats: bool,
    },
}

/// Answer to a token that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadToken {
    /// This status, with the `valid-sync-token` element or without.
    Refuse {
        /// Status code.
        status: u16,
        /// Whether the body names the precondition.
        element: bool,
    },
    /// 207 with all members and no deletions: the loss is silent (DAViCal, SOGo).
    FullList,
    /// 207, empty, the same token again (sabre/dav for a future token).
    Echo,
}

/// Which tokens are refused besides those that are really bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// None.
    Nothing,
    /// Each non-empty token is bad.
    All,
    /// Each non-empty token is from the future.
    Future,
}

/// What happens to long deltas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// `limit` is ignored.
    Ignored,
    /// `limit` cuts properly: 507 on the request URI and a token to go on with (Cyrus).
    OnRequest,
    /// `limit` cuts, without 507, and the final token is given: the rest is lost (Xandikos).
    LossyOnRequest,
    /// The server pages by itself, this many changes a page (C16).
    Pages(usize),
    /// A page of this size with 507 and the token it was asked with: a loop (C16).
    SameToken(usize),
    /// Cuts by itself after this many and gives the final token: the rest is lost (C17).
    Lossy(usize),
}

/// What PROPPATCH does to the sync token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyChange {
    /// Nothing.
    Silent,
    /// The token moves, the delta is empty.
    MovesToken,
    /// The delta holds the collection itself, its href without the slash (C20).
    ListsCollection,
}

/// ETags and what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    /// Where ETags come from.
    pub etag: EtagSource,
    /// How ETags are written (C25).
    pub etag_shape: EtagShape,
    /// When PUT answers with an ETag (C31).
    pub etag_on_put: EtagOnPut,
    /// The ETag of a PUT is out of date at once (C33).
    pub etag_stale_after_put: bool,
    /// What the server does to bodies (C32, C42).
    pub rewrite: Rewrite,
    /// Where a new resource is stored.
    pub name: StoredName,
}

/// Where ETags come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EtagSource {
    /// Hash of the stored content.
    Content,
    /// `gcs` and a counter that starts at zero for each new object (SOGo): equal ETags do not
    /// mean equal content.
    Counter,
}

/// How ETags are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EtagShape {
    /// Quoted and strong.
    Strong,
    /// `W/"..."`.
    Weak,
    /// Without quotes.
    Unquoted,
    /// `"...-gzip"`.
    Gzip,
    /// Not given in properties and headers.
    Missing,
}

/// When PUT answers with an ETag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EtagOnPut {
    /// Always.
    Always,
    /// Only where the stored body is the one that was sent.
    UnlessChanged,
    /// Never.
    Never,
    /// Never, but an `OC-ETag` (ownCloud behind some fronts).
    OcOnly,
}

/// What the server does to bodies before it stores them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent habits of a server")]
pub struct Rewrite {
    /// Properties in another order, lines folded anew.
    pub reorder: bool,
    /// `\,` and `\;` unescaped in X- values (Cyrus).
    pub unescape_x: bool,
    /// VTIMEZONE added for known zones (Radicale).
    pub add_vtimezone: bool,
    /// X- properties dropped (C42).
    pub strip_x: bool,
    /// A missing UID is invented (sabre/dav).
    pub repair_uid: bool,
    /// SUMMARY is cut after so many characters.
    pub title_chars_max: Option<usize>,
}

/// Where a new resource is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredName {
    /// Under the name that was asked for.
    Asked,
    /// Under its UID, with a `Location` header (C43).
    Uid,
}

/// Reading reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reads {
    /// A multiget of a missing href.
    pub multiget_missing: MultigetMissing,
    /// Most hrefs in a multiget and the status for more; with 207 the others are left out (C29).
    pub multiget_max: Option<(usize, u16)>,
    /// What one bad item does to a report (C27).
    pub poison: Poison,
    /// calendar-query wants `Depth: 1` and answers 400 without (sabre/dav).
    pub query_depth_required: bool,
    /// calendar-query does not see what was made in this time (C28).
    pub query_lag_ms: i64,
    /// Events that ended longer ago than this are not shown (C30).
    pub window_back_ms: Option<i64>,
    /// free-busy-query works; 501 where not.
    pub free_busy: bool,
    /// GET honours `If-None-Match`.
    pub get_304: bool,
    /// GET on a calendar gives one merged file.
    pub collection_get: bool,
}

/// A multiget of a missing href.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultigetMissing {
    /// A 404 entry.
    NotFound,
    /// Left out.
    Omitted,
    /// 404 for the whole report (sabre/dav 1.8).
    Whole,
}

/// What one bad item does to a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poison {
    /// Nothing.
    Harmless,
    /// An override without its master turns the whole report into this status (Radicale).
    Orphan(u16),
    /// A bad FREQ turns the whole report into this status (sabre/dav).
    Rule(u16),
    /// Both do, and what was marked by hand.
    Any(u16),
}

/// Writing rules.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent habits of a server")]
pub struct Writes {
    /// `If-None-Match: *` is honoured.
    pub if_none_match: bool,
    /// A stale `If-Match` stops a DELETE.
    pub delete_if_match: bool,
    /// Status of a successful DELETE.
    pub delete_status: u16,
    /// DELETE of a calendar says 204 and does nothing (Xandikos).
    pub keeps_calendars: bool,
    /// UIDs must be unique.
    pub uid: UidRule,
    /// A deleted UID stays taken: the status for its re-use (C36).
    pub trash: Option<u16>,
    /// What bodies are refused.
    pub validation: Validation,
    /// Largest body (C38, RFC 4791 section 5.2.5).
    pub max_octets: Option<usize>,
    /// MKCALENDAR and MKCOL work, or the status for them (C44).
    pub make_calendar: Result<(), u16>,
    /// Status of MKCALENDAR where something is.
    pub make_again: u16,
    /// Invitations are delivered (RFC 6638, C45).
    pub scheduling: bool,
    /// `Schedule-Tag` is given (RFC 6638 section 3.2.10).
    pub schedule_tag: bool,
}

/// UID uniqueness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UidRule {
    /// Not enforced (DAViCal, sabre/dav).
    Free,
    /// Within a calendar, with the status of a conflict (C35).
    Calendar(u16),
    /// Within all calendars of a user (Cyrus, iCloud).
    User(u16),
}

/// What bodies are refused, after the measured table of PUT bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validation {
    /// Status for text that is no iCalendar.
    pub garbage: u16,
    /// Status for a missing UID; `None` accepts.
    pub no_uid: Option<u16>,
    /// Status for two UIDs, or no DTSTART.
    pub malformed: Option<u16>,
    /// Status for a METHOD property.
    pub method: Option<u16>,
    /// Status for an RRULE with a FREQ that does not exist.
    pub bad_rule: Option<u16>,
    /// Status for a TZID that is neither known nor defined.
    pub unknown_zone: Option<u16>,
    /// Status for a component that the calendar does not take (C39).
    pub component: Option<u16>,
}
