//! How large a stored form is, without making it.

use std::io;

use super::glue::Ref;
use crate::event::Body;

/// The bytes that the stored form of what an event says takes.
#[must_use]
pub fn body_bytes(body: &Body) -> usize {
    let mut count = Count(0);
    let written = serde_json::to_writer(&mut count, &Ref(body));
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
