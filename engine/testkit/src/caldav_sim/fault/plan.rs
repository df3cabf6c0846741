//! When faults happen: ordered rules over method, path and how often the rule has matched.

use super::Fault;

/// Which matches of a rule are faulty; the first match has number 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Each.
    Always,
    /// Only this one.
    Nth(u32),
    /// The first so many.
    First(u32),
    /// From this one on.
    From(u32),
    /// Each whose number is a multiple of this.
    Every(u32),
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRule {
    /// Method, or `*`.
    pub method: String,
    /// Glob over the decoded path: `*` is any text, slashes too.
    pub path: String,
    /// Which matches.
    pub when: When,
    /// What happens.
    pub fault: Fault,
}

/// Ordered rules with their counts. All rules that match a request apply; of the faults that
/// replace the answer, the first wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan {
    rules: Vec<(FaultRule, u32)>,
}

impl FaultPlan {
    /// Adds a rule after those that are there.
    pub fn add(&mut self, method: &str, path: &str, when: When, fault: Fault) {
        let rule = FaultRule { method: method.to_owned(), path: path.to_owned(), when, fault };
        self.rules.push((rule, 0));
    }

    /// Forgets all rules and counts.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// The rules, each with the number of requests it has matched.
    pub fn rules(&self) -> &[(FaultRule, u32)] {
        &self.rules
    }

    /// Counts a request and gives the faults that it meets.
    pub fn take(&mut self, method: &str, path: &str) -> Vec<Fault> {
        let mut out = Vec::new();
        for (rule, count) in &mut self.rules {
            let method_fits = rule.method == "*" || rule.method.eq_ignore_ascii_case(method);
            if !method_fits || !glob(&rule.path, path) {
                continue;
            }
            *count += 1;
            if rule.when.holds(*count) {
                out.push(rule.fault.clone());
            }
        }
        out
    }
}

impl When {
    pub(crate) fn holds(self, count: u32) -> bool {
        match self {
            Self::Always => true,
            Self::Nth(nth) => count == nth,
            Self::First(many) => count <= many,
            Self::From(first) => count >= first,
            Self::Every(step) => step != 0 && count.is_multiple_of(step),
        }
    }
}

/// Whether `text` matches a pattern in which `*` stands for any text.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    if rest.is_empty() {
        return true;
    }
    loop {
        if glob(rest, text) {
            return true;
        }
        let mut chars = text.chars();
        if chars.next().is_none() {
            return false;
        }
        text = chars.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(glob("*", ""));
        assert!(glob("/dav/*.ics", "/dav/a/b.ics"));
        assert!(glob("*work*", "/dav/work/"));
        assert!(!glob("/dav/*.ics", "/dav/a/b.ics2"));
        assert!(!glob("/dav", "/dav/"));
    }
}
