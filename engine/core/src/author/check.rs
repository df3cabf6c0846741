//! What is wrong with an edit, said before anything is done.

use super::replace::stays;
use crate::cursor::Question;
use crate::event::Body;
use crate::graph::{
    Account, Calendar, CalendarKind, CalendarRole, Capabilities, Edge, EdgeOptions, Lifecycle,
};
use crate::ids::{AccountId, CalendarId, EdgeId, GraphId, HoldId, RuleId, SessionId};
use crate::meeting::GUESTS_MAX;
use crate::schedule::{ASKED_MS_MAX, HoldEdit, Rule, Rules, SessionEdit};
use crate::slice::Config;
use crate::step::{EdgeTarget, UserEdit};
use crate::{limits, template, wire};

/// Why an edit is refused; the text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// There is no such account.
    #[error("there is no account {0}: list the accounts and take one of them")]
    NoAccount(AccountId),
    /// Another account has that name.
    #[error("another account is named {0:?}: give another name, or remove that one first")]
    NameTaken(String),
    /// The same account is there under another name.
    #[error("the account is there already, under the name {0:?}: add it under that name")]
    AccountExists(String),
    /// The same account is on its way out.
    #[error("account {0:?} is being removed: sync until it is gone, or undo its removal")]
    AccountLeaving(String),
    /// There is no such calendar.
    #[error("there is no calendar {0}: list the calendars and take one of them")]
    NoCalendar(CalendarId),
    /// There is no such edge.
    #[error("there is no edge {0}: list the edges and take one of them")]
    NoEdge(EdgeId),
    /// From and to are one calendar.
    #[error("an edge needs two calendars: source and target are the same")]
    SelfLoop,
    /// The same edge is there.
    #[error("edge {0} joins these two calendars already: change it, or remove it first")]
    EdgeExists(EdgeId),
    /// The source is an overlay.
    #[error("the source is a calendar of mirrors: take the calendar that the events come from")]
    SourceIsOverlay,
    /// The target is an overlay, named as if it were a person's calendar.
    #[error("calendar {0:?} is the overlay of its account: name the account alone as the target")]
    TargetIsOverlay(String),
    /// Overlays are read for the mirrors in them.
    #[error("calendar {0:?} has no scope: it goes with the edges that need it")]
    NoScope(String),
    /// The source is not read.
    #[error("calendar {0:?} is not read: switch its scope on first")]
    SourceOff(String),
    /// The two calendars are one, or one of them is the graph's own.
    #[error("a calendar of an account takes the place of another one: name two of them")]
    NoPlace,
    /// Mirrors lie in the calendar whose place is taken.
    #[error(
        "edge {0} writes to the calendar whose place is taken: remove it, or its pair, and sync, then \
         draw it anew to the calendar that takes the place"
    )]
    LedInto(EdgeId),
    /// The target cannot be written.
    #[error("calendar {0:?} cannot be written: take another target")]
    ReadOnly(String),
    /// The account makes no calendars.
    #[error(
        "account {0:?} makes no calendars, so it can have no overlay: name one of its calendars"
    )]
    NoOverlays(String),
    /// A two-way pair shows the same on both sides.
    #[error("a two-way pair joins two calendars of people: name the target calendar")]
    TwoWayOverlay,
    /// The title template does not fit.
    #[error("the title template does not fit: {0}")]
    Template(#[from] template::TemplateError),
    /// Nothing is held for that calendar.
    #[error("no deletions are held for calendar {0}")]
    NothingHeld(CalendarId),
    /// Not as many are asked about as the person was told of.
    #[error(
        "{now} are held for calendar {calendar} now, not {shown}: look at them again, and answer that"
    )]
    ReviewChanged {
        /// Which.
        calendar: CalendarId,
        /// Of how many the person was told.
        shown: u32,
        /// How many are asked about.
        now: u32,
    },
    /// The edge does something else than whoever changes it was told.
    #[error("edge {0} was changed meanwhile: look at it again, and change that")]
    EdgeChanged(EdgeId),
    /// The policy allows something else than whoever changes it was told.
    #[error("the settings were changed meanwhile: look at them again, and change that")]
    PolicyChanged,
    /// A meeting needs someone to meet, and not too many.
    #[error("a meeting joins this graph and 1 to {GUESTS_MAX} others: name the other graphs")]
    Guests,
    /// Meetings of graphs are single events.
    #[error("a meeting of graphs takes place once: take the recurrence out")]
    MeetingRepeats,
    /// Nobody is mailed because of a meeting of graphs.
    #[error(
        "a meeting of graphs mails nobody: take organizer and attendees out, and name graphs instead"
    )]
    MeetingInvites,
    /// There is no such rule.
    #[error("there is no rule {0}: list the rules and take one of them")]
    NoRule(RuleId),
    /// It says nothing that makes sense.
    #[error("a rule of kind {0:?} needs times that end after they begin: say them anew")]
    RuleUnsound(&'static str),
    /// There is no such hold.
    #[error("there is no hold {0}: it ran out, was released or converted, or never was")]
    NoHold(HoldId),
    /// There is no such session.
    #[error("there is no session {0}: list the sessions and take one of them")]
    NoSession(SessionId),
    /// A session that cannot end in a meeting.
    #[error("a session looks for some minutes in at most 62 days: say length, grid and days anew")]
    SessionWish,
    /// Of edits that are carried out together: another came first, or they do not fit in one step.
    #[error(
        "nothing was changed: one of these changes is none any more, or they are too many for one step: \
         look again, and ask for fewer"
    )]
    NotTogether,
    /// What it says takes more than [`limits::EVENT_BYTES_MAX`].
    #[error("the event takes more than {} KB: shorten its texts", limits::EVENT_BYTES_MAX / 1024)]
    TooLarge,
}

