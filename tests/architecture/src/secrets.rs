//! What somebody outside shows is held against a secret in a time that tells nothing of it.

use crate::code::{Code, without_inline_tests};
use crate::tree::SourceFile;
use crate::workspace::Problem;

/// The comparison that all the others go through.
const COMPARES: &str = "same_time_for_all(";

/// Where something from outside is held against a secret: marks, notices of providers, the browser
/// that comes back from a sign-in, forms of the page. Keys and addresses of feeds are looked up by
/// their hash, and are not compared.
const AT_THE_DOOR: &[&str] = &[
    "engine/core/src/mark.rs",
    "engine/core/src/watch.rs",
    "providers/kit/src/oauth/attempt.rs",
    "examples/server/src/serve/browser.rs",
];

/// How secrets are called where they are held.
const SECRETS: &[&str] =
    &["bearer", "password", "secret", "signature", "ticket", "token", "verifier"];

/// What is called so and is no secret, or is compared with another of ours.
const NOT_FROM_OUTSIDE: &[(&str, &str)] = &[
    ("providers/caldav/src/list.rs", "report.token"),
    ("examples/server/src/data.rs", "keys.secret"),
];

/// Holds that no text from outside is compared with a secret by `==`, which ends at the first
/// difference.
#[must_use]
pub fn check_secrets(files: &[SourceFile]) -> Vec<Problem> {
    // Simulators stand for somebody else.
    let ours = |file: &&SourceFile| !file.path.starts_with("engine/testkit/");
    let sources = files.iter().filter(|file| file.is_production()).filter(ours);
    let problems = sources.clone().flat_map(check_file);
    let doors = AT_THE_DOOR.iter().filter(|door| {
        !sources.clone().any(|file| file.path == **door && code(file).as_str().contains(COMPARES))
    });
    let doors = doors.map(|door| {
        format!("{door} does not call `{COMPARES})`: compare with it, or take it out of the list")
    });
    problems.chain(doors).collect()
}

fn check_file(file: &SourceFile) -> Vec<Problem> {
    let code = code(file);
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(code.as_str().lines()) {
        for (at, sign) in line.match_indices("==").chain(line.match_indices("!=")) {
            let sides = [before(&line[..at]), behind(&line[at + sign.len()..])];
            for side in sides.into_iter().filter(|side| is_secret(side)) {
                if !NOT_FROM_OUTSIDE.contains(&(file.path.as_str(), side)) {
                    let path = &file.path;
                    problems.push(format!(
                        "{path}:{number} compares `{side}` by `{sign}`: use `{COMPARES})`"
                    ));
                }
            }
        }
    }
    problems
}

fn code(file: &SourceFile) -> Code {
    without_inline_tests(&Code::of(&file.text))
}

const fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '(' | ')')
}

/// The place that stands at the end of a text, without the calls on it.
fn before(text: &str) -> &str {
    let text = text.trim_end();
    let from = text.rfind(|c| !is_part(c)).map_or(0, |at| at + 1);
    place(&text[from..])
}

/// The same at its beginning.
fn behind(text: &str) -> &str {
    let text = text.trim_start_matches([' ', '&', '*']);
    place(&text[..text.find(|c| !is_part(c)).unwrap_or(text.len())])
}

/// `self.token` of `self.token.as_str()`, and `token.0`.
fn place(text: &str) -> &str {
    // How long it is tells nothing of it.
    if text.ends_with(".len()") {
        return "";
    }
    let call = text.find("()").and_then(|at| text[..at].rfind('.'));
    call.map_or(text, |at| &text[..at]).trim_start_matches('(').trim_end_matches([')', '('])
}

fn is_secret(place: &str) -> bool {
    let mut names = place.rsplit('.').skip_while(|name| name.chars().all(|c| c.is_ascii_digit()));
    names.next().is_some_and(|name| SECRETS.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(code: &str) -> Vec<Problem> {
        let doors = AT_THE_DOOR.iter().map(|path| SourceFile {
            path: (*path).into(),
            text: "fn f() { same_time_for_all(a, b) }".into(),
        });
        let file = SourceFile { path: "engine/core/src/x.rs".into(), text: code.into() };
        check_secrets(&doors.chain([file]).collect::<Vec<_>>())
    }

    #[test]
    fn a_secret_that_is_compared_in_a_hurry_is_named() {
        for line in [
            "if shown == self.token {",
            "if self.token.as_str() != shown {",
            "a && (watch.token.0 == told)",
            "let same = sent == &*secret;",
            "signature == mac(bytes)",
        ] {
            assert_eq!(problems(&format!("fn f() {{\n{line}\n}}")).len(), 1, "{line}");
        }
    }

    #[test]
    fn what_is_no_secret_is_compared_as_it_comes() {
        for line in [
            "if bytes.len() != signature.len() {",
            "if same_time_for_all(self.token.as_bytes(), shown) {",
            "watch.state_of == told",
            "// token == shown",
            "tokens == 3",
        ] {
            assert_eq!(
                problems(&format!("fn f() {{\n{line}\n}}")),
                Vec::<Problem>::new(),
                "{line}"
            );
        }
    }

    #[test]
    fn a_door_that_compares_otherwise_is_named() {
        let problems = check_secrets(&[]);
        assert_eq!(problems.len(), AT_THE_DOOR.len());
        assert!(problems[0].contains("engine/core/src/mark.rs does not call"), "{problems:?}");
    }
}
