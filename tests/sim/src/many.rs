//! How many histories a test lives.

/// `few`; in the long run `many`, or as many as `KALENDS_LONG` says where that is a number above
/// one. A long run never lives fewer than a short one.
#[must_use]
pub fn histories(few: u64, many: u64) -> u64 {
    counted(std::env::var("KALENDS_LONG").ok().as_deref(), few, many)
}

/// The same by what the variable says; `1` and any other word say that the run is long.
fn counted(long: Option<&str>, few: u64, many: u64) -> u64 {
    let Some(long) = long else { return few };
    let said = long.parse().ok().filter(|count| *count > 1);
    said.unwrap_or(many).max(few)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_never_lives_fewer_histories_than_a_short_one() {
        assert_eq!(counted(None, 5, 500), 5);
        for word in ["1", "0", "", "yes"] {
            assert_eq!(counted(Some(word), 5, 500), 500, "{word:?}");
        }
        assert_eq!(counted(Some("20"), 5, 500), 20);
        assert_eq!(counted(Some("2"), 5, 500), 5);
        assert_eq!(counted(Some("1"), 60, 20), 60);
    }
}
