//! Rows of tables that only grow, many a statement.
//!
//! It pays only there. Where a statement of several rows may also update, SQLite keeps what each of its
//! pages was, in case a later row is refused, and a row takes three times as long as by itself. A
//! plain insert that is to `FAIL` where it is refused needs no way back of its own: the transaction
//! that it is in is undone as a whole.

use crate::value::{PARAMETERS_MAX, Statement, Value};

/// The most bytes that a statement of several rows binds.
const BYTES_MAX: usize = 1_000_000;

/// The statements that insert all rows: `head`, and the values of as many rows as fit. The first
/// columns, `shared`, are alike in all of them.
pub(crate) fn insert<const N: usize>(
    head: &str,
    shared: &[Value],
    rows: Vec<[Value; N]>,
) -> Vec<Statement> {
    let mut rows = rows.into_iter();
    let mut statements = Vec::new();
    while !rows.as_slice().is_empty() {
        let taken = fitting(rows.as_slice(), (PARAMETERS_MAX - shared.len()) / N);
        let mut args = Vec::with_capacity(shared.len() + taken * N);
        args.extend_from_slice(shared);
        args.extend(rows.by_ref().take(taken).flatten());
        statements.push(Statement { sql: text(head, (shared.len(), N), taken).into(), args });
    }
    statements
}

/// How many of the rows one statement takes: all that it may have, or a fourth of that and so on,
/// so that few texts are prepared.
fn fitting<const N: usize>(rows: &[[Value; N]], most: usize) -> usize {
    let mut length = most;
    while length > 1 {
        let fits = rows.get(..length).is_some_and(|rows| {
            rows.iter().flatten().map(Value::bytes).sum::<usize>() <= BYTES_MAX
        });
        if fits {
            return length;
        }
        length /= 4;
    }
    1
}

fn text(head: &str, (shared, own): (usize, usize), rows: usize) -> String {
    let mut sql = String::with_capacity(head.len() + rows * (3 + 5 * (shared + own)));
    sql.push_str(head);
    for row in 0..rows {
        let first = shared + row * own;
        let parameters = (1..=shared).chain(first + 1..=first + own);
        for (column, parameter) in parameters.enumerate() {
            sql.push_str(match (row, column) {
                (0, 0) => "(?",
                (_, 0) => "), (?",
                (_, _) => ", ?",
            });
            sql.push_str(&parameter.to_string());
        }
    }
    sql.push(')');
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[usize]) -> Vec<[Value; 2]> {
        let row = |(n, bytes): (i64, &usize)| [Value::Integer(n), Value::Blob(vec![0; *bytes])];
        (0..).zip(bytes).map(row).collect()
    }

    fn lengths(bytes: &[usize]) -> Vec<usize> {
        let all = insert("INSERT ", &[Value::Null], rows(bytes));
        all.iter().map(|statement| (statement.args.len() - 1) / 2).collect()
    }

    #[test]
    fn rows_fill_statements_of_few_lengths() {
        assert_eq!(lengths(&[]), Vec::<usize>::new());
        assert_eq!(lengths(&[8]), [1]);
        assert_eq!(lengths(&[8; 2]), [1, 1]);
        assert_eq!(lengths(&[8; 50]), [49, 1]);
        assert_eq!(lengths(&[8; 48]), [12, 12, 12, 12]);
        assert_eq!(lengths(&[8; 17]), [12, 3, 1, 1]);
    }

    #[test]
    fn large_rows_share_no_statement() {
        assert_eq!(lengths(&[600_000; 4]), [1, 1, 1, 1]);
        assert_eq!(lengths(&[300_000; 4]), [3, 1]);
        assert_eq!(lengths(&[1_900_000; 2]), [1, 1]);
    }

    #[test]
    fn a_text_names_what_rows_share_in_each() {
        assert_eq!(text("INSERT ", (1, 2), 3), "INSERT (?1, ?2, ?3), (?1, ?4, ?5), (?1, ?6, ?7)");
        let all = insert("INSERT ", &[Value::Null], rows(&[1, 2, 3]));
        assert_eq!(all.len(), 1);
        let numbers = [0, 1, 2].map(Value::Integer);
        let own = all[0].args[1..].iter().step_by(2).cloned();
        assert_eq!(own.collect::<Vec<_>>(), numbers);
        assert_eq!(all[0].args[0], Value::Null);
    }
}
