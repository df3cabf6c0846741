//! Nobody is mailed because of a meeting of graphs (L13).

use kalends_core::author::{EditError, check};
use kalends_core::event::{Body, Person, Recurrence, Response};
use kalends_core::meeting::{GUESTS_MAX, MessageBody};
use kalends_core::slice::Config;
use kalends_core::step::UserEdit;

use super::support::*;

#[test]
fn what_another_graph_names_is_not_put_down() {
    let mut bob = Graph::new(BOB);
    let mut named = inviting();
    named.recurrence = Some(Recurrence::default());
    bob.hear(&[says(ANN, BOB, MessageBody::Hold(Box::new(named)))]);
    let bundle = bob.rows.events.values().flatten().next().unwrap();
    let put_down = &bundle.presences.values().next().unwrap().body;
    assert_eq!(put_down.content.title, "we meet");
    assert!(put_down.content.attendees.is_empty() && put_down.content.organizer.is_none());
    assert_eq!((put_down.content.response, put_down.content.organized), (Response::None, true));
    assert_eq!(put_down.recurrence, None);
}

#[test]
fn a_meeting_that_invites_repeats_or_joins_nobody_is_refused() {
    let meet = |with: usize, body: Body| UserEdit::Meet {
        meeting: None,
        with: vec![BOB; with],
        body: Box::new(body),
    };
    let said = |edit| check(&Config::default(), &edit);
    assert_eq!(said(meet(1, body())), Ok(()));
    assert_eq!(said(meet(0, body())), Err(EditError::Guests));
    assert_eq!(said(meet(GUESTS_MAX + 1, body())), Err(EditError::Guests));
    assert_eq!(said(meet(1, inviting())), Err(EditError::MeetingInvites));
    let series = Body { recurrence: Some(Recurrence::default()), ..body() };
    assert_eq!(said(meet(1, series)), Err(EditError::MeetingRepeats));
    let mut ann = Graph::new(ANN);
    assert!(ann.meet(&[ANN]).is_empty(), "nobody meets oneself");
}

fn inviting() -> Body {
    let mut body = body();
    let person = Person { name: "Eve".to_owned(), email: "eve@example.org".to_owned() };
    body.content.organizer = Some(person.clone());
    body.content.attendees = vec![person];
    body.content.response = Response::Accepted;
    body.content.organized = false;
    body
}
