//! Notices on their way from providers to the driver, and what befalls them.
//!
//! A lost notice costs time and no change; a forged one costs nothing at all.

use std::collections::BTreeMap;

use kalends_core::graph::Calendar;
use kalends_core::notice::InboundRequest;
use kalends_core::ports::Clock;
use kalends_core::slice::ReadSet;
use kalends_testkit::block_on::block_on;
use kalends_testkit::wire::{Outgoing, SimRequest};

use crate::keep::Keep;
use crate::random::Random;
use crate::said::Said;
use crate::site::Site;
use crate::world::{NOTICES, World};

/// How late a late notice comes at most.
const LATE_MS: usize = 6 * 3_600_000;

/// One notice on its way.
#[derive(Debug, Clone)]
struct Letter {
    /// Which of the world's sites sent it.
    site: usize,
    sent: Outgoing,
    /// Whether somebody else wrote it.
    forged: bool,
}

/// What brings notices, and loses them.
#[derive(Debug, Clone, Default)]
pub struct Post {
    /// Notices that come after others, by when.
    late: Vec<(i64, Letter)>,
    /// Until when nothing of a site arrives.
    deaf: BTreeMap<usize, i64>,
}

impl Post {
    /// Nothing that a site sends arrives for so long.
    pub(crate) fn fall_silent<S: Keep>(&mut self, world: &World<S>, site: usize, hours: i64) {
        world.tell(|| Said::Silent(self::site(world, site).provider().to_owned(), hours));
        let until = world.clock.now().saturating_add_millis(hours * 3_600_000);
        self.deaf.insert(site, until.as_millis());
    }

    /// What is under way is lost, and whoever was silent is so no more.
    pub(crate) fn lose_all<S: Keep>(&mut self, world: &World<S>) {
        world.tell(|| Said::NoNotices);
        *self = Self::default();
        let now = world.clock.now().as_millis();
        world.http.sites().for_each(|site| drop(site.outgoing(now)));
    }

    /// Brings what is due, some of it lost, doubled, late, forged, and none of it in order. What
    /// befell it, for the script.
    pub(crate) fn bring<S: Keep>(&mut self, world: &World<S>, random: &mut Random) -> Vec<String> {
        world.tell(|| Said::Notices(random.state()));
        let now = world.clock.now().as_millis();
        let mut said = Vec::new();
        let mut letters = self.due(now);
        for letter in sent(world) {
            let is_deaf = self.deaf.get(&letter.site).is_some_and(|until| now < *until);
            let fate = if is_deaf { 0 } else { random.below(10) };
            let word = match fate {
                0 => "lost",
                1 => "doubled",
                2 => "late",
                3 => "forged",
                _ => "arrives",
            };
            said.push(format!("notice {word}"));
            match fate {
                0 => {}
                1 => letters.extend([letter.clone(), letter]),
                2 => self.late.push((now + random.below(LATE_MS) as i64, letter)),
                3 => {
                    let (site, sent) = (site(world, letter.site), &letter.sent.request);
                    let request = site.forged(random, sent, &untold(world));
                    let sent = Outgoing { request, ..letter.sent.clone() };
                    letters.extend([Letter { sent, forged: true, ..letter.clone() }, letter]);
                }
                _ => letters.push(letter),
            }
        }
        while !letters.is_empty() {
            let letter = letters.swap_remove(random.below(letters.len()));
            said.push(format!("notice answered {}", deliver(world, letter)));
        }
        said
    }

    /// Brings all that is due, as it was sent.
    pub fn bring_all<S: Keep>(&mut self, world: &World<S>) {
        world.tell(|| Said::AllNotices);
        let due = self.due(world.clock.now().as_millis());
        for letter in due.into_iter().chain(sent(world)) {
            deliver(world, letter);
        }
    }

    fn due(&mut self, now: i64) -> Vec<Letter> {
        let all = std::mem::take(&mut self.late).into_iter();
        let (due, late): (Vec<_>, Vec<_>) = all.partition(|(at, _)| *at <= now);
        self.late = late;
        due.into_iter().map(|(_, letter)| letter).collect()
    }
}

fn site<S: Keep>(world: &World<S>, nth: usize) -> &dyn Site {
    world.http.sites().nth(nth).expect("it sent something")
}

/// The watches whose opening nobody saw answered: what each of them is for, the answer would tell.
fn untold<S: Keep>(world: &World<S>) -> Vec<String> {
    let scopes = world.set_up().calendars.values().map(Calendar::scope).collect();
    let want = ReadSet { watches: scopes, ..ReadSet::default() };
    let slice = block_on(world.store.load(world.keys.graph, &want)).unwrap();
    let known = slice.watches.iter().filter_map(|(scope, watch)| Some((*scope, watch.as_ref()?)));
    let open = known.flat_map(|(scope, watch)| watch.open(scope, &world.keys));
    open.filter(|watch| watch.resource.is_none()).map(|watch| watch.id).collect()
}

/// What the sites send now.
fn sent<S: Keep>(world: &World<S>) -> Vec<Letter> {
    let now = world.clock.now().as_millis();
    let sites = world.http.sites().enumerate();
    let of = |(site, one): (usize, &dyn Site)| {
        let sent = one.outgoing(now).into_iter();
        sent.map(|sent| Letter { site, sent, forged: false }).collect::<Vec<_>>()
    };
    sites.flat_map(of).collect()
}

/// Hands a notice in; the status that it is answered with. A forged one is refused, and leaves
/// nothing behind that a provider would be asked because of.
fn deliver<S: Keep>(world: &World<S>, letter: Letter) -> u16 {
    let site = site(world, letter.site);
    let before = letter.forged.then(|| traces(world));
    let status = hear(world, site, &letter.sent.request);
    if let Some(before) = before {
        assert!(status >= 400, "a forged notice is answered with {status}");
        assert!(before == traces(world), "a forged notice leaves something behind");
    } else {
        site.answered(world.clock.now().as_millis(), letter.sent, status);
    }
    status
}

/// What a provider call would come from: requests so far, and jobs that wait.
fn traces<S: Keep>(world: &World<S>) -> (u64, Vec<String>) {
    let jobs = world.jobs_due().iter().map(|job| format!("{job:?}")).collect();
    (world.http.requests(), jobs)
}

/// A request from outside, as the driver takes it in.
fn hear<S: Keep>(world: &World<S>, site: &dyn Site, request: &SimRequest) -> u16 {
    let kind = site.provider();
    let (user, _) = world
        .members
        .iter()
        .find_map(|(of, user)| (of.provider() == kind).then_some((*user, ())))
        .expect("someone is there");
    let provider = site.open(user, "").provider;
    let driver = world.driver();
    let inbound = inbound(request, world.clock.now());
    let notice = block_on(driver.notice(&world.keys, (kind, provider.as_ref()), &inbound));
    notice.unwrap().status()
}

/// A request of a simulator as it comes in.
pub(crate) fn inbound(
    request: &SimRequest,
    received: kalends_core::time::Timestamp,
) -> InboundRequest {
    let rest = request.url.strip_prefix(NOTICES).expect("it goes where notices come in");
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let lower = |(name, value): &(String, String)| (name.to_lowercase(), value.clone());
    InboundRequest {
        method: request.method.clone(),
        path: format!("/notices{path}"),
        query: query.to_owned(),
        headers: request.headers.iter().map(lower).collect(),
        body: request.body.clone(),
        received,
    }
}
