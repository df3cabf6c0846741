//! What waits in an outbox is handed on, graph by graph.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use std::cell::RefCell;

use common::{block_on, keys, ports};
use kalends_core::ids::{GraphId, MessageId};
use kalends_core::meeting::Message;
use kalends_core::plan::Plan;
use kalends_core::ports::{SendOutbox as _, StoreError};
use kalends_core::slice::GraphVersion;
use kalends_driver::{Deliver, DriverError, HandedOn, NoHooks, SameStore, hand_on};
use kalends_testkit::contract::outbox::message;
use kalends_testkit::contract::rows::{GRAPH, OTHER};
use kalends_testkit::memory::MemoryStore;

const AWAY: GraphId = GraphId::from_bytes([66; 16]);

/// Takes what is for one graph, and does not know the others.
#[derive(Default)]
struct Post(RefCell<Vec<MessageId>>);

impl Deliver for Post {
    async fn deliver(&self, to: GraphId, messages: &[Message]) -> Result<(), DriverError> {
        assert!(messages.iter().all(|message| message.to == to));
        if to == AWAY {
            return Err(StoreError::NoGraph.into());
        }
        self.0.borrow_mut().extend(messages.iter().map(|message| message.id));
        Ok(())
    }
}

/// An outbox with `count` messages, each third of them for a graph that cannot be reached.
fn outbox(count: u32) -> MemoryStore {
    let store = MemoryStore::new();
    store.create(GRAPH);
    let to = |n: u32| if n.is_multiple_of(3) { AWAY } else { OTHER };
    let messages = (0..count).map(|n| Message { to: to(n), ..message(n) }).collect();
    let plan = Plan { messages, ..Plan::default() };
    store.commit_now(GRAPH, GraphVersion(0), &plan).unwrap();
    store
}

#[test]
fn a_graph_that_cannot_be_reached_holds_up_no_other() {
    let (store, post) = (outbox(450), Post::default());
    let handed = block_on(hand_on(&store, GRAPH, &post)).unwrap();
    let failed = [(AWAY, DriverError::Store(StoreError::NoGraph))].into();
    assert_eq!(handed, HandedOn { sent: 300, kept: 150, failed });
    let left = block_on(store.waiting(GRAPH, None, 500)).unwrap();
    assert!(left.len() == 150 && left.iter().all(|message| message.to == AWAY));
    let again = block_on(hand_on(&store, GRAPH, &post)).unwrap();
    assert_eq!((again.sent, again.kept, post.0.borrow().len()), (0, 150, 300));
}

#[test]
fn handing_on_over_ports_that_move_moves_too() {
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    let (store, ports) = (outbox(0), ports(NoHooks));
    let post = SameStore::new(&ports, |_| Some(keys()));
    let handed = block_on(assert_send(hand_on(&store, GRAPH, &post)));
    assert_eq!(handed, Ok(HandedOn::default()));
}
