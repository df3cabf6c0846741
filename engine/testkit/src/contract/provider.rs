//! What every provider must do, whatever it is talked to with.

use kalends_core::event::Body;
use kalends_core::ids::{EdgeId, EventId, GraphId, ProviderId, StepSeed, Version};
use kalends_core::keys::GraphKeys;
use kalends_core::mark::{self, Mark};
use kalends_core::mirror::PartKey;
use kalends_core::ports::{Call, Credential, HttpFailure, HttpHead, Input, Provider, Turn};
use kalends_core::presence::Guests;
use kalends_core::provider::{
    Done, Failure, FailureClass, Item, Listed, Listing, MirrorDoc, ObjectName, Output, ProviderOp,
    Stored,
};
use kalends_core::time::Timestamp;

use crate::records::event;

/// A provider with a scope that holds at least one item, and all that it is talked to with.
pub trait Talks {
    /// The provider, with what its last discovery wanted to be remembered.
    fn provider(&self, remember: &str) -> Box<dyn Provider>;
    /// What it is talked to with.
    fn credential(&self) -> Credential;
    /// Carries out one call.
    fn answer(&self, call: Call) -> Answer;
    /// The provider's id of the scope.
    fn scope(&self) -> ProviderId;
    /// Whether the scope can be written to.
    fn writes(&self) -> bool;
}

/// How a call was answered.
#[derive(Debug)]
pub enum Answer {
    /// By an app.
    Records(Vec<Output>, Done),
    /// Over HTTP, whole.
    Http(HttpHead, Vec<u8>),
    /// Not at all.
    Failed(HttpFailure),
}

/// A conversation to its end, at the moment that the contract lives in.
pub fn talk<S: Talks>(subject: &S, remember: &str, op: &ProviderOp) -> (Vec<Output>, Done) {
    let now = Timestamp::from_seconds(1_780_000_000);
    let mut exchange = match subject.provider(remember).start(op, &subject.credential()) {
        Ok(exchange) => exchange,
        Err(failure) => return (Vec::new(), Done::Failed(failure)),
    };
    let (mut outputs, mut inputs) = (Vec::new(), std::collections::VecDeque::from([Input::Start]));
    for _ in 0..1_000 {
        let input = inputs.pop_front().unwrap_or(Input::Start);
        match exchange.resume(input, now) {
            Turn::Item(output) => {
                outputs.push(output);
                inputs.push_front(Input::Start);
            }
            Turn::More => {}
            Turn::Draw => inputs.push_front(Input::Drawn(StepSeed([7; 32]))),
            Turn::Done(done) => return (outputs, done),
            // What is left of an answer that it has read enough of is dropped.
            Turn::Send(call) => {
                inputs = match subject.answer(call) {
                    Answer::Records(found, done) => [Input::Records(found, Box::new(done))].into(),
                    Answer::Failed(failure) => [Input::Failed(failure)].into(),
                    Answer::Http(head, body) => {
                        [Input::Head(head), Input::Chunk(body), Input::End].into()
                    }
                };
            }
        }
    }
    unreachable!("a conversation ends")
}

/// A conversation after a discovery.
fn ask<S: Talks>(subject: &S, op: &ProviderOp) -> (Vec<Output>, Done) {
    let found = talk(subject, "", &ProviderOp::Discover).1;
    let Done::Discovered { remember, .. } = found else {
        unreachable!("a discovery works: {found:?}")
    };
    talk(subject, &remember, op)
}

fn list<S: Talks>(subject: &S, listing: Listing) -> (Vec<Output>, Done) {
    ask(subject, &ProviderOp::List { calendar: subject.scope(), listing })
}

fn fetch<S: Talks>(subject: &S, name: ObjectName) -> Vec<Item> {
    let op = ProviderOp::Fetch { calendar: subject.scope(), names: vec![name] };
    let (outputs, done) = ask(subject, &op);
    assert_eq!(done, Done::Fetched);
    outputs
        .into_iter()
        .map(|output| match output {
            Output::Item(item) => item,
            other @ (Output::Name { .. } | Output::Calendar(_) | Output::Schedule(_)) => {
                unreachable!("a fetch gives items: {other:?}")
            }
        })
        .collect()
}

