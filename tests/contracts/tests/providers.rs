//! The contract of providers, on each of them.

use kalends_contracts::{Calendars, Dav, Graph, Mailbox, Published, Records, Values};
use kalends_core::graph::SeriesShape;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::graph_sim::{self, Repeated};
use kalends_testkit::provider_contract;

/// Graph answers a creation that was sent before in this way.
fn graph(repeated: Repeated) -> Graph {
    let mut profile = graph_sim::Profile::default();
    profile.repeated = repeated;
    Graph::of(profile)
}

provider_contract!(values_whole, Values::holding(SeriesShape::Whole));
provider_contract!(values_parts, Values::holding(SeriesShape::Parts));
provider_contract!(values_singles, Values::holding(SeriesShape::Singles));
provider_contract!(records, Records::default());
provider_contract!(mailbox, Mailbox::default());
provider_contract!(feed, Published::default());
provider_contract!(caldav_plain, Dav::of(Profile::plain()));
provider_contract!(caldav_radicale, Dav::of(Profile::radicale()));
provider_contract!(caldav_xandikos, Dav::of(Profile::xandikos()));
provider_contract!(caldav_sabre, Dav::of(Profile::sabre()));
provider_contract!(caldav_sogo, Dav::of(Profile::sogo()));
provider_contract!(caldav_no_sync, Dav::of(Profile::no_sync()));
provider_contract!(caldav_bare, Dav::of(Profile::bare()));
provider_contract!(graph_409, graph(Repeated::Conflict));
provider_contract!(graph_200, graph(Repeated::Ok));
provider_contract!(google, Calendars::default());
