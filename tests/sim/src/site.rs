//! A provider of a world: its server, and the people who work there.

use std::fmt;

use kalends_core::event::Body;
use kalends_core::ports::RecordsCall;
use kalends_core::provider::{Done, Failure, FailureClass, Output};
use kalends_driver::Opened;
use kalends_oracle::{Change, Origin};
use kalends_testkit::wire::{Outgoing, SimReply, SimRequest};

use crate::random::Random;

/// A provider as a world needs it. A further one joins a world by implementing this, and by being
/// named where the world is built. It keeps its server behind a lock: clones of a world's network
/// and accounts share it.
///
/// Calendars go by the ids that the provider gives them, objects by names that are theirs in a
/// calendar. Times are UTC milliseconds of the world's clock.
pub trait Site: fmt::Debug + Send + Sync {
    /// What accounts of it say their provider is.
    fn provider(&self) -> &'static str;

    /// The hosts of its addresses, with their scheme: requests to them come here.
    fn hosts(&self) -> &'static [&'static str];

    /// Answers a request.
    fn handle(&self, now_ms: i64, request: &SimRequest) -> SimReply;

    /// A request that it answered is no longer under way.
    fn ended(&self, request: &SimRequest) {
        let _ = request;
    }

    /// Signs a user in, with what their provider wanted to be remembered.
    fn open(&self, user: &str, remember: &str) -> Opened;

    /// Carries out a call of a user whose provider speaks no HTTP.
    fn records(&self, user: &str, call: &RecordsCall) -> (Vec<Output>, Done) {
        let _ = (user, call);
        let failure = Failure {
            class: FailureClass::Unsupported,
            code: "sim.records".to_owned(),
            detail: "this provider speaks HTTP: send it requests".to_owned(),
            retry_at: None,
        };
        (Vec::new(), Done::Failed(failure))
    }

    /// Lets a user in.
    fn add_user(&self, user: &str);

    /// Makes a calendar for a user; gives the calendar's id.
    fn add_calendar(&self, user: &str, name: &str) -> String;

    /// Whether a calendar that [`Site::add_calendar`] made is still there.
    fn stands(&self, calendar: &str) -> bool;

    /// The names of what a calendar holds, sorted; none of one that is not there.
    fn names(&self, calendar: &str) -> Vec<String>;

    /// What a person sees in what a calendar holds under a name; its calendar is 0.
    fn look(&self, calendar: &str, name: &str) -> Option<Origin>;

    /// Gives a user another token, the last one being refused; false where there are none.
    fn renew(&self, user: &str) -> bool {
        let _ = user;
        false
    }

    /// Whether a calendar holds something under a name.
    fn holds(&self, calendar: &str, name: &str) -> bool {
        self.look(calendar, name).is_some()
    }

    /// What an object says to the engine, where that reads one here as it would over the wire.
    fn body(&self, calendar: &str, name: &str) -> Option<Body> {
        let _ = (calendar, name);
        None
    }

    /// All that a calendar holds under a name, to be compared.
    fn all(&self, calendar: &str, name: &str) -> Option<String>;

    /// Whether a mirror that was copied under another name keeps a mark that holds: the mark signs
    /// what the provider knows an object by.
    fn copies_keep_marks(&self) -> bool;

    /// Whether a UID is held once among all calendars of a person, so that a copy has another one.
    fn holds_uids_once(&self) -> bool {
        false
    }

    /// Whether a listing may leave out the last change, so that a later one alone tells of it.
    fn lags(&self) -> bool {
        false
    }

    /// Whether an instance that was cancelled takes place again where its series is written anew.
    fn brings_back_cancelled(&self) -> bool {
        true
    }

    /// Whether an instance that was put back does not follow its series, and is written along with it.
    fn keeps_what_was_put_back(&self) -> bool {
        false
    }

    /// Whether an instance can be moved past its neighbours.
    fn lets_instances_pass(&self) -> bool {
        true
    }

    /// A person works at a calendar program, bound by no condition and seen by nobody.
    ///
    /// # Errors
    /// What was not there.
    fn act(&self, now_ms: i64, calendar: &str, name: &str, act: Act<'_>) -> Result<(), String>;

    /// Plans a fault that the random numbers choose and that ends by itself; gives its name and
    /// where it strikes, as scenarios say it.
    fn fault(&self, random: &mut Random) -> String;

    /// Plans a fault as [`Site::fault`], [`Site::rare_fault`] or [`Site::upset_watches`] said it;
    /// false where it is none of this site.
    fn plan(&self, now_ms: i64, fault: &str) -> bool {
        let _ = (now_ms, fault);
        false
    }

    /// The same with one of all other faults that end by themselves.
    fn rare_fault(&self, random: &mut Random) -> String {
        self.fault(random)
    }

    /// No token given out so far for a calendar is known any more.
    fn expire_tokens(&self, calendar: &str);

    /// The next whole listing of a calendar comes from where so many of its newest objects have not
    /// arrived yet, and gives a token that tells of them; false where no listing ever does.
    fn come_late(&self, calendar: &str, objects: usize) -> bool {
        let _ = (calendar, objects);
        false
    }

    /// Where a listing may have hidden what a calendar had lost, so that only a comparison of everything
    /// finds it, the next one is such a comparison.
    fn own_up(&self, now_ms: i64) {
        let _ = now_ms;
    }

    /// Nothing fails any more.
    fn calm(&self);

    /// From now on it keeps no more of what it answers than who judges a history looks at.
    fn forget_replies(&self) {}

    /// All that was asked since the last call, and where the server keeps it what it answered.
    fn take_log(&self) -> Vec<String>;

    /// What was sent so far and should not have been, in words.
    fn violations(&self) -> Vec<String>;

    /// How many calls of one mailbox a program may have under way at once; `None`: any number.
    fn at_once(&self) -> Option<usize> {
        None
    }

    /// From now on no more is answered in a minute than it allows, where it counts.
    fn limit_calls(&self) {}

    /// How many writes of one object are one: instances are objects of their own at some.
    fn writes_each(&self) -> usize {
        1
    }

    /// Which objects were written or deleted over the wire so far, by calendar and name, in order.
    fn written(&self) -> Vec<(String, String)>;

    /// How many writes were sent so far, where the site keeps what they say.
    fn sent(&self) -> usize {
        0
    }

    /// What the writes after so many said.
    fn sent_after(&self, count: usize) -> Vec<Sent> {
        let _ = count;
        Vec::new()
    }

    /// The passwords and tokens by which its users are known.
    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether what was asked last was a write.
    fn wrote_last(&self) -> bool;

    /// Which objects were asked to be deleted over the wire so far, by calendar and name.
    fn deleted(&self) -> Vec<(String, String)>;

    /// Which objects caused mail so far, by calendar and name.
    fn mailed(&self) -> Vec<(String, String)>;

    /// What it sends by itself and is due.
    fn outgoing(&self, now_ms: i64) -> Vec<Outgoing> {
        let _ = now_ms;
        Vec::new()
    }

    /// Hears how something that it sent was answered.
    fn answered(&self, now_ms: i64, sent: Outgoing, status: u16) {
        let _ = (now_ms, sent, status);
    }

    /// What somebody else makes of a notice of it, so that it looks like one and is none. Of the
    /// watches by these ids it was never told what they are for: nobody can hold that against it.
    fn forged(&self, random: &mut Random, sent: &SimRequest, untold: &[String]) -> SimRequest {
        let _ = (random, untold);
        sent.clone()
    }

    /// Something happens to its watches: what, as scripts say it; `None`: it has none.
    fn upset_watches(&self, now_ms: i64, random: &mut Random) -> Option<String> {
        let _ = (now_ms, random);
        None
    }
}

