//! Searches for a time among three graphs, whose process dies at every point; and many at once.

use std::cell::RefCell;

use kalends_contracts::{HostileMemory, Memory, SqliteMemory};
use kalends_core::event::{Body, Content, Person, Span, Status};
use kalends_core::ids::{GraphId, SessionId};
use kalends_core::ports::{GraphStore, JobQueue, Outbox};
use kalends_core::schedule::{Rule, Session, SessionEdit, SessionState, Sought, Tier};
use kalends_core::scratch::Scratch;
use kalends_core::slice::{PresencePage, ReadSet, Slice};
use kalends_core::step::UserEdit;
use kalends_core::time::{Length, Timestamp, When, Zone};
use kalends_core::wire;
use kalends_driver::DriverError;
use kalends_testkit::contract::Subject;
use kalends_testkit::contract::rows::AT;

use crate::crash::Fate;
use crate::host::Host;
use crate::story::Weather;
use crate::town::{ANN, BOB, CID, GRAPHS, Town, keys};

const SESSION: SessionId = SessionId::from_bytes([77; 16]);
const HOUR_MS: i64 = 3_600_000;

/// What comes between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Twist {
    Nothing,
    /// Cid is asked for a time that is taken by then: another candidate is held.
    Crossed,
    /// Ann gives it up once all hold the time.
    GivenUp,
    /// Ann gives it up after all.
    GivenUpLate,
}

const TWISTS: [Twist; 4] = [Twist::Nothing, Twist::Crossed, Twist::GivenUp, Twist::GivenUpLate];

fn at(hours: i64) -> Timestamp {
    AT.saturating_add_millis(hours * HOUR_MS)
}

fn event(from: Timestamp, title: &str) -> UserEdit {
    let zone = Zone::utc();
    let start = When::Zoned(zone.civil(from), zone);
    let length = Length::Exact(HOUR_MS / 1_000);
    let mut content = Content::at(Span { start, length, end_zone: None });
    content.title = title.to_owned();
    content.location = format!("place of {title}");
    content.description = format!("notes of {title}");
    let email = format!("{}@secret.example", title.to_lowercase());
    content.attendees.push(Person { name: format!("friend of {title}"), email });
    UserEdit::PutEvent { event: None, body: Box::new(Body::single(content)) }
}

fn open() -> UserEdit {
    let wish = Sought { grid_minutes: 60, ..Sought::between(at(2)..at(12), HOUR_MS, Zone::utc()) };
    UserEdit::Session(SessionEdit::Open {
        session: Some(SESSION),
        wish: Box::new(wish),
        title: "Merger".to_owned(),
        with: vec![BOB, CID],
        expires: at(24),
    })
}

fn set_up<S: Subject + Default>() -> Town<S> {
    let town = Town::<S>::new();
    let fate = Fate::none();
    let host = Host::new(town.store(), &fate);
    for (graph, hour, title) in [(ANN, 2, "Dentist"), (BOB, 3, "Therapy"), (CID, 4, "Interview")] {
        host.edit(graph, event(at(hour), title)).unwrap();
    }
    for graph in [BOB, CID] {
        let rule = Box::new(Rule::Consent(ANN, Tier::Book));
        host.edit(graph, UserEdit::SetRule { rule, base: None }).unwrap();
    }
    town
}

fn session<S: GraphStore + JobQueue + Outbox + Scratch>(
    host: &Host<'_, S>,
) -> Result<Session, DriverError> {
    Ok(host.config(ANN)?.sessions[&SESSION].clone())
}

/// Until nobody has anything more to say.
fn post<S: GraphStore + JobQueue + Outbox + Scratch>(
    host: &Host<'_, S>,
    weather: &Weather<'_>,
) -> Result<(), DriverError> {
    for _ in 0..500 {
        let mut quiet = true;
        for graph in GRAPHS {
            let handed = host.hand_on(graph, weather)?;
            quiet &= handed.sent == 0 && handed.kept == 0;
        }
        if quiet {
            return Ok(());
        }
    }
    panic!("no end");
}

