//! Where tests may stop the process.

/// Called around each commit of a plan, on the writing thread.
pub trait Hooks: Send + Sync {
    /// All rows of the `n`-th commit since the store was opened are written, and nothing of it is
    /// durable.
    fn before_commit(&self, n: u64);

    /// The `n`-th commit is durable, and nobody knows of it yet.
    fn after_commit(&self, n: u64);
}
