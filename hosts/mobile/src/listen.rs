//! Progress of the sync under way, told to whoever asked.

use std::sync::{Arc, Mutex, PoisonError};

use kalends_driver::{Hooks, Progress};

/// Hears of progress. Called on the thread that runs the sync; comes back quickly.
pub trait Listener: Send + Sync {
    /// The run moved on.
    fn progress(&self, progress: Progress);
}

/// The listener of the sync under way, if it has one.
#[derive(Clone, Default)]
pub struct Listeners(Arc<Mutex<Option<Arc<dyn Listener>>>>);

impl std::fmt::Debug for Listeners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listeners").finish_non_exhaustive()
    }
}

impl Listeners {
    pub(crate) fn set(&self, listener: Option<Arc<dyn Listener>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = listener;
    }
}

impl Hooks for Listeners {
    fn progress(&self, progress: Progress) {
        // Taken out of the lock first: a listener may ask the engine something.
        let listener = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listener) = listener {
            listener.progress(progress);
        }
    }
}
