//! Statements as bytes, for statements.js to run.

use kalends_core::ports::StoreError;
use kalends_sql::{Statement, Value};

use crate::sql::exact;

/// Statements, each text once, and the rest as bytes.
#[derive(Default)]
pub(crate) struct Packed<'a> {
    pub(crate) texts: Vec<&'a str>,
    pub(crate) bytes: Vec<u8>,
}

impl<'a> Packed<'a> {
    /// Of statements whose texts are alike where they are neighbours.
    pub(crate) fn of(statements: &'a [Statement]) -> Result<Self, StoreError> {
        let mut packed = Self::default();
        for statement in statements {
            if packed.texts.last() != Some(&&*statement.sql) {
                packed.texts.push(&statement.sql);
            }
            packed.number(packed.texts.len() - 1)?;
            packed.number(statement.args.len())?;
            statement.args.iter().try_for_each(|value| packed.value(value))?;
        }
        Ok(packed)
    }

    fn value(&mut self, value: &Value) -> Result<(), StoreError> {
        match value {
            Value::Null => self.bytes.push(0),
            Value::Integer(integer) => {
                self.bytes.push(1);
                self.bytes.extend(exact(*integer)?.to_le_bytes());
            }
            Value::Text(text) => self.lengthy(2, text.as_bytes())?,
            Value::Blob(bytes) => self.lengthy(3, bytes)?,
            Value::Id(bytes) => self.lengthy(3, bytes)?,
        }
        Ok(())
    }

    fn lengthy(&mut self, kind: u8, bytes: &[u8]) -> Result<(), StoreError> {
        self.bytes.push(kind);
        self.number(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn number(&mut self, number: usize) -> Result<(), StoreError> {
        let number = u32::try_from(number)
            .map_err(|_| StoreError::Failed("a commit is too large for this host".to_owned()))?;
        self.bytes.extend(number.to_le_bytes());
        Ok(())
    }
}
