//! What the page shows.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use kalends::core::ports::{Clock as _, GraphStore as _};
use kalends::core::slice::ReadSet;
use kalends::core::time::Timestamp;
use kalends::recurrence::{Civil, Date, Gap, Zone};
use kalends_tokio::SystemClock;
use serde::Deserialize;

use super::model::{
    Account, Agenda, Calendar, Counts, Edge, Entries, Explained, HeldList, HeldOne, Occurrence,
    ParkedList, ParkedOne, Plan, Status, read,
};
use super::session::Visitor;
use crate::args::{EventsArgs, JournalArgs, SpanArgs};
use crate::commands::{events, explain, held, journal, parked, plan, rule, status};
use crate::data::Data;
use crate::error::CliError;
use crate::show::local;

/// Entries of the journal that are looked at for runs to take back.
const ENTRIES: u64 = 200;
/// Runs that are shown.
const RUNS: usize = 8;
/// Events of a week that are shown.
const WEEK_MAX: u32 = 300;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    user: String,
    token: String,
    notice: Option<String>,
    status: StatusPart,
    matrix: Matrix,
    week: Week,
    held: Vec<HeldOne>,
    parked: Vec<ParkedOne>,
    runs: Vec<Run>,
    google: bool,
    microsoft: bool,
}

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPart {
    accounts: Vec<AccountLine>,
    counts: Counts,
    at: String,
}

struct AccountLine {
    account: Account,
    health: &'static str,
    why: String,
    calendars: Vec<CalendarLine>,
}

struct CalendarLine {
    name: String,
    read: String,
    failing: Option<String>,
}

/// Which calendar is mirrored into which.
struct Matrix {
    targets: Vec<Target>,
    rows: Vec<Row>,
}

struct Target {
    name: String,
}

struct Row {
    id: String,
    name: String,
    cells: Vec<Cell>,
}

struct Cell {
    /// None: an edge makes no sense there.
    to: Option<String>,
    label: String,
    edge: String,
    detail: String,
    levels: Vec<Level>,
    state: String,
}

struct Level {
    word: &'static str,
    selected: bool,
}

struct Week {
    before: String,
    after: String,
    days: Vec<Day>,
    more: bool,
    zone: String,
}

struct Day {
    name: String,
    today: bool,
    events: Vec<Shown>,
}

struct Shown {
    event: String,
    title: String,
    calendar: String,
    tint: usize,
    time: String,
}

struct Run {
    run: String,
    at: String,
    what: String,
}

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPart {
    plan: Plan,
}

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    explained: Explained,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    problem: &'a str,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    week: Option<String>,
    notice: Option<String>,
}

pub(super) async fn home(visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    rendered(page(visitor, asked).await)
}

pub(super) async fn status(visitor: Visitor) -> Response {
    let found = read::<Status>(status::run(&visitor.data, false).await);
    rendered(found.map(|found| status_part(&found)))
}

pub(super) async fn plan(visitor: Visitor) -> Response {
    rendered(read(plan::run(&visitor.data).await).map(|plan| PlanPart { plan }))
}

pub(super) async fn event(visitor: Visitor, Path(event): Path<String>) -> Response {
    let explained = read(explain::one(&visitor.data, &event).await);
    rendered(explained.map(|explained| EventPage { explained }))
}

async fn page(visitor: Visitor, asked: Asked) -> Result<HomePage, CliError> {
    let data = &visitor.data;
    let found: Status = read(status::run(data, false).await)?;
    let held: HeldList = read(held::list(data).await)?;
    let parked: ParkedList = read(parked::list(data).await)?;
    let known = |name: &str| std::env::var(name).is_ok_and(|id| !id.is_empty());
    Ok(HomePage {
        user: visitor.user.name.clone(),
        token: visitor.token,
        notice: asked.notice,
        week: week(data, asked.week.as_deref(), &found).await?,
        matrix: matrix(&found),
        status: status_part(&found),
        held: held.held,
        parked: parked.parked,
        runs: runs(data).await?,
        google: known("KALENDS_GOOGLE_CLIENT_ID"),
        microsoft: known("KALENDS_MICROSOFT_CLIENT_ID"),
    })
}

