//! Microsoft Graph as a kind of provider.

use std::sync::Arc;

use kalends_core::budget::Allowance;
use kalends_core::graph::Window;
use kalends_core::notice::{InboundRequest, Notice};
use kalends_core::ports::{Credential, Exchange, Provider};
use kalends_core::provider::{Failure, MirrorDoc, ProviderOp};
use kalends_core::watch::{Renewal, WatchSecrets, WatchTerms};
use kalends_kit::{Script, Talk};

use crate::allowance::ALLOWANCE;
use crate::config::MicrosoftConfig;
use crate::context::Context;
use crate::exchange::create::{CreateInstance, CreateSingle};
use crate::exchange::delete::Delete;
use crate::exchange::discover::Discover;
use crate::exchange::fetch::Fetch;
use crate::exchange::free_busy::FreeBusy;
use crate::exchange::list::List;
use crate::exchange::make::{DeleteCalendar, MakeCalendar};
use crate::exchange::mirror_series::MirrorSeries;
use crate::exchange::patch::Patch;
use crate::exchange::replace::Replace;
use crate::exchange::watch::Watch;
use crate::notice;

/// The life that is asked for of a subscription: 4,200 minutes, a little under the cap.
const WATCH_LIFE_MS: i64 = 4_200 * 60_000;

/// A connection to one mailbox; makes exchanges, holds no connection and no token.
#[derive(Debug, Clone)]
pub struct Microsoft {
    config: MicrosoftConfig,
    /// What listings are to hold at least.
    wanted: Window,
}

impl Microsoft {
    /// A connection set up like this. What is wrong with it is said by [`Provider::start`].
    #[must_use]
    pub fn new(config: MicrosoftConfig) -> Self {
        Self { config, wanted: Window::default() }
    }
}

impl Provider for Microsoft {
    fn start(
        &self,
        op: &ProviderOp,
        credential: &Credential,
    ) -> Result<Box<dyn Exchange>, Failure> {
        let context = Arc::new(Context::new(&self.config, self.wanted)?);
        Ok(match op {
            ProviderOp::Discover => talk(Discover::new(context), credential),
            ProviderOp::List { calendar, listing } => {
                talk(List::new(&context, calendar, listing), credential)
            }
            ProviderOp::Fetch { calendar, names } => {
                talk(Fetch::new(&context, calendar, names), credential)
            }
            ProviderOp::Create { calendar, doc } => {
                let doc = doc.clone();
                match &doc.instance.clone() {
                    Some((series, original)) => {
                        let at = (series, original);
                        talk(CreateInstance::new(&context, calendar, doc, at)?, credential)
                    }
                    None if is_series(&doc) => {
                        talk(MirrorSeries::create(&context, calendar, doc), credential)
                    }
                    None => talk(CreateSingle::new(&context, calendar, doc), credential),
                }
            }
            ProviderOp::Replace { calendar, id, version, doc, instances } => {
                let (place, doc) = ((calendar, id), doc.clone());
                if is_series(&doc) {
                    let known = (version, instances.as_slice());
                    talk(MirrorSeries::replace(&context, place, known, doc), credential)
                } else {
                    talk(Replace::new(&context, place, version, doc), credential)
                }
            }
            ProviderOp::Delete { calendar, id, version, .. } => {
                talk(Delete::new(&context, calendar, id, version), credential)
            }
            ProviderOp::Patch { .. } => talk(Patch::new(&context, op)?, credential),
            ProviderOp::MakeCalendar { derived, name } => {
                talk(MakeCalendar::new(context, derived, name), credential)
            }
            ProviderOp::DeleteCalendar { calendar, derived } => {
                talk(DeleteCalendar::new(context, calendar, derived), credential)
            }
            ProviderOp::Watch(op) => talk(Watch::new(context, op), credential),
            ProviderOp::FreeBusy { of, from, to } => {
                talk(FreeBusy::new(context, of, (*from, *to)), credential)
            }
        })
    }

    fn allowance(&self) -> Allowance {
        ALLOWANCE
    }

    fn reaching(&self, window: Window) -> Option<Arc<dyn Provider>> {
        Some(Arc::new(Self { wanted: window, ..self.clone() }))
    }

    fn watches(&self) -> Option<WatchTerms> {
        Some(WatchTerms { life_ms: WATCH_LIFE_MS, renewal: Renewal::InPlace })
    }

    fn notice(&self, request: &InboundRequest, secrets: &WatchSecrets) -> Notice {
        notice::notice(request, secrets)
    }
}

fn talk<S: Script + 'static>(script: S, credential: &Credential) -> Box<dyn Exchange> {
    Box::new(Talk::new(script, credential.clone()))
}

fn is_series(doc: &MirrorDoc) -> bool {
    doc.body.recurrence.is_some()
}
