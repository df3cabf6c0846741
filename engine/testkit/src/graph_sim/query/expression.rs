//! `$filter` expressions: what calendars allow of them.

use super::lexer::{Token, tokens};

/// One expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare(String, Comparison, Literal),
    /// `startswith(path,'text')` and its like.
    Call(Function, String, String),
    /// `path/any(variable: expression)`.
    Any(String, String, Box<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Bare(String),
}

/// Reads a filter.
pub(crate) fn parse(text: &str) -> Result<Expression, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let expression = parser.or()?;
    match parser.next() {
        None => Ok(expression),
        Some(token) => Err(format!("{token:?} is not expected")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn takes(&mut self, token: &Token) -> bool {
        let found = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.takes(&Token::Word(word.to_owned()))
    }

    fn sign(&mut self, sign: char) -> Result<(), String> {
        if self.takes(&Token::Sign(sign)) { Ok(()) } else { Err(format!("'{sign}' is missing")) }
    }

    fn or(&mut self) -> Result<Expression, String> {
        let mut left = self.and()?;
        while self.takes_word("or") {
            left = Expression::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expression, String> {
        let mut left = self.unary()?;
        while self.takes_word("and") {
            left = Expression::And(Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, String> {
        if self.takes_word("not") {
            return Ok(Expression::Not(Box::new(self.unary()?)));
        }
        if self.takes(&Token::Sign('(')) {
            let inner = self.or()?;
            self.sign(')')?;
            return Ok(inner);
        }
        let Some(Token::Word(word)) = self.next() else {
            return Err("a property is missing".to_owned());
        };
        if self.takes(&Token::Sign('(')) { self.called(&word) } else { self.compared(word) }
    }

    fn called(&mut self, word: &str) -> Result<Expression, String> {
        let lower = word.to_ascii_lowercase();
        if let Some(path) = lower.strip_suffix("/any") {
            let path = word[..path.len()].to_owned();
            let Some(Token::Word(variable)) = self.next() else {
                return Err("any needs a variable".to_owned());
            };
            self.sign(':')?;
            let inner = self.or()?;
            self.sign(')')?;
            return Ok(Expression::Any(path, variable, Box::new(inner)));
        }
        let function = match lower.as_str() {
            "startswith" => Function::StartsWith,
            "endswith" => Function::EndsWith,
            "contains" => Function::Contains,
            _ => return Err(format!("there is no function '{word}'")),
        };
        let Some(Token::Word(path)) = self.next() else {
            return Err(format!("{word} needs a property"));
        };
        self.sign(',')?;
        let Some(Token::Text(text)) = self.next() else {
            return Err(format!("{word} needs a text"));
        };
        self.sign(')')?;
        Ok(Expression::Call(function, path, text))
    }

    fn compared(&mut self, path: String) -> Result<Expression, String> {
        let Some(Token::Word(operator)) = self.next() else {
            return Err(format!("'{path}' is compared with nothing"));
        };
        let comparison = match operator.as_str() {
            "eq" => Comparison::Equal,
            "ne" => Comparison::NotEqual,
            "lt" => Comparison::Less,
            "le" => Comparison::LessOrEqual,
            "gt" => Comparison::Greater,
            "ge" => Comparison::GreaterOrEqual,
            _ => return Err(format!("there is no operator '{operator}'")),
        };
        match self.next() {
            Some(Token::Text(text)) => {
                Ok(Expression::Compare(path, comparison, Literal::Text(text)))
            }
            Some(Token::Word(word)) => {
                Ok(Expression::Compare(path, comparison, Literal::Bare(word)))
            }
            Some(Token::Sign(_)) | None => Err(format!("'{path}' is compared with nothing")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn filters_of_clients_are_read() {
        for text in [
            "subject eq 'Bob''s lunch'",
            "singleValueExtendedProperties/Any(ep: ep/id eq 'String {00020329-0000-0000-C000-000000000046} Name kal_m' and ep/value eq 'a:b')",
            "categories/any(c:c eq 'Mirror') and start/dateTime ge '2026-01-01T00:00:00'",
            "not (isAllDay eq true or startswith(subject,'A'))",
            "lastModifiedDateTime gt 2026-01-01T00:00:00Z",
        ] {
            assert!(parse(text).is_ok(), "{text}: {:?}", parse(text));
        }
        for text in ["", "subject", "subject is 'a'", "subject eq 'a", "a eq 'b' c", "f(a,'b')"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
