//! What a host hands to the driver.

use std::future::{Future, pending};
use std::sync::Arc;

use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{
    Clock, Credential, Entropy, GraphStore, Http, JobQueue, Provider, RecordsCall,
};
use kalends_core::provider::{Done, Failure, FailureClass, Output};
use kalends_core::scratch::Scratch;
use kalends_core::time::Timestamp;

use crate::hooks::Hooks;

/// An account, ready to be talked to.
#[derive(Clone)]
pub struct Opened {
    /// Its kind of provider, with what it wanted to be remembered.
    pub provider: Arc<dyn Provider>,
    /// The credential, refreshed where it had to be.
    pub credential: Credential,
}

impl Opened {
    /// This one, where it is talked to with another credential than the one that was refused.
    #[must_use]
    pub fn unless_spent(self, spent: &Credential) -> Option<Self> {
        (self.credential != *spent).then_some(self)
    }
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("credential", &self.credential).finish_non_exhaustive()
    }
}

/// Knows the credentials of accounts and which provider they are talked to with.
pub trait Accounts {
    /// Opens an account. A [`Failure`] is recorded with the account's health and tried again
    /// later; the run goes on with the others.
    fn open(
        &self,
        graph: GraphId,
        account: &Account,
    ) -> impl Future<Output = Result<Opened, Failure>>;

    /// Keeps the opaque text that a discovery wants its provider to be given next time. Called
    /// after each discovery; gives whether the text is another than before, and then the account
    /// is opened anew.
    fn remember(
        &self,
        graph: GraphId,
        account: AccountId,
        text: &str,
    ) -> impl Future<Output = Result<bool, Failure>>;

    /// An account whose provider refused the credential, opened with another: its token was
    /// refreshed, by this call or by somebody else. `None`: there is no other. Called once in a
    /// conversation.
    ///
    /// A [`Failure`] takes the place of the one given.
    fn refused(
        &self,
        graph: GraphId,
        account: &Account,
        spent: &Credential,
        failure: &Failure,
    ) -> impl Future<Output = Result<Option<Opened>, Failure>> {
        let _ = (graph, account, spent, failure);
        async { Ok(None) }
    }

    /// Carries out a call to an app's own records. Hosts without such accounts leave it out.
    fn records(
        &self,
        account: AccountId,
        call: RecordsCall,
    ) -> impl Future<Output = (Vec<Output>, Done)> {
        let _ = (account, call);
        async {
            let failure = Failure {
                class: FailureClass::Unsupported,
                code: "records.none".to_owned(),
                detail: "this host keeps no records of its own: remove the account".to_owned(),
                retry_at: None,
            };
            (Vec::new(), Done::Failed(failure))
        }
    }
}

/// Waits. Deadlines of conversations are held by it, also against a peer that is silent.
pub trait Timer {
    /// Comes back at `at` by the host's clock, or soon after.
    fn until(&self, at: Timestamp) -> impl Future<Output = ()>;

    /// Whether it ever wakes anyone. Where it does not, what has to wait for a provider's limits is
    /// queued for later instead.
    fn waits(&self) -> bool {
        true
    }
}

/// Never wakes anyone: deadlines are then seen only between two pieces of an answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTimer;

impl Timer for NoTimer {
    fn until(&self, _: Timestamp) -> impl Future<Output = ()> {
        pending()
    }

    fn waits(&self) -> bool {
        false
    }
}

/// All ports of a driver. Hosts fill in [`Parts`] rather than implement this.
pub trait Ports {
    /// Where graphs and their jobs are kept, and what listings must hold for a while.
    type Store: GraphStore + JobQueue + Scratch;
    /// Sends requests.
    type Http: Http;
    /// Tells the time.
    type Clock: Clock;
    /// Draws seeds.
    type Entropy: Entropy;
    /// Knows the accounts.
    type Accounts: Accounts;
    /// Waits.
    type Timer: Timer;
    /// Looks on.
    type Hooks: Hooks;

    /// The store, its queue, and its scratch paper.
    fn store(&self) -> &Self::Store;
    /// The sender of requests.
    fn http(&self) -> &Self::Http;
    /// The clock.
    fn clock(&self) -> &Self::Clock;
    /// The source of seeds.
    fn entropy(&self) -> &Self::Entropy;
    /// The accounts.
    fn accounts(&self) -> &Self::Accounts;
    /// The timer.
    fn timer(&self) -> &Self::Timer;
    /// The hooks.
    fn hooks(&self) -> &Self::Hooks;
}

/// The ports of a driver, each in its place.
#[derive(Debug, Clone, Copy)]
pub struct Parts<S, H, C, E, A, T, K> {
    /// The store and its queue.
    pub store: S,
    /// Sends requests.
    pub http: H,
    /// Tells the time.
    pub clock: C,
    /// Draws seeds.
    pub entropy: E,
    /// Knows the accounts.
    pub accounts: A,
    /// Waits; [`NoTimer`] where the host has none.
    pub timer: T,
    /// Looks on; [`NoHooks`](crate::NoHooks) where nobody does.
    pub hooks: K,
}

impl<S, H, C, E, A, T, K> Ports for Parts<S, H, C, E, A, T, K>
where
    S: GraphStore + JobQueue + Scratch,
    H: Http,
    C: Clock,
    E: Entropy,
    A: Accounts,
    T: Timer,
    K: Hooks,
{
    type Store = S;
    type Http = H;
    type Clock = C;
    type Entropy = E;
    type Accounts = A;
    type Timer = T;
    type Hooks = K;

    fn store(&self) -> &S {
        &self.store
    }

    fn http(&self) -> &H {
        &self.http
    }

    fn clock(&self) -> &C {
        &self.clock
    }

    fn entropy(&self) -> &E {
        &self.entropy
    }

    fn accounts(&self) -> &A {
        &self.accounts
    }

    fn timer(&self) -> &T {
        &self.timer
    }

    fn hooks(&self) -> &K {
        &self.hooks
    }
}
