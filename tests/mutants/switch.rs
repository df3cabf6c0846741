//! The switch that `cargo xtask mutants` puts into its copy of the core: one build holds every
//! breakage, and the environment turns one of them on.

/// Whether `KALENDS_MUTANT` names this breakage.
pub fn mutant(name: &str) -> bool {
    static ON: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    ON.get_or_init(|| std::env::var("KALENDS_MUTANT").ok()).as_deref() == Some(name)
}
