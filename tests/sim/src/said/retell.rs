//! A script that is lived.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kalends_testkit::memory::MemoryStore;

use super::book::Book;
use super::{Said, Script};
use crate::laws::check_rows_on_the_way;
use crate::midway::midway;
use crate::world::World;

/// Lives a script; what is otherwise than it should be, if anything.
#[must_use]
pub fn retell(script: &Script) -> Option<String> {
    let mut world: World<MemoryStore> = script.scene.world();
    let mut book = Book::new(script);
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let mut steps = script.steps.as_slice();
        while let Some((said, rest)) = steps.split_first() {
            steps = rest;
            if *said == Said::Wipe {
                world.wipe();
                book.crowd.history.away.clear();
                book.crowd.history.edges.clear();
            } else if *said == Said::Deaf {
                world.listens = false;
            } else if let Said::Begins(turns) = said {
                let end = rest.iter().position(|said| *said == Said::GoesOn);
                let (inner, after) = rest.split_at(end.unwrap_or(rest.len()));
                steps = after;
                midway(&world, *turns, || {
                    inner.iter().for_each(|said| book.carry_out(&world, said));
                });
            } else {
                book.carry_out(&world, said);
            }
            world.look_for_leaks(&book.crowd.history);
            check_rows_on_the_way(&world);
        }
    }));
    ended.err().map(|payload| said(payload.as_ref()))
}

/// What a panic said.
pub(crate) fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().cloned();
    let text = text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_else(|| "it ended without a word".to_owned())
}
