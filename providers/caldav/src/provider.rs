//! CalDAV as a kind of provider.

use std::sync::{Arc, OnceLock};

use kalends_core::budget::Allowance;
use kalends_core::ports::{Credential, Exchange, Provider};
use kalends_core::provider::{Failure, FailureClass, ProviderOp};
use kalends_kit::{Talk, Url, plain_warning};

use crate::busy::FreeBusy;
use crate::config::CaldavConfig;
use crate::context::{Context, fail};
use crate::discover::Discover;
use crate::fetch::Fetch;
use crate::list::List;
use crate::make::{DeleteCalendar, MakeCalendar};
use crate::write::Write;

/// A connection to one account of one server; makes exchanges, holds no connection and no password.
#[derive(Debug, Clone)]
pub struct Caldav {
    config: CaldavConfig,
    /// What is read from it, once it is asked for: conversations are many.
    context: OnceLock<Arc<Context>>,
}

impl Caldav {
    /// A connection set up like this. What is wrong with it is said by [`Provider::start`].
    #[must_use]
    pub const fn new(config: CaldavConfig) -> Self {
        Self { config, context: OnceLock::new() }
    }

    /// The code of a warning that the person should see before they sign in: the password would
    /// cross the network readable.
    #[must_use]
    pub fn warning(&self, credential: &Credential) -> Option<&'static str> {
        Url::parse(&self.config.url).ok().and_then(|url| plain_warning(&url, credential))
    }
}

impl Caldav {
    fn context(&self) -> Result<Arc<Context>, Failure> {
        if let Some(context) = self.context.get() {
            return Ok(Arc::clone(context));
        }
        let context = Arc::new(Context::new(&self.config)?);
        Ok(Arc::clone(self.context.get_or_init(|| context)))
    }
}

/// CalDAV servers tell nothing by themselves.
fn not_offered() -> Failure {
    fail(FailureClass::Unsupported, "caldav.not-offered", "poll the calendar instead")
}

impl Provider for Caldav {
    fn start(
        &self,
        op: &ProviderOp,
        credential: &Credential,
    ) -> Result<Box<dyn Exchange>, Failure> {
        let context = self.context()?;
        let credential = credential.clone();
        Ok(match op {
            ProviderOp::Discover => Box::new(Talk::new(Discover::new(context), credential)),
            ProviderOp::List { calendar, listing } => {
                Box::new(Talk::new(List::new(&context, calendar, listing), credential))
            }
            ProviderOp::Fetch { calendar, names } => {
                Box::new(Talk::new(Fetch::new(&context, calendar, names), credential))
            }
            ProviderOp::Create { .. }
            | ProviderOp::Replace { .. }
            | ProviderOp::Delete { .. }
            | ProviderOp::Patch { .. } => {
                Box::new(Talk::new(Write::new(&context, op)?, credential))
            }
            ProviderOp::MakeCalendar { derived, name } => {
                Box::new(Talk::new(MakeCalendar::new(context, derived, name), credential))
            }
            ProviderOp::DeleteCalendar { calendar, derived } => {
                Box::new(Talk::new(DeleteCalendar::new(&context, calendar, derived)?, credential))
            }
            ProviderOp::FreeBusy { of, from, to } => {
                Box::new(Talk::new(FreeBusy::new(&context, of, (*from, *to))?, credential))
            }
            ProviderOp::Watch(_) => return Err(not_offered()),
        })
    }

    fn allowance(&self) -> Allowance {
        Allowance { provider: "caldav", ..Allowance::NONE }
    }
}