fn status_part(found: &Status) -> StatusPart {
    let now = SystemClock.now();
    let of = |name: &str| {
        let own = |calendar: &&Calendar| calendar.account.as_deref() == Some(name) && calendar.on;
        let line = |calendar: &Calendar| CalendarLine {
            name: calendar.name.clone(),
            read: calendar.read_at.as_deref().map_or("not read yet".to_owned(), |at| ago(at, now)),
            failing: calendar.failing.clone(),
        };
        found.calendars.iter().filter(own).map(line).collect()
    };
    let shown = found.accounts.iter().filter(|account| account.provider != "own");
    let accounts = shown.map(|account| {
        let (health, why) = account.health();
        let calendars: Vec<CalendarLine> = of(&account.name);
        let failing = calendars.iter().any(|calendar| calendar.failing.is_some());
        let health = if failing && health == "good" { "fair" } else { health };
        AccountLine { account: account.clone(), health, why, calendars }
    });
    StatusPart {
        accounts: accounts.collect(),
        counts: found.counts,
        at: now.to_string()[11..19].to_owned(),
    }
}

fn ago(at: &str, now: Timestamp) -> String {
    let Ok(at) = at.parse::<Timestamp>() else { return at.to_owned() };
    match now.millis_since(at) / 1_000 {
        ..60 => "read just now".to_owned(),
        seconds @ 60..7_200 => format!("read {} min ago", seconds / 60),
        seconds => format!("read {} h ago", seconds / 3_600),
    }
}

/// Rows are calendars that people write, columns the overlays of accounts and writable calendars.
fn matrix(found: &Status) -> Matrix {
    let theirs = |calendar: &&Calendar| calendar.on && calendar.role != "overlay";
    let sources: Vec<&Calendar> = found.calendars.iter().filter(theirs).collect();
    let real = found.accounts.iter().filter(|a| !matches!(a.provider.as_str(), "own" | "feed"));
    // An account's name alone means its overlay.
    let mut targets: Vec<(String, String)> =
        real.map(|account| (account.name.clone(), format!("{} (overlay)", account.name))).collect();
    let writable = sources.iter().filter(|calendar| calendar.writable && calendar.role != "own");
    targets.extend(writable.map(|calendar| (calendar.id.clone(), calendar.label())));
    let rows = sources.iter().map(|source| Row {
        id: source.id.clone(),
        name: source.label(),
        cells: targets.iter().map(|target| cell(found, source, target)).collect(),
    });
    let rows = rows.collect();
    Matrix { rows, targets: targets.into_iter().map(|(_, name)| Target { name }).collect() }
}

fn cell(found: &Status, source: &Calendar, (target, name): &(String, String)) -> Cell {
    let into = |edge: &&Edge| {
        let overlay = edge.kind == "overlay" && edge.to.name.split('/').next() == Some(target);
        edge.from.id == source.id && (edge.to.id == *target || overlay)
    };
    let edge = found.edges.iter().find(into);
    let detail = edge.map_or_else(|| "none".to_owned(), |edge| edge.detail.clone());
    let level = |word| Level { word, selected: word == detail };
    Cell {
        levels: ["none", "busy", "title", "full"].map(level).into(),
        to: (source.id != *target).then(|| target.clone()),
        label: format!("{} to {name}", source.label()),
        edge: edge.map(|edge| edge.id.clone()).unwrap_or_default(),
        detail,
        state: edge
            .map(|edge| edge.state.clone())
            .filter(|state| state != "active")
            .unwrap_or_default(),
    }
}