impl EditError {
    /// The stable code of [`EditError::ReviewChanged`], and of the note of a word that came to nothing
    /// for that reason.
    pub const REVIEW_CHANGED: &'static str = "review.changed";
    /// The stable code of [`EditError::EdgeChanged`], and of the note of a change that came to nothing for
    /// that reason.
    pub const EDGE_CHANGED: &'static str = "edge.changed-since";
    /// The same of [`EditError::PolicyChanged`].
    pub const POLICY_CHANGED: &'static str = "settings.changed-since";

    /// The code of the note of a change of what another had changed first.
    pub(super) fn overtaken(&self) -> Option<&'static str> {
        if matches!(self, Self::EdgeChanged(_)) {
            Some(Self::EDGE_CHANGED)
        } else {
            matches!(self, Self::PolicyChanged).then_some(Self::POLICY_CHANGED)
        }
    }
}

/// Checks an edit against the set-up.
///
/// # Errors
/// [`EditError`] says what is wrong and what to do.
pub fn check(config: &Config, edit: &UserEdit) -> Result<(), EditError> {
    match edit {
        UserEdit::AddAccount { id, name, .. } => add_account(config, *id, name),
        UserEdit::RemoveAccount { account, .. } => {
            known(config.accounts.contains_key(account), EditError::NoAccount(*account))
        }
        UserEdit::SetScope { calendar, .. } => {
            let found = config.calendars.get(calendar).ok_or(EditError::NoCalendar(*calendar))?;
            known(!is_overlay(found), EditError::NoScope(found.name.clone()))
        }
        UserEdit::Replace { calendar, by } => replace(config, *calendar, *by),
        UserEdit::AddEdge { from, to, options, two_way } => {
            add_edge(config, *from, *to, options, *two_way)
        }
        UserEdit::ChangeEdge { edge, base, options } => {
            let now = config.edges.get(edge).ok_or(EditError::NoEdge(*edge))?;
            let is_as_known = base.as_deref().is_none_or(|base| *base == now.options);
            known(is_as_known, EditError::EdgeChanged(*edge))?;
            title(options)
        }
        UserEdit::SetPolicy { owner, base, .. } => {
            let now = || config.policies.get(owner).cloned().unwrap_or_default();
            let is_as_known = base.as_ref().is_none_or(|base| *base == now());
            known(is_as_known, EditError::PolicyChanged)
        }
        UserEdit::RemoveEdge { edge, .. } => {
            known(config.edges.contains_key(edge), EditError::NoEdge(*edge))
        }
        UserEdit::Judge { calendar, question, shown, .. } => {
            judge(config, *calendar, *question, *shown)
        }
        UserEdit::Meet { with, body, .. } => meeting(with, body),
        UserEdit::PutEvent { body, .. } => fits(body),
        UserEdit::ChangeEvent(edit) => edit.want.as_deref().map_or(Ok(()), fits),
        UserEdit::SetRule { rule, base } => set_rule(config, rule, base.as_deref()),
        UserEdit::RemoveRule { rule } => {
            known(config.rules.contains_key(rule), EditError::NoRule(*rule))
        }
        UserEdit::Hold(edit) => hold(config, edit),
        UserEdit::Session(edit) => session(config, edit),
        UserEdit::Retry { .. }
        | UserEdit::RetryOrigin { .. }
        | UserEdit::Resume { .. }
        | UserEdit::Undo { .. }
        | UserEdit::Restore { .. }
        | UserEdit::Answer { .. }
        | UserEdit::CallOff { .. } => Ok(()),
    }
}

