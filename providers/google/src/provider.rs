//! Google Calendar as a kind of provider.

use std::sync::Arc;

use kalends_core::budget::Allowance;
use kalends_core::notice::{InboundRequest, Notice};
use kalends_core::ports::{Credential, Exchange, Provider};
use kalends_core::provider::{Failure, ProviderOp};
use kalends_core::watch::{WatchSecrets, WatchTerms};
use kalends_kit::{Script, Talk};

use crate::allowance::ALLOWANCE;
use crate::busy::FreeBusy;
use crate::config::GoogleConfig;
use crate::context::Context;
use crate::discover::Discover;
use crate::fetch::Fetch;
use crate::instance::{CreateInstance, Place, ResetInstance};
use crate::list::List;
use crate::make::{DeleteCalendar, MakeCalendar};
use crate::notice;
use crate::patch::Patch;
use crate::version;
use crate::watch::{self, Watch};
use crate::write::Write;

/// A connection to one account; makes exchanges, holds no connection and no token.
#[derive(Debug, Clone)]
pub struct Google {
    config: GoogleConfig,
}

impl Google {
    /// A connection set up like this. What is wrong with it is said by [`Provider::start`].
    #[must_use]
    pub const fn new(config: GoogleConfig) -> Self {
        Self { config }
    }
}

impl Provider for Google {
    fn start(
        &self,
        op: &ProviderOp,
        credential: &Credential,
    ) -> Result<Box<dyn Exchange>, Failure> {
        let context = Arc::new(Context::new(&self.config)?);
        let talk = Starter(credential);
        Ok(match op {
            ProviderOp::Discover => talk.with(Discover::new(context)),
            ProviderOp::List { calendar, listing } => {
                talk.with(List::new(context, calendar, listing))
            }
            ProviderOp::Fetch { calendar, names } => {
                talk.with(Fetch::new(context, calendar, names))
            }
            ProviderOp::Create { calendar, doc } => match &doc.instance {
                Some((series, _)) => {
                    talk.with(CreateInstance::new(context, calendar, (doc, series)))
                }
                None => talk.with(Write::create(context, calendar, doc)?),
            },
            ProviderOp::Replace { calendar, id, version, doc, .. } => {
                talk.with(Write::replace(context, calendar, (id, version), doc)?)
            }
            ProviderOp::Delete { calendar, id, version, guests } => match version::parts(version) {
                (_, Some(series)) => {
                    let place = Place::new(context, calendar, &series);
                    talk.with(ResetInstance::new(place, id, version))
                }
                (tag, None) => talk.with(Write::delete(context, calendar, (id, tag), *guests)),
            },
            ProviderOp::Patch { calendar, id, version, base, want, guests } => {
                let patch = Patch::new(context, (calendar, id), version, (base, want))?;
                talk.with(patch.telling(*guests))
            }
            ProviderOp::MakeCalendar { derived, name } => {
                talk.with(MakeCalendar::new(context, derived, name))
            }
            ProviderOp::DeleteCalendar { calendar, derived } => {
                talk.with(DeleteCalendar::new(context, calendar, derived))
            }
            ProviderOp::Watch(op) => talk.with(Watch::new(context, op)?),
            ProviderOp::FreeBusy { of, from, to } => {
                talk.with(FreeBusy::new(context, of, (*from, *to)))
            }
        })
    }

    fn allowance(&self) -> Allowance {
        ALLOWANCE
    }

    fn watches(&self) -> Option<WatchTerms> {
        Some(watch::TERMS)
    }

    fn notice(&self, request: &InboundRequest, secrets: &WatchSecrets) -> Notice {
        notice::notice(request, secrets)
    }
}

/// Begins exchanges under one credential.
struct Starter<'a>(&'a Credential);

impl Starter<'_> {
    fn with<S: Script + 'static>(&self, script: S) -> Box<dyn Exchange> {
        Box::new(Talk::new(script, self.0.clone()))
    }
}
