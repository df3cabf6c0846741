//! Worlds by whose servers are in them.

use std::sync::Arc;

use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::graph_sim::{self, Belief};

use crate::caldav::CaldavSite;
use crate::google::GoogleSite;
use crate::graph::GraphSite;
use crate::keep::Keep;
use crate::portions::Portions;
use crate::site::Site;
use crate::values::ValuesSite;
use crate::world::{Member, PEOPLE, USERS, World};

/// Where a second account is, beside one at Google or Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mixed {
    /// There too.
    Alone,
    /// At a CalDAV server.
    WithCaldav,
}

/// Whether a seed is one of those by whose number this is: in a few worlds all goes wrong that ends
/// by itself. What the others draw stays as it is, for the sake of those that once ended otherwise.
const fn is_one_of(seed: u64, [one, other]: [u64; 2]) -> bool {
    seed % 16 == one || seed % 16 == other
}

/// Graph with one thing turned round that is only believed of it.
fn turned(n: u64) -> graph_sim::Profile {
    let belief = usize::try_from(n).unwrap_or_default() % Belief::ALL.len();
    graph_sim::Profile::default().flipped(Belief::ALL[belief].1)
}

impl<S: Keep> World<S> {
    /// A world with one CalDAV server and the accounts of alice and bob, whose calendars belong to
    /// them in turn, read into an empty graph.
    #[must_use]
    pub fn new(profile: Profile, seed: u64, owners: &[usize]) -> Self {
        Self::at(CaldavSite::new(profile, seed), seed, owners)
    }

    /// The same with this server.
    pub(crate) fn at(caldav: CaldavSite, seed: u64, owners: &[usize]) -> Self {
        let members: Vec<Member> =
            USERS.into_iter().map(|user| (Arc::new(caldav.clone()) as _, user)).collect();
        Self::of(caldav, Vec::new(), members, seed, owners)
    }

    /// The same with a server of values.
    #[must_use]
    pub fn of_values(seed: u64, owners: &[usize]) -> Self {
        let values: Arc<dyn Site> = Arc::new(ValuesSite::default());
        let members = USERS.into_iter().map(|user| (Arc::clone(&values), user)).collect();
        let caldav = CaldavSite::new(Profile::plain(), seed);
        Self::of(caldav, vec![Arc::clone(&values)], members, seed, owners)
    }

    /// The same with Google, and with alice's account there or with both.
    #[must_use]
    pub fn of_google(seed: u64, owners: &[usize], mixed: Mixed) -> Self {
        let caldav = CaldavSite::new(Profile::plain(), seed);
        let all_faults = is_one_of(seed, [3, 6]);
        let google: Arc<dyn Site> = Arc::new(GoogleSite::failing(seed, all_faults));
        let other: Arc<dyn Site> = match mixed {
            Mixed::WithCaldav => Arc::new(caldav.clone()),
            Mixed::Alone => Arc::clone(&google),
        };
        let members = [Arc::clone(&google), other].into_iter().zip(USERS).collect();
        let mut world = Self::of(caldav, vec![google], members, seed, owners);
        world.all_faults = all_faults;
        world
    }

    /// The same with Microsoft Graph; in each second world one thing that is only believed of it is
    /// turned round.
    #[must_use]
    pub fn of_graph(seed: u64, owners: &[usize], mixed: Mixed) -> Self {
        let believed = seed.is_multiple_of(2);
        let profile = if believed { graph_sim::Profile::default() } else { turned(seed / 2) };
        let caldav = CaldavSite::new(Profile::plain(), seed);
        let all_faults = is_one_of(seed, [7, 12]);
        let graph: Arc<dyn Site> = Arc::new(GraphSite::failing(profile, seed, all_faults));
        let other: Arc<dyn Site> = match mixed {
            Mixed::WithCaldav => Arc::new(caldav.clone()),
            Mixed::Alone => Arc::clone(&graph),
        };
        let members = [Arc::clone(&graph), other].into_iter().zip(USERS).collect();
        let mut world = Self::of(caldav, vec![graph], members, seed, owners);
        world.all_faults = all_faults;
        world
    }

    /// The same, whose workers read as much at once as they do that nobody told otherwise.
    #[must_use]
    pub fn in_usual_portions(mut self) -> Self {
        self.portions = Portions::Usual;
        self
    }

    /// A world with alice at Google, bob at Microsoft Graph and carol at a CalDAV server; in a few of them
    /// one thing that is only believed of Graph is turned round.
    #[must_use]
    pub fn of_three(seed: u64, owners: &[usize]) -> Self {
        let caldav = CaldavSite::new(Profile::plain(), seed);
        let (believed, more) = (!is_one_of(seed, [7, 10]), is_one_of(seed, [6, 12]));
        let profile = if believed { graph_sim::Profile::default() } else { turned(seed / 16) };
        let google: Arc<dyn Site> = Arc::new(GoogleSite::failing(seed, more));
        let graph: Arc<dyn Site> = Arc::new(GraphSite::failing(profile, seed, more));
        let sites = [Arc::clone(&google), Arc::clone(&graph), Arc::new(caldav.clone()) as _];
        let members = sites.into_iter().zip(PEOPLE).collect();
        let mut world = Self::of(caldav, vec![google, graph], members, seed, owners);
        world.all_faults = true;
        world
    }
}
