//! How a draft makes a series of an event, or of a series an event.

use kalends_core::event::Body;
use kalends_core::time::{Extra, Rule};

use super::{Draft, DraftError};

/// The most rules that a series has here.
const RULES_MAX: usize = 20;
/// The most starts that are added to or taken out of a series one by one.
const STARTS_MAX: usize = 1_000;

impl Draft {
    /// Whether it names what makes a series.
    pub(super) fn is_series(&self) -> bool {
        [&self.rules, &self.added].into_iter().flatten().any(|list| !list.is_empty())
    }

    pub(super) fn recur(&self, body: &mut Body) -> Result<(), DraftError> {
        let (rules, added, excluded) = (&self.rules, &self.added, &self.excluded);
        if rules.is_none() && added.is_none() && excluded.is_none() {
            return Ok(());
        }
        let too_many = |list: &Option<Vec<String>>, most: usize| {
            list.as_ref().is_some_and(|list| list.len() > most)
        };
        let over = [too_many(rules, RULES_MAX), too_many(added, STARTS_MAX)];
        if over.contains(&true) || too_many(excluded, STARTS_MAX) {
            let text = "a series has at most 20 rules and 1000 starts of a kind";
            return Err(DraftError::new(text));
        }
        let mut recurrence = body.recurrence.clone().unwrap_or_default();
        if let Some(rules) = rules {
            let read = |text: &String| {
                Rule::parse(text).map_err(|error| DraftError::new(format!("{text:?}: {error}")))
            };
            recurrence.rules = rules.iter().map(read).collect::<Result<_, _>>()?;
            // Instances were changed of another series.
            body.exceptions.clear();
            recurrence.excluded.clear();
            recurrence.extras.clear();
        }
        let start = &body.content.span.start;
        let read = |text: &String| {
            let at = self.like(text, start)?;
            let is_of_its_kind = std::mem::discriminant(&at) == std::mem::discriminant(start);
            let wrong = || DraftError::new(format!("{text:?} is not written as the start is"));
            is_of_its_kind.then_some(at).ok_or_else(wrong)
        };
        if let Some(starts) = added {
            let read = |text: &String| read(text).map(Extra::At);
            recurrence.extras = starts.iter().map(read).collect::<Result<_, _>>()?;
        }
        if let Some(starts) = excluded {
            recurrence.excluded = starts.iter().map(read).collect::<Result<_, _>>()?;
        }
        let is_series = !recurrence.rules.is_empty() || !recurrence.extras.is_empty();
        body.recurrence = is_series.then_some(recurrence);
        if !is_series {
            body.exceptions.clear();
        }
        Ok(())
    }
}