/// One life: from the beginning, to the end or to the death of the process.
fn play<S: GraphStore + JobQueue + Outbox + Scratch>(
    host: &Host<'_, S>,
    weather: &Weather<'_>,
    twist: Twist,
) -> Result<(), DriverError> {
    host.edit(ANN, open())?;
    post(host, weather)?;
    for _ in 0..10 {
        let found = session(host)?;
        match found.state {
            SessionState::Candidates => {
                let start = found.candidates[0];
                if twist == Twist::Crossed && found.attempts == 0 && !host.has_at(CID, start)? {
                    host.edit(CID, event(start, "Surprise"))?;
                }
                host.edit(ANN, UserEdit::Session(SessionEdit::Hold { session: SESSION, start }))?;
            }
            SessionState::Held if twist == Twist::GivenUp => {
                host.edit(ANN, UserEdit::Session(SessionEdit::Cancel { session: SESSION }))?;
            }
            SessionState::Held => {
                host.edit(ANN, UserEdit::Session(SessionEdit::Commit { session: SESSION }))?;
            }
            SessionState::Committed if twist == Twist::GivenUpLate => {
                host.edit(ANN, UserEdit::Session(SessionEdit::Cancel { session: SESSION }))?;
            }
            SessionState::Committed | SessionState::Cancelled | SessionState::Expired => {
                return post(host, weather);
            }
            SessionState::Open => panic!("nobody answers"),
        }
        post(host, weather)?;
    }
    panic!("no end: {:?}", session(host)?);
}

/// Start and status of what each graph's own calendar got by the session.
fn met<S: Subject>(town: &Town<S>, graph: GraphId) -> Vec<(Timestamp, Status)> {
    let own = keys(graph).calendar(keys(graph).account("own", ""), "main");
    let page = PresencePage { calendar: own, after: None, limit: 100 };
    let slice: Slice =
        town.load(graph, &ReadSet { presences: [page].into(), ..ReadSet::default() });
    assert_eq!(slice.config.holds.len(), 0, "{graph}: a hold is left");
    let presences = slice.events.values().flatten().flat_map(|bundle| bundle.presences.values());
    let contents = presences.map(|presence| &presence.body.content);
    let ours = contents.filter(|content| ["Merger", "Meeting"].contains(&content.title.as_str()));
    ours.map(|one| {
        (one.span.start.instant(&Zone::utc(), kalends_core::time::Gap::Shift), one.status)
    })
    .collect()
}

fn check<S: Subject>(town: &Town<S>, twist: Twist) {
    town.is_in_order();
    let all: Vec<_> = GRAPHS.iter().map(|graph| met(town, *graph)).collect();
    assert!(all.iter().all(|one| *one == all[0]), "{twist:?}: {all:?}");
    match twist {
        Twist::Nothing | Twist::Crossed => {
            assert_eq!(all[0].len(), 1, "{twist:?}");
            assert_eq!(all[0][0].1, Status::Confirmed, "{twist:?}");
        }
        Twist::GivenUp | Twist::GivenUpLate => assert_eq!(all[0], [], "{twist:?}"),
    }
}

/// How many points a session's life has at least, so that none is passed over.
const POINTS_MIN: u64 = 30;

fn killed_at_every_point<S: Subject + Default>(twists: &[Twist]) {
    for twist in twists {
        let mut point = 0;
        loop {
            point += 1;
            let town = set_up::<S>();
            let fate = Fate::at(point);
            let ended = play(&Host::new(town.store(), &fate), &Weather::fair(), *twist);
            if !fate.met() {
                ended.unwrap();
                check(&town, *twist);
                break;
            }
            assert!(ended.is_err(), "{twist:?}: lived on after point {point}");
            let fate = Fate::none();
            play(&Host::new(town.store(), &fate), &Weather::fair(), *twist).unwrap();
            check(&town, *twist);
        }
        assert!(point > POINTS_MIN, "{twist:?}: only {point} points");
    }
}

#[test]
fn a_session_killed_at_every_point_ends_on_all_calendars_or_on_none_in_memory() {
    killed_at_every_point::<Memory>(&TWISTS);
}

#[test]
fn a_session_killed_at_every_point_ends_on_all_calendars_or_on_none_on_a_hostile_store() {
    killed_at_every_point::<HostileMemory>(&TWISTS);
}

