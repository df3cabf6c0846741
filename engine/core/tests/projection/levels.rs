//! What a mirror says at each level, in full.

use kalends_core::compile::{Compile, Compiled, compile, writable_fields};
use kalends_core::event::{Body, Busy, Content, Person, Privacy, Response, Status};
use kalends_core::fields::Field;
use kalends_core::graph::{Capabilities, DetailLevel, EdgeOptions};
use kalends_core::limits::TEXT_BYTES_MAX;
use kalends_core::mirror::{Filtered, Unwanted};
use kalends_core::time::{Length, When};

use crate::support::{
    at, compiled, day, edge, edge_with, floating, instant, parts, single, span, whole, with_compile,
};

fn therapy() -> Body {
    let person = |name: &str| Person { name: name.into(), email: "p@example.org".into() };
    let mut body = single("Therapy", at("2026-03-10T09:00:00"));
    body.content.categories = vec!["Health".into()];
    body.content.attendees = vec![person("Bo"), person("Ann"), person("")];
    body.content.organizer = Some(person("Ann"));
    body.content.response = Response::Accepted;
    body.content.meeting = "https://meet.example/x".into();
    body.content.organized = false;
    body
}

/// The mirror's content with nothing but title, times and the given privacy.
fn plain(title: &str, privacy: Privacy) -> Content {
    Content { title: title.into(), privacy, ..Content::at(span(at("2026-03-10T09:00:00"))) }
}

#[test]
fn busy_shows_the_time_alone() {
    let mirror = whole(&therapy(), &edge(DetailLevel::Busy));
    assert_eq!(mirror.body, Body::single(plain("Busy", Privacy::Private)));
    assert_eq!(mirror.starts, instant("2026-03-10T08:00:00Z"));
}

#[test]
fn title_shows_the_title_too() {
    let mirror = whole(&therapy(), &edge(DetailLevel::Title));
    assert_eq!(mirror.body, Body::single(plain("Therapy", Privacy::Private)));
}

#[test]
fn full_shows_description_and_place_and_no_people() {
    let mirror = whole(&therapy(), &edge(DetailLevel::Full));
    let want = Content {
        description: "the notes".into(),
        location: "Room 9".into(),
        ..plain("Therapy", Privacy::Default)
    };
    assert_eq!(mirror.body, Body::single(want));
}

#[test]
fn people_and_meeting_are_text_where_asked_for() {
    let options = EdgeOptions {
        level: DetailLevel::Full,
        people: true,
        meeting: true,
        ..EdgeOptions::default()
    };
    let body = whole(&therapy(), &edge_with(options.clone())).body;
    assert_eq!(
        body.content.description,
        "the notes\n\nWith: Ann, Bo, p@example.org\n\nMeeting: https://meet.example/x"
    );
    assert!(body.content.attendees.is_empty() && body.content.meeting.is_empty());
    let title = EdgeOptions { level: DetailLevel::Title, ..options };
    assert_eq!(whole(&therapy(), &edge_with(title)).body.content.description, "");
}

#[test]
fn private_events_show_busy_and_with_a_grant_stay_private() {
    let mut body = therapy();
    body.content.privacy = Privacy::Confidential;
    let full = EdgeOptions { level: DetailLevel::Full, ..EdgeOptions::default() };
    let mirror = whole(&body, &edge_with(full.clone()));
    assert_eq!(mirror.body, Body::single(plain("Busy", Privacy::Private)));
    let granted = EdgeOptions { private_grant: true, ..full };
    let mirror = whole(&body, &edge_with(granted));
    assert_eq!(mirror.body.content.title, "Therapy");
    assert_eq!(mirror.body.content.privacy, Privacy::Private);
}

#[test]
fn a_template_gives_the_title() {
    let options = |level, template: &str| EdgeOptions {
        level,
        title: Some(template.into()),
        ..EdgeOptions::default()
    };
    let title = |options| whole(&therapy(), &edge_with(options)).body.content.title;
    assert_eq!(title(options(DetailLevel::Busy, "Away")), "Away");
    assert_eq!(title(options(DetailLevel::Title, "[w] {title}")), "[w] Therapy");
    assert_eq!(title(options(DetailLevel::Busy, "[w] {title}")), "[w] Busy");
}

#[test]
fn tentative_stays_tentative_and_the_busy_kind_stays() {
    let shown = |change: fn(&mut Content)| {
        let mut body = therapy();
        change(&mut body.content);
        let content = whole(&body, &edge(DetailLevel::Busy)).body.content;
        (content.status, content.busy)
    };
    let tentative = (Status::Tentative, Busy::Busy);
    assert_eq!(shown(|c| c.status = Status::Tentative), tentative);
    assert_eq!(shown(|c| c.busy = Busy::Tentative), tentative);
    assert_eq!(shown(|c| c.response = Response::Tentative), tentative);
    let away = |c: &mut Content| c.busy = Busy::OutOfOffice;
    assert_eq!(shown(away), (Status::Confirmed, Busy::OutOfOffice));
}

