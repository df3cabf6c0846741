//! XML of strangers, read in pieces as it arrives.
//!
//! The stream is cut at the edges of its tags ([`frame`]); each tag and text is decoded by
//! quick-xml; what stands directly under the root is handed out as a small tree ([`Element`]) as
//! soon as it is whole, so that memory is bounded by one such tree and not by the answer.

mod element;
mod fault;
mod frame;
mod reader;
#[cfg(test)]
mod tests;

pub use element::{Element, Ns};
pub use fault::XmlFault;
pub use reader::{XmlLimits, XmlReader};

/// Text made safe to stand in XML, in elements and attributes.
#[must_use]
pub fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}
