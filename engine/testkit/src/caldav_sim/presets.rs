//! The measured servers as profiles, and two poor ones.

use super::profile::{
    Access, Anonymous, BadToken, Changes, Ctag, Distrust, EtagOnPut, EtagShape, EtagSource,
    HrefStyle, Layout, MultigetMissing, Paging, Poison, Profile, PropertyChange, Reads, Rewrite,
    Spelling, Storage, StoredName, Sync, TokenForm, UidRule, Validation, Writes,
};
use super::render::XmlStyle;

const REFUSE_403: BadToken = BadToken::Refuse { status: 403, element: true };

impl Profile {
    /// A server that does all as the RFCs say and stores what it is given.
    pub fn plain() -> Self {
        Self {
            name: "plain",
            server: "plain-dav/1",
            dav: "1, 3, access-control, calendar-access, extended-mkcol, sync-collection",
            layout: Layout {
                base: "/dav/",
                principal: "/dav/principals/{user}/",
                home: "/dav/calendars/{user}/",
                shared_home: "/dav/shared/{user}/",
            },
            access: Access {
                well_known: Some(301),
                anonymous: Anonymous::Challenge,
                challenges: vec!["Basic realm=\"calendars\", charset=\"UTF-8\""],
                digest: None,
                principal_hidden: false,
                principal_url: true,
                addresses: true,
                shared_home: false,
                home_origin: None,
                inbox: false,
                missing_as_multistatus: false,
            },
            spelling: Spelling::default(),
            changes: Changes { ctag: Ctag::Moves, sync: Some(plain_sync()) },
            storage: Storage {
                etag: EtagSource::Content,
                etag_shape: EtagShape::Strong,
                etag_on_put: EtagOnPut::UnlessChanged,
                etag_stale_after_put: false,
                rewrite: Rewrite::default(),
                name: StoredName::Asked,
            },
            reads: Reads {
                multiget_missing: MultigetMissing::NotFound,
                multiget_max: None,
                poison: Poison::Harmless,
                query_depth_required: false,
                query_lag_ms: 0,
                window_back_ms: None,
                free_busy: true,
                get_304: true,
                collection_get: false,
            },
            writes: plain_writes(),
        }
    }

    /// Radicale 3.9: re-serialises, adds VTIMEZONE, lists tombstones first, poisoned by orphans.
    pub fn radicale() -> Self {
        let mut profile = Self::plain();
        profile.name = "radicale";
        profile.server = "WSGIServer/0.2 CPython/3.12";
        profile.dav = "1, 2, 3, calendar-access, addressbook, extended-mkcol";
        profile.layout = same_principal_and_home("/", "/{user}/", "/{user}-shared/");
        profile.access.challenges = vec!["Basic realm=\"Radicale - Password Required\""];
        profile.access.principal_url = false;
        profile.changes.sync = Some(Sync {
            token: TokenForm::Opaque("http://radicale.org/ns/sync/"),
            tombstones_first: true,
            short_lived: true,
            data: true,
            ..plain_sync()
        });
        profile.storage.etag_on_put = EtagOnPut::Always;
        profile.storage.rewrite =
            Rewrite { reorder: true, add_vtimezone: true, ..Rewrite::default() };
        profile.reads.poison = Poison::Orphan(400);
        profile.reads.get_304 = false;
        profile.reads.collection_get = true;
        profile.writes.delete_status = 200;
        profile.writes.uid = UidRule::Calendar(409);
        profile.writes.make_again = 409;
        profile.writes.validation = Validation {
            garbage: 400,
            no_uid: Some(400),
            malformed: Some(400),
            method: None,
            bad_rule: Some(400),
            unknown_zone: Some(400),
            component: None,
        };
        profile
    }

