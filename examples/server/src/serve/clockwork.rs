//! Keeps every user's graph in step, each in a task of its own, so that nobody waits for another.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;

use kalends::Report;
use kalends::core::ports::{Clock as _, Credential};
use kalends::driver::DriverError;
use kalends::ids::GraphId;
use kalends_tokio::{Listening, Secret, SystemClock, Visits, WatchOptions, watch_listening};
use tokio::sync::watch::Receiver;
use tokio::task::JoinSet;

use super::registry::User;
use super::retention::Retention;
use super::state::Server;
use crate::accounts::provider;
use crate::data::Data;
use crate::erasure;
use crate::error::CliError;
use crate::hooks::CliHooks;
use crate::host;
use crate::outcome::warn;
use crate::post;

/// How often it is looked whether there are new users.
const NEW_USERS: Duration = Duration::from_secs(5);
/// How long an answer is kept for a request that comes again.
const ANSWERS_MS: i64 = 24 * 3_600_000;
/// How long messages are kept that nobody took.
const DEAD_MS: i64 = 30 * 86_400_000;
/// How long it is waited after a graph could not be kept in step at all.
const AGAIN: Duration = Duration::from_secs(30);

/// How graphs are kept in step.
#[derive(Debug, Clone)]
pub(crate) struct Clockwork {
    pub(crate) options: WatchOptions,
    /// The public address of this server, https.
    pub(crate) public: Option<String>,
    /// For how long the journal says what events said.
    pub(crate) retention: Retention,
}

impl Clockwork {
    /// Runs until `stop` turns true, and then until every graph's sync has ended at a good place.
    pub(crate) async fn run(self, server: Server, mut stop: Receiver<bool>) {
        let (mut running, mut tasks) = (BTreeSet::new(), JoinSet::<GraphId>::new());
        let mut retention = self.retention;
        loop {
            while let Some(ended) = tasks.try_join_next() {
                // One that panicked has said so, and stays away.
                if let Ok(graph) = ended {
                    running.remove(&graph);
                }
            }
            match server.registry.users() {
                Ok(users) => {
                    let graphs = || users.iter().map(|user| user.graph);
                    server.data.ahead.keep(&graphs().collect());
                    let (store, now) = (&server.data.store, SystemClock.now());
                    if let Err(error) = retention.tend(store, graphs(), now).await {
                        warn(&format!("old history cannot be erased now: {error}"));
                    }
                    for user in users.into_iter().filter(|user| running.insert(user.graph)) {
                        let (clockwork, server) = (self.clone(), server.clone());
                        tasks.spawn(clockwork.keep(server, user, stop.clone()));
                    }
                }
                Err(error) => warn(&format!("users cannot be read now: {error}")),
            }
            if let Err(error) = erasure::go_on(&server.data, &server.registry).await {
                warn(&format!("somebody cannot be erased now: {error}"));
            }
            let now = SystemClock.now();
            let before = now.saturating_add_millis(-ANSWERS_MS);
            let forgotten = server.registry.forget(before);
            let dead = now.saturating_add_millis(-DEAD_MS);
            let forgotten = forgotten
                .and_then(|()| server.registry.forget_sign_ins(now))
                .and_then(|()| server.registry.forget_dead(dead));
            if let Err(error) = forgotten {
                warn(&format!("old answers cannot be forgotten now: {error}"));
            }
            tokio::select! {
                () = tokio::time::sleep(NEW_USERS) => {}
                _ = stop.wait_for(|asked| *asked) => break,
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Keeps one graph in step, whatever goes wrong meanwhile, until its user is gone. One who comes back
    /// with the same graph begins anew.
    async fn keep(self, server: Server, user: User, mut stop: Receiver<bool>) -> GraphId {
        let (desk, mut visits) = Visits::new();
        server.desks.open(user.graph, desk);
        while !*stop.borrow() && is_known(&server, &user) {
            if let Err(error) = self.watch(&server, &user, &mut visits, stop.clone()).await {
                if !is_known(&server, &user) {
                    break;
                }
                warn(&format!("{}: {error}", user.graph));
            }
            tokio::select! {
                () = tokio::time::sleep(AGAIN) => {}
                _ = stop.wait_for(|asked| *asked) => {}
            }
        }
        server.desks.close(user.graph);
        server.metrics.forget(user.graph);
        user.graph
    }

    async fn watch(
        &self,
        server: &Server,
        user: &User,
        visits: &mut Visits,
        stop: Receiver<bool>,
    ) -> Result<(), CliError> {
        let data = server.data.of_graph(user.graph).await?;
        let driver = host::driver(&data, CliHooks::keeping(server.metrics.clone(), user.graph))?;
        let public = self.public.as_ref().map(|public| notices(public, user.graph));
        let provider = |kind: &str| provider(kind, &Secret::new("", Credential::None)).ok();
        let listening = Listening { public, visits, provider: &provider };
        let mut failed = None;
        let (ended, synced) = tokio::sync::watch::channel(0_u64);
        let each = |result: Result<Report, DriverError>| {
            ended.send_modify(|syncs| *syncs += 1);
            server.metrics.synced(user.graph, &result);
            match result {
                Ok(_) | Err(DriverError::Contended { .. }) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        };
        let watching =
            watch_listening(&driver, &data.keys, (self.options, Some(listening)), stop, each);
        tokio::select! {
            () = watching => {}
            error = after_each(&data, synced) => return Err(error),
        }
        data.forget_removed().await?;
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// Whether the user is still there: somebody who is erased is not served any more.
fn is_known(server: &Server, user: &User) -> bool {
    let known = server.registry.user(&user.name);
    // Where it cannot be read now, nothing is said of anybody.
    known.map_or(true, |known| known.as_ref() == Some(user))
}

/// After each sync, ends the sign-ins of accounts whose mirrors are gone with it, and carries what
/// time running out made the graph say to others.
async fn after_each(data: &Data, mut synced: Receiver<u64>) -> CliError {
    loop {
        if synced.changed().await.is_err() {
            // Nothing is synced any more: whoever watches ends.
            std::future::pending::<()>().await;
        }
        let done = async {
            data.forget_removed().await?;
            post::carry(data).await
        };
        if let Err(error) = done.await {
            return error;
        }
    }
}

/// Where notices for a graph come in.
fn notices(public: &str, graph: GraphId) -> String {
    format!("{public}/notices/{graph}")
}