#[test]
fn texts_are_cut_on_character_borders_to_what_the_target_takes() {
    let mut body = therapy();
    body.content.title = "äöü🎉x".into();
    body.content.description = "é".repeat(TEXT_BYTES_MAX);
    let full = edge(DetailLevel::Full);
    let unbounded = whole(&body, &full).body.content;
    let bytes = unbounded.title.len() + unbounded.description.len() + unbounded.location.len();
    assert!((TEXT_BYTES_MAX - 1..=TEXT_BYTES_MAX).contains(&bytes), "{bytes}");
    let target = Capabilities {
        title_chars_max: Some(4),
        description_chars_max: Some(3),
        ..Capabilities::default()
    };
    let cut = parts(&body, &full, &target).into_values().next().unwrap().body.content;
    assert_eq!((cut.title.as_str(), cut.description.as_str()), ("äöü🎉", "ééé"));
}

#[test]
fn a_description_is_cut_to_the_object_that_the_target_stores() {
    let mut body = therapy();
    body.content.description = "é,\n".repeat(5_000);
    let full = edge(DetailLevel::Full);
    let shown = |octets: Option<u32>| {
        let target = Capabilities { object_octets_max: octets, ..Capabilities::default() };
        parts(&body, &full, &target).into_values().next().unwrap().body.content.description
    };
    let whole = shown(None);
    assert_eq!(shown(Some(1_000_000)), whole);
    let cut = shown(Some(20_000));
    assert!(whole.starts_with(&cut), "{cut}");
    // Six octets for each three characters, and the folds.
    let octets = cut.len() / 4 * 6;
    assert!((13_000..=15_000).contains(&octets), "{octets}");
    assert_eq!(shown(Some(1)), "");
}

#[test]
fn a_filter_leaves_an_event_out_with_its_reason() {
    let mut body = therapy();
    body.content.busy = Busy::Free;
    assert_eq!(
        compiled(&body, &edge(DetailLevel::Full), &Capabilities::default()),
        Compiled::No(Unwanted::Filtered(Filtered::Free))
    );
}

#[test]
fn times_are_written_as_the_target_can_hold_them() {
    let target =
        Capabilities { floating: false, zone: crate::support::berlin(), ..Capabilities::default() };
    let shown = |body: &Body| {
        parts(body, &edge(DetailLevel::Busy), &target)
            .into_values()
            .next()
            .unwrap()
            .body
            .content
            .span
    };
    let resolved = shown(&single("x", floating("2026-03-10T09:00:00")));
    assert_eq!(resolved.start, at("2026-03-10T09:00:00"));
    assert_eq!(shown(&single("x", day("2026-03-10"))).start, day("2026-03-10"));
    // A local time that does not exist: an hour later, just as long.
    let gap = shown(&single("x", at("2026-03-29T02:30:00")));
    assert_eq!((gap.start, gap.length), (at("2026-03-29T03:30:00"), Length::Exact(3_600)));
    let mut inverted = single("x", at("2026-03-10T09:00:00"));
    inverted.content.span.length = Length::Exact(-60);
    assert_eq!(shown(&inverted).length, Length::Exact(0));
    let mut no_days = single("x", day("2026-03-10"));
    no_days.content.span.length = Length::Exact(0);
    assert_eq!(shown(&no_days).length, Length::Nominal { days: 1, seconds: 0 });
}

#[test]
fn an_instance_invited_alone_is_a_single() {
    let mut body = therapy();
    body.instance_of = Some(When::clone(&at("2026-03-03T09:00:00")));
    assert_eq!(whole(&body, &edge(DetailLevel::Busy)).body.instance_of, None);
}

#[test]
fn the_strictest_presence_decides_for_all() {
    let full = edge(DetailLevel::Full);
    let body = therapy();
    let shown = with_compile(&body, &full, &Capabilities::default(), |c| {
        let private = Compile { strictest: Privacy::Private, ..*c };
        let Compiled::Parts(parts) = compile(&private) else { panic!("no mirror") };
        let part = parts.into_values().next().unwrap();
        let fields = writable_fields(&private, &part);
        assert!(!fields.contains(Field::Title, &body.content));
        part.body
    });
    assert_eq!(shown, Body::single(plain("Busy", Privacy::Private)));
}
