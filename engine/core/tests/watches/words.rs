//! What watches say, what they fail to say, and how they are told apart.

use kalends_core::ids::WatchId;
use kalends_core::notice::{Refusal, Word};
use kalends_core::provider::{Done, FailureClass};
use kalends_core::time::Timestamp;
use kalends_core::watch::{Renewal, Shown, Stage, Upkeep, WatchOp, WatchSecrets, Watching, due_at};

use super::support::{DAY, HOUR, Scene, failed, keys, push, scope};

const HERE: &str = "https://a.example/hooks/x";

#[test]
fn a_channel_is_followed_by_a_second_before_it_is_closed() {
    let mut scene = Scene::new();
    let push = push(Renewal::Anew, HERE);
    assert_eq!(scene.tend(Some(&push)), ["open"]);
    assert_eq!(scene.upkeep(), Upkeep::Active);
    assert!(scene.tend(Some(&push)).is_empty());
    scene.pass(4 * DAY);
    assert!(scene.tend(Some(&push)).is_empty(), "its life is not nearly over");
    scene.pass(DAY);
    assert_eq!(scene.tend(Some(&push)), ["open", "close"]);
    assert_eq!(scene.granted.len(), 1);
}

#[test]
fn a_subscription_is_renewed_where_it_is_and_made_anew_where_it_is_gone() {
    let mut scene = Scene::new();
    let push = push(Renewal::InPlace, HERE);
    assert_eq!(scene.tend(Some(&push)), ["open"]);
    scene.pass(5 * DAY);
    assert_eq!(scene.tend(Some(&push)), ["renew"]);
    scene.pass(5 * DAY);
    scene.granted.clear();
    assert_eq!(scene.tend(Some(&push)), ["renew", "open"]);
    assert_eq!(scene.pulls.len(), 1, "what it did not tell while it was gone is read");
}

#[test]
fn a_doubted_sign_in_renews_at_once() {
    let mut scene = Scene::new();
    let push = push(Renewal::InPlace, HERE);
    scene.tend(Some(&push));
    scene.hears(Word::Reauthorise);
    assert_eq!(scene.watch().unwrap().channels[0].stage, Stage::Doubted);
    assert!(scene.pulls.is_empty());
    assert_eq!(scene.tend(Some(&push)), ["renew"]);
    assert!(scene.tend(Some(&push)).is_empty());
}

#[test]
fn a_removed_subscription_is_read_after_and_made_anew() {
    let mut scene = Scene::new();
    let push = push(Renewal::InPlace, HERE);
    scene.tend(Some(&push));
    scene.hears(Word::Removed);
    assert_eq!((scene.upkeep(), scene.pulls.len()), (Upkeep::Degraded, 1));
    assert_eq!(scene.tend(Some(&push)), ["open"]);
}

#[test]
fn a_word_asks_for_a_reading_and_the_first_one_for_none() {
    let mut scene = Scene::new();
    scene.tend(Some(&push(Renewal::Anew, HERE)));
    scene.hears(Word::Opened);
    assert!(scene.pulls.is_empty());
    scene.hears(Word::Changed);
    scene.hears(Word::Missed);
    assert_eq!(scene.pulls, [scene.now; 2], "one job, whose key is the scope");
}

#[test]
fn words_right_after_a_reading_wait_for_each_other() {
    let mut scene = Scene::new();
    scene.tend(Some(&push(Renewal::Anew, HERE)));
    let read_at = Some(scene.now.saturating_add_millis(-500));
    let cursor = kalends_core::cursor::Cursor { read_at, ..Default::default() };
    scene.slice.cursors.insert(scope(), Some(cursor));
    scene.hears(Word::Changed);
    assert_eq!(scene.pulls, [scene.now.saturating_add_millis(1_500)]);
}

#[test]
fn a_word_of_a_channel_that_is_not_there_does_nothing() {
    let mut scene = Scene::new();
    scene.tend(Some(&push(Renewal::Anew, HERE)));
    scene.hears_from("another", Word::Changed);
    scene.hears_from("another", Word::Removed);
    assert!(scene.pulls.is_empty());
    assert_eq!(scene.upkeep(), Upkeep::Active);
}

