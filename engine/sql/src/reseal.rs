//! Sealing anew what lies sealed, where the sealing key has changed.

use kalends_core::ids::{AccountId, CalendarId, GraphId, ProviderId};

use crate::value::{Columns, Rows, Statement, Value};
use crate::{SqlError, seal};

/// A table that holds sealed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedTable {
    /// Credentials.
    Secrets,
    /// What journal entries say of their changes.
    Payloads,
    /// Objects set aside.
    Asides,
}

/// A value as it lies sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRow {
    /// The place it belongs to.
    pub place: String,
    /// The sealed value.
    pub sealed: Vec<u8>,
    /// The row's key: the graph, and what tells rows of it apart.
    key: (GraphId, Rest),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rest {
    Secret(AccountId),
    Payload(u64),
    Aside(CalendarId, ProviderId),
}

impl SealedTable {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Secrets, Self::Payloads, Self::Asides];

    /// A page of a table, in the order of its key, behind the last row of the page before.
    #[must_use]
    pub fn page(self, after: Option<&SealedRow>, limit: u32) -> Statement {
        let text = match self {
            Self::Secrets => {
                "SELECT graph, account, sealed FROM secrets \
                 WHERE (graph, account) > (?1, ?2) ORDER BY graph, account LIMIT ?3"
            }
            Self::Payloads => {
                "SELECT graph, seq, sealed FROM payloads \
                 WHERE (graph, seq) > (?1, ?2) ORDER BY graph, seq LIMIT ?3"
            }
            Self::Asides => {
                "SELECT graph, calendar, object, sealed FROM asides \
                 WHERE (graph, calendar, object) > (?1, ?2, ?3) \
                 ORDER BY graph, calendar, object LIMIT ?4"
            }
        };
        let mut values = match after {
            Some(row) => row.key(),
            // Nothing sorts before these.
            None => match self {
                Self::Secrets => vec![Value::Blob(Vec::new()), Value::Blob(Vec::new())],
                Self::Payloads => vec![Value::Blob(Vec::new()), Value::Integer(-1)],
                Self::Asides => vec![
                    Value::Blob(Vec::new()),
                    Value::Blob(Vec::new()),
                    Value::Text(String::new()),
                ],
            },
        };
        values.push(Value::Integer(i64::from(limit)));
        Statement::new(text, values)
    }

    /// Reads what [`SealedTable::page`] found.
    ///
    /// # Errors
    /// [`SqlError::Shape`].
    pub fn read(self, rows: Rows) -> Result<Vec<SealedRow>, SqlError> {
        rows.into_iter().map(|row| self.read_row(Columns::of(row))).collect()
    }

    fn read_row(self, mut columns: Columns) -> Result<SealedRow, SqlError> {
        let graph = GraphId::from_bytes(columns.bytes()?);
        let (place, rest) = match self {
            Self::Secrets => {
                let account = AccountId::from_bytes(columns.bytes()?);
                (seal::secret(graph, account), Rest::Secret(account))
            }
            Self::Payloads => {
                let seq = columns.count()?;
                (seal::payload(graph, seq), Rest::Payload(seq))
            }
            Self::Asides => {
                let calendar = CalendarId::from_bytes(columns.bytes()?);
                let object = ProviderId(columns.text()?);
                (seal::aside(graph, calendar, &object), Rest::Aside(calendar, object))
            }
        };
        Ok(SealedRow { place, sealed: columns.blob()?, key: (graph, rest) })
    }
}

impl SealedRow {
    /// Puts a value that was sealed anew in the place of this one, unless another lies there by now.
    ///
    /// # Errors
    /// [`SqlError::TooLarge`].
    pub fn replace(&self, sealed: Vec<u8>) -> Result<Statement, SqlError> {
        let text = match self.key.1 {
            Rest::Secret(_) => {
                "UPDATE secrets SET sealed = ?3 \
                 WHERE graph = ?1 AND account = ?2 AND sealed = ?4"
            }
            Rest::Payload(_) => {
                "UPDATE payloads SET sealed = ?3 WHERE graph = ?1 AND seq = ?2 AND sealed = ?4"
            }
            Rest::Aside(..) => {
                "UPDATE asides SET sealed = ?4 \
                 WHERE graph = ?1 AND calendar = ?2 AND object = ?3 AND sealed = ?5"
            }
        };
        let mut values = self.key();
        values.extend([Value::sealed(sealed)?, Value::sealed(self.sealed.clone())?]);
        Ok(Statement::new(text, values))
    }

    fn key(&self) -> Vec<Value> {
        let (graph, rest) = &self.key;
        let graph = Value::Id(*graph.as_bytes());
        match rest {
            Rest::Secret(account) => vec![graph, Value::Id(*account.as_bytes())],
            Rest::Payload(seq) => vec![graph, Value::count(*seq)],
            Rest::Aside(calendar, object) => {
                vec![graph, Value::Id(*calendar.as_bytes()), Value::Text(object.0.clone())]
            }
        }
    }
}
