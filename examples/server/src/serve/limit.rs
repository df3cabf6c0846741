//! How many requests a key may send: a bucket for each that refills as time goes by.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::caller::Caller;
use super::problem::Problem;
use super::state::Server;

/// Seconds in which a bucket is filled.
const WINDOW_S: u32 = 60;
/// Keys that are remembered at once; full buckets are forgotten first.
const KEYS_MAX: usize = 10_000;

/// The buckets of all keys.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// Requests a minute; 0: as many as somebody likes.
    per_minute: u32,
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// How a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    taken: bool,
    left: u32,
    /// Seconds until there is one more, or until the bucket is full.
    reset_s: u32,
}

impl Limits {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute, buckets: Mutex::default() }
    }

    /// Takes one request of somebody who is told nothing of how they stand; where there was none, the
    /// seconds until there is one.
    pub(crate) fn wait_s(&self, who: &str) -> Option<u32> {
        if self.per_minute == 0 {
            return None;
        }
        let standing = self.take(who, Instant::now());
        (!standing.taken).then_some(standing.reset_s)
    }

    fn take(&self, key: &str, now: Instant) -> Standing {
        let most = f64::from(self.per_minute);
        let a_second = most / f64::from(WINDOW_S);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEYS_MAX {
            let gain = |bucket: &Bucket| now.duration_since(bucket.at).as_secs_f64() * a_second;
            buckets.retain(|_, bucket| bucket.left + gain(bucket) < most);
        }
        let bucket = buckets.entry(key.to_owned()).or_insert(Bucket { left: most, at: now });
        let gained = now.duration_since(bucket.at).as_secs_f64() * a_second;
        bucket.left = (bucket.left + gained).min(most);
        bucket.at = now;
        let taken = bucket.left >= 1.0;
        if taken {
            bucket.left -= 1.0;
        }
        let lacks = if taken { most - bucket.left } else { 1.0 - bucket.left };
        Standing {
            taken,
            left: whole(bucket.left.floor()),
            reset_s: whole((lacks / a_second).ceil()),
        }
    }
}

/// Values here are between nothing and a minute's requests.
fn whole(value: f64) -> u32 {
    value.clamp(0.0, f64::from(u32::MAX)) as u32
}

/// Lets a request through, or asks its sender to wait. Says in every answer how their key stands.
pub(crate) async fn limited(
    State(server): State<Server>,
    request: Request,
    next: Next,
) -> Response {
    let limits = &server.limits;
    let (mut parts, body) = request.into_parts();
    // Whoever has no key is refused behind this.
    let caller = match Caller::of(&server, &parts).await {
        Ok(caller) if limits.per_minute > 0 => caller,
        Ok(caller) => {
            parts.extensions.insert(caller);
            return next.run(Request::from_parts(parts, body)).await;
        }
        Err(problem) => return problem.into_response(),
    };
    let standing = limits.take(&caller.key.id, Instant::now());
    parts.extensions.insert(caller);
    let mut response = if standing.taken {
        next.run(Request::from_parts(parts, body)).await
    } else {
        server.metrics.limited();
        refused("the key sends too many requests: wait as Retry-After says", standing.reset_s)
    };
    let told = [
        ("ratelimit-policy", format!("\"key\";q={};w={WINDOW_S}", limits.per_minute)),
        ("ratelimit", format!("\"key\";r={};t={}", standing.left, standing.reset_s)),
    ];
    for (name, value) in told {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// What is answered to a request too many.
pub(crate) fn refused(detail: &str, wait_s: u32) -> Response {
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate-limit", detail);
    let mut response = problem.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
    response
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_empties_refills_and_is_anothers_for_another_key() {
        let (limits, start) = (Limits::new(60), Instant::now());
        for left in (0..60).rev() {
            assert_eq!(limits.take("a", start).left, left);
        }
        let empty = limits.take("a", start);
        assert_eq!((empty.taken, empty.reset_s), (false, 1));
        assert!(limits.take("b", start).taken);
        assert!(limits.take("a", start + Duration::from_millis(1_100)).taken);
        assert!(!limits.take("a", start + Duration::from_millis(1_200)).taken);
    }
}
