//! The words of a filter.

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name, a path of names, a keyword, a number or a time.
    Word(String),
    /// A text in single quotes, with doubled quotes made single.
    Text(String),
    /// One of `( ) , :`.
    Sign(char),
}

/// Cuts a filter into words.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&next) = chars.peek() {
        match next {
            ' ' | '\t' => {
                chars.next();
            }
            '(' | ')' | ',' => {
                chars.next();
                out.push(Token::Sign(next));
            }
            '\'' => {
                chars.next();
                let mut literal = String::new();
                loop {
                    match chars.next() {
                        Some('\'') if chars.peek() == Some(&'\'') => {
                            chars.next();
                            literal.push('\'');
                        }
                        Some('\'') => break,
                        Some(other) => literal.push(other),
                        None => return Err("a quote is open".to_owned()),
                    }
                }
                out.push(Token::Text(literal));
            }
            _ => out.extend(word(&mut chars)),
        }
    }
    Ok(out)
}

/// A word, and the colon after it where it names a variable (`ep:`); colons of times stay.
fn word(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Vec<Token> {
    let mut word = String::new();
    while let Some(&next) = chars.peek() {
        let names_variable = next == ':' && !word.starts_with(|c: char| c.is_ascii_digit());
        if names_variable {
            chars.next();
            return vec![Token::Word(word), Token::Sign(':')];
        }
        if " \t(),'".contains(next) {
            break;
        }
        word.push(next);
        chars.next();
    }
    vec![Token::Word(word)]
}
