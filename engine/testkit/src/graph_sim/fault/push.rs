//! What goes wrong with notifications on their way.

use serde_json::json;

use super::super::hash;
use super::super::webhooks::Waiting;

/// One fault of a delivery. Rules for it name the method `NOTIFY` and the receiver's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Push {
    /// Nothing is posted.
    Lost,
    /// Every post is made twice (G36).
    Doubled,
    /// Items come in the opposite order (G36).
    Backwards,
    /// A creation is told as a creation and an update (G36).
    Paired,
    /// `clientState` is another one (G34).
    Forged,
    /// `clientState` is missing (G34).
    Stateless,
    /// An item of a subscription that nobody has is among them (G35).
    UnknownAmong,
    /// Each item is posted by itself.
    Apart,
    /// A lifecycle item says a word that nobody knows (G37).
    UnknownLifecycle,
}

impl Push {
    /// Spoils posts, each with its items.
    pub(crate) fn spoil(self, posts: &mut Vec<Vec<Waiting>>) {
        match self {
            Self::Lost => posts.clear(),
            Self::Doubled => {
                let again = posts.clone();
                posts.extend(again);
            }
            Self::Backwards => posts.iter_mut().for_each(|items| items.reverse()),
            Self::Paired => posts.iter_mut().for_each(pair),
            Self::Forged => {
                let forged = hash::word(0, "forged", 0);
                each(posts, |one| one.item["clientState"] = json!(forged));
            }
            Self::Stateless => each(posts, |one| {
                if let Some(members) = one.item.as_object_mut() {
                    members.remove("clientState");
                }
            }),
            Self::UnknownAmong => {
                for items in posts.iter_mut() {
                    let Some(mut stranger) = items.first().cloned() else {
                        continue;
                    };
                    stranger.item["subscriptionId"] = json!(hash::guid(0, "stranger", 0));
                    items.insert(0, stranger);
                }
            }
            Self::Apart => {
                let all = std::mem::take(posts).into_iter().flatten();
                *posts = all.map(|one| vec![one]).collect();
            }
            Self::UnknownLifecycle => each(posts, |one| {
                if one.item.get("lifecycleEvent").is_some() {
                    one.item["lifecycleEvent"] = json!("tenantMoved");
                }
            }),
        }
    }
}

fn each(posts: &mut [Vec<Waiting>], change: impl FnMut(&mut Waiting)) {
    posts.iter_mut().flatten().for_each(change);
}

fn pair(items: &mut Vec<Waiting>) {
    let created = items.iter().filter(|one| one.item["changeType"] == "created");
    let mut pairs: Vec<Waiting> = created.cloned().collect();
    for one in &mut pairs {
        one.item["changeType"] = json!("updated");
    }
    items.extend(pairs);
}
