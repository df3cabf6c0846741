//! What an edge leaves out.

use kalends_core::event::{Busy, Content, Kind, Response, Status};
use kalends_core::filter::filtered;
use kalends_core::graph::Filters;
use kalends_core::mirror::Filtered;

use crate::support::{at, content, day};

fn event() -> Content {
    content("Lunch with Ann", at("2026-03-10T12:00:00"))
}

#[test]
fn without_options_free_declined_cancelled_places_and_birthdays_are_left_out() {
    let defaults = Filters::default();
    let out = |change: fn(&mut Content)| {
        let mut content = event();
        change(&mut content);
        filtered(&content, &defaults)
    };
    assert_eq!(out(|_| {}), None);
    assert_eq!(out(|c| c.busy = Busy::Free), Some(Filtered::Free));
    assert_eq!(out(|c| c.response = Response::Declined), Some(Filtered::Declined));
    assert_eq!(out(|c| c.status = Status::Cancelled), Some(Filtered::Cancelled));
    assert_eq!(out(|c| c.kind = Kind::WorkingLocation), Some(Filtered::Kind));
    assert_eq!(out(|c| c.kind = Kind::Birthday), Some(Filtered::Kind));
    assert_eq!(out(|c| c.kind = Kind::OutOfOffice), None);
    assert_eq!(out(|c| c.kind = Kind::Focus), None);
    assert_eq!(out(|c| c.status = Status::Tentative), None);
    assert_eq!(out(|c| c.busy = Busy::OutOfOffice), None);
    assert_eq!(out(|c| c.response = Response::Pending), None);
}

#[test]
fn nosync_always_counts_in_title_and_description_in_any_case() {
    let everything = Filters {
        with_free: true,
        with_declined: true,
        with_kinds: vec![Kind::Birthday, Kind::WorkingLocation],
        ..Filters::default()
    };
    for (title, description) in [("a #NoSync b", ""), ("", "é#nosync"), ("##nosync", "")] {
        let content = Content { title: title.into(), description: description.into(), ..event() };
        assert_eq!(filtered(&content, &everything), Some(Filtered::NoSync), "{title}");
    }
    let content = Content { title: "# nosync nosync #nosyn".into(), ..event() };
    assert_eq!(filtered(&content, &everything), None);
    for kind in [Kind::Birthday, Kind::WorkingLocation] {
        let content = Content { kind, busy: Busy::Free, response: Response::Declined, ..event() };
        assert_eq!(filtered(&content, &everything), None);
    }
}

#[test]
fn what_is_asked_for_is_left_out() {
    let all_day = Filters { skip_all_day: true, ..Filters::default() };
    assert_eq!(filtered(&content("x", day("2026-03-10")), &all_day), Some(Filtered::AllDay));
    assert_eq!(filtered(&event(), &all_day), None);
    let firm = Filters { skip_tentative: true, ..Filters::default() };
    for change in [
        Content { status: Status::Tentative, ..event() },
        Content { busy: Busy::Tentative, ..event() },
        Content { response: Response::Tentative, ..event() },
    ] {
        assert_eq!(filtered(&change, &firm), Some(Filtered::Tentative));
    }
}

#[test]
fn categories_and_keywords_fold_case() {
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let event = Content { categories: words(&["Familie", "Straße"]), ..event() };
    let judge = |filters: Filters| filtered(&event, &filters);
    let skip = |list| Filters { skip_categories: words(list), ..Filters::default() };
    let only = |list| Filters { only_categories: words(list), ..Filters::default() };
    assert_eq!(judge(skip(&["STRASSE"])), Some(Filtered::Category));
    assert_eq!(judge(skip(&["work"])), None);
    assert_eq!(judge(only(&[" familie"])), None);
    assert_eq!(judge(only(&["work"])), Some(Filtered::Category));
    let skip = |list| Filters { skip_keywords: words(list), ..Filters::default() };
    let only = |list| Filters { only_keywords: words(list), ..Filters::default() };
    assert_eq!(judge(skip(&["NOTES"])), Some(Filtered::Keyword));
    assert_eq!(judge(skip(&["lunch"])), Some(Filtered::Keyword));
    assert_eq!(judge(skip(&["dinner", ""])), None);
    assert_eq!(judge(only(&["ANN", "bob"])), None);
    assert_eq!(judge(only(&["notes"])), Some(Filtered::Keyword));
}
