//! The rules of the house, as functions from what is read to a list of what to mend.
//!
//! Each check takes plain values and returns one sentence for each thing that is wrong, so that
//! it can be tried on made-up input; `tests/house.rs` runs all of them on the workspace itself.
//! Nothing here is a matter of taste that rustfmt or clippy could settle.

mod code;
mod imports;
mod laws;
mod lints;
mod map;
mod mutants;
mod orphans;
mod purity;
mod secrets;
mod sizes;
mod text;
mod tree;
mod workspace;

pub use code::{Code, without_inline_tests};
pub use imports::check_imports;
pub use laws::{LAWS, check_laws};
pub use lints::check_lints;
pub use map::check_map;
pub use mutants::check_mutants;
pub use orphans::check_orphans;
pub use purity::check_purity;
pub use secrets::check_secrets;
pub use sizes::check_sizes;
pub use text::{check_not_empty, check_text};
pub use tree::SourceFile;
pub use workspace::{Dependency, Kind, Package, Problem, Workspace};
