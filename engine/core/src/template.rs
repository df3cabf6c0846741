//! Titles of mirrors: a template in which `{title}` stands for the event's own title, where the
//! level shows it. `{{` and `}}` stand for braces.

use crate::graph::DetailLevel;

/// The title of a mirror at busy level without a template.
pub const BUSY_TITLE: &str = "Busy";

/// The longest template, in bytes.
pub const TEMPLATE_BYTES_MAX: usize = 256;

/// Why a template is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Nothing would be shown.
    #[error("the title template is empty: leave it out, or give it some text")]
    Empty,
    /// Longer than [`TEMPLATE_BYTES_MAX`].
    #[error("the title template is longer than {TEMPLATE_BYTES_MAX} bytes: shorten it")]
    TooLong,
    /// A line break or another control character.
    #[error("the title template holds a control character: write it in one line")]
    Control,
    /// A brace without its partner.
    #[error("the title template has a brace without its partner: write {{{{ or }}}} for a brace")]
    Brace,
    /// No such variable.
    #[error("the title template names {{{0}}}: only {{title}} is known")]
    Unknown(String),
    /// The level does not show it.
    #[error(
        "the title template names {{title}}, which busy does not show: use detail title or full"
    )]
    Hidden,
}

/// Whether the template can be used at the level.
///
/// # Errors
/// [`TemplateError`], which says what to change.
pub fn check(template: &str, level: DetailLevel) -> Result<(), TemplateError> {
    if template.trim().is_empty() {
        return Err(TemplateError::Empty);
    }
    if template.len() > TEMPLATE_BYTES_MAX {
        return Err(TemplateError::TooLong);
    }
    if template.chars().any(char::is_control) {
        return Err(TemplateError::Control);
    }
    for piece in Pieces(template) {
        if piece? == Piece::Title && level == DetailLevel::Busy {
            return Err(TemplateError::Hidden);
        }
    }
    Ok(())
}

/// The title of a mirror at a level. At busy nothing of `title` is used: `{title}` gives
/// [`BUSY_TITLE`]. A template that [`check`] would not read counts as absent.
#[must_use]
pub fn render(template: Option<&str>, title: &str, level: DetailLevel) -> String {
    let shown = match level {
        DetailLevel::Busy => BUSY_TITLE,
        DetailLevel::Title | DetailLevel::Full => title,
    };
    let Some(template) = template else {
        return shown.to_owned();
    };
    let mut out = String::with_capacity(template.len() + shown.len());
    for piece in Pieces(template) {
        match piece {
            Ok(Piece::Text(text)) => out.push_str(text),
            Ok(Piece::Title) => out.push_str(shown),
            Err(_) => return shown.to_owned(),
        }
    }
    out
}

#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Title,
}

/// The rest of a template, read piece by piece; after an error nothing more comes.
struct Pieces<'a>(&'a str);

impl<'a> Iterator for Pieces<'a> {
    type Item = Result<Piece<'a>, TemplateError>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.0;
        let piece = match text.find(['{', '}']) {
            _ if text.is_empty() => return None,
            Some(0) => brace(text),
            Some(at) => Ok((Piece::Text(&text[..at]), &text[at..])),
            None => Ok((Piece::Text(text), "")),
        };
        self.0 = piece.as_ref().map_or("", |(_, rest)| rest);
        Some(piece.map(|(piece, _)| piece))
    }
}

fn brace(text: &str) -> Result<(Piece<'_>, &str), TemplateError> {
    if text.starts_with("{{") || text.starts_with("}}") {
        return Ok((Piece::Text(&text[..1]), &text[2..]));
    }
    let (name, rest) =
        text.strip_prefix('{').and_then(|text| text.split_once('}')).ok_or(TemplateError::Brace)?;
    match name {
        "title" => Ok((Piece::Title, rest)),
        _ if name.contains('{') => Err(TemplateError::Brace),
        _ => Err(TemplateError::Unknown(name.to_owned())),
    }
}