async fn week(data: &Data, first: Option<&str>, found: &Status) -> Result<Week, CliError> {
    let zone = rule::home(data).await?;
    let today = zone.civil(SystemClock.now()).date();
    let asked = first.and_then(|text| text.parse::<Date>().ok()).unwrap_or(today);
    let monday = asked.add_days(-i32::from(asked.weekday().index()));
    let at = |day: Date| zone.instant(Civil::new(day, 0), Gap::Shift);
    let span = SpanArgs { from: at(monday), to: at(monday.add_days(7)) };
    let args = EventsArgs { span, limit: Some(WEEK_MAX), after: None };
    let agenda: Agenda = read(events::list(data, args).await)?;
    let days = (0..7).map(|n| {
        let day = monday.add_days(n);
        let on = |one: &&Occurrence| is_on(one, day, &zone);
        let events = agenda.occurrences.iter().filter(on).map(|one| shown(one, found, &zone));
        Day { name: day_name(day), today: day == today, events: events.collect() }
    });
    Ok(Week {
        before: monday.add_days(-7).to_string(),
        after: monday.add_days(7).to_string(),
        days: days.collect(),
        more: agenda.next.is_some(),
        zone: zone.to_string(),
    })
}

fn day_name(day: Date) -> String {
    const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let name = NAMES.get(usize::from(day.weekday().index())).copied().unwrap_or_default();
    format!("{name} {}", &day.to_string()[5..])
}

fn is_on(one: &Occurrence, day: Date, zone: &Zone) -> bool {
    if one.all_day {
        let day = day.to_string();
        return *one.start <= *day && *day < *one.end;
    }
    let start = one.start.parse::<Timestamp>();
    start.is_ok_and(|start| zone.civil(start).date() == day)
}

fn shown(one: &Occurrence, found: &Status, zone: &Zone) -> Shown {
    let place = found.calendars.iter().position(|calendar| calendar.id == one.calendar);
    let calendar = place.and_then(|place| found.calendars.get(place));
    let time = match (one.start.parse::<Timestamp>(), one.all_day) {
        (Ok(start), false) => local(start, zone)[11..].to_owned(),
        (Ok(_) | Err(_), _) => "all day".to_owned(),
    };
    Shown {
        event: one.event.clone(),
        title: if one.title.is_empty() { "(no title)".to_owned() } else { one.title.clone() },
        calendar: calendar.map_or_else(String::new, Calendar::label),
        tint: place.unwrap_or_default() % 6,
        time,
    }
}

/// The newest runs, each once, with what happened in it first.
async fn runs(data: &Data) -> Result<Vec<Run>, CliError> {
    let head = data.store.load(data.keys.graph, &ReadSet::default()).await?.head.seq;
    let args = JournalArgs {
        event: None,
        run: None,
        verify: false,
        erase_before: None,
        limit: None,
        after: head.saturating_sub(ENTRIES),
    };
    let found: Entries = read(journal::run(data, args).await)?;
    let mut runs: Vec<Run> = Vec::new();
    for entry in found.entries.iter().rev() {
        let (known, full) = (runs.iter().position(|run| run.run == entry.run), runs.len() == RUNS);
        match known.and_then(|place| runs.get_mut(place)) {
            Some(run) if run.what.contains(&entry.cause) => {}
            Some(run) => run.what = format!("{}, {}", entry.cause, run.what),
            None if full => break,
            None => {
                let at = entry.at.get(..16).unwrap_or(&entry.at).replace('T', " ");
                runs.push(Run { run: entry.run.clone(), at, what: entry.cause.clone() });
            }
        }
    }
    Ok(runs)
}

/// What is said where a page cannot be written.
const UNWRITTEN: &str = "The page could not be written.";

pub(super) fn rendered<T: Template>(page: Result<T, CliError>) -> Response {
    match page.map(|page| page.render()) {
        Ok(Ok(text)) => Html(text).into_response(),
        Ok(Err(_)) => problem(StatusCode::INTERNAL_SERVER_ERROR, UNWRITTEN),
        Err(error) => problem(StatusCode::UNPROCESSABLE_ENTITY, &error.message),
    }
}

pub(super) fn problem(status: StatusCode, text: &str) -> Response {
    let page = ProblemPage { problem: text }.render();
    // Nothing that others wrote is in it then.
    let page = page.unwrap_or_else(|_| UNWRITTEN.to_owned());
    (status, Html(page)).into_response()
}
