//! A hook for tests: the process kills itself at a numbered place.
//!
//! `KALENDS_FAIL_AT=<n>` ends the process with SIGKILL at the n-th fail-point it passes, counted
//! from one: after each commit of a plan, before each request is sent, those that refresh a sign-in
//! too, and after its answer came. `KALENDS_FAIL_IN=<name>` ends it where it passes that name.
//! `KALENDS_FAIL_COUNT=<file>` writes how many were passed, when the command ends. Nobody sets
//! them outside of tests.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use kalends::core::account::Tokens;
use kalends::core::ports::{Http, HttpFailure, HttpHead, HttpRequest};
use kalends::core::provider::Failure;
use kalends_tokio::{ReqwestHttp, TokenDesk, ask_for_tokens};

static PASSED: AtomicU64 = AtomicU64::new(0);

static FAIL_AT: LazyLock<Option<u64>> =
    LazyLock::new(|| std::env::var("KALENDS_FAIL_AT").ok()?.parse().ok());

static FAIL_IN: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("KALENDS_FAIL_IN").ok());

/// Passes a fail-point, or does not.
pub(crate) fn pass() {
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

/// Writes how many were passed, where a test asks for it.
pub(crate) fn write_count() {
    if let Some(file) = std::env::var_os("KALENDS_FAIL_COUNT") {
        // A test that asks for the number fails without it.
        let _ = std::fs::write(file, PASSED.load(Ordering::Relaxed).to_string());
    }
}

/// Passes a fail-point before each request and after its answer, where no hook of a driver does.
#[derive(Debug, Clone)]
pub(crate) struct Passing(pub(crate) ReqwestHttp);

impl Http for Passing {
    type Body = <ReqwestHttp as Http>::Body;

    async fn send(&self, request: HttpRequest) -> Result<(HttpHead, Self::Body), HttpFailure> {
        pass();
        let answer = self.0.send(request).await;
        pass();
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
