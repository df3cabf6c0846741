//! Lists of several pages, each of which names the next.

/// How far such a list was followed.
#[derive(Debug, Clone, Default)]
pub struct Pages {
    read: u32,
    /// What named the page after the first, second, fourth, ...: whoever goes round in circles comes
    /// by it again.
    mark: Option<String>,
}

impl Pages {
    /// A page was read that names the next like this; false: the list goes round in circles, or on
    /// for longer than `most` pages.
    #[must_use]
    pub fn goes_on(&mut self, next: &str, most: u32) -> bool {
        self.read = self.read.saturating_add(1);
        if self.mark.as_deref() == Some(next) || self.read >= most {
            return false;
        }
        if self.read.is_power_of_two() {
            self.mark = Some(next.to_owned());
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Pages;

    #[test]
    fn a_list_that_ends_goes_on_to_its_end() {
        let mut pages = Pages::default();
        assert!((1..100).all(|n| pages.goes_on(&n.to_string(), 100)));
        assert!(!pages.goes_on("100", 100));
    }

    #[test]
    fn circles_of_any_length_are_noticed_soon() {
        for length in 1..40 {
            let mut pages = Pages::default();
            let turns = (0..).take_while(|n| pages.goes_on(&(n % length).to_string(), 10_000));
            assert!(turns.count() <= 4 * length, "{length}");
        }
    }
}
