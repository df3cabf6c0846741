//! The conversation of providers that speak no protocol: one call, and its answer item by item.

use kalends_core::ports::{Call, Exchange, Input, RecordsCall, Turn};
use kalends_core::provider::{Done, Failure, FailureClass, Output, ProviderOp};
use kalends_core::time::Timestamp;

/// Asks the host once for a call to an app's records, and hands its answer on.
#[derive(Debug)]
pub struct Asking {
    op: Option<ProviderOp>,
    left: std::vec::IntoIter<Output>,
    done: Option<Done>,
}

impl Asking {
    /// A conversation that carries out `op`.
    #[must_use]
    pub fn of(op: &ProviderOp) -> Self {
        Self { op: Some(op.clone()), left: Vec::new().into_iter(), done: None }
    }
}

impl Exchange for Asking {
    fn resume(&mut self, input: Input, _: Timestamp) -> Turn {
        if let Some(op) = self.op.take() {
            return Turn::Send(Call::Records(RecordsCall { op }));
        }
        match input {
            Input::Records(outputs, done) => {
                self.left = outputs.into_iter();
                self.done = Some(*done);
            }
            Input::Failed(_) => self.done = Some(lost()),
            Input::Start | Input::Head(_) | Input::Chunk(_) | Input::End | Input::Drawn(_) => {}
        }
        match self.left.next() {
            Some(output) => Turn::Item(output),
            None => Turn::Done(self.done.take().unwrap_or_else(lost)),
        }
    }
}

fn lost() -> Done {
    failed(FailureClass::Unknown, "records.lost")
}

/// A failure with a code that a test can look for.
#[must_use]
pub(crate) fn failed(class: FailureClass, code: &str) -> Done {
    let detail = format!("a provider of the testkit refused: look up {code} in its source");
    Done::Failed(Failure { class, code: code.to_owned(), detail, retry_at: None })
}
