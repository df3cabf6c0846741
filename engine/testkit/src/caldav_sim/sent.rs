//! What a request carries, read once for all who look at it.

use super::ics_check::{self, Inspection};
use super::xml::{self, Element};
use crate::wire::SimRequest;

/// The body of a request. The errors say why it is not what its method carries.
#[derive(Debug)]
pub(crate) enum Sent {
    Xml(Result<Element, String>),
    Calendar(Result<Inspection, String>),
    /// Nobody reads the body of such a request.
    Other,
}

impl Sent {
    pub(crate) fn of(request: &SimRequest) -> Self {
        match request.method.as_str() {
            "PROPFIND" | "REPORT" | "MKCALENDAR" | "MKCOL" | "PROPPATCH" => {
                Self::Xml(xml::parse(&request.body))
            }
            "PUT" => Self::Calendar(ics_check::inspect(&request.body)),
            _ => Self::Other,
        }
    }

    pub(crate) fn xml(&self) -> Result<&Element, &str> {
        match self {
            Self::Xml(read) => read.as_ref().map_err(String::as_str),
            Self::Calendar(_) | Self::Other => Err("no XML"),
        }
    }

    pub(crate) fn calendar(&self) -> Result<&Inspection, &str> {
        match self {
            Self::Calendar(read) => read.as_ref().map_err(String::as_str),
            Self::Xml(_) | Self::Other => Err("no iCalendar"),
        }
    }
}
