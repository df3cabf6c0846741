use super::*;
use kalends::core::event::Exception;

/// Weekly on Mondays with a place, one of them cancelled.
fn weekly() -> Body {
    let draft = EventDraft {
        title: "Choir".to_owned(),
        time: at("2026-06-01T09:00", 1_800),
        description: "Bring notes".to_owned(),
        location: "Hall".to_owned(),
        rule: Some("FREQ=WEEKLY;BYDAY=MO;COUNT=9".to_owned()),
    };
    let mut body = body(&draft).unwrap();
    body.content.categories = vec!["Music".to_owned()];
    let cancelled = span(&at("2026-06-08T09:00:00", 0), None).unwrap().start;
    body.recurrence.as_mut().unwrap().excluded = vec![cancelled];
    body
}

fn at(start: &str, seconds: i64) -> EventTime {
    EventTime::Zoned { start: start.to_owned(), zone: "Europe/Berlin".to_owned(), seconds }
}

#[test]
fn fields_that_two_changed_each_stand() {
    let (mut now, seen) = (weekly(), draft(&weekly()));
    now.content.location = "Church".to_owned();
    let saved = EventDraft { title: "Concert".to_owned(), ..seen.clone() };
    let body = changed(&now, &seen, &saved).unwrap();
    assert_eq!(body.content.title, "Concert");
    now.content.title = "Concert".to_owned();
    assert_eq!(body, now, "all but the title is as it was meanwhile");
}

#[test]
fn a_field_that_two_changed_otherwise_is_told() {
    let (mut now, seen) = (weekly(), draft(&weekly()));
    let change: [fn(&mut EventDraft); 5] = [
        |draft| draft.title = "Concert".to_owned(),
        |draft| draft.description = String::new(),
        |draft| draft.location = "Church".to_owned(),
        |draft| draft.time = at("2026-06-01T09:00:00", 2_700),
        |draft| draft.rule = Some("FREQ=DAILY".to_owned()),
    ];
    now.content.title = "Rehearsal".to_owned();
    now.content.description = "Bring food".to_owned();
    now.content.location = "Yard".to_owned();
    now.content.span = span(&at("2026-06-01T09:00:00", 3_600), None).unwrap();
    now.recurrence = Some(series(Rule::parse("FREQ=MONTHLY").unwrap()));
    for change in change {
        let mut saved = seen.clone();
        change(&mut saved);
        let refused = changed(&now, &seen, &saved).unwrap_err();
        assert_eq!(refused, EngineError::invalid(CHANGED_SINCE), "{saved:?}");
        // Both said the same: nothing is lost.
        let mut same = draft(&now);
        change(&mut same);
        assert!(changed(&changed(&now, &draft(&now), &same).unwrap(), &seen, &saved).is_ok());
    }
}

#[test]
fn another_length_keeps_what_was_cancelled() {
    let (now, seen) = (weekly(), draft(&weekly()));
    let saved = EventDraft { time: at("2026-06-01T09:00:00", 2_700), ..seen.clone() };
    let body = changed(&now, &seen, &saved).unwrap();
    assert_eq!(body.content.span.length, Length::Exact(2_700));
    assert_eq!(body.recurrence, now.recurrence);
}

#[test]
fn another_spelling_changes_nothing() {
    let (now, seen) = (weekly(), draft(&weekly()));
    let time = EventTime::Zoned {
        start: "2026-06-01T09:00".to_owned(),
        zone: "W. Europe Standard Time".to_owned(),
        seconds: 1_800,
    };
    let rule = Some("COUNT=9;BYDAY=MO;INTERVAL=1;FREQ=WEEKLY".to_owned());
    let saved = EventDraft { time, rule, ..seen.clone() };
    assert_eq!(changed(&now, &seen, &saved).unwrap(), now);
}

#[test]
fn a_series_with_instances_of_its_own_is_not_moved() {
    let seen = draft(&weekly());
    let later = EventDraft { time: at("2026-06-01T10:00:00", 1_800), ..seen.clone() };
    let daily = EventDraft { rule: Some("FREQ=DAILY".to_owned()), ..seen.clone() };
    let single = EventDraft { rule: None, ..seen.clone() };
    for saved in [later, daily, single] {
        assert!(changed(&weekly(), &seen, &saved).is_err(), "{saved:?}");
        let mut plain = weekly();
        plain.recurrence.as_mut().unwrap().excluded.clear();
        let body = changed(&plain, &seen, &saved).unwrap();
        assert_eq!(draft(&body), saved);
        let original = plain.content.span.start.clone();
        let content = plain.content.clone();
        plain.exceptions = vec![Exception { original, this_and_future: false, content }];
        assert!(changed(&plain, &seen, &saved).is_err(), "{saved:?}");
    }
}
