//! Feeds as a kind of provider.

use kalends_core::budget::Allowance;
use kalends_core::ports::{Credential, Exchange, Provider};
use kalends_core::provider::{Failure, FailureClass, Listing, ObjectName, ProviderOp};
use kalends_kit::{Talk, Url};

use crate::busy::FreeBusy;
use crate::config::FeedConfig;
use crate::read::{Known, Purpose, Read, request};
use crate::token::Token;

/// One feed; makes exchanges, holds no connection and no password.
#[derive(Debug, Clone)]
pub struct Feed {
    config: FeedConfig,
}

impl Feed {
    /// A feed set up like this. What is wrong with it is said by [`Provider::start`].
    #[must_use]
    pub const fn new(config: FeedConfig) -> Self {
        Self { config }
    }
}

impl Provider for Feed {
    fn start(
        &self,
        op: &ProviderOp,
        credential: &Credential,
    ) -> Result<Box<dyn Exchange>, Failure> {
        let url = Url::parse(&self.config.url)
            .map_err(|error| fail(FailureClass::Refused, "feed.address", &error.to_string()))?;
        let known = Token::from_text(&self.config.remember);
        let read = match op {
            ProviderOp::Discover => match known {
                Some(token) => return Ok(Box::new(Known::new(url, token))),
                None => Read::new(url, Purpose::Discover, None),
            },
            ProviderOp::List { listing: Listing::Since(token), .. } => {
                match Token::from_text(token) {
                    Some(token) => Read::since(url, token),
                    None => Read::new(url, Purpose::List, known),
                }
            }
            ProviderOp::List { listing: Listing::Names | Listing::Contents, .. } => {
                Read::new(url, Purpose::List, known)
            }
            ProviderOp::Fetch { names, .. } => {
                let ids = names.iter().filter_map(|name| match name {
                    ObjectName::Known(id) => Some(id.clone()),
                    ObjectName::Derived(_) => None,
                });
                Read::new(url, Purpose::Fetch(ids.collect()), None)
            }
            ProviderOp::FreeBusy { of, from, to } => {
                let busy = FreeBusy::new(request(&url), of.clone(), *from..*to);
                return Ok(Box::new(Talk::new(busy, credential.clone())));
            }
            ProviderOp::Create { .. }
            | ProviderOp::Replace { .. }
            | ProviderOp::Delete { .. }
            | ProviderOp::Patch { .. }
            | ProviderOp::MakeCalendar { .. }
            | ProviderOp::DeleteCalendar { .. }
            | ProviderOp::Watch(_) => {
                return Err(fail(
                    FailureClass::Unsupported,
                    "feed.read-only",
                    "a feed is only read: choose another calendar to write to",
                ));
            }
        };
        Ok(Box::new(Talk::new(read, credential.clone())))
    }

    fn allowance(&self) -> Allowance {
        Allowance { provider: "feed", ..Allowance::NONE }
    }
}

fn fail(class: FailureClass, code: &str, detail: &str) -> Failure {
    Failure { class, code: code.to_owned(), detail: detail.to_owned(), retry_at: None }
}
