//! For how long the journal says what events said.

use kalends::core::ports::StoreError;
use kalends::core::time::Timestamp;
use kalends::ids::GraphId;
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

    /// Erases what is older than it may be, where that was not done within a day.
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
        let before = now.saturating_add_millis(-i64::from(days) * DAY_MS);
        for graph in graphs {
            store.erase_payloads(graph, before).await?;
        }
        self.done = Some(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kalends::core::ports::Clock as _;
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
        let now = SystemClock.now();
        let after = |days: i64| now.saturating_add_millis(days * DAY_MS);
        let graphs = || [graph].into_iter();
        Retention::of(None).tend(&data.store, graphs(), after(900)).await.unwrap();
        let mut week = Retention::of(Some(7));
        week.tend(&data.store, graphs(), after(6)).await.unwrap();
        assert_eq!(kept().await, there);
        week.tend(&data.store, graphs(), after(8)).await.unwrap();
        assert_eq!(kept().await, 0);
        settings::change(&data, home("Europe/Rome")).await.unwrap();
        assert!(kept().await > 0);
    }
}