#[test]
fn a_channel_that_never_tells_is_degraded_until_it_does() {
    let mut scene = Scene::new();
    let push = push(Renewal::Anew, HERE);
    scene.tend(Some(&push));
    for _ in 0..3 {
        assert_eq!(scene.upkeep(), Upkeep::Active);
        let before = scene.now;
        scene.pass(HOUR);
        assert!(scene.tend(Some(&push)).is_empty());
        scene.found_changes(before);
    }
    assert_eq!(scene.upkeep(), Upkeep::Degraded);
    assert!(scene.tend(Some(&push)).is_empty(), "it is a day old at least before it is replaced");
    scene.pass(DAY);
    assert_eq!(scene.tend(Some(&push)), ["open", "close"]);
    assert_eq!(scene.upkeep(), Upkeep::Degraded, "a new one has told of nothing yet");
    assert!(scene.tend(Some(&push)).is_empty());
    scene.hears(Word::Changed);
    assert_eq!(scene.upkeep(), Upkeep::Active);
}

/// Catches a calendar that is said to be told of for days, because a channel was opened by somebody who
/// listens no more.
#[test]
fn a_channel_that_speaks_to_nobody_counts_for_nothing() {
    let mut scene = Scene::new();
    let push = push(Renewal::Anew, HERE);
    scene.tend(Some(&push));
    for _ in 0..20 {
        scene.pass(HOUR);
        assert_eq!(scene.upkeep(), Upkeep::Active);
        assert!(scene.tend(Some(&push)).is_empty());
    }
    scene.pass(2 * HOUR);
    assert!(scene.watch().unwrap().speaks_since(scene.now).is_some());
    assert_eq!(scene.upkeep(), Upkeep::Degraded);
    scene.tend(Some(&push));
    assert_eq!(scene.upkeep(), Upkeep::Active);
}

/// The second of two channels speaks, and the first is to be closed.
fn closing(scene: &mut Scene) -> (WatchId, WatchOp) {
    let push = push(Renewal::Anew, HERE);
    scene.tend(Some(&push));
    scene.pass(5 * DAY);
    let open = scene.decide(Some(&push)).unwrap();
    let done = scene.grant(&open.1);
    scene.settle(&open, &done);
    let close = scene.decide(Some(&push)).unwrap();
    assert!(matches!(close.1, WatchOp::Close { .. }));
    close
}

/// Catches a channel that cannot be closed, and because of which none is opened for hours.
#[test]
fn what_cannot_be_closed_holds_up_nothing() {
    let mut scene = Scene::new();
    let close = closing(&mut scene);
    scene.settle(&close, &failed(FailureClass::Transient));
    let here = push(Renewal::Anew, HERE);
    assert_eq!(scene.decide(Some(&here)), None, "it is not tried again at once");
    let elsewhere = push(Renewal::Anew, "https://b.example/hooks/x");
    let open = scene.decide(Some(&elsewhere)).unwrap();
    assert!(matches!(open.1, WatchOp::Open { .. }));
    let mut scene = Scene::new();
    let close = closing(&mut scene);
    scene.settle(&close, &failed(FailureClass::Transient));
    let due = due_at(scene.watch().unwrap(), &keys(), scene.now);
    assert_eq!(due.millis_since(scene.now), HOUR);
    scene.pass(HOUR);
    assert_eq!(scene.tend(Some(&here)), ["close"]);
    assert_eq!(scene.granted.len(), 1);
}

#[test]
fn what_we_may_not_close_ends_by_itself() {
    let mut scene = Scene::new();
    let close = closing(&mut scene);
    scene.settle(&close, &failed(FailureClass::SignIn));
    assert_eq!(scene.watch().unwrap().channels.len(), 1);
    assert_eq!(scene.watch().unwrap().failing, None);
    scene.pass(HOUR);
    assert!(scene.tend(Some(&push(Renewal::Anew, HERE))).is_empty());
}

/// Catches a number from outside that is reckoned with as it came.
#[test]
fn a_channel_lives_no_longer_than_was_asked_for() {
    for expires in [i64::MAX, 1 << 60] {
        let mut scene = Scene::new();
        let push = push(Renewal::Anew, HERE);
        let sent = scene.decide(Some(&push)).unwrap();
        let WatchOp::Open { id, expires: asked, .. } = &sent.1 else { panic!("{sent:?}") };
        let expires = Timestamp::from_millis(expires);
        let granted = Watching { id: id.clone(), resource: None, expires };
        scene.settle(&sent, &Done::Watching(granted));
        assert_eq!(scene.watch().unwrap().channels[0].expires, *asked);
        assert_eq!(scene.decide(Some(&push)), None);
    }
}

