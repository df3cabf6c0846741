//! Subscriptions: opened, prolonged and closed.

use std::sync::Arc;

use kalends_core::provider::{Done, Failure, FailureClass};
use kalends_core::time::Timestamp;
use kalends_core::watch::{WatchOp, Watching};
use kalends_kit::{Intent, Next, Outbox, Reply, Request, Script};
use serde_json::json;

use super::create::call;
use super::parse;
use crate::ask;
use crate::context::{Context, calendar_path, encoded, fail};
use crate::fault;
use crate::time;
use crate::wire::watch::SubscriptionJson;

/// Carries out one operation on a subscription.
#[derive(Debug)]
pub(crate) struct Watch {
    context: Arc<Context>,
    op: WatchOp,
    done: Option<Done>,
}

impl Watch {
    pub(crate) fn new(context: Arc<Context>, op: &WatchOp) -> Self {
        Self { context, op: op.clone(), done: None }
    }

    fn request(&self) -> Result<Request, Failure> {
        let own = |id: &str| self.context.at(&format!("/subscriptions/{}", encoded(id)));
        Ok(match &self.op {
            WatchOp::Open { calendar, token, address, expires, .. } => {
                let body = json!({
                    "changeType": "created,updated,deleted",
                    "notificationUrl": address,
                    "lifecycleNotificationUrl": address,
                    "resource": format!("{}/events", calendar_path(calendar)),
                    "expirationDateTime": time::query(*expires),
                    "clientState": token.0,
                    "latestSupportedTlsVersion": "v1_2",
                });
                ask::post(self.context.at("/subscriptions")?, &body)
            }
            WatchOp::Renew { id, expires } => {
                let body = json!({ "expirationDateTime": time::query(*expires) });
                ask::change(own(id)?, &body)
            }
            WatchOp::Close { id, .. } => ask::remove(own(id)?),
        })
    }

    fn watching(&self, reply: &Reply, now: Timestamp) -> Result<Done, Failure> {
        let json: SubscriptionJson = parse::written(reply, now)?;
        let asked = match &self.op {
            WatchOp::Open { expires, .. } | WatchOp::Renew { expires, .. } => *expires,
            WatchOp::Close { .. } => now,
        };
        let id = match &self.op {
            WatchOp::Renew { id, .. } => Some(id.clone()),
            WatchOp::Open { .. } | WatchOp::Close { .. } => json.id,
        };
        let id = id.filter(|id| !id.is_empty()).ok_or_else(|| {
            fail(FailureClass::Unknown, "graph.json", "the server does not name the subscription")
        })?;
        // What was granted, which may be shorter or longer than what was asked for.
        let expires = json.expiration_date_time.as_deref().and_then(time::stamp).unwrap_or(asked);
        // Notices name the event that changed, not what was subscribed to.
        Ok(Done::Watching(Watching { id, resource: None, expires }))
    }
}

impl Script for Watch {
    fn next(&mut self, _now: Timestamp) -> Next {
        match &self.done {
            Some(done) => Next::Done(done.clone()),
            None => call(self.request()),
        }
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        self.done = Some(match &self.op {
            WatchOp::Close { .. } if reply.is_success() || reply.status() == 404 => Done::Deleted,
            WatchOp::Close { .. } => return Err(fault::failure(&reply, Intent::Write, now)),
            WatchOp::Open { .. } | WatchOp::Renew { .. } => self.watching(&reply, now)?,
        });
        Ok(())
    }
}
