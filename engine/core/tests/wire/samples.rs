//! A row of every kind, with every field set once and left out once.

use kalends_core::cursor::{
    Asked, ClockWord, Cursor, Failing, Health, Question, Released, Review, Run, Unlisted, Verdict,
};
use kalends_core::event::{
    Body, Busy, Content, Exception, Kind, Person, Privacy, Recurrence, Response, Span, Status,
};
use kalends_core::graph::{
    Account, Calendar, CalendarKind, CalendarRole, Capabilities, DetailLevel, Edge, EdgeOptions,
    Filters, Lifecycle, OnConflict, OnDelete, OnEdit, OverlayState, PauseReason, Policy,
    PolicyOwner, ScopeKind, SeriesShape, Sweep, Window,
};
use kalends_core::ids::{
    AccountId, CalendarId, EdgeId, EventId, GraphId, MeetingId, MessageId, ProviderId, RunId,
    ScopeId, Version, WatchId,
};
use kalends_core::meeting::{
    Answer, Guest, Meeting, MeetingState, Message, MessageBody, Received, Slot,
};
use kalends_core::mirror::{
    Ack, AckFields, FieldHashes, Filtered, Mirror, MirrorMode, ParkReason, Part, PartKey,
    PartObject, PartRef, PartStatus, Unwanted, Wanted,
};
use kalends_core::plan::{Job, JobKey, Row};
use kalends_core::presence::{
    Aside, AsideKind, ContentHash, Event, Evidence, Gone, Guests, InstanceObject, Pending,
    Presence, Quarantine,
};
use kalends_core::slice::{ObjectRow, Owner};
use kalends_core::time::{Civil, Date, Extra, Gap, Length, Rule, Timestamp, When, Zone};
use kalends_core::watch::{Channel, Missed, Stage, Watch};

use super::planned;

pub(super) const ACCOUNT: AccountId = AccountId::from_bytes([1; 16]);
pub(super) const CALENDAR: CalendarId = CalendarId::from_bytes([2; 16]);
pub(super) const TARGET: CalendarId = CalendarId::from_bytes([3; 16]);
const HERE: GraphId = GraphId::from_bytes([7; 16]);
pub(super) const THERE: GraphId = GraphId::from_bytes([8; 16]);
pub(super) const MEETING: MeetingId = MeetingId::from_bytes([9; 16]);
const MESSAGE: MessageId = MessageId::from_bytes([10; 16]);
pub(super) const EVENT: EventId = EventId::from_bytes([4; 16]);
pub(super) const EDGE: EdgeId = EdgeId::from_bytes([5; 16]);
pub(super) const RUN: RunId = RunId::from_bytes([6; 16]);
pub(super) const AT: Timestamp = Timestamp::from_millis(1_772_355_600_123);

/// Each row with a name that its snapshot goes by.
pub(super) fn rows() -> Vec<(&'static str, Row)> {
    let mut rows = set_up();
    rows.extend(planned::rows());
    rows.extend(seen());
    rows.extend(mirrored());
    rows.extend(operational());
    rows.extend(met());
    rows
}

fn set_up() -> Vec<(&'static str, Row)> {
    vec![
        ("account", Row::Account(account(Lifecycle::Active))),
        ("account paused", Row::Account(account(Lifecycle::Paused(PauseReason::NoCalendar)))),
        ("calendar", Row::Calendar(calendar())),
        ("calendar overlay", Row::Calendar(overlay())),
        ("edge", Row::Edge(edge(EdgeOptions::default()))),
        ("edge with options", Row::Edge(edge(options()))),
        ("policy", Row::Policy(PolicyOwner::Person, Policy::default())),
        ("review", Row::Review(review(None))),
        ("review twice", Row::Review(review(review(None).asked(Question::Deleted)))),
        ("sweep done", Row::Sweep(EDGE, Sweep::Done(AT))),
        ("sweep at start", Row::Sweep(EDGE, Sweep::After(None))),
        ("sweep under way", Row::Sweep(EDGE, Sweep::After(Some(EVENT)))),
        ("sweep of a changed edge", Row::Sweep(EDGE, Sweep::Changed(Some(EVENT)))),
        ("sweep that waits", Row::Sweep(EDGE, Sweep::Waiting)),
        (
            "sweep that is weighed",
            Row::Sweep(EDGE, Sweep::Weighing { after: Some(EVENT), lost: 1, of: 2 }),
        ),
        ("sweep that is held", Row::Sweep(EDGE, Sweep::Held)),
    ]
}