    /// Xandikos 0.4: content-hash tokens, 412 for a bad one, lossy limit, absolute hrefs, open.
    pub fn xandikos() -> Self {
        let mut profile = Self::plain();
        profile.name = "xandikos";
        profile.server = "xandikos/0.4.10";
        profile.dav = "1, 2, 3, calendar-access, calendar-auto-schedule, extended-mkcol, \
                       add-member, sync-collection, quota";
        profile.layout = Layout {
            base: "/",
            principal: "/{user}/",
            home: "/{user}/calendars/",
            shared_home: "/{user}/shared/",
        };
        profile.access.well_known = Some(302);
        profile.access.anonymous = Anonymous::Open;
        profile.access.addresses = false;
        profile.access.inbox = true;
        profile.access.missing_as_multistatus = true;
        profile.spelling.hrefs = HrefStyle::Absolute;
        profile.changes.sync = Some(Sync {
            token: TokenForm::Content,
            bad_token: BadToken::Refuse { status: 412, element: true },
            future_token: BadToken::Refuse { status: 412, element: true },
            level_required: true,
            paging: Paging::LossyOnRequest,
            proppatch: PropertyChange::MovesToken,
            ..plain_sync()
        });
        profile.storage.etag_on_put = EtagOnPut::Always;
        profile.storage.rewrite = Rewrite { reorder: true, ..Rewrite::default() };
        profile.writes.uid = UidRule::Calendar(412);
        profile.writes.keeps_calendars = true;
        profile.writes.schedule_tag = true;
        profile.writes.make_again = 403;
        profile.writes.validation = Validation {
            garbage: 412,
            no_uid: None,
            malformed: None,
            method: None,
            bad_rule: None,
            unknown_zone: None,
            component: Some(403),
        };
        profile
    }

    /// sabre/dav 4.7, the engine of Nextcloud and Baikal: byte-identical, counter tokens, echoes a
    /// future token, poisoned by bad rules, schedules.
    pub fn sabre() -> Self {
        let mut profile = Self::plain();
        profile.name = "sabre";
        profile.server = "nginx";
        profile.dav = "1, 3, extended-mkcol, access-control, \
                       calendarserver-principal-property-search, calendar-access, \
                       calendar-proxy, calendar-auto-schedule, calendar-availability";
        profile.layout = Layout {
            base: "/dav.php/",
            principal: "/dav.php/principals/{user}/",
            home: "/dav.php/calendars/{user}/",
            shared_home: "/dav.php/shared/{user}/",
        };
        profile.access.challenges = vec!["Basic realm=\"SabreDAV\", charset=\"UTF-8\""];
        profile.access.inbox = true;
        profile.spelling.xml = XmlStyle { cr_entity: true, ..XmlStyle::default() };
        profile.changes.sync = Some(Sync {
            token: TokenForm::Counter("http://sabre.io/ns/sync/"),
            future_token: BadToken::Echo,
            short_lived: true,
            noop_put: true,
            data: true,
            proppatch: PropertyChange::ListsCollection,
            ..plain_sync()
        });
        profile.storage.rewrite = Rewrite { repair_uid: true, ..Rewrite::default() };
        profile.reads.multiget_missing = MultigetMissing::Omitted;
        profile.reads.poison = Poison::Rule(500);
        profile.reads.query_depth_required = true;
        profile.writes.uid = UidRule::Free;
        profile.writes.make_again = 405;
        profile.writes.scheduling = true;
        profile.writes.validation = Validation {
            garbage: 415,
            no_uid: None,
            malformed: Some(415),
            method: Some(415),
            bad_rule: Some(500),
            unknown_zone: None,
            component: Some(403),
        };
        profile
    }

    /// SOGo 5.8: ignores `If-None-Match: *` and a stale `If-Match` on DELETE, one-second tokens,
    /// a bad token gives the full list, ETags count from zero, no well-known, raw hrefs.
    pub fn sogo() -> Self {
        let mut profile = Self::plain();
        profile.name = "sogo";
        profile.server = "Apache";
        profile.dav = "1, 2, access-control, calendar-access, calendar-schedule, \
                       calendar-auto-schedule, calendar-proxy";
        profile.layout = Layout {
            base: "/SOGo/dav/",
            principal: "/SOGo/dav/{user}/",
            home: "/SOGo/dav/{user}/Calendar/",
            shared_home: "/SOGo/dav/{user}/Shared/",
        };
        profile.access.well_known = None;
        profile.access.inbox = true;
        profile.spelling.hrefs = HrefStyle::Raw;
        profile.changes.sync = Some(Sync {
            token: TokenForm::Seconds { repeats: true },
            bad_token: BadToken::FullList,
            future_token: BadToken::FullList,
            noop_put: true,
            data: true,
            ..plain_sync()
        });
        profile.storage.etag = EtagSource::Counter;
        profile.storage.etag_on_put = EtagOnPut::Always;
        profile.storage.rewrite = Rewrite { reorder: true, ..Rewrite::default() };
        profile.reads.free_busy = false;
        profile.writes.if_none_match = false;
        profile.writes.delete_if_match = false;
        profile.writes.scheduling = true;
        profile.writes.uid = UidRule::Calendar(403);
        profile
    }

