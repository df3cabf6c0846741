//! All events as an iCalendar file in R2: written part by part, and read from there.

use kalends::core::event::Body;
use kalends::core::ports::{Clock as _, GraphStore as _};
use kalends::core::read;
use kalends::core::slice::ReadSet;
use kalends::ical::Export;
use kalends::ids::GraphId;
use kalends::{EventPage, EventPages};
use kalends_cloudflare::WorkerClock;
use worker::{Bucket, Env, Headers, MultipartUpload, Response, UploadedPart};

use crate::graph::Object;
use crate::problem::Problem;

/// What R2 wants of each part but the last, in bytes: all as long as each other, and at least so long.
const PART_BYTES: usize = 5 << 20;

/// Where exports lie in the bucket: in clear.
const PLACE: &str = "exports/";
/// For how long one may be read again, in milliseconds.
const KEPT_MS: u64 = 3_600_000;

/// Answers with the events of a graph. What was written of the same version before is read again; what is of
/// an older one goes.
pub(crate) async fn answer(object: &Object, env: &Env) -> Result<Response, Problem> {
    let unbound = |_| Problem::new(501, "settings.archive", "bind an R2 bucket as ARCHIVE");
    let bucket = env.bucket("ARCHIVE").map_err(unbound)?;
    let (store, graph) = (&object.driver().ports().store, object.keys().graph);
    let version = store.load(graph, &ReadSet::default()).await?.version;
    let place = place(graph);
    let key = format!("{place}events-{}.ics", version.0);
    if bucket.head(&key).await?.is_none() {
        write(object, &bucket, &key).await?;
        clear(&bucket, &place, |it| it.key() != key).await?;
    }
    let written = bucket.get(&key).execute().await?;
    let body = written.as_ref().and_then(worker::Object::body);
    let body = body.ok_or_else(|| Problem::not_found("export any more: ask again"))?;
    let headers = Headers::new();
    headers.set("content-type", "text/calendar; charset=utf-8")?;
    headers.set("content-disposition", "attachment; filename=\"events.ics\"")?;
    Ok(Response::from_body(body.response_body()?)?.with_headers(headers))
}

/// Forgets what was exported of a graph.
pub(crate) async fn forget(graph: GraphId, env: &Env) -> Result<(), Problem> {
    let Ok(bucket) = env.bucket("ARCHIVE") else { return Ok(()) };
    clear(&bucket, &place(graph), |_| true).await
}

/// Forgets what was exported of anybody, and has lain there long enough.
pub(crate) async fn forget_old(now_ms: u64, env: &Env) -> Result<(), Problem> {
    let Ok(bucket) = env.bucket("ARCHIVE") else { return Ok(()) };
    clear(&bucket, PLACE, |it| it.uploaded().as_millis().saturating_add(KEPT_MS) < now_ms).await
}

fn place(graph: GraphId) -> String {
    format!("{PLACE}{graph}/")
}

async fn clear(
    bucket: &Bucket,
    place: &str,
    goes: impl Fn(&worker::Object) -> bool,
) -> Result<(), Problem> {
    let mut after: Option<String> = None;
    loop {
        let list = bucket.list().prefix(place);
        let list = if let Some(after) = after { list.cursor(after) } else { list };
        let page = list.execute().await?;
        let (next, objects) = (page.cursor(), page.objects());
        let going = objects.iter().filter(|it| goes(it)).map(worker::Object::key);
        let going: Vec<String> = going.collect();
        if !going.is_empty() {
            bucket.delete_multiple(going).await?;
        }
        if next.is_none() {
            return Ok(());
        }
        after = next;
    }
}

async fn write(object: &Object, bucket: &Bucket, key: &str) -> Result<(), Problem> {
    let upload = bucket.create_multipart_upload(key).execute().await?;
    let mut writing = Writing { upload, parts: Vec::new(), waiting: Vec::new() };
    match events(object, &mut writing).await {
        Ok(()) => writing.end().await,
        Err(problem) => {
            writing.upload.abort().await?;
            Err(problem)
        }
    }
}

/// Never more is held than a page of events and a part. All are read twice: the zones that they name stand
/// before them.
async fn events(object: &Object, writing: &mut Writing) -> Result<(), Problem> {
    let (store, graph) = (&object.driver().ports().store, object.keys().graph);
    let mut export = Export::new(WorkerClock.now());
    let mut pages = EventPages::of(store, graph).await?;
    while let Some(page) = pages.next(store).await? {
        export.see(&told(&page));
    }
    writing.put(&export.head()).await?;
    let mut pages = EventPages::of(store, graph).await?;
    while let Some(page) = pages.next(store).await? {
        writing.put(&export.events(&told(&page))).await?;
    }
    writing.put(Export::END).await
}

fn told(page: &EventPage) -> Vec<(String, Body)> {
    page.events.iter().filter_map(|(_, bundle)| read::origin(bundle)).collect()
}

/// A file under way to R2.
struct Writing {
    upload: MultipartUpload,
    parts: Vec<UploadedPart>,
    waiting: Vec<u8>,
}

impl Writing {
    async fn put(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        self.waiting.extend_from_slice(bytes);
        while self.waiting.len() > PART_BYTES {
            let rest = self.waiting.split_off(PART_BYTES);
            let part = std::mem::replace(&mut self.waiting, rest);
            self.send(part).await?;
        }
        Ok(())
    }

    async fn send(&mut self, part: Vec<u8>) -> Result<(), Problem> {
        let full = || Problem::new(413, "export.too-large", "there are too many events for a file");
        let number = u16::try_from(self.parts.len() + 1).map_err(|_| full())?;
        self.parts.push(self.upload.upload_part(number, part).await?);
        Ok(())
    }

    async fn end(mut self) -> Result<(), Problem> {
        let last = std::mem::take(&mut self.waiting);
        self.send(last).await?;
        self.upload.complete(self.parts).await?;
        Ok(())
    }
}
