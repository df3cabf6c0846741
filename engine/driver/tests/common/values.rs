//! Accounts whose provider is a server of values.

use std::collections::BTreeMap;
use std::sync::Arc;

use kalends_core::event::{Body, Content, Span};
use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{Credential, RecordsCall};
use kalends_core::provider::{Done, Failure, Output, ProviderOp};
use kalends_core::time::{Civil, Date, Length, When, Zone};
use kalends_driver::{Accounts, Opened};
use kalends_testkit::values::{Server, User};

/// The user behind each account.
#[derive(Clone, Default)]
pub(crate) struct Users(pub(crate) Arc<BTreeMap<AccountId, User>>);

impl Accounts for Users {
    async fn open(&self, _: GraphId, account: &Account) -> Result<Opened, Failure> {
        let user = self.0[&account.id].clone();
        Ok(Opened { provider: Arc::new(user), credential: Credential::None })
    }

    async fn remember(&self, _: GraphId, _: AccountId, _: &str) -> Result<bool, Failure> {
        Ok(false)
    }

    async fn records(&self, account: AccountId, call: RecordsCall) -> (Vec<Output>, Done) {
        self.0[&account].carry(&call.op)
    }
}

/// The operations since the last call: listings, other reads, writes, and about watches.
pub(crate) fn costs(server: &Server) -> [usize; 4] {
    let mut costs = [0; 4];
    for (_, op) in server.take_log() {
        costs[match op {
            ProviderOp::List { .. } => 0,
            ProviderOp::Discover | ProviderOp::Fetch { .. } | ProviderOp::FreeBusy { .. } => 1,
            ProviderOp::Watch(_) => 3,
            ProviderOp::Create { .. }
            | ProviderOp::Replace { .. }
            | ProviderOp::Delete { .. }
            | ProviderOp::Patch { .. }
            | ProviderOp::MakeCalendar { .. }
            | ProviderOp::DeleteCalendar { .. } => 2,
        }] += 1;
    }
    costs
}

/// An hour of the second of June 2026.
pub(crate) fn hour(title: &str) -> Body {
    let first = Civil::from(Date::new(2026, 6, 2).unwrap());
    let start = When::Zoned(first.add_seconds(36_000), Zone::utc());
    let span = Span { start, length: Length::Exact(3_600), end_zone: None };
    Body::single(Content { title: title.to_owned(), ..Content::at(span) })
}
