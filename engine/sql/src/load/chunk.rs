//! Lists of keys as parameters, in few different lengths, so that few statements are prepared.

use crate::value::{PARAMETERS_MAX, Statement, Value};

/// How many keys a statement has; a shorter list is filled up with its last key.
const LENGTHS: [usize; 4] = [1, 8, 32, PARAMETERS_MAX - 2];

/// The statements that look for all keys: `head`, a list of parameters, and `tail`. The `first`
/// arguments, one or two of them, are the same for all.
pub(crate) fn statements(
    (head, tail): (&str, &str),
    first: &[Value],
    keys: impl Iterator<Item = Value>,
) -> Vec<Statement> {
    let keys: Vec<Value> = keys.collect();
    let mut rest = keys.as_slice();
    let mut statements = Vec::new();
    while let Some(last) = rest.last() {
        let fits = LENGTHS.into_iter().find(|length| *length >= rest.len());
        let length = fits.unwrap_or(LENGTHS[LENGTHS.len() - 1]);
        let (chunk, later) = rest.split_at(length.min(rest.len()));
        let mut args = Vec::with_capacity(first.len() + length);
        args.extend_from_slice(first);
        args.extend_from_slice(chunk);
        args.resize(first.len() + length, last.clone());
        statements.push(Statement { sql: text((head, tail), first.len(), length).into(), args });
        rest = later;
    }
    statements
}

fn text((head, tail): (&str, &str), first: usize, length: usize) -> String {
    let mut sql = String::with_capacity(head.len() + tail.len() + 5 * length);
    sql.push_str(head);
    for parameter in first + 1..=first + length {
        let comma = if parameter == first + 1 { "(?" } else { ", ?" };
        sql.push_str(comma);
        sql.push_str(&parameter.to_string());
    }
    sql.push(')');
    sql.push_str(tail);
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(keys: usize) -> Vec<usize> {
        let keys = (0..keys).map(|key| Value::Integer(key as i64));
        let all = statements(("SELECT ", ""), &[Value::Null, Value::Null], keys);
        all.iter().map(|statement| statement.args.len()).collect()
    }

    #[test]
    fn no_statement_has_more_parameters_than_every_store_takes() {
        assert_eq!(lengths(0), Vec::<usize>::new());
        assert_eq!(lengths(1), [3]);
        assert_eq!(lengths(5), [10]);
        assert_eq!(lengths(98), [100]);
        assert_eq!(lengths(99), [100, 3]);
        assert_eq!(lengths(1_000), [[100; 10].as_slice(), &[34]].concat());
    }

    #[test]
    fn a_short_list_is_filled_up_with_its_last_key() {
        let keys = [7, 9].map(Value::Integer);
        let all = statements(("x IN ", " y"), &[Value::Null], keys.into_iter());
        assert_eq!(all[0].sql, "x IN (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) y");
        let nines = all[0].args.iter().filter(|arg| **arg == Value::Integer(9)).count();
        assert_eq!((all[0].args.len(), nines), (9, 7));
    }
}
