//! The core's ports on the object's database.

use kalends_core::ids::{GraphId, MessageId};
use kalends_core::meeting::Message;
use kalends_core::plan::{Job, JobKey, Plan};
use kalends_core::ports::{Claim, GraphStore, JobQueue, Outbox, StoreError};
use kalends_core::scratch::{Pad, Piece, Scratch, Waste};
use kalends_core::slice::{GraphVersion, ReadSet, Slice};
use kalends_core::time::Timestamp;
use kalends_sql::{Loader, commit, outbox, queue, scratch};

use crate::ObjectStore;
use crate::pack::Packed;

impl GraphStore for ObjectStore {
    /// All rounds see one version, as nothing comes between them.
    async fn load(&self, graph: GraphId, want: &ReadSet) -> Result<Slice, StoreError> {
        let mut loader = Loader::new(graph, want.clone(), self.0.setup(graph));
        while let Some(statements) = loader.next_round() {
            for statement in &statements {
                loader.feed(self.0.sql.query(statement)?, &*self.0.vault)?;
            }
        }
        let (slice, setup) = loader.finish()?;
        self.0.keep_setup(graph, setup);
        Ok(slice)
    }

    async fn commit(
        &self,
        graph: GraphId,
        base: GraphVersion,
        plan: &Plan,
    ) -> Result<GraphVersion, StoreError> {
        let commit = commit(graph, base, plan, &*self.0.vault)?;
        let writes = Packed::of(&commit.writes)?;
        self.0.atomically(graph, || {
            if !self.0.sql.execute(&commit.check)? {
                self.0.must_exist(graph)?;
                return Err(StoreError::Conflict);
            }
            self.0.sql.execute_all(&writes)
        })?;
        self.0.count(plan.changes.len());
        Ok(commit.version)
    }
}

impl JobQueue for ObjectStore {
    async fn claim(
        &self,
        graph: GraphId,
        now: Timestamp,
        max: usize,
        lease_ms: i64,
    ) -> Result<Vec<Claim>, StoreError> {
        self.0.atomically(graph, || {
            let jobs = queue::read_due(self.0.sql.query(&queue::due(graph, now, max))?)?;
            if jobs.is_empty() {
                return self.0.must_exist(graph).map(|()| Vec::new());
            }
            let fences = self.0.sql.query(&queue::fences(graph, jobs.len()))?;
            let until = now.saturating_add_millis(lease_ms);
            let (claims, leases) = queue::lease(graph, jobs, fences, until)?;
            for lease in &leases {
                self.0.sql.execute(lease)?;
            }
            Ok(claims)
        })
    }

    async fn finish(
        &self,
        graph: GraphId,
        claim: &Claim,
        again: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let statements = queue::finish(graph, claim, again);
        self.0.atomically(graph, || {
            self.0.must_exist(graph)?;
            statements.iter().try_for_each(|statement| self.0.sql.execute(statement).map(drop))
        })
    }

    async fn next_due(&self, graph: GraphId) -> Result<Option<(Timestamp, JobKey)>, StoreError> {
        self.0.must_exist(graph)?;
        Ok(queue::read_next_due(self.0.sql.query(&queue::next_due(graph))?)?)
    }

    async fn peek(
        &self,
        graph: GraphId,
        now: Timestamp,
        after: Option<JobKey>,
        limit: usize,
    ) -> Result<Vec<Job>, StoreError> {
        self.0.must_exist(graph)?;
        Ok(queue::read_due(self.0.sql.query(&queue::peek(graph, now, after, limit))?)?)
    }
}

impl Outbox for ObjectStore {
    async fn waiting(
        &self,
        graph: GraphId,
        after: Option<MessageId>,
        max: usize,
    ) -> Result<Vec<Message>, StoreError> {
        self.0.must_exist(graph)?;
        Ok(outbox::read_waiting(self.0.sql.query(&outbox::waiting(graph, after, max))?)?)
    }

    async fn sent(&self, graph: GraphId, messages: &[MessageId]) -> Result<(), StoreError> {
        let statements = outbox::sent(graph, messages);
        self.0.atomically(graph, || {
            self.0.must_exist(graph)?;
            statements.iter().try_for_each(|statement| self.0.sql.execute(statement).map(drop))
        })
    }
}

impl Scratch for ObjectStore {
    async fn put_down(&self, graph: GraphId, pad: Pad, piece: Piece) -> Result<(), StoreError> {
        self.0.sql.execute(&scratch::put_down(graph, pad, piece)?).map(drop)
    }

    async fn pick_up(
        &self,
        graph: GraphId,
        pad: Pad,
        piece: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(scratch::read_piece(self.0.sql.query(&scratch::pick_up(graph, pad, piece))?)?)
    }

    async fn throw_away(&self, graph: GraphId, waste: Waste) -> Result<(), StoreError> {
        self.0.sql.execute(&scratch::throw_away(graph, waste)).map(drop)
    }
}
