//! Rust text without what is only said in it.

/// A source file with its comments, and the insides of its literals, blanked out: every line and
/// column stays where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// Blanks out the comments and literals of Rust source text.
    #[must_use]
    pub fn of(source: &str) -> Self {
        let mut reader = Reader { chars: source.chars().collect(), at: 0, out: String::new() };
        while reader.at < reader.chars.len() {
            reader.step();
        }
        Self(reader.out)
    }

    /// What is left.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Blanks out `#[cfg(test)] mod name { … }`; the line count stays.
#[must_use]
pub fn without_inline_tests(code: &Code) -> Code {
    let mut text = code.0.clone();
    let mut from = 0;
    while let Some(at) = text[from..].find("#[cfg(test)]").map(|i| i + from) {
        from = at + 1;
        let Some(open) = module_body(&text, at + "#[cfg(test)]".len()) else {
            continue;
        };
        let end = closing(&text, open).unwrap_or(text.len());
        let blank: String =
            text[at..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        text.replace_range(at..end, &blank);
    }
    Code(text)
}

/// The place of the `{` if a module with a body starts here, further attributes apart.
fn module_body(text: &str, at: usize) -> Option<usize> {
    let mut rest = text[at..].trim_start();
    while rest.starts_with("#[") {
        rest = rest[rest.find(']')? + 1..].trim_start();
    }
    let named = rest.strip_prefix("pub ").unwrap_or(rest).strip_prefix("mod ")?;
    let open = named.find(['{', ';'])?;
    named[open..].starts_with('{').then(|| text.len() - named.len() + open)
}

fn closing(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, c) in text[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(open + i + 1),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    out: String,
}

impl Reader {
    fn step(&mut self) {
        let rest = &self.chars[self.at..];
        match rest {
            ['/', '/', ..] => self.blank_while(|c| c != '\n'),
            ['/', '*', ..] => self.block_comment(),
            ['"', ..] => self.string(),
            ['r', '"' | '#', ..] if !self.in_word() && self.raw_hashes().is_some() => self.raw(),
            ['\'', '\\', ..] => self.quoted_char(),
            ['\'', _, '\'', ..] => self.quoted_char(),
            _ => self.keep(),
        }
    }

    fn keep(&mut self) {
        self.out.push(self.chars[self.at]);
        self.at += 1;
    }

    fn blank(&mut self) {
        self.out.push(if self.chars[self.at] == '\n' { '\n' } else { ' ' });
        self.at += 1;
    }

    fn blank_while(&mut self, go_on: impl Fn(char) -> bool) {
        while self.at < self.chars.len() && go_on(self.chars[self.at]) {
            self.blank();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.chars.len() {
            match self.chars[self.at..] {
                ['/', '*', ..] => depth += 1,
                ['*', '/', ..] => depth -= 1,
                _ => {
                    self.blank();
                    continue;
                }
            }
            self.blank();
            self.blank();
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.keep();
        while self.at < self.chars.len() && self.chars[self.at] != '"' {
            if self.chars[self.at] == '\\' && self.at + 1 < self.chars.len() {
                self.blank();
            }
            self.blank();
        }
        if self.at < self.chars.len() {
            self.keep();
        }
    }

    /// How many `#` open a raw string here; none where it is a raw name such as `r#type`.
    fn raw_hashes(&self) -> Option<usize> {
        let hashes = self.chars[self.at + 1..].iter().take_while(|c| **c == '#').count();
        (self.chars.get(self.at + 1 + hashes) == Some(&'"')).then_some(hashes)
    }

    fn raw(&mut self) {
        let hashes = self.raw_hashes().unwrap_or(0);
        for _ in 0..hashes + 2 {
            self.keep();
        }
        while self.at < self.chars.len() {
            let tail = &self.chars[self.at..];
            if tail[0] == '"' && tail[1..].iter().take_while(|c| **c == '#').count() >= hashes {
                for _ in 0..=hashes {
                    self.keep();
                }
                return;
            }
            self.blank();
        }
    }

    fn quoted_char(&mut self) {
        self.keep();
        if self.chars[self.at] == '\\' && self.at + 1 < self.chars.len() {
            self.blank();
        }
        self.blank();
        self.blank_while(|c| c != '\'' && c != '\n');
        if self.at < self.chars.len() {
            self.keep();
        }
    }

    fn in_word(&self) -> bool {
        let before = self.at.checked_sub(1).map(|i| self.chars[i]);
        // `br"…"` is a raw string too.
        before.is_some_and(|c| c != 'b' && (c.is_alphanumeric() || c == '_'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(source: &str) -> String {
        Code::of(source).0
    }

    #[test]
    fn comments_and_literals_are_blanked_and_lines_stay() {
        assert_eq!(code("a // b\nc"), "a     \nc");
        assert_eq!(code("a /* b /* c */ \n d */ e"), "a              \n      e");
        assert_eq!(code(r#"f("std::fs \" x", 'q')"#), r#"f("            ", ' ')"#);
        assert_eq!(code("r#\"a \" b\"# + br\"c\""), "r#\"     \"# + br\" \"");
    }

    #[test]
    fn lifetimes_and_raw_names_are_not_literals() {
        let source = "fn f<'a>(r#type: &'a str) -> &'a str { r#type }";
        assert_eq!(code(source), source);
        assert_eq!(code(r"let q = '\''; let s = b'\\';"), r"let q = '  '; let s = b'  ';");
    }

    #[test]
    fn inline_tests_are_left_out_and_files_of_tests_are_not_mistaken() {
        let source = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { {} }\n}\nfn c() {}";
        let kept = without_inline_tests(&Code::of(source)).0;
        assert!(kept.contains("fn a()") && kept.contains("fn c()"), "{kept}");
        assert!(!kept.contains("fn b()"), "{kept}");
        let elsewhere = "#[cfg(test)]\nmod tests;\nfn d() {}";
        assert!(without_inline_tests(&Code::of(elsewhere)).0.contains("fn d()"));
        let attributed = "#[cfg(test)]\n#[allow(x)]\nmod t { fn e() {} }";
        assert!(!without_inline_tests(&Code::of(attributed)).0.contains("fn e()"));
    }
}
