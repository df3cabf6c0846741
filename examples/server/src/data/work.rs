//! Who works on the data folder: locks that a process holds as long as it does something there.

use std::fs::{File, OpenOptions, TryLockError};
use std::time::{Duration, Instant};

use super::{Data, PAUSE};
use crate::error::CliError;

/// Locked, and shared, while a process syncs.
const WORK: &str = "kalends.work";
/// Locked, and shared, while an account is added.
const ADDING: &str = "kalends.adding";
/// How many graphs are listed at once.
const GRAPHS: u32 = 500;

impl Data {
    /// Says that this process works on the folder, as long as what is given back is kept. Where no
    /// other process does, leases that a killed one left behind end at once.
    pub(crate) async fn begin_work(&self) -> Result<File, CliError> {
        self.begin_work_after(|| Ok(())).await
    }

    /// The same; `clear` ends what else a killed one left behind, where no other process works.
    pub(crate) async fn begin_work_after(
        &self,
        clear: impl FnOnce() -> Result<(), CliError>,
    ) -> Result<File, CliError> {
        let file = self.lock_file(WORK)?;
        if file.try_lock().is_ok() {
            self.end_leases().await?;
            clear()?;
            file.unlock()?;
        }
        // Nothing was claimed in between, so whoever ends leases there takes none of ours.
        file.lock_shared()?;
        Ok(file)
    }

    /// Whether another process works on the folder, while this one says nothing of working.
    pub(crate) fn others_work(&self) -> Result<bool, CliError> {
        match self.lock_file(WORK)?.try_lock() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Says that an account is added, as long as what is given back is kept: credentials whose account
    /// is not there yet are nobody's to forget, and nobody is erased meanwhile.
    pub(crate) async fn adding(&self) -> Result<File, CliError> {
        let file = self.lock_file(ADDING)?;
        loop {
            match file.try_lock_shared() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
    }

    fn lock_file(&self, name: &str) -> std::io::Result<File> {
        OpenOptions::new().create(true).append(true).open(self.folder.join(name))
    }

    async fn end_leases(&self) -> Result<(), CliError> {
        let mut after = None;
        loop {
            let graphs = self.store.graphs(after, GRAPHS).await?;
            for graph in &graphs {
                self.store.end_leases(*graph).await?;
            }
            match graphs.last() {
                Some(last) => after = Some(*last),
                None => return Ok(()),
            }
        }
    }

    /// Says that no account is to be added, as long as what is given back is kept; none where somebody
    /// still adds one after so long.
    pub(crate) async fn nobody_adds(&self, patience: Duration) -> Result<Option<File>, CliError> {
        let lock = self.lock_file(ADDING)?;
        let last = Instant::now() + patience;
        while lock.try_lock().is_err() {
            if Instant::now() >= last {
                return Ok(None);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(Some(lock))
    }
}
