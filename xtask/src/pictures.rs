//! `cargo xtask pictures`: what the page looks like.

use crate::run::{Done, cargo, root, step};
use crate::tools;

/// The test that looks at the page in a browser takes them on its way.
pub(crate) fn run() -> Done {
    tools::install_browser()?;
    let mut test = cargo(&["test", "--quiet", "--package", "kalends-servers", "--test", "browser"]);
    test.env("KALENDS_TOOLS", tools::folder());
    step(test.env("KALENDS_PICTURES", root().join("examples/server/docs")))
}
