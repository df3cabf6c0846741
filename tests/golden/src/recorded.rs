//! The recorded hashes.

use sha2::{Digest, Sha256};

use crate::{classified, occurring, shown, time};

/// Decisions of one sort.
#[derive(Debug, Clone, Copy)]
pub struct Golden {
    /// What is decided.
    pub what: &'static str,
    /// The hash of all that is decided.
    pub recorded: &'static str,
    decide: fn(&mut Sha256),
}

/// All of them.
pub const GOLDEN: [Golden; 4] = [
    Golden {
        what: "availability and proposals",
        recorded: "8264d1b48fd808b7f6e5a4d2c0a7674e68f1f306ea94369eb557237c33b47830",
        decide: time::decide,
    },
    Golden {
        what: "when events take place",
        recorded: "560d6b2d7430fa36a8b17cab7ade74d9bd9d2b4a8a3f5234be884ba848092bb7",
        decide: occurring::decide,
    },
    Golden {
        what: "what mirrors show",
        recorded: "3044429e150f261cbe383a82b425079a3078027bd1249e6e7316ce017e37e600",
        decide: shown::decide,
    },
    Golden {
        what: "what objects are taken for",
        recorded: "cda0e1c60ed749b7d63b0dcd69549526e58b8c320ee5dc263d167d1df2938857",
        decide: classified::decide,
    },
];

impl Golden {
    /// The hash as this machine has it, in hexadecimal.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut all = Sha256::new();
        (self.decide)(&mut all);
        all.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// # Panics
/// Where a hash differs from the recorded one.
pub fn check() {
    let otherwise = GOLDEN.iter().filter_map(|golden| {
        let hash = golden.hash();
        (hash != golden.recorded).then(|| format!("{}: {hash}", golden.what))
    });
    let otherwise: Vec<String> = otherwise.collect();
    assert!(otherwise.is_empty(), "otherwise than recorded: {}", otherwise.join(", "));
}

#[cfg(test)]
mod tests {
    #[test]
    fn everything_is_decided_as_recorded() {
        super::check();
    }
}
