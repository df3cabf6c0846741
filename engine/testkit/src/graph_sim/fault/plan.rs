//! When faults happen: ordered rules over method, path and how often the rule has matched.

use super::super::hash;
use super::Fault;
use crate::caldav_sim::When;

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRule {
    /// Method, `*`, or `NOTIFY` for notifications.
    pub method: String,
    /// Glob over the decoded path: `*` is any text, slashes too.
    pub path: String,
    /// Which matches.
    pub when: When,
    /// The name of the fault.
    pub name: String,
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
    /// Adds a rule by the name of its fault; false where there is no such fault.
    #[must_use]
    pub fn add(&mut self, method: &str, path: &str, when: When, name: &str) -> bool {
        let Some(fault) = Fault::by_name(name) else {
            return false;
        };
        let (method, path) = (method.to_owned(), path.to_owned());
        self.rules.push((FaultRule { method, path, when, name: name.to_owned(), fault }, 0));
        true
    }

    /// So many faults that a client can meet at any time, drawn from a seed, each once.
    pub fn from_seed(seed: u64, count: u64) -> Self {
        let names = Fault::passing();
        let mut out = Self::default();
        for nth in 0..count {
            let pick = |purpose: &str, of: usize| {
                usize::try_from(hash::number(seed, purpose, nth) % of as u64).unwrap_or_default()
            };
            let name = names[pick("fault", names.len())];
            let when = When::Nth(1 + u32::try_from(pick("when", 12)).unwrap_or_default());
            let (methods, path) = Self::place(name);
            let known = out.add(methods[pick("method", methods.len())], path, when, name);
            debug_assert!(known, "{name}");
        }
        out
    }

    /// Where a client can meet a fault: methods of which one is drawn, and a path.
    pub fn place(name: &str) -> (&'static [&'static str], &'static str) {
        let number: String = name.chars().skip(1).take_while(char::is_ascii_digit).collect();
        match (name.chars().next(), number.parse().unwrap_or(0_u32)) {
            (Some('G'), 6..=8 | 10..=13) => (&["GET"], "*delta*"),
            (Some('G'), 22 | 25) => (&["POST", "PATCH", "DELETE"], "/v1.0*events*"),
            (Some('G'), 23) => (&["PATCH", "DELETE"], "/v1.0*events*"),
            (Some('p'), _) => (&["NOTIFY"], "*"),
            _ => (&["GET", "GET", "POST", "PATCH", "DELETE"], "/v1.0*"),
        }
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
    pub(crate) fn take(&mut self, method: &str, path: &str) -> Vec<Fault> {
        let mut out = Vec::new();
        for (rule, count) in &mut self.rules {
            // Notifications are not requests of a client.
            let any = rule.method == "*" && method != "NOTIFY";
            let method_fits = any || rule.method.eq_ignore_ascii_case(method);
            if !method_fits || !crate::caldav_sim::glob(&rule.path, path) {
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

#[cfg(test)]
mod tests {
    use super::{Fault, FaultPlan};

    #[test]
    fn equal_seeds_give_equal_plans() {
        assert_eq!(FaultPlan::from_seed(7, 9), FaultPlan::from_seed(7, 9));
        assert_ne!(FaultPlan::from_seed(7, 9), FaultPlan::from_seed(8, 9));
        assert_eq!(FaultPlan::from_seed(7, 9).rules().len(), 9);
        for name in Fault::passing() {
            assert!(Fault::by_name(name).is_some(), "{name}");
        }
    }
}