/// The object that a listing speaks of, and its version.
fn named(output: &Output) -> (ProviderId, Option<Version>) {
    match output {
        Output::Name { id, version } => (id.clone(), version.clone()),
        Output::Item(Item::Event(item)) => (item.id.clone(), item.version.clone()),
        Output::Item(Item::Message(message)) => (message.id.clone(), message.version.clone()),
        Output::Item(
            Item::Removed { .. } | Item::AsRuled { .. } | Item::Broken(_) | Item::Listed(_),
        )
        | Output::Calendar(_)
        | Output::Schedule(_) => unreachable!("all that is there can be read: {output:?}"),
    }
}

fn class(done: &Done) -> Option<FailureClass> {
    match done {
        Done::Failed(Failure { class, .. }) => Some(*class),
        Done::Discovered { .. }
        | Done::Listed(_)
        | Done::Fetched
        | Done::Stored(_)
        | Done::Deleted
        | Done::MadeCalendar { .. }
        | Done::Watching(_) => None,
    }
}

/// A discovery names its owner and finds the scope, the same each time.
pub fn a_discovery_finds_the_same_each_time<S: Talks>(subject: &S) {
    let first = talk(subject, "", &ProviderOp::Discover);
    let Done::Discovered { subject: owner, remember, .. } = &first.1 else {
        unreachable!("a discovery works: {:?}", first.1)
    };
    assert!(!owner.is_empty());
    let ids = |outputs: &[Output]| -> Vec<ProviderId> {
        let calendars = outputs.iter().filter_map(|output| match output {
            Output::Calendar(calendar) => Some(calendar.id.clone()),
            Output::Item(_) | Output::Name { .. } | Output::Schedule(_) => None,
        });
        calendars.collect()
    };
    assert!(ids(&first.0).contains(&subject.scope()), "{:?}", first.0);
    let again = talk(subject, remember, &ProviderOp::Discover);
    assert_eq!(ids(&again.0), ids(&first.0));
    assert!(matches!(&again.1, Done::Discovered { subject, .. } if subject == owner));
}

/// Right after a listing, a listing from its token on gives nothing, or names objects under the
/// versions that they had.
pub fn nothing_is_new_right_after_a_listing<S: Talks>(subject: &S) {
    let (found, done) = list(subject, Listing::Contents);
    assert!(!found.is_empty(), "the scope holds something");
    let before: Vec<_> = found.iter().map(named).collect();
    let Done::Listed(Listed { token, whole: true, .. }) = done else {
        unreachable!("a whole listing says so: {done:?}")
    };
    let Some(token) = token else { return };
    let (found, done) = list(subject, Listing::Since(token));
    assert!(found.iter().all(|again| before.contains(&named(again))), "{found:?}");
    assert!(matches!(done, Done::Listed(_)), "{done:?}");
}

/// A token that was never given is refused as lost, or answered with all that there is; it is never
/// taken for one after which nothing has changed.
pub fn a_token_that_was_never_given_loses_nothing<S: Talks>(subject: &S) {
    let (found, done) = list(subject, Listing::Since("never given".to_owned()));
    if let Done::Listed(listed) = &done {
        assert!(!found.is_empty(), "{listed:?}");
    } else {
        assert_eq!(class(&done), Some(FailureClass::CursorLost), "{done:?}");
    }
}

/// What is listed can be read alone, and an event read alone says that it was.
pub fn what_is_listed_can_be_read_alone<S: Talks>(subject: &S) {
    for output in list(subject, Listing::Names).0 {
        let (id, _) = named(&output);
        match &fetch(subject, ObjectName::Known(id.clone()))[..] {
            [Item::Event(item)] => assert!(item.fresh && item.id == id),
            [Item::Message(message)] => assert_eq!(message.id, id),
            other => unreachable!("one object was asked for: {other:?}"),
        }
    }
}