#[test]
fn words_on_their_way_make_no_channel_silent() {
    let mut scene = Scene::new();
    scene.tend(Some(&push(Renewal::Anew, HERE)));
    for _ in 0..9 {
        let before = scene.now;
        scene.pass(10_000);
        scene.found_changes(before);
    }
    assert_eq!(scene.upkeep(), Upkeep::Active);
    scene.pass(HOUR);
    scene.hears(Word::Changed);
    let before = scene.now.saturating_add_millis(-1);
    scene.found_changes(before);
    assert_eq!(scene.watch().unwrap().missed, None);
}

#[test]
fn what_cannot_be_watched_is_polled_and_asked_again_after_a_day() {
    let mut scene = Scene::new();
    let push = push(Renewal::Anew, HERE);
    let sent = scene.decide(Some(&push)).unwrap();
    scene.settle(&sent, &failed(FailureClass::Unsupported));
    assert_eq!(scene.upkeep(), Upkeep::Polled);
    scene.pass(23 * HOUR);
    assert_eq!(scene.decide(Some(&push)), None);
    scene.pass(HOUR);
    assert!(scene.decide(Some(&push)).is_some());
}

#[test]
fn another_address_gets_a_channel_of_its_own() {
    let mut scene = Scene::new();
    scene.tend(Some(&push(Renewal::InPlace, HERE)));
    let there = push(Renewal::InPlace, "https://b.example/hooks/x");
    assert_eq!(scene.tend(Some(&there)), ["open", "close"]);
}

#[test]
fn what_is_not_wanted_any_more_is_closed_and_forgotten() {
    let mut scene = Scene::new();
    scene.tend(Some(&push(Renewal::Anew, HERE)));
    assert_eq!(scene.tend(None), ["close"]);
    assert_eq!(scene.watch(), None);
    assert!(scene.granted.is_empty());
}

/// Catches a row that is made for a calendar that was removed while its watch was about to be
/// tended, and that nothing would ever take away.
#[test]
fn a_calendar_that_is_gone_gets_no_watch_and_keeps_no_empty_one() {
    let push = push(Renewal::Anew, HERE);
    let mut scene = Scene::new();
    scene.loses_the_calendar();
    assert!(scene.tend(Some(&push)).is_empty());
    assert_eq!(scene.watch(), None);

    let mut scene = Scene::new();
    scene.tend(Some(&push));
    scene.loses_the_calendar();
    assert_eq!(scene.tend(Some(&push)), ["close"]);
    assert!(scene.tend(Some(&push)).is_empty());
    assert_eq!(scene.watch(), None);
}

#[test]
fn a_channel_whose_opening_was_not_answered_is_closed_once_another_speaks() {
    let push = push(Renewal::Anew, HERE);
    for told in [true, false] {
        let mut scene = Scene::new();
        let sent = scene.decide(Some(&push)).unwrap();
        scene.grant(&sent.1);
        if told {
            scene.settle(&sent, &failed(FailureClass::Unknown));
        }
        // Nobody heard of it: the process was killed, or the answer broke off.
        let WatchOp::Open { id, token, .. } = &sent.1 else { unreachable!("{sent:?}") };
        let secrets = WatchSecrets::of(scene.watch().unwrap().open(scope(), &keys()));
        let shown = Shown { id, token: Some(&token.0), resource: Some("r") };
        assert!(secrets.verify(shown, scene.now).is_ok(), "what it says is believed meanwhile");
        scene.pass(HOUR);
        assert_eq!(scene.tend(Some(&push)), ["open", "close"], "told: {told}");
        let left: Vec<_> = scene.granted.keys().collect();
        assert!(left.len() == 1 && left[0] != id, "{left:?}");
        assert_eq!(scene.watch().unwrap().channels.len(), 1);
    }
}

#[test]
fn the_first_notice_is_believed_though_the_answer_is_not_here() {
    let mut scene = Scene::new();
    let (_, op) = scene.decide(Some(&push(Renewal::Anew, HERE))).unwrap();
    let WatchOp::Open { id, token, .. } = &op else { unreachable!("{op:?}") };
    let secrets = WatchSecrets::of(scene.watch().unwrap().open(scope(), &keys()));
    let shown = Shown { id, token: Some(&token.0), resource: Some("r") };
    assert_eq!(secrets.verify(shown, scene.now).map(|watch| watch.scope), Ok(scope()));
    let forged = Shown { token: Some(id), ..shown };
    assert_eq!(secrets.verify(forged, scene.now).err(), Some(Refusal::WrongToken));
}
