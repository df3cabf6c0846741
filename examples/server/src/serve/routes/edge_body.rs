//! An edge as it is sent in: what is not named stays.

use kalends::core::graph::EdgeOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::args::{DetailFlag, EventKindFlag, OnConflictFlag, OnDeleteFlag, OnEditFlag};

/// What an edge does. What is not named stays as it is, or as it is by default.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EdgeBody {
    /// How much a mirror shows; by default that the time is taken.
    pub(in crate::serve) detail: Option<DetailFlag>,
    /// The mirror's title, with `{title}` where the detail shows it; empty: none of its own.
    pub(in crate::serve) title: Option<String>,
    pub(in crate::serve) filters: Option<FiltersBody>,
    /// Days back that are mirrored.
    #[schema(maximum = 65535)]
    pub(in crate::serve) past_days: Option<u16>,
    /// Days ahead that are mirrored.
    #[schema(maximum = 65535)]
    pub(in crate::serve) future_days: Option<u16>,
    /// Show private events at the edge's detail.
    pub(in crate::serve) private_grant: Option<bool>,
    /// Let edits of mirrors mail the guests of their origins.
    pub(in crate::serve) may_notify: Option<bool>,
    /// At full: people, as text.
    pub(in crate::serve) people: Option<bool>,
    /// At full: the meeting's address, as text.
    pub(in crate::serve) meeting: Option<bool>,
    pub(in crate::serve) on_edit: Option<OnEditFlag>,
    pub(in crate::serve) on_delete: Option<OnDeleteFlag>,
    pub(in crate::serve) on_conflict: Option<OnConflictFlag>,
}

/// Which events are mirrored. What is not named stays.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FiltersBody {
    pub(in crate::serve) skip_all_day: Option<bool>,
    pub(in crate::serve) with_free: Option<bool>,
    pub(in crate::serve) with_declined: Option<bool>,
    pub(in crate::serve) skip_tentative: Option<bool>,
    pub(in crate::serve) with_kinds: Option<Vec<EventKindFlag>>,
    pub(in crate::serve) only_categories: Option<Vec<String>>,
    pub(in crate::serve) skip_categories: Option<Vec<String>>,
    pub(in crate::serve) only_keywords: Option<Vec<String>>,
    pub(in crate::serve) skip_keywords: Option<Vec<String>>,
}

/// What tools may say of an edge. Whom it may mail, and what it shows of private events, people and
/// meetings, people alone say.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolEdgeBody {
    /// How much a mirror shows; by default that the time is taken.
    detail: Option<DetailFlag>,
    /// The mirror's title, with `{title}` where the detail shows it; empty: none of its own.
    title: Option<String>,
    filters: Option<FiltersBody>,
    /// Days back that are mirrored.
    past_days: Option<u16>,
    /// Days ahead that are mirrored.
    future_days: Option<u16>,
    on_edit: Option<OnEditFlag>,
    on_delete: Option<OnDeleteFlag>,
    on_conflict: Option<OnConflictFlag>,
}

impl From<ToolEdgeBody> for EdgeBody {
    fn from(body: ToolEdgeBody) -> Self {
        Self {
            detail: body.detail,
            title: body.title,
            filters: body.filters,
            past_days: body.past_days,
            future_days: body.future_days,
            on_edit: body.on_edit,
            on_delete: body.on_delete,
            on_conflict: body.on_conflict,
            ..Self::default()
        }
    }
}

impl EdgeBody {
    /// How much shows, and nothing else said.
    pub(crate) fn of_detail(detail: DetailFlag) -> Self {
        Self { detail: Some(detail), ..Self::default() }
    }

    /// Puts what is named into the options.
    pub(crate) fn apply(self, options: &mut EdgeOptions) {
        set(&mut options.level, self.detail.map(Into::into));
        set(&mut options.title, self.title.map(|title| Some(title).filter(|t| !t.is_empty())));
        set(&mut options.window.past_days, self.past_days);
        set(&mut options.window.future_days, self.future_days);
        set(&mut options.private_grant, self.private_grant);
        set(&mut options.may_notify, self.may_notify);
        set(&mut options.people, self.people);
        set(&mut options.meeting, self.meeting);
        set(&mut options.on_edit, self.on_edit.map(Into::into));
        set(&mut options.on_delete, self.on_delete.map(Into::into));
        set(&mut options.on_conflict, self.on_conflict.map(Into::into));
        let (filters, said) = (&mut options.filters, self.filters.unwrap_or_default());
        set(&mut filters.skip_all_day, said.skip_all_day);
        set(&mut filters.with_free, said.with_free);
        set(&mut filters.with_declined, said.with_declined);
        set(&mut filters.skip_tentative, said.skip_tentative);
        let kinds = said.with_kinds.map(|kinds| kinds.into_iter().map(Into::into).collect());
        set(&mut filters.with_kinds, kinds);
        set(&mut filters.only_categories, said.only_categories);
        set(&mut filters.skip_categories, said.skip_categories);
        set(&mut filters.only_keywords, said.only_keywords);
        set(&mut filters.skip_keywords, said.skip_keywords);
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
