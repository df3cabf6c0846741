//! When faults happen: ordered rules over method, path and how often the rule has matched, written
//! by hand, read from JSON, or drawn from a seed.

use serde_json::Value;

use super::Fault;
use super::catalogue::Kind;
use crate::caldav_sim::When;
use crate::google_sim::digest;

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    method: String,
    path: String,
    when: When,
    fault: Fault,
    count: u32,
}

/// Ordered rules with their counts. All rules that match apply; of the faults that replace the
/// answer, the first wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan {
    rules: Vec<Rule>,
    drawn: Option<Drawn>,
    met: usize,
}

/// Faults by chance.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Drawn {
    seed: u64,
    one_in: u64,
    count: u64,
    faults: Vec<Fault>,
}

impl FaultPlan {
    /// Adds a rule: a method or `*`, a glob over the decoded path, and which matches are faulty.
    /// Pushed messages have the methods `PUSH` and `SYNC` and the path of what is watched.
    pub fn add(&mut self, method: &str, path: &str, when: When, fault: Fault) {
        let (method, path) = (method.to_owned(), path.to_owned());
        self.rules.push(Rule { method, path, when, fault, count: 0 });
    }

    /// Adds the rules of a JSON array, each as
    /// `{"method": "GET", "path": "*/events", "when": {"nth": 2}, "fault": "F7"}`; method, path and
    /// when may be left out.
    ///
    /// # Errors
    /// What is wrong with the text: no JSON, no array, a rule without a fault, a fault that is none.
    pub fn add_json(&mut self, text: &str) -> Result<(), String> {
        let rules: Value = serde_json::from_str(text).map_err(|why| why.to_string())?;
        let rules = rules.as_array().ok_or("the faults are no array")?;
        for rule in rules {
            let text = |field: &str| rule.get(field).and_then(Value::as_str);
            let name = text("fault").ok_or("a rule names no fault")?;
            let fault = Fault::by_name(name).ok_or_else(|| format!("there is no fault {name}"))?;
            let when = when(rule.get("when"))?;
            self.add(text("method").unwrap_or("*"), text("path").unwrap_or("*"), when, fault);
        }
        Ok(())
    }

    /// Draws a fault of these for about one in so many requests and messages.
    pub fn draw(&mut self, seed: u64, one_in: u64, faults: Vec<Fault>) {
        self.drawn = Some(Drawn { seed, one_in, count: 0, faults });
    }

    /// Forgets all rules.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many faults requests and messages have met.
    pub fn met(&self) -> usize {
        self.met
    }

    /// Counts a request or message and gives the faults that it meets.
    pub(crate) fn take(&mut self, method: &str, path: &str) -> Vec<Fault> {
        let mut out = Vec::new();
        for rule in &mut self.rules {
            let method_fits = rule.method == "*" || rule.method.eq_ignore_ascii_case(method);
            if !method_fits || !glob(&rule.path, path) {
                continue;
            }
            rule.count += 1;
            if holds(rule.when, rule.count) {
                out.push(rule.fault.clone());
            }
        }
        let message = matches!(method, "PUSH" | "SYNC");
        out.extend(self.drawn.as_mut().and_then(|drawn| drawn.next(message)));
        self.met += out.len();
        out
    }
}

impl Drawn {
    fn next(&mut self, message: bool) -> Option<Fault> {
        self.count += 1;
        let count = self.count.to_string();
        self.number(&["whether", &count]).is_multiple_of(self.one_in.max(1)).then_some(())?;
        let fits = |fault: &&Fault| matches!(fault.0, Kind::Push(_)) == message;
        let fitting: Vec<&Fault> = self.faults.iter().filter(fits).collect();
        let many = u64::try_from(fitting.len()).unwrap_or(1).max(1);
        let chosen = usize::try_from(self.number(&["which", &count]) % many).unwrap_or(0);
        fitting.get(chosen).map(|fault| (*fault).clone())
    }

    fn number(&self, parts: &[&str]) -> u64 {
        let text = digest::opaque_id(self.seed, parts);
        text.bytes().fold(0, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)))
    }
}

fn when(value: Option<&Value>) -> Result<When, String> {
    let Some(value) = value.filter(|value| value.as_str() != Some("always")) else {
        return Ok(When::Always);
    };
    let number = |name: &str| {
        let number = value.get(name).and_then(Value::as_u64);
        number.and_then(|number| u32::try_from(number).ok())
    };
    let found = number("nth").map(When::Nth);
    let found = found.or_else(|| number("first").map(When::First));
    let found = found.or_else(|| number("from").map(When::From));
    let found = found.or_else(|| number("every").map(When::Every));
    found.ok_or_else(|| format!("{value} is none of always, nth, first, from and every"))
}

fn holds(when: When, count: u32) -> bool {
    match when {
        When::Always => true,
        When::Nth(nth) => count == nth,
        When::First(many) => count <= many,
        When::From(first) => count >= first,
        When::Every(step) => step != 0 && count.is_multiple_of(step),
    }
}

/// Whether `text` matches a pattern in which `*` stands for any text.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(head) else {
        return false;
    };
    let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    rest.is_empty() || ends.any(|at| glob(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_when_and_where() {
        let mut plan = FaultPlan::default();
        let rule = r#"[{"method": "get", "path": "*/events", "when": {"nth": 2}, "fault": "F7"}]"#;
        plan.add_json(rule).unwrap();
        let mut take = |method: &str, path: &str| plan.take(method, path).len();
        assert_eq!([take("GET", "/a/events"), take("POST", "/a/events")], [0, 0]);
        assert_eq!([take("GET", "/a/events"), take("GET", "/a/events")], [1, 0]);
        assert_eq!(plan.met(), 1);
        for wrong in ["{}", "[{}]", r#"[{"fault": "F99"}]"#, r#"[{"fault": "F7", "when": 1}]"#] {
            assert!(FaultPlan::default().add_json(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn chance_is_the_same_for_the_same_seed() {
        let drawn = |seed: u64| {
            let mut plan = FaultPlan::default();
            let faults = ["F1", "F12-500", "F20-lost"];
            plan.draw(seed, 4, faults.into_iter().filter_map(Fault::by_name).collect());
            (0..200).map(|_| plan.take("GET", "/")).collect::<Vec<_>>()
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        let many = drawn(1).iter().filter(|found| !found.is_empty()).count();
        assert!((25..=80).contains(&many), "{many}");
        let pushes = drawn(1).concat().into_iter().filter(|one| matches!(one.0, Kind::Push(_)));
        assert_eq!(pushes.count(), 0, "a request meets no fault of messages");
    }
}
