//! What was asked and answered, a JSON line each.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use kalends_testkit::wire::{SimReply, SimRequest};
use serde_json::json;

use crate::failure::Failure;

/// A file of exchanges, without headers and bodies: no password gets there.
#[derive(Debug)]
pub(crate) struct Log(File);

impl Log {
    /// Opens the file, if one is wanted.
    pub(crate) fn open(path: Option<&Path>) -> Result<Option<Self>, Failure> {
        let Some(path) = path else { return Ok(None) };
        let file = File::create(path);
        let file = file.map_err(|why| Failure::Write { path: path.to_owned(), why })?;
        Ok(Some(Self(file)))
    }

    /// Writes one exchange, with what was wrong with the request.
    pub(crate) fn write(
        &mut self,
        now_ms: i64,
        request: &SimRequest,
        reply: &SimReply,
        wrong: &[String],
    ) {
        let line = json!({
            "at_ms": now_ms,
            "method": request.method,
            "url": request.url,
            "octets_in": request.body.len(),
            "status": reply.status,
            "octets_out": reply.body.len(),
            "delivery": format!("{:?}", reply.delivery),
            "violations": wrong,
        });
        if let Err(why) = writeln!(self.0, "{line}") {
            eprintln!("warning: the log is not written: {why}");
        }
    }
}
