//! Finding the account's calendars: one request a home, once the homes are known.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use kalends_core::provider::{Done, Failure, FailureClass, Output};
use kalends_core::time::Timestamp;
use kalends_kit::{Element, Intent, Next, Outbox, Reply, Script, Url, same_path};

use crate::ask::{self, Depth};
use crate::calendar::{PROPERTIES, calendar, collection_path, may, octets_max, syncs};
use crate::condition;
use crate::context::{Context, fail, quirks};
use crate::dav::Member;
use crate::find::Finder;
use crate::quirks::Quirks;
use crate::remember::Remembered;

/// Finds homes where none are remembered, then lists them.
#[derive(Debug)]
pub(crate) struct Discover {
    context: Arc<Context>,
    stage: Stage,
    /// Whether the homes come from an earlier discovery and may have moved.
    from_memory: bool,
    found: Remembered,
    quirks: Quirks,
    seen: BTreeSet<String>,
    makes_calendars: bool,
    home_gone: bool,
}

#[derive(Debug)]
enum Stage {
    Finding(Box<Finder>),
    Listing(VecDeque<Url>),
}

impl Discover {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        let found = context.remembered.clone();
        let from_memory = !found.homes.is_empty();
        let stage = if from_memory {
            Stage::Listing(found.homes.iter().cloned().collect())
        } else {
            Stage::Finding(Box::new(Finder::new(&context.base)))
        };
        let quirks = context.quirks;
        let seen = BTreeSet::new();
        let mut found = found;
        found.without_sync.clear();
        found.octets_max.clear();
        Self {
            context,
            stage,
            from_memory,
            found,
            quirks,
            seen,
            makes_calendars: false,
            home_gone: false,
        }
    }

    fn list_found(&mut self, found: Remembered) -> VecDeque<Url> {
        self.found = found;
        self.quirks = quirks(&self.context.base, &self.found);
        self.found.homes.iter().cloned().collect()
    }

    /// Homes move (iCloud, a new server): what was remembered is looked for again, once.
    fn find_again(&mut self, failure: Failure) -> Result<(), Failure> {
        let moved = matches!(
            failure.class,
            FailureClass::NotFound
                | FailureClass::Forbidden
                | FailureClass::Protocol
                | FailureClass::Unsupported
        );
        if !moved || !self.from_memory {
            return Err(failure);
        }
        self.from_memory = false;
        self.stage = Stage::Finding(Box::new(Finder::new(&self.context.base)));
        Ok(())
    }

    fn member(&mut self, url: &Url, member: &Member, out: &mut Outbox) -> Result<(), Failure> {
        let is_home = same_path(&member.path, url.path());
        if is_home {
            self.home_gone |= member.is_gone();
            let may = may(member, &["all", "write", "bind"]);
            self.makes_calendars |= may && !self.quirks.no_calendars;
        }
        // What lets nobody in, as a folder of another person's does, may do so for ever: for that the
        // rest of the account is not to wait.
        if member.is_gone() || (member.is_forbidden() && !is_home) {
            return Ok(());
        }
        if !member.is_there() {
            // A calendar that cannot be read is not a calendar that is gone.
            return Err(fail(
                FailureClass::Transient,
                "dav.member",
                "the server could not say what one of the calendars is: try later",
            ));
        }
        let Some(item) = calendar(member, self.quirks) else {
            return Ok(());
        };
        if !syncs(member) {
            self.found.without_sync.push(collection_path(&member.path));
        }
        if let Some(octets) = octets_max(member) {
            self.found.octets_max.push((collection_path(&member.path), octets));
        }
        if self.seen.insert(item.id.0.clone()) {
            out.push_back(Output::Calendar(Box::new(item)));
        }
        Ok(())
    }
}

impl Script for Discover {
    fn next(&mut self, _now: Timestamp) -> Next {
        if let Stage::Finding(finder) = &self.stage {
            match finder.next() {
                Ok(Some(request)) => return Next::Call(Box::new(request)),
                Err(failure) => return Next::Done(Done::Failed(failure)),
                Ok(None) => {}
            }
        }
        let stage = core::mem::replace(&mut self.stage, Stage::Listing(VecDeque::new()));
        let homes = match stage {
            Stage::Finding(finder) => self.list_found(finder.into_found()),
            Stage::Listing(homes) => homes,
        };
        let home = homes.front().cloned();
        self.stage = Stage::Listing(homes);
        match home {
            Some(home) => Next::Call(Box::new(ask::propfind(home, Depth::One, PROPERTIES))),
            None => Next::Done(Done::Discovered {
                subject: self.found.subject.clone(),
                makes_calendars: self.makes_calendars,
                remember: self.found.to_text(),
            }),
        }
    }

    fn tree(&mut self, url: &Url, tree: Element, out: &mut Outbox) -> Result<(), Failure> {
        if let Stage::Finding(finder) = &mut self.stage {
            finder.tree(url, tree);
            return Ok(());
        }
        match Member::read(url, tree) {
            Some(member) => self.member(url, &member, out),
            None => Ok(()),
        }
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        match &mut self.stage {
            Stage::Finding(finder) => finder.reply(&reply, now),
            Stage::Listing(_) if self.home_gone => {
                self.home_gone = false;
                self.find_again(fail(
                    FailureClass::NotFound,
                    "dav.home-gone",
                    "the calendars have moved: sign in to the account again",
                ))
            }
            Stage::Listing(homes) if reply.status() == 207 => {
                homes.pop_front();
                Ok(())
            }
            Stage::Listing(_) => {
                let failure = condition::failure(&reply, Intent::Read, now);
                self.find_again(failure)
            }
        }
    }

    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        match &mut self.stage {
            Stage::Finding(finder) => finder.refused(failure),
            Stage::Listing(_) => self.find_again(failure),
        }
    }
}
