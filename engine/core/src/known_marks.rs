//! Marks of other products on events, as a data file: what they wrote is left alone.

use std::sync::OnceLock;

const TABLE: &str = include_str!("../data/known_marks.txt");

/// The product that a property of an event gives away, by the property's name and value: an
/// iCalendar property, an extended property, an extension, a category.
#[must_use]
pub fn product_of(name: &str, value: &str) -> Option<&'static str> {
    rows().iter().find(|row| row.fits(name, value)).map(|row| row.product)
}

/// Whether a property of this name gives a product away with some value: of all others the value
/// need not be read.
#[must_use]
pub fn is_telling(name: &str) -> bool {
    rows().iter().any(|row| pattern_fits(row.name, name))
}

struct Row {
    name: &'static str,
    value: &'static str,
    product: &'static str,
}

/// The rows, taken apart once: an object is asked for each of its properties.
fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        let row = |line: &'static str| {
            let mut cells = line.split('\t').filter(|cell| !cell.is_empty());
            Some(Row { name: cells.next()?, value: cells.next()?, product: cells.next()? })
        };
        lines.filter_map(row).collect()
    })
}

impl Row {
    fn fits(&self, name: &str, value: &str) -> bool {
        let is_list = name.eq_ignore_ascii_case("CATEGORIES");
        let mut values = value.split(|c| is_list && c == ',');
        pattern_fits(self.name, name) && values.any(|one| pattern_fits(self.value, one.trim()))
    }
}

/// A pattern is a text in any case, with `*` at either end for any text.
fn pattern_fits(pattern: &str, text: &str) -> bool {
    let (open_start, pattern) =
        pattern.strip_prefix('*').map_or((false, pattern), |rest| (true, rest));
    let (open_end, pattern) =
        pattern.strip_suffix('*').map_or((false, pattern), |rest| (true, rest));
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let same = |part: Option<&[u8]>| part.is_some_and(|part| part.eq_ignore_ascii_case(pattern));
    let tail = || text.len().checked_sub(pattern.len()).and_then(|start| text.get(start..));
    match (open_start, open_end) {
        (true, true) if pattern.is_empty() => true,
        (true, true) => text.windows(pattern.len()).any(|part| same(Some(part))),
        (true, false) => same(tail()),
        (false, true) => same(text.get(..pattern.len())),
        (false, false) => same(Some(text)),
    }
}
