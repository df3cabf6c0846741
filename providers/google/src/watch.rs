//! Channels: what Google is asked so that it tells of changes by itself.

use std::sync::Arc;

use kalends_core::ids::ProviderId;
use kalends_core::provider::{Done, Failure, FailureClass};
use kalends_core::time::Timestamp;
use kalends_core::watch::{Renewal, WatchOp, WatchTerms, WatchToken, Watching};
use kalends_kit::{Intent, Next, Outbox, Reply, Request, Script};
use serde::Deserialize;
use serde_json::json;

use crate::address::encoded;
use crate::ask;
use crate::context::{Context, calendar_gone, fail};
use crate::list::not_json;
use crate::trouble;

/// Google's channels live a week at most, and none is prolonged.
pub(crate) const TERMS: WatchTerms =
    WatchTerms { life_ms: 7 * 24 * 3_600 * 1_000, renewal: Renewal::Anew };

/// Opens or closes one channel.
#[derive(Debug)]
pub(crate) struct Watch {
    context: Arc<Context>,
    ask: Ask,
    over: Option<Done>,
}

#[derive(Debug)]
enum Ask {
    Open {
        calendar: ProviderId,
        id: String,
        token: WatchToken,
        address: String,
        expires: Timestamp,
    },
    Close {
        id: String,
        resource: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Channel {
    id: String,
    resource_id: Option<String>,
    /// Milliseconds since the epoch, as a text.
    expiration: Option<String>,
}

impl Watch {
    pub(crate) fn new(context: Arc<Context>, op: &WatchOp) -> Result<Self, Failure> {
        let mut over = None;
        let ask = match op {
            WatchOp::Open { calendar, id, token, address, expires } => Ask::Open {
                calendar: calendar.clone(),
                id: id.clone(),
                token: token.clone(),
                address: address.clone(),
                expires: *expires,
            },
            WatchOp::Close { id, resource } => {
                if resource.is_none() {
                    // It cannot be named: it ends by itself.
                    over = Some(Done::Deleted);
                }
                Ask::Close { id: id.clone(), resource: resource.clone().unwrap_or_default() }
            }
            WatchOp::Renew { .. } => {
                return Err(fail(
                    FailureClass::Unsupported,
                    "google.renew",
                    "open another channel, then close this one",
                ));
            }
        };
        Ok(Self { context, ask, over })
    }

    fn request(&self) -> Result<Request, Failure> {
        Ok(match &self.ask {
            Ask::Open { calendar, id, token, address, expires } => {
                let url = self
                    .context
                    .at(&format!("calendars/{}/events/watch", encoded(&calendar.0)), "")?;
                let body = json!({
                    "id": id,
                    "type": "web_hook",
                    "address": address,
                    "token": token.0,
                    "expiration": expires.as_millis().to_string(),
                });
                ask::create(url, &body)
            }
            Ask::Close { id, resource } => {
                let url = self.context.at("channels/stop", "")?;
                ask::create(url, &json!({ "id": id, "resourceId": resource }))
            }
        })
    }

    fn opened(&self, reply: &Reply, asked: Timestamp, now: Timestamp) -> Result<Done, Failure> {
        if !reply.is_success() {
            let failure = trouble::failure(reply, Intent::Write, now);
            return Err(if failure.class == FailureClass::NotFound {
                calendar_gone()
            } else {
                failure
            });
        }
        // It is open, whatever the answer looks like.
        let channel: Channel = serde_json::from_slice(&reply.body)
            .map_err(|_| Failure { class: FailureClass::Unknown, ..not_json() })?;
        let granted = channel.expiration.and_then(|text| text.parse().ok());
        Ok(Done::Watching(Watching {
            id: channel.id,
            resource: channel.resource_id,
            expires: granted.map_or(asked, Timestamp::from_millis),
        }))
    }
}

impl Script for Watch {
    fn next(&mut self, _now: Timestamp) -> Next {
        if let Some(done) = &self.over {
            return Next::Done(done.clone());
        }
        match self.request() {
            Ok(request) => Next::Call(Box::new(request)),
            Err(failure) => Next::Done(Done::Failed(failure)),
        }
    }

    fn reads_refusals(&self) -> bool {
        true
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        self.over = Some(match &self.ask {
            Ask::Open { expires, .. } => self.opened(&reply, *expires, now)?,
            Ask::Close { .. } => {
                let failure =
                    (!reply.is_success()).then(|| trouble::failure(&reply, Intent::Write, now));
                match failure {
                    Some(failure) if failure.class != FailureClass::NotFound => {
                        return Err(failure);
                    }
                    Some(_) | None => Done::Deleted,
                }
            }
        });
        Ok(())
    }
}
