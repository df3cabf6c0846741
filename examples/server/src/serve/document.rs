//! What holds for every operation of the document: the headers that any request may bear and any answer
//! bears, and the problems that it may be answered with.

use utoipa::openapi::content::Content;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{OpenApi, Ref, RefOr, Required, Schema};

use super::again::tells_a_secret;
use super::codes;

/// Where the document keeps what many operations share.
const SHARED: &str = "#/components";

/// Fills in what operations have in common.
pub(super) fn complete(api: &mut OpenApi) {
    for (path, item) in &mut api.paths.paths {
        for (is_safe, operation) in operations(item) {
            if path.starts_with("/v1/") {
                of_operation(path, is_safe, operation);
            } else {
                without_key(path, operation);
            }
        }
    }
    let shared = api.components.get_or_insert_default();
    if let Some(RefOr::T(Schema::Object(problem))) = shared.schemas.get_mut("Problem") {
        problem.properties.insert("code".to_owned(), codes::schema());
    }
    shared.parameters.insert(TOKEN.to_owned(), RefOr::T(token().build()));
    for (status, why) in ANYWHERE.into_iter().chain(SOMEWHERE) {
        let form = Content::new(Some(Ref::from_schema_name("Problem")));
        let mut told: RefOr<Response> =
            ResponseBuilder::new().description(why).content(PROBLEM, form).build().into();
        headed(&mut told, LIMITS);
        if matches!(status, "429" | "503") {
            headed(&mut told, [("Retry-After", "Seconds to wait")]);
        }
        shared.responses.insert(format!("Problem{status}"), told);
    }
}

/// The operations of a path, and whether each only looks.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let looks = item.get.iter_mut().map(|operation| (true, operation));
    let writes = [&mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
    looks.chain(writes.into_iter().flatten().map(|operation| (false, operation)))
}

fn of_operation(path: &str, is_safe: bool, operation: &mut Operation) {
    let once = !is_safe && !tells_a_secret(path);
    let parameters = operation.parameters.get_or_insert_default();
    let conditional = parameters
        .iter()
        .any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == "If-Match"));
    if once {
        parameters.push(RefOr::Ref(Ref::new(format!("{SHARED}/parameters/{TOKEN}"))));
    }
    let responses = &mut operation.responses.responses;
    responses.remove("default");
    if let Some(RefOr::T(Response { content, .. })) = responses.get_mut("200")
        && let Some(RefOr::T(told)) = content.get_mut(STREAM)
        && let Some(data) = told.schema.take()
    {
        told.schema = Some(streamed(data));
    }
    for answer in responses.values_mut() {
        headed(answer, LIMITS);
        if once {
            headed(answer, [("Idempotency-Replayed", "`true` where this was answered before")]);
        }
    }
    let some = SOMEWHERE.into_iter().filter(|(status, _)| match *status {
        "412" => conditional,
        "409" => once,
        _ => !is_safe,
    });
    refused(operation, ANYWHERE.into_iter().chain(some));
}

/// What is read without a key, by calendars and by whoever verifies.
fn without_key(path: &str, operation: &mut Operation) {
    let is_limited = path.starts_with("/feeds/");
    let some = ANYWHERE.into_iter().filter(|(status, _)| match *status {
        "401" | "403" => false,
        "410" | "429" => is_limited,
        _ => true,
    });
    operation.responses.responses.remove("default");
    refused(operation, some);
}

/// Problems that an operation may be answered with, where it does not describe them itself.
fn refused(
    operation: &mut Operation,
    statuses: impl Iterator<Item = (&'static str, &'static str)>,
) {
    for (status, _) in statuses {
        let told = Ref::new(format!("{SHARED}/responses/Problem{status}"));
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::Ref(told));
    }
}

/// An event of a stream, whose data is this in its main event, and else a number alone.
fn streamed(data: RefOr<Schema>) -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    let number = ObjectBuilder::new().schema_type(SchemaType::new(Type::Integer));
    let so_far = ObjectBuilder::new().property("seq", number).required("seq");
    let said = AnyOfBuilder::new().item(data).item(so_far);
    let data = text().content_media_type("application/json").content_schema(Some(said));
    let event = text().enum_values(Some(["ready", "change", "status", "end"]));
    ObjectBuilder::new()
        .property("event", event)
        .property("id", text().description(Some("The number of the entry")))
        .property("data", data)
        .required("event")
        .required("data")
        .build()
        .into()
}

const TOKEN: &str = "Idempotency-Key";
/// What server-sent events are sent as.
const STREAM: &str = "text/event-stream";
const PROBLEM: &str = "application/problem+json";
const LIMITS: [(&str, &str); 2] = [
    ("RateLimit-Policy", "How many requests a key may send a minute, where that is limited"),
    ("RateLimit", "How many are left, and in how many seconds there are more"),
];
/// What any request may be answered with.
const ANYWHERE: [(&str, &str); 9] = [
    ("400", "The request cannot be read"),
    ("401", "No key came, or nobody's"),
    ("403", "The key is not good for this"),
    ("404", "Nothing is there by that name"),
    ("410", "Whoever asks was erased, or the place to go on from is gone"),
    ("422", "It makes no sense, or a provider did not do it"),
    ("429", "Too many requests"),
    ("500", "The server failed"),
    ("503", "Ask again later"),
];
/// What some may be answered with besides.
const SOMEWHERE: [(&str, &str); 4] = [
    ("409", "It is being carried out, or what it is about has changed"),
    ("412", "It says something else than If-Match"),
    ("413", "The body is too large"),
    ("415", "The body is no JSON"),
];

fn headed<const N: usize>(answer: &mut RefOr<Response>, headers: [(&str, &str); N]) {
    if let RefOr::T(answer) = answer {
        for (name, text) in headers {
            let mut header = Header::default();
            header.description = Some(text.to_owned());
            answer.headers.insert(name.to_owned(), RefOr::T(header));
        }
    }
}

fn token() -> ParameterBuilder {
    let text = "Of several requests that bear the same one, the first is carried out, and the others \
                are answered as it was; kept for a day";
    let form = ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .min_length(Some(1))
        .max_length(Some(255));
    ParameterBuilder::new()
        .name(TOKEN)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(text))
        .schema(Some(form))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    /// Catches an operation that describes any answer at all, so that none can be undescribed.
    #[test]
    fn each_operation_names_each_status_that_it_answers_with() {
        let document: Value = serde_json::from_str(include_str!("../../openapi.json")).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let operations = paths.values().flat_map(|path| path.as_object().unwrap());
        let mut told = 0;
        for (method, operation) in operations {
            let responses = operation["responses"].as_object().unwrap();
            let is_status = |name: &String| name.len() == 3 && name.parse::<u16>().is_ok();
            assert!(responses.keys().all(is_status), "{method} {}", operation["operationId"]);
            assert!(responses.len() > 5, "{method} {}", operation["operationId"]);
            told += 1;
        }
        assert!(told > 80, "{told}");
    }
}
