//! A hook for tests: the process kills itself at a numbered place.
//!
//! `KALENDS_FAIL_AT=<n>` ends the process with SIGKILL at the n-th fail-point it passes, counted
//! from one: after each commit of a plan, before each request is sent, those that refresh a sign-in
//! too, and after its answer came. `KALENDS_FAIL_IN=<name>` ends it where it passes that name.
//! `KALENDS_FAIL_COUNT=<file>` writes which were passed, one a line, when the command ends.
//! `KALENDS_FAIL_LANES=<n>` lets a run read and write in so many places at once: in one, it passes the
//! same fail-points each time. Nobody sets them outside of tests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use kalends::Limits;
use kalends::core::account::Tokens;
use kalends::core::ports::{Http, HttpFailure, HttpHead, HttpRequest};
use kalends::core::provider::Failure;
use kalends::driver::Point;
use kalends_tokio::{ReqwestHttp, TokenDesk, ask_for_tokens};

static PASSED: AtomicU64 = AtomicU64::new(0);

/// Which were passed, where somebody asks for it.
static PLACES: LazyLock<Option<Mutex<Vec<Point>>>> =
    LazyLock::new(|| std::env::var_os("KALENDS_FAIL_COUNT").map(|_| Mutex::default()));

static FAIL_AT: LazyLock<Option<u64>> =
    LazyLock::new(|| std::env::var("KALENDS_FAIL_AT").ok()?.parse().ok());

static FAIL_IN: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("KALENDS_FAIL_IN").ok());

/// Passes a fail-point, or does not.
pub(crate) fn pass(point: Point) {
    if let Some(places) = &*PLACES {
        places.lock().unwrap_or_else(PoisonError::into_inner).push(point);
    }
    let number = PASSED.fetch_add(1, Ordering::Relaxed) + 1;
    if *FAIL_AT == Some(number) {
        die();
    }
}

/// Passes a place with a name: `KALENDS_FAIL_IN=<name>` ends the process there.
pub(crate) fn named(name: &str) {
    if *FAIL_IN == Some(name.to_owned()) {
        die();
    }
}

/// Writes which were passed, where a test asks for it.
pub(crate) fn write_count() {
    let (Some(file), Some(places)) = (std::env::var_os("KALENDS_FAIL_COUNT"), &*PLACES) else {
        return;
    };
    let places = places.lock().unwrap_or_else(PoisonError::into_inner);
    let lines: String = places.iter().map(|point| format!("{point:?}\n")).collect();
    // A test that asks for them fails without them.
    let _ = std::fs::write(file, lines);
}

/// The bounds of a run.
pub(crate) fn limits() -> Limits {
    let said = |name: &str| std::env::var(name).ok().and_then(|said| said.parse::<u32>().ok());
    let mut limits = Limits::default();
    if let Some(lanes) = said("KALENDS_FAIL_LANES") {
        (limits.accounts, limits.lanes) = (lanes as usize, lanes as usize);
    }
    if let Some(rests_ms) = said("KALENDS_FAIL_RESTS") {
        limits.watched_ms = i64::from(rests_ms);
    }
    limits
}

/// Passes a fail-point before each request and after its answer, where no hook of a driver does.
#[derive(Debug, Clone)]
pub(crate) struct Passing(pub(crate) ReqwestHttp);

impl Http for Passing {
    type Body = <ReqwestHttp as Http>::Body;

    async fn send(&self, request: HttpRequest) -> Result<(HttpHead, Self::Body), HttpFailure> {
        pass(Point::Sending);
        let answer = self.0.send(request).await;
        pass(Point::Answered);
        answer
    }
}

impl TokenDesk for Passing {
    fn ask(&self, request: HttpRequest) -> impl Future<Output = Result<Tokens, Failure>> + Send {
        ask_for_tokens(self, request)
    }
}

#[cfg(unix)]
fn die() -> ! {
    // A process that may not kill itself ends all the same.
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}

#[cfg(not(unix))]
fn die() -> ! {
    std::process::abort()
}
