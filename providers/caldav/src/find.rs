//! From an address to the calendar homes (RFC 6764, RFC 5397, RFC 4791 section 6.2.1).

use std::collections::VecDeque;

use kalends_core::provider::{Failure, FailureClass};
use kalends_core::time::Timestamp;
use kalends_kit::{Element, Intent, Ns, Reply, Request, Url};

use crate::ask::{self, Depth};
use crate::condition;
use crate::context::fail;
use crate::dav::Member;
use crate::remember::Remembered;

/// Where services are when the address does not say.
const PLACES: &[&str] = &[
    "/.well-known/caldav",
    "/",
    "/dav/",
    "/caldav/",
    "/remote.php/dav/",
    "/dav.php/",
    "/SOGo/dav/",
    "/caldav.php/",
];

/// Looks for the principal, then for its homes.
#[derive(Debug)]
pub(crate) struct Finder {
    base: Url,
    places: VecDeque<Url>,
    principal: Option<Url>,
    /// The person's own address, where it turned out to be a collection without a principal.
    fallback: Option<Url>,
    /// The most telling of the refusals so far.
    refusal: Option<Failure>,
    found: Remembered,
    unauthenticated: bool,
    look: Look,
}

/// What is being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// A place, for the principal.
    Place,
    /// The principal, for its homes.
    Principal,
}

impl Finder {
    pub(crate) fn new(base: &Url) -> Self {
        let mut places: VecDeque<Url> = VecDeque::new();
        if base.path() != "/" {
            places.push_back(base.clone());
        }
        places.extend(PLACES.iter().map(|place| base.with_path(place)));
        Self {
            base: base.clone(),
            places,
            principal: None,
            fallback: None,
            refusal: None,
            found: Remembered::default(),
            unauthenticated: false,
            look: Look::Place,
        }
    }

    /// What to ask next; `None` where homes are found.
    pub(crate) fn next(&self) -> Result<Option<Request>, Failure> {
        if !self.found.homes.is_empty() {
            return Ok(None);
        }
        if self.unauthenticated {
            return Err(fail(
                FailureClass::SignIn,
                "dav.unauthenticated",
                "the server does not know who is asking: sign in again",
            ));
        }
        if let (Look::Principal, Some(principal)) = (self.look, &self.principal) {
            let properties = ["C:calendar-home-set", "C:calendar-user-address-set"];
            return Ok(Some(ask::propfind(principal.clone(), Depth::Zero, &properties)));
        }
        if let Some(place) = self.places.front() {
            let properties = ["current-user-principal", "resourcetype", "C:calendar-home-set"];
            return Ok(Some(ask::propfind(place.clone(), Depth::Zero, &properties)));
        }
        Err(self.refusal.clone().unwrap_or_else(no_service))
    }

    /// What was found.
    pub(crate) fn into_found(self) -> Remembered {
        self.found
    }

    pub(crate) fn tree(&mut self, url: &Url, tree: Element) {
        let Some(member) = Member::read(url, tree).filter(Member::is_there) else {
            return;
        };
        let homes = member.hrefs((&self.base, url), Ns::CalDav, "calendar-home-set");
        if self.look == Look::Principal {
            self.take_homes(homes);
            let addresses = member.property(Ns::CalDav, "calendar-user-address-set");
            let hrefs = addresses.into_iter().flat_map(|set| set.all(Ns::Dav, "href"));
            self.found.addresses.extend(hrefs.filter_map(|href| mail_address(href.trimmed())));
            return;
        }
        let who = member.property(Ns::Dav, "current-user-principal");
        if who.is_some_and(|who| who.child(Ns::Dav, "unauthenticated").is_some()) {
            self.unauthenticated = true;
        }
        let principals = member.hrefs((&self.base, url), Ns::Dav, "current-user-principal");
        if let Some(principal) = principals.into_iter().next() {
            self.found.subject = self.subject(&principal);
            self.principal = Some(principal);
        } else if !homes.is_empty() {
            self.found.subject = self.subject(url);
            self.take_homes(homes);
        } else if self.places.front() == Some(&self.base) {
            self.fallback = fallback_home(url, &member);
        }
    }

    pub(crate) fn reply(&mut self, reply: &Reply, now: Timestamp) -> Result<(), Failure> {
        if let Some(server) = reply.head.header("server") {
            server.chars().take(80).collect::<String>().clone_into(&mut self.found.server);
        }
        if reply.status() != 207 {
            return self.refused(condition::failure(reply, Intent::Read, now));
        }
        if !self.found.homes.is_empty() || self.unauthenticated {
            return Ok(());
        }
        match self.look {
            Look::Principal => Err(fail(
                FailureClass::Unsupported,
                "dav.no-home",
                "the account has no calendars on this server: check the address and the account",
            )),
            Look::Place if self.principal.is_some() => {
                self.look = Look::Principal;
                Ok(())
            }
            Look::Place => {
                self.go_on();
                Ok(())
            }
        }
    }

    /// A place that does not answer as a service would: on to the next, unless no place will.
    pub(crate) fn refused(&mut self, failure: Failure) -> Result<(), Failure> {
        let local = match failure.class {
            FailureClass::Transient
            | FailureClass::Throttled
            | FailureClass::Unknown
            | FailureClass::SignIn
            | FailureClass::Consent
            | FailureClass::Quota => false,
            FailureClass::Forbidden
            | FailureClass::NotFound
            | FailureClass::CalendarGone
            | FailureClass::CursorLost
            | FailureClass::Stale
            | FailureClass::Taken
            | FailureClass::TooLarge
            | FailureClass::Refused
            | FailureClass::Protocol
            | FailureClass::Unsupported => true,
        };
        if !local || self.look == Look::Principal {
            return Err(failure);
        }
        let telling = matches!(failure.class, FailureClass::Forbidden | FailureClass::Protocol);
        if telling && self.refusal.is_none() {
            self.refusal = Some(failure);
        }
        self.go_on();
        Ok(())
    }

    fn go_on(&mut self) {
        self.places.pop_front();
        if self.places.is_empty()
            && let Some(home) = self.fallback.take()
        {
            self.found.subject = self.subject(&home);
            self.found.homes.push(home);
        }
    }

    fn take_homes(&mut self, homes: Vec<Url>) {
        for home in homes {
            let home = home.with_path(&format!("{}/", home.path().trim_end_matches('/')));
            if !self.found.homes.contains(&home) {
                self.found.homes.push(home);
            }
        }
    }

    /// Two servers may have a principal under one path: the person's host is part of the name.
    fn subject(&self, principal: &Url) -> String {
        let origin = self.base.origin();
        let host = origin.split_once("://").map_or(origin.as_str(), |(_, host)| host);
        format!("{host}{}", principal.path())
    }
}

fn fallback_home(url: &Url, member: &Member) -> Option<Url> {
    if member.is_type(Ns::CalDav, "calendar") {
        return url.join("../").ok();
    }
    member.is_type(Ns::Dav, "collection").then(|| url.clone())
}

fn mail_address(href: &str) -> Option<String> {
    let lower = href.to_lowercase();
    let address = lower.strip_prefix("mailto:")?;
    (!address.is_empty()).then(|| address.to_owned())
}

fn no_service() -> Failure {
    fail(
        FailureClass::Protocol,
        "dav.no-service",
        "no calendar service was found at this address: give the address of the service itself",
    )
}
