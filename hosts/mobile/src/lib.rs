//! The host of phones and scripts: the store is a file in the app's folder, and the platform
//! gives HTTP, secure storage and, if it likes, a timer.
//!
//! It brings no runtime and no HTTP client. Whoever awaits a future of [`Mobile`] runs it, on
//! their thread; dropping it at any await is safe, and what it has not done is done by the next
//! sync. Two threads belong to the store.

mod accounts;
mod clock;
mod error;
mod http;
mod keys;
mod listen;
mod mobile;
mod platform;
mod refresh;
mod sign_in;
mod sync;

pub use accounts::{Catalog, KeptAccounts};
pub use clock::SteadyClock;
pub use error::MobileError;
pub use http::PlatformBody;
pub use listen::{Listener, Listeners};
pub use mobile::{Mobile, MobilePorts};
pub use platform::{Boxed, Platform, PlatformHttp, PlatformTimer, SecureStorage, StorageFailure};
pub use sign_in::{Asked, SignInFailure};
pub use sync::{Ended, Synced, Wish};
