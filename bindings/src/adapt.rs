//! The app's objects as what the host asks for.

use std::sync::Arc;

use kalends::core::ports::{HttpFailure, HttpHead, HttpRequest as CoreRequest};
use kalends::driver::Progress;
use kalends_mobile::{
    Boxed, Listener, Platform, PlatformHttp, PlatformTimer, SecureStorage as Storage,
    StorageFailure,
};

use crate::host::{
    Header, HostError, HostTimer, HttpClient, HttpRequest, SecureStorage, SyncListener, SyncStage,
};

pub(crate) fn platform(
    http: Arc<dyn HttpClient>,
    storage: Arc<dyn SecureStorage>,
    timer: Option<Arc<dyn HostTimer>>,
) -> Platform {
    let timer = timer.map(|timer| Arc::new(Timed(timer)) as Arc<dyn PlatformTimer>);
    Platform { http: Arc::new(Sends(http)), storage: Arc::new(Keeps(storage)), timer }
}

pub(crate) fn listener(listener: Option<Arc<dyn SyncListener>>) -> Option<Arc<dyn Listener>> {
    listener.map(|listener| Arc::new(Hears(listener)) as Arc<dyn Listener>)
}

struct Sends(Arc<dyn HttpClient>);

impl PlatformHttp for Sends {
    fn send(
        &self,
        request: CoreRequest,
        timeout_ms: i64,
    ) -> Boxed<'_, Result<(HttpHead, Vec<u8>), HttpFailure>> {
        let field = |(name, value)| Header { name, value };
        let request = HttpRequest {
            method: request.method.to_owned(),
            url: request.url,
            headers: request.headers.into_iter().map(field).collect(),
            body: request.body,
            timeout_ms,
            answer_bytes_max: i64::try_from(request.answer_bytes_max).unwrap_or(i64::MAX),
        };
        Box::pin(async move {
            let answer = self.0.send(request).await.map_err(|error| failure(&error))?;
            let headers = answer.headers.into_iter().map(|field| (field.name, field.value));
            // What is no status is no answer of an HTTP server.
            let status = u16::try_from(answer.status).map_err(|_| HttpFailure::Reset)?;
            Ok((HttpHead { status, headers: headers.collect() }, answer.body))
        })
    }
}

/// Where it is not known that nothing was sent, it may have been.
const fn failure(error: &HostError) -> HttpFailure {
    match error {
        HostError::Timeout => HttpFailure::Deadline,
        HostError::Offline => HttpFailure::Refused,
        HostError::Network | HostError::Locked | HostError::Host { .. } => HttpFailure::Reset,
    }
}

struct Keeps(Arc<dyn SecureStorage>);

impl Storage for Keeps {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StorageFailure> {
        self.0.get(key.to_owned()).map_err(|error| not_kept(&error))
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<(), StorageFailure> {
        done(self.0.put(key.to_owned(), bytes.to_vec()))
    }

    fn delete(&self, key: &str) -> Result<(), StorageFailure> {
        done(self.0.delete(key.to_owned()))
    }
}

fn done(answer: Result<bool, HostError>) -> Result<(), StorageFailure> {
    match answer {
        Ok(true) => Ok(()),
        Ok(false) => Err(StorageFailure::Failed),
        Err(error) => Err(not_kept(&error)),
    }
}

const fn not_kept(error: &HostError) -> StorageFailure {
    match error {
        HostError::Locked => StorageFailure::Locked,
        HostError::Timeout | HostError::Network | HostError::Offline | HostError::Host { .. } => {
            StorageFailure::Failed
        }
    }
}

struct Timed(Arc<dyn HostTimer>);

impl PlatformTimer for Timed {
    fn sleep(&self, ms: i64) -> Boxed<'_, bool> {
        Box::pin(async move { self.0.sleep(ms).await.unwrap_or(false) })
    }
}

struct Hears(Arc<dyn SyncListener>);

impl Listener for Hears {
    fn progress(&self, progress: Progress) {
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let stage = match progress {
            Progress::Pass(number) => {
                SyncStage::Pass { number: i32::try_from(number).unwrap_or(i32::MAX) }
            }
            Progress::Discovering(account) => {
                SyncStage::Discovering { account: account.to_string() }
            }
            Progress::Reading(calendar, items) => {
                SyncStage::Reading { calendar_id: calendar.to_string(), items: count(items) }
            }
            Progress::Writing(writes) => SyncStage::Writing { writes: count(writes) },
        };
        // A listener that fails hears less, and nothing else happens.
        let _ = self.0.on_progress(stage);
    }
}
