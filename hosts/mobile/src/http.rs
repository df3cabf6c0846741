//! The platform's HTTP as the engine's port.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use kalends_core::ports::{Clock as _, Http, HttpBody, HttpFailure, HttpHead, HttpRequest};
use kalends_core::time::Timestamp;

use crate::clock::SteadyClock;
use crate::platform::{Platform, PlatformHttp};

/// The longest one request may take.
const REQUEST_MS_MAX: i64 = 30_000;
/// In pieces of this size the engine sees a body.
const PIECE_BYTES: usize = 64 * 1024;

/// Sends by the platform, never beyond the deadline of the sync under way. Clones share it.
#[derive(Clone)]
pub struct MobileHttp {
    platform: Arc<dyn PlatformHttp>,
    clock: SteadyClock,
    deadline_ms: Arc<AtomicI64>,
}

impl std::fmt::Debug for MobileHttp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MobileHttp").finish_non_exhaustive()
    }
}

impl MobileHttp {
    pub(crate) fn new(platform: &Platform, clock: SteadyClock) -> Self {
        let deadline_ms = Arc::new(AtomicI64::new(i64::MAX));
        Self { platform: platform.http.clone(), clock, deadline_ms }
    }

    /// From now on requests end by then.
    pub(crate) fn end_by(&self, deadline: Option<Timestamp>) {
        let at = deadline.map_or(i64::MAX, Timestamp::as_millis);
        self.deadline_ms.store(at, Ordering::Relaxed);
    }
}

impl Http for MobileHttp {
    type Body = PlatformBody;

    async fn send(&self, request: HttpRequest) -> Result<(HttpHead, PlatformBody), HttpFailure> {
        let left = self.deadline_ms.load(Ordering::Relaxed) - self.clock.now().as_millis();
        if left <= 0 {
            return Err(HttpFailure::Deadline);
        }
        let bytes_max = request.answer_bytes_max;
        let (mut head, body) = self.platform.send(request, left.min(REQUEST_MS_MAX)).await?;
        head.headers.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
        // The engine takes what the server sent up to the bound, and is then told.
        let kept = usize::try_from(bytes_max).unwrap_or(usize::MAX).min(body.len());
        let is_cut = kept < body.len();
        let mut pieces: VecDeque<_> =
            body[..kept].chunks(PIECE_BYTES).map(|piece| Ok(piece.to_vec())).collect();
        if is_cut {
            pieces.push_back(Err(HttpFailure::TooLarge));
        }
        Ok((head, PlatformBody(pieces)))
    }
}

/// A body that came whole.
#[derive(Debug)]
pub struct PlatformBody(VecDeque<Result<Vec<u8>, HttpFailure>>);

impl HttpBody for PlatformBody {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        self.0.pop_front().transpose()
    }
}
