//! Futures move between threads where the ports do, and are not required to.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use std::cell::Cell;
use std::rc::Rc;

use common::{block_on, keys, ports};
use kalends_driver::{Driver, Flow, Hooks, Limits, NoHooks, Options, Point};

/// Hooks of a host with one thread.
#[derive(Default)]
struct Single(Rc<Cell<u32>>);

impl Hooks for Single {
    fn point(&self, _: Point) -> Flow {
        self.0.set(self.0.get() + 1);
        Flow::Go
    }
}

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn a_sync_over_ports_that_move_moves_too() {
    let (driver, keys) = (Driver::new(ports(NoHooks), Limits::default()), keys());
    let options = Options::default();
    let report = block_on(assert_send(driver.sync(&keys, &options))).unwrap();
    assert!(report.settled);
    assert_eq!((report.passes, report.requests), (1, 0));
    assert!(block_on(assert_send(driver.author(&keys, &[]))).is_ok());
}

#[test]
fn a_sync_over_ports_of_one_thread_runs_there() {
    let (driver, keys) = (Driver::new(ports(Single::default()), Limits::default()), keys());
    assert!(block_on(driver.sync(&keys, &Options::default())).unwrap().settled);
}

#[test]
fn a_sync_that_was_asked_to_stop_begins_nothing_and_is_not_settled() {
    let (driver, keys) = (Driver::new(ports(NoHooks), Limits::default()), keys());
    let options = Options::default();
    options.stop.ask();
    let report = block_on(driver.sync(&keys, &options)).unwrap();
    assert_eq!((report.settled, report.passes), (false, 0));
}