/// What held in its place holds there still. Where the person is at home is known also where nobody said so.
fn set_rule(config: &Config, rule: &Rule, base: Option<&Rule>) -> Result<(), EditError> {
    known(rule.is_sound(), EditError::RuleUnsound(rule.kind()))?;
    let held = config.rules.values().find(|held| held.has_place_of(rule));
    let holds = |base: &Rule| match held {
        Some(held) => held == base,
        None => {
            base.has_place_of(rule) && base.home() == Some(&Rules::of(config.rules.values()).zone)
        }
    };
    known(base.is_none_or(holds), EditError::PolicyChanged)
}

fn hold(config: &Config, edit: &HoldEdit) -> Result<(), EditError> {
    match edit {
        HoldEdit::Place { body, .. } => alone(body),
        HoldEdit::Extend { hold, .. }
        | HoldEdit::Release { hold }
        | HoldEdit::Convert { hold, .. } => {
            known(config.holds.contains_key(hold), EditError::NoHold(*hold))
        }
    }
}

fn session(config: &Config, edit: &SessionEdit) -> Result<(), EditError> {
    match edit {
        SessionEdit::Open { wish, with, .. } => {
            known(with.len() <= GUESTS_MAX, EditError::Guests)?;
            let span_ms = wish.range.end.millis_since(wish.range.start);
            let length = (1..=span_ms).contains(&wish.length_ms) && wish.grid_minutes > 0;
            known(length && span_ms <= ASKED_MS_MAX, EditError::SessionWish)
        }
        SessionEdit::Hold { session, .. }
        | SessionEdit::Commit { session }
        | SessionEdit::Cancel { session } => {
            known(config.sessions.contains_key(session), EditError::NoSession(*session))
        }
    }
}

fn meeting(with: &[GraphId], body: &Body) -> Result<(), EditError> {
    known((1..=GUESTS_MAX).contains(&with.len()), EditError::Guests)?;
    alone(body)
}

/// What happens once, with nobody invited.
fn alone(body: &Body) -> Result<(), EditError> {
    let single = body.recurrence.is_none() && body.exceptions.is_empty();
    known(single && body.instance_of.is_none(), EditError::MeetingRepeats)?;
    let invites = body.content.organizer.is_some() || !body.content.attendees.is_empty();
    known(!invites, EditError::MeetingInvites)?;
    fits(body)
}

fn fits(body: &Body) -> Result<(), EditError> {
    known(wire::body_bytes(body) <= limits::EVENT_BYTES_MAX, EditError::TooLarge)
}

fn judge(
    config: &Config,
    calendar: CalendarId,
    question: Question,
    shown: Option<u32>,
) -> Result<(), EditError> {
    let review = config.reviews.get(&calendar);
    let asked =
        review.and_then(|review| review.asked(question)).ok_or(EditError::NothingHeld(calendar))?;
    match shown {
        Some(shown) if !asked.is_as_shown(Some(shown)) => {
            Err(EditError::ReviewChanged { calendar, shown, now: asked.count })
        }
        Some(_) | None => Ok(()),
    }
}

fn known(is_there: bool, error: EditError) -> Result<(), EditError> {
    if is_there { Ok(()) } else { Err(error) }
}

fn add_account(config: &Config, id: AccountId, name: &str) -> Result<(), EditError> {
    match config.accounts.get(&id) {
        Some(Account { state: Lifecycle::Retiring | Lifecycle::Abandoned, name, .. }) => {
            Err(EditError::AccountLeaving(name.clone()))
        }
        Some(known) => Err(EditError::AccountExists(known.name.clone())),
        None => {
            let taken = config.accounts.values().any(|account| account.name == name);
            known(!taken, EditError::NameTaken(name.to_owned()))
        }
    }
}

