//! `file:` addresses, answered as a web server would.

use std::fs::File;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use kalends_core::ports::{HttpFailure, HttpHead, HttpRequest};
use reqwest::Url;

use super::body::AnswerBody;

/// Answers a request for a local file: its ETag is made of the time of change and the length,
/// and `If-None-Match` (RFC 9110 section 13.1.2) is honoured.
pub(super) async fn answer(
    url: &Url,
    request: &HttpRequest,
) -> Result<(HttpHead, AnswerBody), HttpFailure> {
    let path = url.to_file_path().map_err(|()| HttpFailure::BadAddress)?;
    let max = request.answer_bytes_max;
    if request.method != "GET" && request.method != "HEAD" {
        return Ok(head_only(405, Vec::new(), max));
    }
    let opened = tokio::task::spawn_blocking(move || open(path)).await;
    let Ok(opened) = opened else { return Err(HttpFailure::Refused) };
    let (file, etag, length) = match opened {
        Ok(found) => found,
        Err(ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory) => {
            return Ok(head_only(404, Vec::new(), max));
        }
        Err(ErrorKind::PermissionDenied) => return Ok(head_only(403, Vec::new(), max)),
        Err(_) => return Err(HttpFailure::Refused),
    };
    let headers = vec![
        ("etag".to_owned(), etag.clone()),
        ("content-length".to_owned(), length.to_string()),
        ("content-type".to_owned(), "text/calendar".to_owned()),
    ];
    if has_tag(request, &etag) {
        return Ok(head_only(304, headers, max));
    }
    if request.method == "HEAD" {
        return Ok(head_only(200, headers, max));
    }
    Ok((HttpHead { status: 200, headers }, AnswerBody::of_file(Some(file), max)))
}

fn open(path: PathBuf) -> Result<(File, String, u64), ErrorKind> {
    let read = || {
        let file = File::open(path)?;
        let about = file.metadata()?;
        Ok::<_, std::io::Error>((file, about))
    };
    let (file, about) = read().map_err(|error| error.kind())?;
    if about.is_dir() {
        return Err(ErrorKind::IsADirectory);
    }
    let changed = about.modified().map_err(|error| error.kind())?;
    let nanos = changed.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    Ok((file, format!("\"{nanos:x}-{:x}\"", about.len()), about.len()))
}

fn has_tag(request: &HttpRequest, etag: &str) -> bool {
    let asked = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("if-none-match"));
    asked.is_some_and(|(_, tags)| {
        tags.split(',').any(|tag| tag.trim() == "*" || tag.trim().trim_start_matches("W/") == etag)
    })
}

fn head_only(status: u16, headers: Vec<(String, String)>, max: u64) -> (HttpHead, AnswerBody) {
    (HttpHead { status, headers }, AnswerBody::of_file(None, max))
}
