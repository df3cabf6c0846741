//! Who signs in to the simulators.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{Clock, Credential, RecordsCall};
use kalends_core::provider::{Done, Failure, Output, ProviderOp};
use kalends_driver::{Accounts, Opened};
use kalends_testkit::clock::VirtualClock;

use crate::http::step_aside;
use crate::judged::Judged;
use crate::site::Site;

/// The sign-ins of a world. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Logins {
    logins: Arc<Mutex<BTreeMap<AccountId, Login>>>,
    watch: Option<(Judged, VirtualClock)>,
}

#[derive(Debug, Clone)]
struct Login {
    site: Arc<dyn Site>,
    user: String,
    remember: String,
}

impl Logins {
    /// Those of a world that is watched.
    #[must_use]
    pub(crate) fn watched(judged: Judged, clock: VirtualClock) -> Self {
        Self { watch: Some((judged, clock)), ..Self::default() }
    }

    /// Keeps how an account is talked to: where, as whom, and what its provider remembers.
    pub fn add(&self, account: AccountId, site: Arc<dyn Site>, user: &str, remember: String) {
        let login = Login { site, user: user.to_owned(), remember };
        self.lock().insert(account, login);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountId, Login>> {
        self.logins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Accounts for Logins {
    async fn open(&self, _: GraphId, account: &Account) -> Result<Opened, Failure> {
        let login = self.lock()[&account.id].clone();
        Ok(login.site.open(&login.user, &login.remember))
    }

    async fn remember(&self, _: GraphId, account: AccountId, text: &str) -> Result<bool, Failure> {
        let mut logins = self.lock();
        let Some(login) = logins.get_mut(&account) else { return Ok(false) };
        let other = login.remember != text;
        text.clone_into(&mut login.remember);
        Ok(other)
    }

    async fn refused(
        &self,
        _: GraphId,
        account: &Account,
        _: &Credential,
        _: &Failure,
    ) -> Result<Option<Opened>, Failure> {
        let login = self.lock()[&account.id].clone();
        let renewed = login.site.renew(&login.user);
        Ok(renewed.then(|| login.site.open(&login.user, &login.remember)))
    }

    async fn records(&self, account: AccountId, call: RecordsCall) -> (Vec<Output>, Done) {
        let login = self.lock()[&account].clone();
        let _writing = self.watch.as_ref().and_then(|(judged, clock)| {
            Some(judged.write(&written_into(&call.op)?, clock.now().as_millis()))
        });
        step_aside().await;
        let answer = login.site.records(&login.user, &call);
        step_aside().await;
        answer
    }
}

/// The calendar that an operation writes into.
fn written_into(op: &ProviderOp) -> Option<String> {
    match op {
        ProviderOp::Create { calendar, .. }
        | ProviderOp::Replace { calendar, .. }
        | ProviderOp::Delete { calendar, .. }
        | ProviderOp::Patch { calendar, .. } => Some(calendar.0.clone()),
        ProviderOp::Discover
        | ProviderOp::List { .. }
        | ProviderOp::Fetch { .. }
        | ProviderOp::MakeCalendar { .. }
        | ProviderOp::DeleteCalendar { .. }
        | ProviderOp::Watch(_)
        | ProviderOp::FreeBusy { .. } => None,
    }
}
