//! How much one worker asks of one mailbox at once. Two workers are two processes, and neither knows
//! what the other asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_testkit::wire::SimRequest;
use serde_json::Value;

use crate::site::Site;

/// A worker, and the sign-in that it asks with.
type Whose = (u64, String);

/// What is under way.
#[derive(Debug, Clone, Default)]
pub(crate) struct AtOnce(Arc<Mutex<BTreeMap<Whose, usize>>>);

impl AtOnce {
    /// Counts a request until what it gives is dropped; `None` where the site takes any number.
    ///
    /// # Panics
    /// Where it is one too many.
    pub(crate) fn begin(
        &self,
        site: &dyn Site,
        worker: u64,
        request: &SimRequest,
    ) -> Option<Counted> {
        let most = site.at_once()?;
        let (whose, calls) = ((worker, sign_in(request)), calls(request));
        let counted = Counted { all: self.clone(), whose, calls };
        let beside = {
            let mut all = self.lock();
            let running = all.entry(counted.whose.clone()).or_default();
            *running += calls;
            *running
        };
        let (method, url) = (&request.method, &request.url);
        assert!(beside <= most, "{beside} calls of one mailbox at once: {method} {url}");
        Some(counted)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Whose, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way, and as how many calls it counts.
#[derive(Debug)]
pub(crate) struct Counted {
    all: AtOnce,
    whose: Whose,
    calls: usize,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        let left = all.get(&self.whose).map_or(0, |running| running.saturating_sub(self.calls));
        match left {
            0 => drop(all.remove(&self.whose)),
            _ => drop(all.insert(self.whose.clone(), left)),
        }
    }
}

fn sign_in(request: &SimRequest) -> String {
    let is_it = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("Authorization");
    request.headers.iter().find(is_it).map(|(_, value)| value.clone()).unwrap_or_default()
}

/// A batch is as many calls as it has members.
fn calls(request: &SimRequest) -> usize {
    if !request.path().ends_with("/$batch") {
        return 1;
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    body["requests"].as_array().map_or(1, Vec::len)
}
