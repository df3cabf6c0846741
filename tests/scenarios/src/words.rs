//! The words of one line.

use std::fmt;

/// What is wrong with a line of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The line's number, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// The words of a line in order; what stands in double quotes is one word.
#[derive(Debug)]
pub(crate) struct Words {
    line: usize,
    rest: std::vec::IntoIter<String>,
}

impl Words {
    pub(crate) fn of(line: usize, text: &str) -> Result<Self, Trouble> {
        let mut words = Vec::new();
        let mut word = None::<String>;
        let mut quoted = false;
        for letter in text.chars() {
            match letter {
                '"' => {
                    quoted = !quoted;
                    word.get_or_insert_default();
                }
                space if space.is_whitespace() && !quoted => words.extend(word.take()),
                other => word.get_or_insert_default().push(other),
            }
        }
        if quoted {
            return Err(Trouble { line, what: "a quote is not closed".to_owned() });
        }
        words.extend(word);
        Ok(Self { line, rest: words.into_iter() })
    }

    /// The next word; `what` names it where there is none.
    pub(crate) fn next(&mut self, what: &str) -> Result<String, Trouble> {
        self.rest.next().ok_or_else(|| self.trouble(format!("{what} is missing")))
    }

    /// The next word, if there is one.
    pub(crate) fn maybe(&mut self) -> Option<String> {
        self.rest.next()
    }

    /// Whether the next word is this one; then it is taken.
    pub(crate) fn eat(&mut self, word: &str) -> bool {
        let is = self.rest.as_slice().first().is_some_and(|next| next == word);
        if is {
            self.rest.next();
        }
        is
    }

    /// Takes this word.
    pub(crate) fn expect(&mut self, word: &str) -> Result<(), Trouble> {
        if self.eat(word) { Ok(()) } else { Err(self.trouble(format!("`{word}` is expected"))) }
    }

    /// Nothing may be left.
    pub(crate) fn end(mut self) -> Result<(), Trouble> {
        match self.rest.next() {
            Some(word) => Err(self.trouble(format!("`{word}` is too much"))),
            None => Ok(()),
        }
    }

    pub(crate) fn trouble(&self, what: String) -> Trouble {
        Trouble { line: self.line, what }
    }
}
