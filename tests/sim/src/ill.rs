//! What befalls calendars beside edits: listings that lack what came last, objects that nobody can
//! read, guests that come and go, and meetings that are called off.

use std::collections::BTreeMap;

use kalends_core::plan::Row;
use kalends_core::presence::AsideKind;
use kalends_oracle::{Origin, Place};

use crate::check::Check;
use crate::crowd::Crowd;
use crate::history::{History, act};
use crate::keep::Keep;
use crate::said::Said;
use crate::site::Act;
use crate::storm::Storm;
use crate::world::World;

impl Crowd {
    /// A token is lost, and the whole listing that is asked for then comes from where some of the
    /// newest objects have not arrived: it says that it is whole, and what it lacks is there.
    pub(crate) fn come_late<S: Keep>(&mut self, world: &World<S>) {
        let place = self.random.below(world.places());
        let objects = 1 + self.random.below(3);
        let Some(path) = world.path(place) else { return };
        if world.site(place).come_late(&path, objects) {
            self.late.insert(place);
            world.judged.befell();
            self.say(format!("late {place} {objects}"));
            world.tell(|| Said::Late(place, objects));
            world.tell(|| Said::Expire(place));
            world.site(place).expire_tokens(&path);
        }
    }
}

impl Crowd {
    /// From here on no listing comes late: what has not arrived by now would be missed only until
    /// the listing after it, and all is judged before that.
    pub(crate) fn come_on_time<S: Keep>(&mut self, world: &World<S>) {
        for place in std::mem::take(&mut self.late) {
            let Some(path) = world.path(place) else { continue };
            world.tell(|| Said::Late(place, 0));
            let _comes_late = world.site(place).come_late(&path, 0);
        }
    }
}

impl Storm {
    /// By chance something is shown amiss. Drawn after all else that a step draws.
    pub(crate) fn befall<S: Keep>(&mut self, world: &World<S>) {
        if self.below(5) == 0 {
            self.crowd.come_late(world);
        }
        match self.below(24) {
            0 => self.litter(world),
            1 => self.spoil(world),
            2 | 3 => self.invite(world),
            4 => self.call_off(world),
            _ => {}
        }
    }

    /// Something comes into a calendar that nobody can read, and stays there.
    fn litter<S: Keep>(&mut self, world: &World<S>) {
        let place = self.below(world.calendars.len());
        if !can_be_garbled(world, place) {
            return;
        }
        let mut origin = self.crowd.blank(place);
        self.crowd.shape(&mut origin);
        let name = self.crowd.name();
        self.crowd.say(format!("litter {place}/{name}"));
        act(world, place, &name, Act::Put(&origin));
        act(world, place, &name, Act::Garble);
        self.crowd.history.strays.insert((place, name));
    }

    /// An event cannot be read any more: its mirrors stay as they are, until it is written anew.
    fn spoil<S: Keep>(&mut self, world: &World<S>) {
        let Some(((place, name), origin)) = self.crowd.pick() else { return };
        let is_away = self.crowd.history.away.contains(&world.owner(place));
        if is_away || !can_be_garbled(world, place) {
            return;
        }
        self.crowd.say(format!("spoil {place}/{name}"));
        self.catch_up(world);
        self.crowd.calm(world);
        world.settle();
        let before = self.crowd.history.all_ours(world);
        act(world, place, &name, Act::Garble);
        world.settle();
        check_unread(world, &self.crowd.history, (place, &name), &before);
        let title = format!("{} again", origin.title);
        self.crowd.history.put(world, &name, Origin { title, ..origin });
    }

    /// Guests are asked to an event, or nobody is any more: its mirrors say nothing of that.
    fn invite<S: Keep>(&mut self, world: &World<S>) {
        let Some(((place, name), origin)) = self.crowd.pick() else { return };
        let invited = !origin.invited;
        let word = if invited { "invite to" } else { "uninvite from" };
        self.crowd.say(format!("{word} {place}/{name}"));
        self.crowd.history.put(world, &name, Origin { invited, ..origin });
    }

    /// A meeting is called off, and stays in its calendar: its mirrors go. Then it is on again.
    fn call_off<S: Keep>(&mut self, world: &World<S>) {
        let Some(((place, name), origin)) = self.crowd.pick() else { return };
        let is_away = self.crowd.history.away.contains(&world.owner(place));
        let mut held = self.crowd.history.origins.values();
        let is_alone = held.all(|one| one.calendar == place || one.uid != origin.uid);
        if is_away || !is_alone || !origin.rule.is_empty() || !can_be_garbled(world, place) {
            return;
        }
        self.crowd.say(format!("call off {place}/{name}"));
        self.catch_up(world);
        self.crowd.calm(world);
        world.settle();
        act(world, place, &name, Act::CallOff);
        let history = &mut self.crowd.history;
        history.origins.remove(&(place, name.clone()));
        history.strays.insert((place, name.clone()));
        world.settle();
        history.check(world);
        history.strays.remove(&(place, name.clone()));
        let title = format!("{} after all", origin.title);
        history.put(world, &name, Origin { title, ..origin });
    }
}

impl History {
    /// The objects of ours in each place, with all they hold.
    pub(crate) fn all_ours<S: Keep>(&self, world: &World<S>) -> Vec<BTreeMap<String, String>> {
        (0..world.places()).map(|place| self.ours(world, place)).collect()
    }
}

/// An event that cannot be read any more is set aside, and its mirrors are as they were (L7, L12).
pub(crate) fn check_unread<S: Keep>(
    world: &World<S>,
    history: &History,
    (place, name): (Place, &str),
    before: &[BTreeMap<String, String>],
) {
    let mut wrong = Vec::new();
    if history.all_ours(world) != before {
        wrong.push(format!("{place}/{name} cannot be read, and its mirrors changed"));
    }
    if !is_quarantined(world, place, name) {
        wrong.push(format!("{place}/{name} cannot be read, and is not set aside"));
    }
    world.judged.add(Check::Unread, 1);
    Check::Unread.all_right(&wrong);
}

/// Whether a calendar takes objects that nobody can read: what speaks JSON reads what it stores.
fn can_be_garbled<S: Keep>(world: &World<S>, place: Place) -> bool {
    ["caldav", "values"].contains(&world.site(place).provider())
}

fn is_quarantined<S: Keep>(world: &World<S>, place: Place, name: &str) -> bool {
    let calendar = world.calendar(place);
    let is_it = |row: &Row| {
        let Row::Aside(aside) = row else { return false };
        aside.calendar == calendar
            && aside.object.0.ends_with(name)
            && matches!(aside.what, AsideKind::Quarantined(_))
    };
    world.store.look(world.keys.graph, |rows| rows.values().any(is_it))
}
