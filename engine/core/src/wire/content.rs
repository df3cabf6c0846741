//! The form of what an event says.

use serde::{Deserialize, Serialize};

use super::glue::{forms, is_default, is_true, list, maybe, yes};
use super::text;
use crate::event::{
    Body, Busy, Content, Exception, Kind, Person, Privacy, Recurrence, Response, Span, Status,
};
use crate::time::{Extra, Length, Rule, When, Zone};

forms! {
    Body => BodyForm;
    Content => ContentForm;
    Exception => ExceptionForm;
    Kind => KindForm;
    Person => PersonForm;
    Recurrence => RecurrenceForm;
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Body")]
pub(super) struct BodyForm {
    #[serde(rename = "c", with = "ContentForm")]
    content: Content,
    #[serde(rename = "r", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    recurrence: Option<Recurrence>,
    #[serde(rename = "x", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    exceptions: Vec<Exception>,
    #[serde(rename = "i", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    instance_of: Option<When>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Content")]
pub(super) struct ContentForm {
    #[serde(rename = "t", default, skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(rename = "d", default, skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(rename = "l", default, skip_serializing_if = "String::is_empty")]
    location: String,
    #[serde(rename = "m", default, skip_serializing_if = "String::is_empty")]
    meeting: String,
    #[serde(rename = "at", with = "SpanForm")]
    span: Span,
    #[serde(rename = "st", with = "StatusForm", default, skip_serializing_if = "is_default")]
    status: Status,
    #[serde(rename = "b", with = "BusyForm", default, skip_serializing_if = "is_default")]
    busy: Busy,
    #[serde(rename = "p", with = "PrivacyForm", default, skip_serializing_if = "is_default")]
    privacy: Privacy,
    #[serde(rename = "k", with = "KindForm", default, skip_serializing_if = "is_default")]
    kind: Kind,
    #[serde(rename = "g", default, skip_serializing_if = "Vec::is_empty")]
    categories: Vec<String>,
    #[serde(rename = "o", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    organizer: Option<Person>,
    #[serde(rename = "a", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    attendees: Vec<Person>,
    #[serde(rename = "r", with = "ResponseForm", default, skip_serializing_if = "is_default")]
    response: Response,
    #[serde(rename = "w", default = "yes", skip_serializing_if = "is_true")]
    organized: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Span")]
pub(super) struct SpanForm {
    #[serde(rename = "s", with = "text")]
    start: When,
    #[serde(rename = "l", with = "text")]
    length: Length,
    #[serde(rename = "z", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    end_zone: Option<Zone>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Recurrence")]
pub(super) struct RecurrenceForm {
    #[serde(rename = "r", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<Rule>,
    #[serde(rename = "a", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    extras: Vec<Extra>,
    #[serde(rename = "x", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    excluded: Vec<When>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Exception")]
pub(super) struct ExceptionForm {
    #[serde(rename = "o", with = "text")]
    original: When,
    #[serde(rename = "f", default, skip_serializing_if = "is_default")]
    this_and_future: bool,
    #[serde(rename = "c", with = "ContentForm")]
    content: Content,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Person")]
pub(super) struct PersonForm {
    #[serde(rename = "n", default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(rename = "e", default, skip_serializing_if = "String::is_empty")]
    email: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Status", rename_all = "kebab-case")]
pub(super) enum StatusForm {
    Confirmed,
    Tentative,
    Cancelled,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Busy", rename_all = "kebab-case")]
pub(super) enum BusyForm {
    Free,
    Tentative,
    Busy,
    OutOfOffice,
    Elsewhere,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Privacy", rename_all = "kebab-case")]
pub(super) enum PrivacyForm {
    Default,
    Public,
    Private,
    Confidential,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Kind", rename_all = "kebab-case")]
pub(super) enum KindForm {
    Event,
    WorkingLocation,
    Birthday,
    Focus,
    OutOfOffice,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Response", rename_all = "kebab-case")]
pub(super) enum ResponseForm {
    None,
    Pending,
    Accepted,
    Tentative,
    Declined,
}
