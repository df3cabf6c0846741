//! Marks of other calendar sync products.

use kalends_core::known_marks::{is_telling, product_of};

use crate::syntax::{Component, Property, list};

/// Our own mark, in each VEVENT that we write.
pub(super) const MARK: &str = "X-KALENDS-MARK";

/// The product whose mark a VEVENT bears.
pub(super) fn product(event: &Component<'_>) -> Option<&'static str> {
    event.properties.iter().filter(|property| !property.is(MARK)).find_map(product_of_one)
}

fn product_of_one(property: &Property<'_>) -> Option<&'static str> {
    if !is_telling(property.name()) {
        return None;
    }
    if property.is("CATEGORIES") {
        let names = list(&property.value());
        return names.iter().find_map(|name| product_of(property.name(), name));
    }
    product_of(property.name(), &property.text())
}