fn seen() -> Vec<(&'static str, Row)> {
    let bare = Body::single(Content::at(Span {
        start: When::Date(date()),
        length: Length::Nominal { days: 1, seconds: 0 },
        end_zone: None,
    }));
    vec![
        ("event", Row::Event(Event { id: EVENT, uid: "a@b \"c\"".to_owned() })),
        ("presence bare", presence(None, bare, Vec::new(), None, None)),
        (
            "presence full",
            presence(Some(version()), series(), vec![instance()], Some(gone()), Some(pending())),
        ),
        ("aside stray", aside(stray())),
        ("aside foreign", aside(AsideKind::ForeignManaged { product: "other".to_owned() })),
        ("aside message", aside(AsideKind::Message { title: "m".to_owned(), at: AT })),
        ("aside quarantined", aside(AsideKind::Quarantined(quarantine()))),
    ]
}

fn mirrored() -> Vec<(&'static str, Row)> {
    let mirror = |wanted, mode| Row::Mirror(EVENT, EDGE, Mirror { calendar: TARGET, wanted, mode });
    let filtered = Wanted::No(Unwanted::Filtered(Filtered::NoSync));
    let object = |owner| {
        Row::Object(CALENDAR, id("/o"), ObjectRow { version: Some(version()), owner, gone: true })
    };
    vec![
        ("mirror", mirror(Wanted::Yes, MirrorMode::Kept)),
        ("mirror covered", mirror(Wanted::CoveredBy(EDGE), MirrorMode::Frozen)),
        ("mirror filtered", mirror(filtered, MirrorMode::Detached)),
        ("part due", part(PartKey::Whole, due_part())),
        ("part parked", part(PartKey::Single(AT), parked_part())),
        ("object of presence", object(Owner::Presence(EVENT))),
        ("object of instance", object(Owner::Instance(EVENT, floating()))),
        ("object of part", object(Owner::Part(part_ref(PartKey::Override(AT))))),
        ("object aside", object(Owner::Aside(None))),
        ("object stray", object(Owner::Aside(Some(EVENT)))),
    ]
}

fn operational() -> Vec<(&'static str, Row)> {
    let scope = ScopeId::from(CALENDAR);
    let failing = Failing { times: 2, code: "http.503".to_owned(), retry_at: AT };
    let cursor = Cursor {
        committed: Some("t1".to_owned()),
        tag: Some("c1".to_owned()),
        tag_since: Some(AT),
        in_progress: Some("t2".to_owned()),
        read_at: Some(AT),
        read_in: Some(RUN),
        compared_at: Some(AT),
        failing: Some(failing.clone()),
        written: vec![ProviderId("/o/1.ics".to_owned())],
        attempts: 3,
    };
    let failing_again = failing.clone();
    let health = Health {
        failing: Some(failing),
        throttled_until: Some(AT),
        read_only_until: Some(AT),
        needs_sign_in: true,
        needs_consent: true,
        seen_at: Some(AT),
        unread: true,
        unlisted: vec![Unlisted { calendar: CALENDAR, run: RUN, gone: true }],
    };
    let channel = Channel {
        name: WatchId::from_bytes([9; 16]),
        id: Some("w-1".to_owned()),
        resource: Some("r-1".to_owned()),
        address: "https://a.example/hooks/google".to_owned(),
        stage: Stage::Doubted,
        since: AT,
        expires: AT,
    };
    let asked = Channel { id: None, resource: None, stage: Stage::Opening, ..channel.clone() };
    let watch = Watch {
        channels: vec![channel, asked],
        failing: Some(failing_again),
        refused: true,
        heard_at: Some(AT),
        missed: Some(Missed { times: 2, since: AT }),
        listened_until: Some(AT),
    };
    vec![
        ("cursor empty", Row::Cursor(scope, Cursor::default())),
        ("cursor full", Row::Cursor(scope, cursor)),
        (
            "run",
            Row::Run(Run {
                id: RUN,
                started: AT,
                read: vec![scope],
                searched: vec![ACCOUNT],
                released: vec![Released { calendar: CALENDAR, count: 2 }],
                clock: ClockWord::Agrees,
            }),
        ),
        ("health good", Row::Health(ACCOUNT, Health::default())),
        ("health bad", Row::Health(ACCOUNT, health)),
        ("watch none", Row::Watch(scope, Watch::default())),
        ("watch full", Row::Watch(scope, watch)),
    ]
}

fn met() -> Vec<(&'static str, Row)> {
    let meeting = |state, guests| {
        let slot = None;
        Row::Meeting(Meeting { id: MEETING, organizer: HERE, event: EVENT, state, guests, slot })
    };
    let slotted = |guests| {
        let (state, slot) = (MeetingState::Open, Some(slot()));
        Row::Meeting(Meeting { id: MEETING, organizer: HERE, event: EVENT, state, guests, slot })
    };
    let guest = |answer| Guest { graph: THERE, answer };
    vec![
        ("meeting open", meeting(MeetingState::Open, vec![guest(Answer::Waiting)])),
        ("meeting accepted", meeting(MeetingState::Committed, vec![guest(Answer::Accepted)])),
        ("meeting refused", meeting(MeetingState::Cancelled, vec![guest(Answer::Refused)])),
        ("meeting of a session", slotted(vec![guest(Answer::Waiting)])),
        ("received", Row::Received(MESSAGE, Received { from: THERE, at: AT })),
    ]
}