#[test]
fn a_session_killed_at_every_point_ends_on_all_calendars_or_on_none_on_sqlite() {
    killed_at_every_point::<SqliteMemory>(&[Twist::Nothing, Twist::GivenUpLate]);
}

/// Whoever searched never comes back by themselves: time passes, and each graph looks after what
/// it holds.
#[test]
fn a_session_whose_searcher_dies_leaves_no_hold_behind_once_its_time_is_over() {
    let mut ends = Vec::new();
    for point in 1.. {
        let town = set_up::<Memory>();
        let fate = Fate::at(point);
        let ended = play(&Host::new(town.store(), &fate), &Weather::fair(), Twist::Nothing);
        if !fate.met() {
            ended.unwrap();
            break;
        }
        let fate = Fate::none();
        let later = Host::at(town.store(), &fate, at(25));
        GRAPHS.iter().for_each(|graph| later.tick(*graph).unwrap());
        // What was said in time arrives late.
        post(&later, &Weather::fair()).unwrap();
        let all: Vec<_> = GRAPHS.iter().map(|graph| met(&town, *graph)).collect();
        assert!(all.iter().all(|one| *one == all[0]), "point {point}: {all:?}");
        ends.push(all[0].len());
    }
    assert!(ends.contains(&0) && ends.contains(&1), "{ends:?}");
}

#[test]
fn messages_doubled_reordered_and_lost_end_a_session_on_all_calendars_or_on_none() {
    for seed in 0..60 {
        for twist in TWISTS {
            let town = set_up::<Memory>();
            let fate = Fate::none();
            play(&Host::new(town.store(), &fate), &Weather::bad(seed), twist).unwrap();
            check(&town, twist);
        }
    }
}

#[test]
fn a_transcript_of_a_session_holds_no_title_place_or_attendee() {
    let town = set_up::<Memory>();
    let (fate, heard) = (Fate::none(), RefCell::new(Vec::new()));
    let weather = Weather::overheard(&heard);
    play(&Host::new(town.store(), &fate), &weather, Twist::Crossed).unwrap();
    check(&town, Twist::Crossed);
    let heard = heard.borrow();
    let words: Vec<&str> = heard.iter().map(|message| message.body.word()).collect();
    for word in ["ask", "taken", "reserve", "accepted", "refused", "cancel", "confirm"] {
        assert!(words.contains(&word), "{word}: {words:?}");
    }
    for message in heard.iter() {
        let text = String::from_utf8(wire::message(message)).unwrap().to_lowercase();
        for secret in [
            "merger",
            "dentist",
            "therapy",
            "interview",
            "surprise",
            "place",
            "notes",
            "friend",
            "@",
        ] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}

#[test]
fn without_consent_nothing_is_told_and_nothing_is_held() {
    let town = set_up::<Memory>();
    let fate = Fate::none();
    let host = Host::new(town.store(), &fate);
    let consent = Rule::Consent(ANN, Tier::Book).id(&keys(CID));
    host.edit(CID, UserEdit::RemoveRule { rule: consent }).unwrap();
    host.edit(ANN, open()).unwrap();
    post(&host, &Weather::fair()).unwrap();
    let found = session(&host).unwrap();
    assert_eq!((found.state, found.candidates.len()), (SessionState::Candidates, 0));
    // A consent that is taken back while a session runs holds for what is asked from then on.
    let rule = Box::new(Rule::Consent(ANN, Tier::Book));
    host.edit(CID, UserEdit::SetRule { rule, base: None }).unwrap();
    let town = set_up::<Memory>();
    let host = Host::new(town.store(), &fate);
    host.edit(ANN, open()).unwrap();
    post(&host, &Weather::fair()).unwrap();
    host.edit(CID, UserEdit::RemoveRule { rule: consent }).unwrap();
    let start = session(&host).unwrap().candidates[0];
    host.edit(ANN, UserEdit::Session(SessionEdit::Hold { session: SESSION, start })).unwrap();
    post(&host, &Weather::fair()).unwrap();
    let found = session(&host).unwrap();
    assert_eq!((found.state, found.meeting), (SessionState::Candidates, None));
    GRAPHS.iter().for_each(|graph| assert_eq!(met(&town, *graph), []));
}
