//! Words of Graph and values of ours.

use kalends_core::event::{Busy, Content, Privacy, Response, Status};

/// `showAs`. An unknown word takes the time.
pub(crate) fn busy(word: Option<&str>) -> Busy {
    match word {
        Some("free") => Busy::Free,
        Some("tentative") => Busy::Tentative,
        Some("oof") => Busy::OutOfOffice,
        Some("workingElsewhere") => Busy::Elsewhere,
        _ => Busy::Busy,
    }
}

/// `showAs` of a content: the kind of time, where it is not plainly taken, else whether it is sure.
pub(crate) fn show_as(content: &Content) -> &'static str {
    match (content.busy, content.status) {
        (Busy::Free, _) => "free",
        (Busy::OutOfOffice, _) => "oof",
        (Busy::Elsewhere, _) => "workingElsewhere",
        (Busy::Tentative, _) | (Busy::Busy, Status::Tentative) => "tentative",
        (Busy::Busy, Status::Confirmed | Status::Cancelled) => "busy",
    }
}

/// `sensitivity`. An unknown word is private.
pub(crate) fn privacy(word: Option<&str>) -> Privacy {
    match word {
        None | Some("normal") => Privacy::Default,
        Some("confidential") => Privacy::Confidential,
        Some(_) => Privacy::Private,
    }
}

/// `sensitivity` of a content.
pub(crate) fn sensitivity(privacy: Privacy) -> &'static str {
    match privacy {
        Privacy::Default | Privacy::Public => "normal",
        Privacy::Private => "private",
        Privacy::Confidential => "confidential",
    }
}

/// `responseStatus`.
pub(crate) fn response(word: Option<&str>) -> Response {
    match word {
        Some("accepted") => Response::Accepted,
        Some("tentativelyAccepted") => Response::Tentative,
        Some("declined") => Response::Declined,
        Some("notResponded") => Response::Pending,
        _ => Response::None,
    }
}