/// Each message with a name that its snapshot goes by.
pub(super) fn messages() -> Vec<(&'static str, Message)> {
    let message = |body| Message { id: MESSAGE, from: HERE, to: THERE, meeting: MEETING, body };
    vec![
        ("message hold", message(MessageBody::Hold(Box::new(series())))),
        ("message accepted", message(MessageBody::Accepted)),
        ("message refused", message(MessageBody::Refused)),
        ("message confirm", message(MessageBody::Confirm)),
        ("message cancel", message(MessageBody::Cancel)),
        ("message ask", message(MessageBody::Ask(planned::range()))),
        ("message taken", message(MessageBody::Taken(vec![planned::range()]))),
        ("message denied", message(MessageBody::Denied)),
        ("message reserve", message(MessageBody::Reserve(slot()))),
    ]
}

fn slot() -> Slot {
    Slot { range: planned::range(), until: AT }
}

/// Each job with a name that its snapshot goes by.
pub(super) fn jobs() -> Vec<(&'static str, Job)> {
    let job = |key| Job { key, lane: TARGET, run_at: AT, starts: AT };
    vec![
        ("job part", job(JobKey::Part(part_ref(PartKey::Override(AT))))),
        ("job origin", job(JobKey::Origin(EVENT, CALENDAR))),
        ("job overlay", job(JobKey::Overlay(TARGET))),
        ("job pull", job(JobKey::Pull(CALENDAR.into()))),
    ]
}

fn account(state: Lifecycle) -> Account {
    Account {
        id: ACCOUNT,
        provider: "caldav".to_owned(),
        name: "work".to_owned(),
        subject: "/alice/".to_owned(),
        makes_calendars: matches!(state, Lifecycle::Active).then_some(false),
        state,
    }
}

fn calendar() -> Calendar {
    Calendar {
        id: CALENDAR,
        account: ACCOUNT,
        provider_id: Some(id("/alice/main/")),
        name: "Müller".to_owned(),
        kind: ScopeKind::Calendar,
        on: true,
        capabilities: Capabilities {
            read: true,
            write: false,
            series: SeriesShape::Singles,
            marks: false,
            floating: false,
            gap: Gap::Skip,
            zone: zone(),
            absence_twice: true,
            title_chars_max: Some(255),
            description_chars_max: Some(8_192),
            object_octets_max: Some(65_500),
        },
        role: CalendarRole::Theirs,
    }
}

fn overlay() -> Calendar {
    Calendar {
        provider_id: None,
        on: false,
        capabilities: Capabilities::default(),
        role: CalendarRole::Overlay(OverlayState::Wanted { remade: 1 }),
        ..calendar()
    }
}

fn edge(options: EdgeOptions) -> Edge {
    let plain = options == EdgeOptions::default();
    Edge {
        id: EDGE,
        from: CALENDAR,
        to: TARGET,
        options,
        state: if plain { Lifecycle::Active } else { Lifecycle::Retiring },
        pair: (!plain).then_some(EDGE),
    }
}

fn options() -> EdgeOptions {
    let words = |word: &str| vec![word.to_owned()];
    EdgeOptions {
        level: DetailLevel::Full,
        kind: CalendarKind::TrueMirror,
        title: Some("{title}!".to_owned()),
        filters: Filters {
            skip_all_day: true,
            with_free: true,
            with_declined: true,
            skip_tentative: true,
            with_kinds: vec![Kind::Birthday, Kind::WorkingLocation],
            only_categories: words("a"),
            skip_categories: words("b"),
            only_keywords: words("c"),
            skip_keywords: words("d"),
        },
        window: Window { past_days: 1, future_days: 2 },
        private_grant: true,
        may_notify: true,
        people: true,
        meeting: true,
        on_edit: OnEdit::Propagate,
        on_delete: OnDelete::Detach,
        on_conflict: OnConflict::Origin,
    }
}

fn review(unseen: Option<Asked>) -> Review {
    Review { calendar: CALENDAR, run: RUN, count: 9, total: 10, verdict: Verdict::Waiting, unseen }
}

fn presence(
    version: Option<Version>,
    body: Body,
    instances: Vec<InstanceObject>,
    gone: Option<Gone>,
    pending: Option<Pending>,
) -> Row {
    let doubts = gone.iter().map(|_| "ical.end-before-start".to_owned()).collect();
    let object = id("/a/b c.ics");
    let presence = Presence { object, version, body, doubts, instances, gone, pending };
    Row::Presence(EVENT, CALENDAR, Box::new(presence))
}

