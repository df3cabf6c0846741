//! `file:` addresses.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use kalends_core::ports::{Http, HttpBody, HttpFailure, HttpHead, HttpRequest};
use kalends_tokio::{HttpOptions, ReqwestHttp};

async fn ask(
    method: &'static str,
    path: &std::path::Path,
    tag: Option<&str>,
    max: u64,
) -> (HttpHead, Result<Vec<u8>, HttpFailure>) {
    let http = ReqwestHttp::new(HttpOptions::personal()).unwrap();
    let headers = tag.map(|tag| ("If-None-Match".to_owned(), tag.to_owned()));
    let request = HttpRequest {
        method,
        url: format!("file://{}", path.display()).replace(' ', "%20"),
        headers: headers.into_iter().collect(),
        body: Vec::new(),
        answer_bytes_max: max,
    };
    let (head, mut body) = http.send(request).await.unwrap();
    let mut whole = Vec::new();
    loop {
        match body.chunk().await {
            Ok(Some(piece)) => whole.extend(piece),
            Ok(None) => return (head, Ok(whole)),
            Err(failure) => return (head, Err(failure)),
        }
    }
}

#[tokio::test]
async fn a_file_is_answered_with_a_tag_that_changes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my feed.ics");
    std::fs::write(&path, "x".repeat(200_000)).unwrap();

    let (head, body) = ask("GET", &path, None, 1_000_000).await;
    assert_eq!((head.status, body.unwrap().len()), (200, 200_000));
    let tag = head.header("etag").unwrap().to_owned();
    let (head, body) = ask("GET", &path, Some(&tag), 1_000_000).await;
    assert_eq!((head.status, body), (304, Ok(Vec::new())));

    std::fs::write(&path, "changed").unwrap();
    let (head, body) = ask("GET", &path, Some(&tag), 1_000_000).await;
    assert_eq!((head.status, body), (200, Ok(b"changed".to_vec())));
    assert_ne!(head.header("etag").unwrap(), tag);
}

#[tokio::test]
async fn what_is_not_a_file_or_too_large_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feed.ics");
    assert_eq!(ask("GET", &path, None, 10).await.0.status, 404);
    assert_eq!(ask("GET", folder.path(), None, 10).await.0.status, 404);
    std::fs::write(&path, "x".repeat(11)).unwrap();
    assert_eq!(ask("GET", &path, None, 10).await.1, Err(HttpFailure::TooLarge));
    assert_eq!(ask("PUT", &path, None, 10).await.0.status, 405);
}
