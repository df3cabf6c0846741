//! What an event says in its stored form, and how large that is.

use std::io;

use super::glue::Ref;
use crate::event::{Body, Exception};

/// The stored form of what an event says: equal where it says the same.
#[must_use]
pub fn body(body: &Body) -> Vec<u8> {
    let written = serde_json::to_vec(&Ref(body));
    debug_assert!(written.is_ok(), "writing into memory never fails");
    written.unwrap_or_default()
}

/// The bytes that the stored form of what an event says takes.
#[must_use]
pub fn body_bytes(body: &Body) -> usize {
    let mut count = Count(0);
    let written = serde_json::to_writer(&mut count, &Ref(body));
    debug_assert!(written.is_ok(), "counting never fails");
    count.0
}

/// The same of one changed instance of a series.
#[must_use]
pub fn exception_bytes(exception: &Exception) -> usize {
    let mut count = Count(0);
    let written = serde_json::to_writer(&mut count, &Ref(exception));
    debug_assert!(written.is_ok(), "counting never fails");
    count.0
}

struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
