//! For how long the journal says what events said.

use kalends::core::ports::StoreError;
use kalends::core::time::Timestamp;
use kalends::ids::GraphId;
use kalends::queries::RunsPage;
use kalends_sqlite::SqliteStore;

const DAY_MS: i64 = 86_400_000;

/// What lies in old entries is erased once a day; the entries stay, and the chain over them holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retention {
    days: Option<u32>,
    done: Option<Timestamp>,
}

impl Retention {
    /// Keeps for so many days what the journal says; `None`: for ever.
    pub(crate) const fn of(days: Option<u32>) -> Self {
        Self { days, done: None }
    }

    /// Erases what is older than it may be, where that was not done within a day. Of a graph whose
    /// last sync did not find the clock right, nothing goes: a clock that jumped would take all. One
    /// that fails keeps no other back.
    pub(crate) async fn tend(
        &mut self,
        store: &SqliteStore,
        graphs: impl Iterator<Item = GraphId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(days) = self.days else { return Ok(()) };
        if self.done.is_some_and(|done| (0..DAY_MS).contains(&now.millis_since(done))) {
            return Ok(());
        }
        self.done = Some(now);
        let before = now.saturating_add_millis(-i64::from(days) * DAY_MS);
        let mut ended = Ok(());
        for graph in graphs {
            if let Err(error) = erase(store, graph, before).await {
                ended = Err(error);
            }
        }
        ended
    }
}

async fn erase(store: &SqliteStore, graph: GraphId, before: Timestamp) -> Result<(), StoreError> {
    let last = store.query(RunsPage { graph, before: None, limit: 1 }).await?;
    if last.first().is_some_and(|run| run.clock.is_trusted()) {
        store.erase_payloads(graph, before).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use kalends::core::cursor::{ClockWord, Run};
    use kalends::core::plan::{self, Plan, Row};
    use kalends::core::ports::{Clock as _, GraphStore as _};
    use kalends::core::slice::ReadSet;
    use kalends::core::wire;
    use kalends::ids::RunId;
    use kalends::queries::{JournalFilter, JournalPage};
    use kalends_tokio::SystemClock;

    use super::*;
    use crate::commands::settings::{self, Change};
    use crate::data::Data;

    /// Catches a history that is kept for ever, one that is gone before its time, and one whose chain
    /// does not hold without it.
    #[tokio::test]
    async fn what_the_journal_says_goes_once_it_is_old_and_the_chain_holds() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let home = |zone: &str| Change { home: Some(zone.to_owned()), ..Change::default() };
        settings::change(&data, home("Europe/Paris")).await.unwrap();
        let graph = data.keys.graph;
        let kept = async || {
            let page = JournalPage { graph, filter: JournalFilter::All, after: 0, limit: 100 };
            let entries = data.store.query(page).await.unwrap();
            assert!(kalends::verify(&data.store, graph).await.unwrap().is_ok());
            entries.into_iter().filter(|(_, payload)| payload.is_some()).count()
        };
        let there = kept().await;
        assert!(there > 0);
        let clock = async |clock| {
            let slice = data.store.load(graph, &ReadSet::default()).await.unwrap();
            let id = RunId::from_bytes([9; 16]);
            let (read, searched, released) = (Vec::new(), Vec::new(), Vec::new());
            let run = Run { id, started: SystemClock.now(), read, searched, released, clock };
            let row = Row::Run(run);
            let form = wire::encode(&row);
            let put = Plan { changes: vec![plan::Change::Put(row, form)], ..Plan::default() };
            data.store.commit(graph, slice.version, &put).await.unwrap();
        };
        let now = SystemClock.now();
        let after = |days: i64| now.saturating_add_millis(days * DAY_MS);
        let graphs = || [graph].into_iter();
        Retention::of(None).tend(&data.store, graphs(), after(900)).await.unwrap();
        let mut week = Retention::of(Some(7));
        week.tend(&data.store, graphs(), after(6)).await.unwrap();
        assert_eq!(kept().await, there);
        for word in [ClockWord::None, ClockWord::Jumped, ClockWord::Differs] {
            clock(word).await;
            Retention::of(Some(7)).tend(&data.store, graphs(), after(8)).await.unwrap();
            assert_eq!(kept().await, there, "by a clock that nobody found right");
        }
        clock(ClockWord::Agrees).await;
        week.tend(&data.store, graphs(), after(8)).await.unwrap();
        assert_eq!(kept().await, 0);
        settings::change(&data, home("Europe/Rome")).await.unwrap();
        assert!(kept().await > 0);
    }
}
