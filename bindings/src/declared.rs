//! What crosses, as one number, which the compiler works out: the sources are not in the library.

/// Everything that crosses is declared in these.
pub(crate) const DECLARED: [&str; 10] = [
    include_str!("aside.rs"),
    include_str!("author.rs"),
    include_str!("bundle.rs"),
    include_str!("engine.rs"),
    include_str!("error.rs"),
    include_str!("host.rs"),
    include_str!("push.rs"),
    include_str!("read.rs"),
    include_str!("setup.rs"),
    include_str!("sign_in.rs"),
];

const HASH: u128 = fnv1a(&DECLARED);

pub(crate) fn hash() -> String {
    format!("{HASH:032x}")
}

/// FNV-1a, which is enough to tell versions apart that nobody forges.
const fn fnv1a(texts: &[&str]) -> u128 {
    const PRIME: u128 = (1 << 88) | 0x13b;
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let mut text = 0;
    while text < texts.len() {
        let bytes = texts[text].as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u128).wrapping_mul(PRIME);
            at += 1;
        }
        text += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_more_is_another_hash() {
        // The offset is the hash of nothing, and the published value of `a` holds the prime.
        assert_eq!(format!("{:032x}", fnv1a(&[])), "6c62272e07bb014262b821756295c58d");
        assert_eq!(format!("{:032x}", fnv1a(&["a"])), "d228cb696f1a8caf78912b704e4a8964");
        assert_ne!(fnv1a(&["ab"]), fnv1a(&["ac"]));
        assert_ne!(hash(), format!("{:032x}", fnv1a(&DECLARED[1..])));
    }
}
