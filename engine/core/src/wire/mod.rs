//! The stored and queued forms of rows, jobs, messages and changes: JSON with short names and a version.
//!
//! Every form is an object that begins with `"v":1`. Defaults are left out, unknown fields are
//! passed over, and a form of a later version is refused. Domain types carry no serde: the forms
//! are defined here, beside them, and each has a committed snapshot (`tests/wire/forms.txt`).
//!
//! Two versions may share one database while an app is being replaced: a new field may be added
//! under version 1 only if the older code may lose it when it writes the row again.

mod content;
mod form;
mod glue;
mod job;
mod journal;
mod key;
mod lost;
mod meeting;
mod mirror;
mod planning;
mod presence;
mod progress;
mod row;
mod setup;
mod size;
mod text;
mod touched;
mod untouched;
mod watching;

pub use form::{FORM_VERSION, WireError};
pub use job::{job, read_job};
pub(crate) use journal::write_delta;
pub use journal::{apply, delta, payload, replay, unplay};
pub use key::{job_key, key, read_job_key, read_key};
pub use lost::{lost, read_lost, read_said, said};
pub use meeting::{message, read_message};
pub(crate) use row::Form;
pub use row::{
    account, aside, calendar, cursor, edge, encode, event, health, hold, meeting, mirror, object,
    part, policy, presence, received, review, rule, run, session, sweep, watch,
};
pub use size::{body, body_bytes, exception_bytes};
pub use touched::{Touch, touched};
pub use untouched::unplay_untouched;