fn add_edge(
    config: &Config,
    from: CalendarId,
    to: EdgeTarget,
    options: &EdgeOptions,
    two_way: bool,
) -> Result<(), EditError> {
    let source = source(config, from)?;
    title(options)?;
    match to {
        EdgeTarget::Overlay(account) => {
            let found = config.accounts.get(&account).ok_or(EditError::NoAccount(account))?;
            known(!two_way, EditError::TwoWayOverlay)?;
            not_yet(config, from, |edge| {
                let target = config.calendars.get(&edge.to);
                edge.options.kind == CalendarKind::BusyOverlay
                    && target.is_some_and(|target| target.account == account)
            })?;
            known(found.makes_calendars != Some(false), EditError::NoOverlays(found.name.clone()))
        }
        EdgeTarget::Calendar(to) => {
            let target = config.calendars.get(&to).ok_or(EditError::NoCalendar(to))?;
            known(from != to, EditError::SelfLoop)?;
            known(!is_overlay(target), EditError::TargetIsOverlay(target.name.clone()))?;
            writable(&target.capabilities, &target.name)?;
            if two_way {
                writable(&source.capabilities, &source.name)?;
            }
            not_yet(config, from, |edge| edge.to == to)
        }
    }
}

/// A calendar that edges may start at.
fn source(config: &Config, id: CalendarId) -> Result<&Calendar, EditError> {
    let source = config.calendars.get(&id).ok_or(EditError::NoCalendar(id))?;
    known(super::is_a_persons(source.role), EditError::SourceIsOverlay)?;
    known(source.on, EditError::SourceOff(source.name.clone()))?;
    Ok(source)
}

/// No two edges come to join the same calendars by it, and no mirrors lie in what is read no more: the
/// calendar that takes the place may show them, and nothing would tell that they are ours.
fn replace(config: &Config, calendar: CalendarId, by: CalendarId) -> Result<(), EditError> {
    known(calendar != by, EditError::NoPlace)?;
    for id in [calendar, by] {
        let found = source(config, id)?;
        known(found.role != CalendarRole::Own, EditError::NoPlace)?;
        known(config.takes_in(found), EditError::SourceOff(found.name.clone()))?;
    }
    let into = config.edges.values().find(|edge| edge.to == calendar);
    into.map_or(Ok(()), |edge| Err(EditError::LedInto(edge.id)))?;
    let mut edges = config.edges.values().filter(|edge| edge.from == calendar && stays(edge));
    edges.try_for_each(|edge| not_yet(config, by, |other| other.to == edge.to))
}

/// No edge that stays joins these calendars.
fn not_yet(
    config: &Config,
    from: CalendarId,
    is_to: impl Fn(&Edge) -> bool,
) -> Result<(), EditError> {
    let same = config.edges.values().find(|edge| stays(edge) && edge.from == from && is_to(edge));
    same.map_or(Ok(()), |edge| Err(EditError::EdgeExists(edge.id)))
}

const fn is_overlay(calendar: &Calendar) -> bool {
    matches!(calendar.role, CalendarRole::Overlay(_))
}

fn writable(capabilities: &Capabilities, name: &str) -> Result<(), EditError> {
    known(capabilities.write, EditError::ReadOnly(name.to_owned()))
}

fn title(options: &EdgeOptions) -> Result<(), EditError> {
    options.title.as_ref().map_or(Ok(()), |title| Ok(template::check(title, options.level)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Zone;
    use crate::transitions::env;

    fn home(zone: &str) -> Rule {
        Rule::Home(Zone::resolve(zone).unwrap_or_else(|| panic!("{zone}")))
    }

    /// Whether a change of what was known to hold is taken where these rules hold.
    fn is_taken(rules: &[Rule], known: Rule, rule: Rule) -> bool {
        let rules = rules.iter().map(|rule| (rule.id(&env().keys), rule.clone()));
        let config = Config { rules: rules.collect(), ..Config::default() };
        let edit = UserEdit::SetRule { rule: rule.into(), base: Some(known.into()) };
        check(&config, &edit).is_ok()
    }

    /// Catches a rule that is set over what somebody else set in its place, since what was known holds in
    /// another one.
    #[test]
    fn a_rule_that_is_set_stands_on_what_held_in_its_place() {
        let (paris, rome) = (|| home("Europe/Paris"), || home("Europe/Rome"));
        let all = [paris(), Rule::Notice(1), Rule::Horizon(5)];
        assert!(is_taken(&all, paris(), rome()));
        assert!(is_taken(&all, Rule::Notice(1), Rule::Notice(2)));
        assert!(!is_taken(&all, rome(), home("Europe/Berlin")));
        assert!(!is_taken(&all, Rule::Notice(1), rome()));
        assert!(!is_taken(&all, paris(), Rule::Notice(2)));
        assert!(!is_taken(&all, Rule::Horizon(5), Rule::Notice(2)));
        // Nobody said where they are at home.
        assert!(is_taken(&all[1..], Rule::Home(Zone::utc()), rome()));
        assert!(!is_taken(&all[1..], paris(), rome()));
        assert!(!is_taken(&[], Rule::Notice(1), Rule::Notice(2)));
    }
}
