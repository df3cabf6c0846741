//! Bodies of multistatus answers that are wrong, from a seed and a good one.

use kalends_sim_tests::Random;

use crate::files::Case;

/// A way to spoil a body: what is wrong, and how it comes about.
type Spoil = (&'static str, fn(&str, &mut Random) -> String);

const SPOILS: &[Spoil] = &[
    ("cut at some character", |good, r| {
        let at = r.below(good.len());
        good[..floor(good, at)].to_owned()
    }),
    ("a response without an href", |good, _| good.replacen("<D:href>", "<D:not>", 1)),
    ("no href is closed", |good, _| good.replace("</D:href>", "")),
    ("every href is the collection's", |good, _| good.replace(".ics</D:href>", "</D:href>")),
    ("hrefs of another host", |good, _| {
        good.replace("<D:href>/", "<D:href>http://elsewhere.example/")
    }),
    ("hrefs that climb", |good, _| good.replace("/cal", "/../../cal")),
    ("statuses that are none", |good, _| good.replace("HTTP/1.1 200 OK", "fine")),
    ("everything is gone", |good, _| good.replace("HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found")),
    ("everything is forbidden", |good, _| good.replace("200 OK", "403 Forbidden")),
    ("everything failed", |good, _| good.replace("200 OK", "500 Oops")),
    ("no ETags", |good, _| good.replace("getetag", "notag")),
    ("one ETag for all", |good, _| {
        good.split("<D:getetag>").map(after_tag).collect::<Vec<_>>().join("<D:getetag>\"same\"")
    }),
    ("another namespace", |good, _| good.replace("\"DAV:\"", "\"DAW:\"")),
    ("no namespace at all", |good, _| good.replace("xmlns:D=\"DAV:\"", "")),
    ("the same twice", |good, _| format!("{good}{good}")),
    ("each response twice", |good, _| {
        good.replace("</D:response>", "</D:response><D:response><D:href>/x</D:href></D:response>")
    }),
    ("a bomb of entities", |good, _| {
        let bomb = "<!DOCTYPE b [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]>";
        good.replacen("?>", &format!("?>{bomb}"), 1).replace(".ics", "&b;.ics")
    }),
    ("an entity of a file", |good, _| {
        good.replacen("?>", "?><!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>", 1)
    }),
    ("elements in elements without end", |_, r| {
        let deep = 20_000 + r.below(1_000);
        format!("<D:multistatus xmlns:D=\"DAV:\">{}", "<D:response>".repeat(deep))
    }),
    ("attributes without end", |good, _| {
        let many: String = (0..5_000).map(|n| format!(" a{n}=\"1\"")).collect();
        good.replacen("<D:response>", &format!("<D:response{many}>"), 1)
    }),
    ("characters that XML forbids", |good, _| good.replace(".ics", "\u{1}.ics")),
    ("numbers for characters that are none", |good, _| good.replace(".ics", "&#0;&#xD800;.ics")),
    ("a token without end", |good, _| {
        good.replace("</D:sync-token>", &format!("{}</D:sync-token>", "t".repeat(100_000)))
    }),
    ("no token", |good, _| good.replace("sync-token", "sync-took")),
    ("JSON", |_, _| "{\"events\": [], \"deleted\": [\"*\"]}".to_owned()),
    ("HTML", |_, _| "<!doctype html><html><body><form>Sign in</form>".to_owned()),
    ("nothing", |_, _| String::new()),
    ("an empty multistatus", |_, _| "<D:multistatus xmlns:D=\"DAV:\"/>".to_owned()),
    ("some other answer", |_, _| "<D:error xmlns:D=\"DAV:\"><D:no/></D:error>".to_owned()),
    ("calendar data that is none", |good, _| good.replace("BEGIN:VEVENT", "BEGIN:NOTHING")),
];

/// A good body, spoilt.
#[must_use]
pub fn answer(good: &str, seed: u64) -> Case {
    let mut random = Random::new(seed);
    let number = usize::try_from(seed).unwrap_or(0);
    let (mut wrong, spoil) = SPOILS[number % SPOILS.len()];
    let mut text = spoil(good, &mut random);
    let again;
    if random.one_in(3) && !text.is_empty() {
        let (more, spoil) = SPOILS[random.below(SPOILS.len())];
        text = spoil(&text, &mut random);
        again = format!("{wrong} and {more}");
        wrong = &again;
    }
    Case { name: format!("seed {seed}"), wrong: wrong.to_owned(), bytes: text.into_bytes() }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn after_tag(piece: &str) -> &str {
    piece.find("</D:getetag>").map_or(piece, |at| &piece[at..])
}
