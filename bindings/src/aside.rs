//! Objects that are left alone.

use kalends::core::read;
use kalends::queries::{AsideFilter, AsidesPage};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::read::{Explanation, PAGE, PAGE_MAX, PresenceLine, ReasonView, reason};
use crate::setup::label;

const ASIDE: [AsideFilter; 3] =
    [AsideFilter::Quarantined, AsideFilter::Stray, AsideFilter::ForeignManaged];

/// An object that is left alone: unreadable, or with another graph's or product's mark.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AsideView {
    /// The calendar.
    pub place: String,
    /// The provider's name of the object.
    pub object: String,
    /// Why, and what to do.
    pub reason: ReasonView,
}

#[uniffi::export]
impl Engine {
    /// What is left alone and why, 250 objects of each sort at most.
    ///
    /// # Errors
    /// `Storage`, `Corrupt`.
    pub async fn set_aside(&self) -> Result<Vec<AsideView>, EngineError> {
        let ((store, graph), config) = (self.store(), self.setting().await?);
        let mut shown = Vec::new();
        for filter in ASIDE {
            let page = AsidesPage { graph, filter, after: None, limit: PAGE_MAX.unsigned_abs() };
            shown.extend(store.query(page).await?.into_iter().map(|aside| AsideView {
                place: label(&config, aside.calendar),
                reason: reason(&read::aside(&aside.what)),
                object: aside.object.0,
            }));
        }
        Ok(shown)
    }
}

impl Engine {
    /// Why an object is left alone; absent where it is not.
    pub(crate) async fn explain_aside(
        &self,
        object: String,
    ) -> Result<Option<Explanation>, EngineError> {
        let (store, graph) = self.store();
        for filter in ASIDE {
            let mut page =
                AsidesPage { graph, filter, after: None, limit: PAGE_MAX.unsigned_abs() };
            loop {
                let asides = store.query(page.clone()).await?;
                if let Some(aside) = asides.iter().find(|aside| aside.object.0 == object) {
                    let place = label(&*self.setting().await?, aside.calendar);
                    let reasons = vec![reason(&read::aside(&aside.what))];
                    let held = PresenceLine { place, title: String::new(), reasons };
                    return Ok(Some(Explanation {
                        event: object,
                        uid: None,
                        presences: vec![held],
                        mirrors: Vec::new(),
                        strays: Vec::new(),
                    }));
                }
                page.after = asides.last().map(|aside| (aside.calendar, aside.object.clone()));
                if asides.len() < PAGE {
                    break;
                }
            }
        }
        Ok(None)
    }
}