    /// Cyrus 3.6 and Fastmail: proper 507 paging, unescapes X- values under a strong ETag, UID
    /// unique per user, discovery open to all.
    pub fn cyrus() -> Self {
        let mut profile = Self::plain();
        profile.name = "cyrus";
        profile.server = "Cyrus-HTTP/3.6.1";
        profile.dav = "1, 2, 3, access-control, extended-mkcol, resource-sharing, \
                       calendar-access, calendar-auto-schedule, calendar-query-extended, \
                       calendar-availability, calendar-managed-attachments";
        profile.layout = Layout {
            base: "/dav/",
            principal: "/dav/principals/user/{user}/",
            home: "/dav/calendars/user/{user}/",
            shared_home: "/dav/calendars/shared/{user}/",
        };
        profile.access.anonymous = Anonymous::Discovery;
        profile.access.inbox = true;
        profile.changes.sync = Some(Sync {
            token: TokenForm::Opaque("http://cyrusimap.org/ns/sync/"),
            data: true,
            paging: Paging::OnRequest,
            ..plain_sync()
        });
        profile.storage.etag_on_put = EtagOnPut::Always;
        profile.storage.rewrite = Rewrite { reorder: true, unescape_x: true, ..Rewrite::default() };
        profile.reads.collection_get = true;
        profile.writes.uid = UidRule::User(403);
        profile.writes.max_octets = Some(1 << 20);
        profile.writes.scheduling = true;
        profile.writes.schedule_tag = true;
        profile.writes.validation.method = Some(403);
        profile
    }

    /// DAViCal 1.1: byte-identical, a bad token gives the full list, multiget leaves out what is
    /// missing, UIDs free.
    pub fn davical() -> Self {
        let mut profile = Self::plain();
        profile.name = "davical";
        profile.server = "Apache/2.4 (Debian)";
        profile.dav = "1, 2, 3, access-control, calendar-access, calendar-schedule, \
                       extended-mkcol, bind, addressbook, calendar-auto-schedule, \
                       calendar-proxy";
        profile.layout = same_principal_and_home(
            "/caldav.php/",
            "/caldav.php/{user}/",
            "/caldav.php/{user}-shared/",
        );
        profile.access.inbox = true;
        profile.changes.sync = Some(Sync {
            token: TokenForm::Counter("data:,"),
            bad_token: BadToken::FullList,
            future_token: BadToken::FullList,
            ..plain_sync()
        });
        profile.reads.multiget_missing = MultigetMissing::Omitted;
        profile.reads.get_304 = false;
        profile.reads.collection_get = true;
        profile.writes.uid = UidRule::Free;
        profile.writes.scheduling = true;
        profile
    }

    /// A server without sync-collection: ctag and ETags only.
    pub fn no_sync() -> Self {
        let mut profile = Self::plain();
        profile.name = "no-sync";
        profile.dav = "1, 3, access-control, calendar-access";
        profile.changes.sync = None;
        profile
    }

    /// A server with ETags only: no ctag, no sync-collection, no well-known, no calendars made.
    pub fn bare() -> Self {
        let mut profile = Self::no_sync();
        profile.name = "bare";
        profile.access.well_known = None;
        profile.changes.ctag = Ctag::Absent;
        profile.reads.free_busy = false;
        profile.writes.make_calendar = Err(405);
        profile
    }

    /// Every preset.
    pub fn all() -> Vec<Self> {
        vec![
            Self::plain(),
            Self::radicale(),
            Self::xandikos(),
            Self::sabre(),
            Self::sogo(),
            Self::cyrus(),
            Self::davical(),
            Self::no_sync(),
            Self::bare(),
        ]
    }
}

fn plain_sync() -> Sync {
    Sync {
        token: TokenForm::Opaque("http://plain.example/sync/"),
        bad_token: REFUSE_403,
        future_token: REFUSE_403,
        distrust: Distrust::Nothing,
        level_required: false,
        data: false,
        paging: Paging::Ignored,
        tombstones_first: false,
        short_lived: false,
        noop_put: false,
        proppatch: PropertyChange::Silent,
    }
}

fn plain_writes() -> Writes {
    Writes {
        if_none_match: true,
        delete_if_match: true,
        delete_status: 204,
        keeps_calendars: false,
        uid: UidRule::Calendar(409),
        trash: None,
        validation: Validation {
            garbage: 403,
            no_uid: Some(403),
            malformed: Some(403),
            method: None,
            bad_rule: Some(403),
            unknown_zone: None,
            component: Some(403),
        },
        max_octets: None,
        make_calendar: Ok(()),
        make_again: 405,
        scheduling: false,
        schedule_tag: false,
    }
}

fn same_principal_and_home(
    base: &'static str,
    path: &'static str,
    shared_home: &'static str,
) -> Layout {
    Layout { base, principal: path, home: path, shared_home }
}
