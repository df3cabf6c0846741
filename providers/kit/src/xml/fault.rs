//! Why a stream is not read on.

/// Why a stream is not read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum XmlFault {
    /// It is not well-formed.
    #[error("the XML is broken")]
    Syntax,
    /// It ended before its root was closed.
    #[error("the XML broke off")]
    Cut,
    /// It declares a document type: entities of strangers are never expanded.
    #[error("the XML declares a document type")]
    Doctype,
    /// It refers to an entity that XML does not define.
    #[error("the XML refers to an unknown entity")]
    Entity,
    /// It is not UTF-8.
    #[error("the XML is not in UTF-8")]
    Encoding,
    /// Elements are nested too deep.
    #[error("the XML is nested too deep")]
    Deep,
    /// One tag, text or tree is too large.
    #[error("a part of the XML is too large")]
    Large,
}

impl XmlFault {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Syntax => "xml.syntax",
            Self::Cut => "xml.cut",
            Self::Doctype => "xml.doctype",
            Self::Entity => "xml.entity",
            Self::Encoding => "xml.encoding",
            Self::Deep => "xml.deep",
            Self::Large => "xml.large",
        }
    }
}