/// A fault of a site whose requests differ by path: `fault X1 at google PUT */events* 2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Planned<'a> {
    /// Which fault.
    pub(crate) name: &'a str,
    /// Of requests of this method.
    pub(crate) method: &'a str,
    /// To these paths.
    pub(crate) path: &'a str,
    /// The how manieth of them.
    pub(crate) nth: u32,
}

impl<'a> Planned<'a> {
    /// As a site of this name says it.
    pub(crate) fn said(&self, site: &str) -> String {
        format!("fault {} at {site} {} {} {}", self.name, self.method, self.path, self.nth)
    }

    /// What a site of this name said.
    pub(crate) fn read(said: &'a str, site: &str) -> Option<Self> {
        let words: Vec<&str> = said.split_whitespace().collect();
        let &["fault", name, "at", at, method, path, nth] = words.as_slice() else { return None };
        (at == site).then_some(())?;
        Some(Self { name, method, path, nth: nth.parse().ok()? })
    }
}

/// What a write said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Into which calendar.
    pub calendar: String,
    /// Of which object.
    pub name: String,
    /// The title.
    pub title: String,
    /// All of it, as it was sent.
    pub text: String,
    /// Whether it names an instance of a series, which the name is of.
    pub of_instance: bool,
    /// Whether what it says stands there.
    pub stands: Stands,
}

/// Whether what a write says stands there, by what was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// It does.
    Surely,
    /// It was refused: what was there before stands.
    Not,
    /// Nothing was answered, or nothing that tells.
    Perhaps,
}

/// What of an event a write says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// All of it, or of its series.
    Whole,
    /// A changed instance.
    Instance,
    /// An instance as its series stands there: Google and Graph have no other way to take a change
    /// back.
    AsItsSeries,
}

/// What Graph is told of an instance that bears no mark any more, and before the series of one that
/// does; a series that is written in parts says `-` there.
const UNMARKED: &str = "Name kal_m\",\"value\":\"\"";
const OF_SERIES: &str = "Name kal_s\",\"value\":\"";

impl Sent {
    pub(crate) fn says(&self) -> Says {
        let none = ["\"", "-\""];
        let is_said = |rest: &str| !none.iter().any(|none| rest.starts_with(none));
        let graph = self.text.split_once(OF_SERIES).is_some_and(|(_, rest)| is_said(rest));
        let back = self.text.contains("\"kal_r\":") || self.text.contains(UNMARKED);
        match (self.of_instance, self.text.contains("\"kal_n\":") || graph) {
            (true, _) if back => Says::AsItsSeries,
            (true, _) | (false, true) => Says::Instance,
            (false, false) => Says::Whole,
        }
    }
}

/// What a person does to an object of a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act<'a> {
    /// Makes it what this says, whole.
    Put(&'a Origin),
    /// Changes a part of it.
    Change(&'a Change),
    /// Deletes it.
    Delete,
    /// Brings it back from the bin.
    Undelete,
    /// Moves it into this calendar, under its name.
    Carry(&'a str),
    /// Copies it, with its UID and all that only programs see, to a calendar under a name.
    Copy(&'a str, &'a str),
    /// Copies it as most programs do: with a new UID.
    Duplicate(&'a str, &'a str),
    /// Takes off what says that it is ours.
    Unmark,
    /// Makes of it what no program can read.
    Garble,
    /// Calls it off: it stays, cancelled.
    CallOff,
    /// Writes back what we had written before the last time; nothing where there is no such thing.
    Rewind,
}