/// An object that is not there is said to be gone, and is no failure.
pub fn what_is_not_there_is_gone<S: Talks>(subject: &S) {
    let name = match subject.writes() {
        true => ObjectName::Derived(doc(event("", 6, 1)).derived),
        false => ObjectName::Known(ProviderId("not-there".to_owned())),
    };
    let found = fetch(subject, name);
    assert!(matches!(&found[..], [Item::Removed { .. }]), "{found:?}");
}

/// A mirror is created in a free place, replaced and deleted under the version it has and under no
/// other, and its deletion is listed. A scope that is only read refuses to create it.
pub fn writes_hold_by_version<S: Talks>(subject: &S) {
    let doc = |title| Box::new(doc(event(title, 6, 9)));
    let create =
        || ask(subject, &ProviderOp::Create { calendar: subject.scope(), doc: doc("One") }).1;
    let created = create();
    if !subject.writes() {
        let refused = [FailureClass::Unsupported, FailureClass::Forbidden, FailureClass::Refused];
        assert!(class(&created).is_some_and(|class| refused.contains(&class)), "{created:?}");
        return;
    }
    let (id, first) = stored(subject, created, "One");
    assert_eq!(class(&create()), Some(FailureClass::Taken));
    let replace = |version: &Version, title| {
        let (calendar, id, version) = (subject.scope(), id.clone(), version.clone());
        let (doc, instances) = (doc(title), Vec::new());
        ask(subject, &ProviderOp::Replace { calendar, id, version, doc, instances }).1
    };
    let (same, second) = stored(subject, replace(&first, "Two"), "Two");
    assert_eq!(same, id);
    assert_eq!(class(&replace(&first, "Three")), Some(FailureClass::Stale));
    let done = list(subject, Listing::Names).1;
    let Done::Listed(Listed { token, .. }) = done else {
        unreachable!("a listing works: {done:?}")
    };
    let delete = |version: &Version| {
        let (calendar, id, version) = (subject.scope(), id.clone(), version.clone());
        ask(subject, &ProviderOp::Delete { calendar, id, version, guests: Guests::Untold }).1
    };
    assert_eq!(class(&delete(&first)), Some(FailureClass::Stale));
    assert_eq!(delete(&second), Done::Deleted);
    let gone = fetch(subject, ObjectName::Known(id.clone()));
    assert!(matches!(&gone[..], [Item::Removed { .. }]), "{gone:?}");
    if let Some(token) = token {
        let (found, done) = list(subject, Listing::Since(token));
        let tombstone = |output: &Output| matches!(output, Output::Item(Item::Removed { id: of, .. }) if *of == id);
        let is_whole = matches!(done, Done::Listed(Listed { whole: true, .. }));
        assert!(is_whole || found.iter().any(tombstone), "{found:?}");
    }
}

/// The object and the version that a write was stored under, as a read of it alone shows them.
fn stored<S: Talks>(subject: &S, done: Done, title: &str) -> (ProviderId, Version) {
    let Done::Stored(Stored { id, .. }) = done else {
        unreachable!("the write is taken: {done:?}")
    };
    match &fetch(subject, ObjectName::Known(id.clone()))[..] {
        [Item::Event(item)] => {
            let kalends_core::provider::Payload::Whole(body) = &item.payload else {
                unreachable!("a single is whole: {item:?}")
            };
            assert_eq!(body.content.title, title);
            assert_eq!(item.mark, Some(doc(body.clone()).mark));
            let Some(version) = item.version.clone() else {
                unreachable!("a scope that is written to has versions")
            };
            (id, version)
        }
        other => unreachable!("what was written is there: {other:?}"),
    }
}

fn doc(body: Body) -> MirrorDoc {
    let keys = GraphKeys { graph: GraphId::from_bytes([3; 16]), secret: [4; 32] };
    let (event, edge) = (EventId::from_bytes([5; 16]), EdgeId::from_bytes([6; 16]));
    let (part, generation) = (PartKey::Whole, 0);
    let derived = keys.part(event, edge, part, generation);
    let mark = mark::sign(&keys, &Mark { event, edge, part, generation }, &derived);
    MirrorDoc { derived, mark, body, instance: None }
}