/// A series with all that a body can say.
fn series() -> Body {
    let rules = vec![Rule::parse("FREQ=WEEKLY;UNTIL=20270101T000000Z").unwrap()];
    let extras = vec![
        Extra::At(zoned()),
        Extra::Period { start: floating(), length: Length::Exact(60) },
        Extra::Period { start: zoned(), length: Length::Nominal { days: 2, seconds: 5 } },
    ];
    let excluded = vec![When::Date(date()), zoned()];
    let exception = Exception { original: zoned(), this_and_future: true, content: content() };
    Body {
        content: content(),
        recurrence: Some(Recurrence { rules, extras, excluded }),
        exceptions: vec![exception],
        instance_of: Some(zoned()),
    }
}

fn content() -> Content {
    let person = Person { name: "Ann".to_owned(), email: "ann@example.org".to_owned() };
    Content {
        title: "A \u{1F600}\n\"b\"".to_owned(),
        description: "d".to_owned(),
        location: "l".to_owned(),
        meeting: "https://meet.example.org/x".to_owned(),
        span: Span { start: zoned(), length: Length::Exact(3_600), end_zone: Some(Zone::utc()) },
        status: Status::Tentative,
        busy: Busy::OutOfOffice,
        privacy: Privacy::Confidential,
        kind: Kind::Focus,
        categories: vec!["x".to_owned()],
        organizer: Some(person.clone()),
        attendees: vec![person, Person::default()],
        response: Response::Declined,
        organized: false,
    }
}

fn instance() -> InstanceObject {
    InstanceObject {
        object: id("i1"),
        version: Some(version()),
        original: zoned(),
        gone: Some(gone()),
    }
}

fn pending() -> Pending {
    let (want, base) = (Some(Body::single(content())), Some(version()));
    let (from, guests, attempts, retry_at) = (Some(EDGE), Guests::Told, 3, Some(AT));
    let (before, parked) = (vec![ContentHash([8; 32])], Some("refused".to_owned()));
    Pending { want, base, from, joined: true, guests, before, attempts, retry_at, parked }
}

fn gone() -> Gone {
    Gone { run: RUN, at: AT, evidence: Evidence::ReadAlone, confirmed: true }
}

fn aside(what: AsideKind) -> Row {
    let version = Some(version());
    Row::Aside(Aside { calendar: CALENDAR, object: id("/x/y"), version, what })
}

fn stray() -> AsideKind {
    let part = PartKey::Override(Timestamp::from_millis(-5));
    let (content, theirs) = (hash(7), true);
    AsideKind::Stray { event: EVENT, edge: EDGE, part, generation: 2, content, theirs }
}

fn quarantine() -> Quarantine {
    Quarantine {
        code: "ical.syntax".to_owned(),
        reason: "mend the line".to_owned(),
        raw: vec![0, 255, 13, 10],
        at: AT,
    }
}

fn part(key: PartKey, part: Part) -> Row {
    Row::Part(part_ref(key), TARGET, part)
}

fn due_part() -> Part {
    Part {
        generation: 0,
        want: Some(hash(1)),
        object: None,
        acks: Vec::new(),
        before: Vec::new(),
        status: PartStatus::Due,
        reverts: Vec::new(),
        attempts: 0,
        stale: 0,
        starts: AT,
        gone: None,
    }
}

fn parked_part() -> Part {
    let fields = AckFields { want: FieldHashes([[1; 8]; 6]), content: FieldHashes([[2; 8]; 6]) };
    Part {
        generation: 4,
        want: None,
        object: Some(PartObject {
            id: id("/t/1.ics"),
            version: Some(version()),
            deleting: true,
            edited: true,
            replaced: Some(version()),
            succeeded: true,
        }),
        acks: vec![
            Ack { want: hash(2), content: hash(3), fields: None },
            Ack { want: hash(4), content: hash(5), fields: Some(fields) },
        ],
        before: vec![hash(6)],
        status: PartStatus::Parked(ParkReason::TooLarge),
        reverts: vec![AT],
        attempts: 7,
        stale: 2,
        starts: AT,
        gone: Some(gone()),
    }
}

fn part_ref(part: PartKey) -> PartRef {
    PartRef { event: EVENT, edge: EDGE, part }
}

fn id(text: &str) -> ProviderId {
    ProviderId(text.to_owned())
}

fn version() -> Version {
    Version("\"v1\"".to_owned())
}

const fn hash(byte: u8) -> ContentHash {
    ContentHash([byte; 32])
}

pub(super) fn date() -> Date {
    Date::new(2026, 3, 1).unwrap()
}

fn floating() -> When {
    When::Floating(Civil::new(date(), 32_400))
}

fn zone() -> Zone {
    Zone::parse("Europe/Paris").unwrap()
}

fn zoned() -> When {
    When::Zoned(Civil::new(date(), 32_400), zone())
}
