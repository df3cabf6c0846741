//! A script as a text, and the least of its steps that still breaks.

use super::print::place_name;
use super::{Said, retell};
use crate::check::Check;
use crate::life::Depth;
use crate::network::Network;
use crate::portions::Portions;
use crate::scene::Scene;
use crate::servers::Servers;
use crate::shrink::fewest;
use crate::world::PEOPLE;
use crate::worlds::Mixed;

/// The second account is at a CalDAV server.
const BESIDE: &str = " beside-caldav";
/// Requests take time.
const SLOW: &str = " slow";
/// Workers read as much at once as they do elsewhere.
const AT_ONCE: &str = " at-once";
/// The CalDAV server is another one.
const SERVERS: &str = " at ";
/// Notices of providers come in.
const LISTENS: &str = " listens";

/// A history as a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// What it begins with.
    pub scene: Scene,
    /// The steps.
    pub steps: Vec<Said>,
}

impl Script {
    /// Its text: the calendars, the world, and a line a step.
    #[must_use]
    pub fn text(&self) -> String {
        let Scene { depth, mixed, listens, network, servers, portions, seed, owners } = &self.scene;
        let count = owners.len();
        let calendars = owners.iter().enumerate();
        let calendars: Vec<String> = calendars
            .map(|(place, owner)| format!("{}={}", place_name(place, count), PEOPLE[*owner]))
            .collect();
        let steps: String =
            self.steps.iter().map(|said| format!("{}\n", said.line(count))).collect();
        let mut world = format!("{seed} {}", depth.name());
        world += match mixed {
            Mixed::Alone => "",
            Mixed::WithCaldav => BESIDE,
        };
        world += if *listens { LISTENS } else { "" };
        world += match network {
            Network::Instant => "",
            Network::Slow => SLOW,
        };
        world += match portions {
            Portions::Small => "",
            Portions::Usual => AT_ONCE,
        };
        world += &match servers {
            Servers::Plain => String::new(),
            Servers::Rare | Servers::More | Servers::Habits(_) => {
                format!("{SERVERS}{}", servers.name())
            }
        };
        format!("calendars {}\nworld {world}\n{steps}", calendars.join(" "))
    }

    /// Reads a text. Empty lines, and lines that begin with `#`, are for people.
    ///
    /// # Errors
    /// The line that cannot be read.
    pub fn read(text: &str) -> Result<Self, String> {
        let lines = (1..).zip(text.lines().map(str::trim));
        let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let mut head = |what: &str| {
            let (number, line) = lines.next().unwrap_or((1, ""));
            let rest = line.strip_prefix(what).map(str::to_owned);
            rest.ok_or_else(|| format!("line {number}: `{what}…` is missing"))
        };
        let calendars = head("calendars ")?;
        let owners = calendars.split_whitespace().map(|word| {
            let user = word.split_once('=').map_or("", |(_, user)| user);
            let known = PEOPLE.iter().position(|known| *known == user);
            known.ok_or_else(|| format!("`{word}` is no calendar like cal0=alice"))
        });
        let owners: Vec<usize> = owners.collect::<Result<_, _>>()?;
        let world = head("world ")?;
        let scene = scene(&world, owners).ok_or("the world is one like `world 4711 caldav`")?;
        let places = scene.owners.len();
        let steps = lines.map(|(number, line)| {
            let said = Said::read(line, places);
            said.ok_or_else(|| format!("line {number}: `{line}` is no step"))
        });
        let steps = steps.collect::<Result<_, _>>()?;
        Ok(Self { scene, steps })
    }
}

impl Script {
    /// The same with as few of its steps as still end in the same breach.
    #[must_use]
    pub fn least(&self) -> Self {
        let with = |numbers: &[u32]| {
            let steps = numbers.iter().filter_map(|at| self.steps.get(*at as usize).cloned());
            Self { steps: steps.collect(), ..self.clone() }
        };
        let breach = |script: &Self| retell(script).and_then(|trouble| Check::of(&trouble));
        let Some(check) = breach(self) else { return self.clone() };
        let all: Vec<u32> = (0..).take(self.steps.len()).collect();
        with(&fewest(&all, |numbers| breach(&with(numbers)) == Some(check)))
    }
}

/// What a script begins with; `None` where that is no world.
fn scene(world: &str, owners: Vec<usize>) -> Option<Scene> {
    let (world, servers) = match world.split_once(SERVERS) {
        Some((world, name)) => (world, Servers::named(name)?),
        None => (world, Servers::Plain),
    };
    let (world, at_once) = cut(world, AT_ONCE);
    let portions = if at_once { Portions::Usual } else { Portions::Small };
    let (world, slow) = cut(world, SLOW);
    let network = if slow { Network::Slow } else { Network::Instant };
    let (world, listens) = cut(world, LISTENS);
    let (world, beside) = cut(world, BESIDE);
    let (seed, name) = world.split_once(' ')?;
    let depth = Depth::ALL.into_iter().find(|depth| depth.name() == name)?;
    let is_there = owners.iter().all(|owner| *owner < depth.accounts());
    let mixed = if beside { Mixed::WithCaldav } else { Mixed::Alone };
    let seed = seed.parse().ok()?;
    is_there.then_some(Scene { depth, mixed, listens, network, servers, portions, seed, owners })
}

/// A line without a word at its end, and whether that was there.
fn cut<'a>(line: &'a str, word: &str) -> (&'a str, bool) {
    line.strip_suffix(word).map_or((line, false), |line| (line, true))
}
