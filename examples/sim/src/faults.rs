//! Faults by file: which request meets which fault of the provider's list.

use std::path::Path;

use kalends_testkit::caldav_sim::When;
use serde::Deserialize;

use crate::failure::Failure;

/// One rule of the file, which is an array of these.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// The provider's name for what happens.
    pub(crate) fault: String,
    /// The method that is hit.
    #[serde(default = "any")]
    pub(crate) method: String,
    /// The paths that are hit; `*` stands for any text.
    #[serde(default = "any")]
    pub(crate) path: String,
    #[serde(default)]
    when: Moments,
}

/// Which of the requests that match.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Moments {
    #[default]
    Always,
    Nth(u32),
    First(u32),
    From(u32),
    Every(u32),
}

fn any() -> String {
    "*".to_owned()
}

impl Rule {
    /// Which of the requests that match.
    pub(crate) fn when(&self) -> When {
        match self.when {
            Moments::Always => When::Always,
            Moments::Nth(nth) => When::Nth(nth),
            Moments::First(many) => When::First(many),
            Moments::From(first) => When::From(first),
            Moments::Every(step) => When::Every(step),
        }
    }
}

/// Reads a file of rules.
pub(crate) fn read(path: &Path) -> Result<Vec<Rule>, Failure> {
    let wrong = |why: &dyn std::fmt::Display| {
        Failure::Usage(format!(
            "the faults in {}: {why}; write for example \
             [{{\"method\": \"PUT\", \"path\": \"*/Work/*\", \"when\": {{\"first\": 2}}, \"fault\": \"C41\"}}]",
            path.display()
        ))
    };
    let text = std::fs::read_to_string(path).map_err(|why| wrong(&why))?;
    serde_json::from_str(&text).map_err(|why| wrong(&why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<Rule>, Failure> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path())
    }

    #[test]
    fn what_a_rule_leaves_out_is_everything() {
        let rules = read_text(r#"[{"fault": "X4"}, {"fault": "C41", "when": {"nth": 3}}]"#);
        let rules = rules.unwrap();
        assert_eq!((rules[0].method.as_str(), rules[0].path.as_str()), ("*", "*"));
        assert_eq!([rules[0].when(), rules[1].when()], [When::Always, When::Nth(3)]);
    }

    #[test]
    fn what_cannot_be_read_is_said_with_an_example() {
        for text in ["", "{}", r#"[{"fault": "X4", "whenever": 1}]"#, r#"[{"when": "always"}]"#] {
            let said = read_text(text).unwrap_err().to_string();
            assert!(said.contains("the faults in") && said.contains("for example"), "{said}");
        }
    }
}
