//! Pages of a list, batches, and errors.

use serde::Deserialize;
use serde_json::Value;

/// A page. Its entries are read one by one, so that a bad one spoils no other; an answer that has
/// none is no empty page.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct PageJson {
    pub(crate) value: Vec<Value>,
    #[serde(default, rename = "@odata.nextLink")]
    pub(crate) next_link: Option<String>,
    #[serde(default, rename = "@odata.deltaLink")]
    pub(crate) delta_link: Option<String>,
}

/// The answer to a `$batch`, in any order.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct BatchJson {
    pub(crate) responses: Vec<MemberJson>,
}

/// The answer to one request of a batch.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct MemberJson {
    pub(crate) id: String,
    pub(crate) status: u16,
    pub(crate) headers: Option<serde_json::Map<String, Value>>,
    pub(crate) body: Value,
}

/// What an error says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FaultJson {
    pub(crate) error: Option<ErrorJson>,
}

/// An error, and the one inside.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ErrorJson {
    pub(crate) code: Option<String>,
    #[serde(rename = "innerError", alias = "innererror")]
    pub(crate) inner: Option<Box<Self>>,
}
