//! What a draft says of an event, but for when it is.

use kalends_core::event::{Body, Person};

use super::{Draft, DraftError, DraftPerson};

/// The most people that an event names here, and the longest name or address of one.
const PEOPLE_MAX: usize = 200;
const TEXT_MAX: usize = 1_000;

impl Draft {
    pub(super) fn say(&self, body: &mut Body) -> Result<(), DraftError> {
        self.check_texts()?;
        let content = &mut body.content;
        set(&mut content.title, self.title.clone());
        set(&mut content.description, self.description.clone());
        set(&mut content.location, self.location.clone());
        set(&mut content.meeting, self.meeting.clone());
        set(&mut content.status, self.status.map(Into::into));
        set(&mut content.busy, self.busy.map(Into::into));
        set(&mut content.privacy, self.privacy.map(Into::into));
        set(&mut content.categories, self.categories.clone());
        let people = self.attendees.as_ref().map(|people| {
            let of =
                |one: &DraftPerson| Person { name: one.name.clone(), email: one.email.clone() };
            people.iter().map(of).collect()
        });
        set(&mut content.attendees, people);
        Ok(())
    }

    fn check_texts(&self) -> Result<(), DraftError> {
        if self.meeting.as_deref().is_some_and(|meeting| !is_reached(meeting)) {
            return Err(DraftError::new(
                "a meeting is an address as https://meet.example.org/1, or tel: or sip: and a number",
            ));
        }
        let long = |one: &DraftPerson| {
            [&one.name, &one.email].iter().any(|text| text.chars().count() > TEXT_MAX)
        };
        if self.attendees.as_ref().is_some_and(|all| all.len() > PEOPLE_MAX || all.iter().any(long))
        {
            let text = "an event names at most 200 people, each in 1000 letters";
            return Err(DraftError::new(text));
        }
        // Only what is said here: an event that came with more lines keeps them.
        let lines = [&self.title, &self.location, &self.meeting];
        let emails = self.attendees.iter().flatten().map(|one| &one.email);
        let mut lines = lines.into_iter().flatten().chain(emails);
        if lines.any(|text| text.contains(['\r', '\n', '\0'])) {
            let text = "title, location, meeting and addresses are one line each";
            return Err(DraftError::new(text));
        }
        Ok(())
    }
}

/// Whether somebody gets to a meeting by this address; an empty one takes it out.
fn is_reached(meeting: &str) -> bool {
    let scheme = meeting.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let known = ["https", "http", "tel", "sip", "sips", "xmpp"];
    meeting.is_empty() || scheme.is_some_and(|scheme| known.contains(&scheme.as_str()))
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
