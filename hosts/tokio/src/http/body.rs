//! A body under way.

use std::fs::File;
use std::io::Read;
use std::time::Duration;

use kalends_core::ports::{HttpBody, HttpFailure};
use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use super::failure::in_body;

const PIECE_BYTES: usize = 64 * 1024;

/// The body of an answer, in pieces, with its limits.
#[derive(Debug)]
pub struct AnswerBody {
    source: Source,
    left: u64,
}

#[derive(Debug)]
enum Source {
    Net { response: Box<Response>, silence: Duration, until: Instant },
    File(Option<File>),
}

impl AnswerBody {
    /// The rest of a response: at most `max` bytes, none later than `until`, and no silence
    /// longer than `silence`.
    pub(super) fn of_response(
        response: Response,
        max: u64,
        silence: Duration,
        until: Instant,
    ) -> Self {
        let source = Source::Net { response: Box::new(response), silence, until };
        Self { source, left: max }
    }

    /// A file from where it stands, or nothing.
    pub(super) const fn of_file(file: Option<File>, max: u64) -> Self {
        Self { source: Source::File(file), left: max }
    }
}

impl HttpBody for AnswerBody {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        let piece = match &mut self.source {
            Source::Net { response, silence, until } => {
                if response.content_length().is_some_and(|length| length > self.left) {
                    return Err(HttpFailure::TooLarge);
                }
                let at = (Instant::now() + *silence).min(*until);
                let piece = timeout_at(at, response.chunk()).await;
                let piece = piece.map_err(|_| HttpFailure::Deadline)?;
                piece.map_err(|error| in_body(&error))?.map(|bytes| bytes.to_vec())
            }
            Source::File(file) => next_of_file(file).await?,
        };
        let length = piece.as_ref().map_or(0, |piece| piece.len() as u64);
        self.left = self.left.checked_sub(length).ok_or(HttpFailure::TooLarge)?;
        Ok(piece)
    }
}

async fn next_of_file(file: &mut Option<File>) -> Result<Option<Vec<u8>>, HttpFailure> {
    let Some(mut open) = file.take() else { return Ok(None) };
    let read = tokio::task::spawn_blocking(move || {
        let mut piece = vec![0; PIECE_BYTES];
        let length = open.read(&mut piece)?;
        piece.truncate(length);
        Ok::<_, std::io::Error>((open, piece))
    });
    let Ok(Ok((open, piece))) = read.await else { return Err(HttpFailure::Cut) };
    if piece.is_empty() {
        return Ok(None);
    }
    *file = Some(open);
    Ok(Some(piece))
}
