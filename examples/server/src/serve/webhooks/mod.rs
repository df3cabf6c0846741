//! Changes, told to programs of others: signed as Standard Webhooks has it, tried again until they
//! are taken, and set aside for a replay where they never are.
//!
//! The journal is where changes come from. A message is written down in the transaction that moves its
//! endpoint's place in the journal, so a process that is killed loses none; one that was sent and not
//! marked as sent comes again under the same id.

mod message;
mod post;
mod rest;
mod rows;
mod sign;

pub(crate) use post::Postman;
pub(crate) use rows::{Endpoint, Message, State as MessageState};
pub(crate) use sign::{HookSecret, place};
