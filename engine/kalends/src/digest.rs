//! The digest of a graph, read page by page.

use kalends_core::ids::GraphId;
use kalends_core::ports::{GraphStore, StoreError};
use kalends_core::read::{GraphDigest, OutOfOrder};
use kalends_core::slice::ReadSet;
use kalends_sql::queries::{Queries, Recorded, RecordedPage};

/// How many rows are asked for at once.
const ROWS: u32 = 200;
/// How often it is begun anew because somebody wrote meanwhile.
const ATTEMPTS: u32 = 3;

/// One hash over all that is recorded of a graph: two hosts where the same came to pass have the
/// same digest, whoever saw it in which run and when ([`GraphDigest`]). It costs a read of every
/// recorded row.
///
/// # Errors
/// [`StoreError`]; [`StoreError::Conflict`] where the graph changes faster than it is read.
pub async fn digest<S: GraphStore + Queries>(
    store: &S,
    graph: GraphId,
) -> Result<[u8; 32], StoreError> {
    for _ in 0..ATTEMPTS {
        let before = store.load(graph, &ReadSet::default()).await?;
        let mut digest = GraphDigest::default();
        digest.take_set_up(&before.config).map_err(disorder)?;
        for of in Recorded::ALL {
            take(store, graph, of, &mut digest).await?;
        }
        if store.load(graph, &ReadSet::default()).await?.version == before.version {
            return Ok(digest.end());
        }
    }
    Err(StoreError::Conflict)
}

async fn take<S: Queries>(
    store: &S,
    graph: GraphId,
    of: Recorded,
    digest: &mut GraphDigest,
) -> Result<(), StoreError> {
    let mut page = RecordedPage { graph, of, after: None, limit: ROWS };
    loop {
        let rows = store.query(page.clone()).await?;
        let is_last = rows.len() < ROWS as usize;
        page.after = rows.last().map(kalends_core::plan::Row::key);
        rows.into_iter().try_for_each(|row| digest.take(row)).map_err(disorder)?;
        if is_last {
            return Ok(());
        }
    }
}

fn disorder(error: OutOfOrder) -> StoreError {
    StoreError::Corrupt(error.to_string())
}
