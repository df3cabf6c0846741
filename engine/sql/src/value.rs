//! Statements, values and rows.

use std::borrow::Cow;

use kalends_core::time::Timestamp;

use crate::SqlError;

/// The most parameters that one statement binds (Durable Objects refuse more).
pub const PARAMETERS_MAX: usize = 100;

/// The most bytes of one bound value; a row of it and its short columns stays under 2 MB.
pub const VALUE_BYTES_MAX: usize = 1_990_000;

/// The largest integer that is bound or read: 2^53 - 1, exact in a double too.
pub const INTEGER_MAX: i64 = (1 << 53) - 1;

/// One statement with its arguments, to be executed as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text, with parameters `?1`, `?2`, ... The same text comes again and may be kept prepared.
    pub sql: Cow<'static, str>,
    /// The arguments, from `?1`.
    pub args: Vec<Value>,
}

impl Statement {
    pub(crate) fn new(sql: &'static str, args: impl Into<Vec<Value>>) -> Self {
        Self { sql: Cow::Borrowed(sql), args: args.into() }
    }
}

/// A value bound to a statement or read from a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// NULL.
    Null,
    /// An integer between -2^53 and 2^53.
    Integer(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
    /// Sixteen bytes: an id. A row read may hold them as a blob just as well.
    Id([u8; 16]),
}

/// The rows that one statement gave.
pub type Rows = Vec<Vec<Value>>;

impl Value {
    pub(crate) fn id(id: Option<&[u8; 16]>) -> Self {
        id.map_or(Self::Null, |id| Self::Id(*id))
    }

    /// How many bytes it binds.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Integer(_) => size_of::<i64>(),
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
            Self::Id(bytes) => bytes.len(),
        }
    }

    /// A time, drawn in where it is beyond what may be bound.
    pub(crate) fn millis(at: Timestamp) -> Self {
        Self::Integer(at.as_millis().clamp(-INTEGER_MAX, INTEGER_MAX))
    }

    pub(crate) fn count(count: u64) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(INTEGER_MAX).min(INTEGER_MAX))
    }

    /// A stored form, which is JSON.
    pub(crate) fn form(bytes: &[u8]) -> Result<Self, SqlError> {
        if bytes.len() > VALUE_BYTES_MAX {
            return Err(SqlError::TooLarge { bytes: bytes.len() });
        }
        let text = core::str::from_utf8(bytes).map_err(|_| SqlError::Shape("a stored form"))?;
        Ok(Self::Text(text.to_owned()))
    }

    pub(crate) fn sealed(bytes: Vec<u8>) -> Result<Self, SqlError> {
        match bytes.len() {
            bytes if bytes > VALUE_BYTES_MAX => Err(SqlError::TooLarge { bytes }),
            _ => Ok(Self::Blob(bytes)),
        }
    }
}

/// Takes the columns of a row one after the other.
pub(crate) struct Columns(std::vec::IntoIter<Value>);

impl Columns {
    pub(crate) fn of(row: Vec<Value>) -> Self {
        Self(row.into_iter())
    }

    pub(crate) fn integer(&mut self) -> Result<i64, SqlError> {
        match self.value()? {
            Value::Integer(integer) => Ok(integer),
            Value::Null | Value::Text(_) | Value::Blob(_) | Value::Id(_) => {
                Err(SqlError::Shape("an integer"))
            }
        }
    }

    pub(crate) fn count(&mut self) -> Result<u64, SqlError> {
        u64::try_from(self.integer()?).map_err(|_| SqlError::Shape("a count"))
    }

    pub(crate) fn millis(&mut self) -> Result<Timestamp, SqlError> {
        self.integer().map(Timestamp::from_millis)
    }

    pub(crate) fn text(&mut self) -> Result<String, SqlError> {
        match self.value()? {
            Value::Text(text) => Ok(text),
            Value::Null | Value::Integer(_) | Value::Blob(_) | Value::Id(_) => {
                Err(SqlError::Shape("a text"))
            }
        }
    }

    pub(crate) fn blob(&mut self) -> Result<Vec<u8>, SqlError> {
        self.maybe_blob()?.ok_or(SqlError::Shape("bytes"))
    }

    pub(crate) fn maybe_blob(&mut self) -> Result<Option<Vec<u8>>, SqlError> {
        match self.value()? {
            Value::Null => Ok(None),
            Value::Blob(bytes) => Ok(Some(bytes)),
            Value::Id(bytes) => Ok(Some(bytes.to_vec())),
            Value::Integer(_) | Value::Text(_) => Err(SqlError::Shape("bytes")),
        }
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], SqlError> {
        let wrong = SqlError::Shape("bytes of a fixed length");
        match self.value()? {
            Value::Id(bytes) => bytes.as_slice().try_into().map_err(|_| wrong),
            Value::Blob(bytes) => bytes.try_into().map_err(|_| wrong),
            Value::Null | Value::Integer(_) | Value::Text(_) => Err(wrong),
        }
    }

    pub(crate) fn maybe_id(&mut self) -> Result<Option<[u8; 16]>, SqlError> {
        match self.value()? {
            Value::Null => Ok(None),
            Value::Id(id) => Ok(Some(id)),
            Value::Blob(bytes) => bytes.try_into().map(Some).map_err(|_| SqlError::Shape("an id")),
            Value::Integer(_) | Value::Text(_) => Err(SqlError::Shape("an id")),
        }
    }

    pub(crate) fn value(&mut self) -> Result<Value, SqlError> {
        self.0.next().ok_or(SqlError::Shape("another column"))
    }
}
