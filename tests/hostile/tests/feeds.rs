//! Feeds that are wrong, read by the feed's own conversation, and by whole syncs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests end on the first surprise")]

use std::collections::BTreeMap;

use kalends_core::ids::ProviderId;
use kalends_core::ports::{Call, Credential, HttpHead, Input, Provider as _, Turn};
use kalends_core::provider::{Done, Item, Listing, Output, ProviderOp};
use kalends_core::time::Timestamp;
use kalends_feed::{Feed, FeedConfig};
use kalends_hostile::{Case, Fed, Outcome, cases, end_as_listed, feed, of_outputs};

/// So many are made from seeds.
const SEEDS: u64 = 60;

/// Octets that come at once.
const CHUNK: usize = 4096;

const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);

/// What comes of a listing that is answered with these octets.
fn listing(bytes: &[u8]) -> (Vec<Output>, Done) {
    let config = FeedConfig { url: "https://h/x.ics".into(), remember: String::new() };
    let op = ProviderOp::List { calendar: ProviderId("feed".into()), listing: Listing::Contents };
    let mut exchange = Feed::new(config).start(&op, &Credential::None).unwrap();
    let headers = vec![("content-type".to_owned(), "text/calendar".to_owned())];
    let mut coming = vec![Input::Head(HttpHead { status: 200, headers })];
    coming.extend(bytes.chunks(CHUNK).map(|piece| Input::Chunk(piece.to_vec())));
    coming.push(Input::End);
    let mut coming = coming.into_iter();
    let (mut outputs, mut input) = (Vec::new(), Input::Start);
    for _ in 0..1_000_000 {
        input = match exchange.resume(input, NOW) {
            Turn::Item(output) => {
                outputs.push(output);
                Input::Start
            }
            Turn::More | Turn::Send(Call::Http(_)) => coming.next().unwrap(),
            Turn::Done(done) => return (outputs, done),
            Turn::Send(Call::Records(_)) | Turn::Draw => panic!("a feed asks for neither"),
        };
    }
    panic!("it never ends");
}

fn ends(case: &Case, ended: &mut BTreeMap<String, Outcome>) -> Option<String> {
    let (outputs, done) = listing(&case.bytes);
    let failure = if let Done::Failed(failure) = &done { Some(failure) } else { None };
    ended.insert(case.listed(), of_outputs(&outputs, failure));
    let gone = outputs.iter().any(|out| matches!(out, Output::Item(Item::Removed { .. })));
    if gone {
        return Some("something is gone, by a first fetch".to_owned());
    }
    if let Some(failure) = failure {
        return failure.code.is_empty().then(|| "a failure has no name".to_owned());
    }
    let untold = outputs.iter().find_map(|out| match out {
        Output::Item(Item::Broken(it)) => {
            (it.code.is_empty() || it.reason.is_empty() || it.raw.is_empty()).then_some(it)
        }
        Output::Item(_) | Output::Calendar(_) | Output::Name { .. } | Output::Schedule(_) => None,
    });
    if let Some(broken) = untold {
        return Some(format!("nobody knows why: {broken:?}"));
    }
    outputs.is_empty().then(|| "nothing is said of it".to_owned())
}

#[track_caller]
fn all_end(cases: impl IntoIterator<Item = Case>, list: &str) {
    let mut ended = BTreeMap::new();
    let ends = |case: Case| {
        ends(&case, &mut ended).map(|harm| format!("{} ({}): {harm}", case.name, case.wrong))
    };
    let wrong: Vec<String> = cases.into_iter().filter_map(ends).collect();
    assert!(wrong.is_empty(), "{} to mend:\n{}", wrong.len(), wrong.join("\n"));
    end_as_listed(list, &ended);
}

/// What a whole sync makes of a case: a mirror that stood stands, one wrong answer says nothing of
/// what it lacks, and the answer after it is as good as the one before.
fn harms(case: &Case) -> Option<String> {
    let fed = Fed::at_rest();
    let report = fed.serve(&case.bytes);
    if let Some(harm) = fed.harm() {
        return Some(harm);
    }
    let nameless = report.failures.iter().find(|(_, _, failure)| failure.code.is_empty());
    if let Some(nameless) = nameless {
        return Some(format!("a failure has no name: {nameless:?}"));
    }
    fed.mend();
    fed.harm()
}

/// Catches a feed that is no calendar and yet counts as one without events.
#[test]
fn a_feed_that_is_wrong_fails_by_name_or_sets_its_events_aside() {
    all_end(cases("feeds"), "ends/feeds.txt");
}

/// Catches a mirror that goes, or says something else, since its feed was wrong once.
#[test]
fn mirrors_of_a_feed_stand_while_it_is_wrong_once() {
    let made = (0..SEEDS).map(feed);
    let wrong: Vec<String> = cases("feeds")
        .into_iter()
        .chain(made)
        .filter_map(|case| Some(format!("{} ({}): {}", case.name, case.wrong, harms(&case)?)))
        .collect();
    assert!(wrong.is_empty(), "{} to mend:\n{}", wrong.len(), wrong.join("\n"));
}

/// The same of feeds from seeds.
#[test]
fn feeds_that_are_made_wrong_end_the_same_way() {
    all_end((0..SEEDS).map(feed), "ends/feeds-made.txt");
}
