//! What goes on while another process writes.

use std::pin::pin;
use std::task::{Context, Waker};

use kalends_core::ids::AccountId;
use kalends_core::slice::ReadSet;
use kalends_testkit::block_on::block_on;
use kalends_testkit::contract::rows::GRAPH;
use rusqlite::Connection;

use super::common::{Disk, commit, load, plan};

/// Catches everybody who only looks, and waits with somebody's commit for as long as another process
/// keeps the file.
#[test]
fn a_look_does_not_wait_with_a_commit_for_another_process() {
    let disk = Disk::new();
    let store = disk.open();
    commit(&store, &plan([]));
    let before = load(&store, &ReadSet::default());
    let other = Connection::open(disk.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut write = pin!(store.put_secret(GRAPH, AccountId::from_bytes([1; 16]), b"secret"));
    let mut poll = || write.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll().is_pending());

    assert_eq!(load(&store, &ReadSet::default()).version, before.version);
    assert!(poll().is_pending(), "the look came after the write");
    other.execute_batch("ROLLBACK").unwrap();
    block_on(write).unwrap();
}
