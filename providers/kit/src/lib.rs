//! What provider crates share: addresses, credentials, sign-ins, failure classes, waiting, XML in pieces,
//! and the loop that turns a script of calls into an exchange.
//!
//! Nothing here does IO, reads a clock or draws a random number.

mod auth;
mod content;
mod digest;
pub mod oauth;
mod pages;
mod path;
mod reach;
mod retry;
mod said;
mod script;
mod secret;
mod sign;
mod sign_in_form;
mod site;
mod status;
mod talk;
mod url;
mod xml;

pub use auth::{Offers, PLAIN_CREDENTIALS, authorization, is_private, offers, plain_warning};
pub use content::{is_calendar, is_web_page, is_xml, media_type};
pub use pages::Pages;
pub use path::{loose_path, normal_path, same_path};
pub use reach::is_public;
pub use retry::{RETRY_AFTER_MS_MAX, retry_at};
pub use said::{as_ruled, said, say_same};
pub use script::{Expect, Next, Outbox, Reply, Request, Script};
pub use secret::{Secret, SignIn};
pub use site::same_site;
pub use status::{Intent, after_write, came_in_part, lost, status_class, status_failure};
pub use talk::Talk;
pub use url::{Scheme, Url, UrlError};
pub use xml::{Element, Ns, XmlFault, XmlLimits, XmlReader, escape};
