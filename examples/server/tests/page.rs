//! The page of `kalends serve`, as a browser asks for it.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use serde_json::json;
use support::api::{Answer, Api, key, settle};
use support::carrier::{Server, now_ms};
use support::{Kalends, calendar, event, hours, two_accounts};

/// What the form of an edge bears beside its title and its days ahead.
const OPTIONS: &str = "past_days=1&only_keywords=&skip_keywords=gym,%20run&tentative=on\
    &on_edit=detach&on_delete=restore&on_conflict=origin";

/// A browser that is signed in.
struct Browser<'a> {
    api: &'a Api,
    cookie: String,
}

impl Browser<'_> {
    fn get(&self, path: &str) -> Answer {
        self.api.ask(&format!("GET {path}"), &[("Cookie", &self.cookie)], "")
    }

    fn post(&self, path: &str, form: &str) -> Answer {
        self.api.form(path, &[("Cookie", &self.cookie)], form)
    }

    /// Sends a form of a page, which comes back and says that it is done.
    fn done(&self, page: &str, path: &str, form: &str) {
        let done = self.post(path, form);
        let back = done.header("location").unwrap_or_default();
        assert!(done.status == 303 && back.starts_with(page), "{path} {form}: {done:?}");
        assert!(self.get(back).text.contains("class=\"notice\""), "{path} {form}");
    }

    /// Sends a form of the page of free times, which must do what it says.
    fn sent(&self, path: &str, token: &str, form: &str) {
        let done = self.post(&format!("/page/time/{path}"), &format!("token={token}&{form}"));
        assert_eq!(done.status, 303, "{path} {form}: {done:?}");
    }

    /// What forms bear.
    fn token(&self) -> String {
        self.get("/page").token()
    }
}

fn signed_in<'a>(api: &'a Api, answer: &Answer) -> Browser<'a> {
    assert_eq!((answer.status, answer.header("location")), (303, Some("/page")), "{answer:?}");
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    Browser { api, cookie: answer.cookie() }
}

fn by_key<'a>(api: &'a Api, key: &str) -> Browser<'a> {
    signed_in(api, &api.form("/page/sign-in", &[], &format!("key={key}")))
}

/// Catches a link that is good twice, or spent by looking, a key that may only look, and a page that
/// is shown to anybody.
#[test]
fn a_browser_is_signed_in_by_a_link_once_or_by_a_key() {
    let kalends = Kalends::new();
    let api = Api::start(&kalends, "");
    let made = kalends.done(&format!("user link --at http://{}/", api.host()));
    let made = made["link"].as_str().unwrap().to_owned();
    let link = made.strip_prefix(&format!("http://{}", api.host())).unwrap();
    assert_eq!(kalends.json("user link nobody").1, 2, "for somebody who is there");
    for path in ["/page", "/page/parts", "/page/live", "/page/plan", "/page/events/evt_x"]
        .into_iter()
        .chain(["/page/time", "/page/time/parts", "/page/accounts"])
    {
        let away = api.ask(&format!("GET {path}"), &[], "");
        assert_eq!((away.status, away.header("location")), (303, Some("/page/sign-in")), "{path}");
    }
    for _ in 0..2 {
        assert_eq!(api.ask(&format!("GET {link}"), &[], "").status, 200, "looking spends nothing");
    }
    let browser = signed_in(&api, &api.form(link, &[], ""));
    let page = browser.get("/page");
    assert_eq!(page.status, 200, "{page:?}");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(api.form(link, &[], "").status, 410);
    let looks = key(&kalends, "--scope read");
    for wrong in [looks.as_str(), "kal_x", ""] {
        let refused = api.form("/page/sign-in", &[], &format!("key={wrong}"));
        assert_eq!((refused.status, refused.header("set-cookie")), (401, None));
    }
    let other = by_key(&api, &key(&kalends, ""));
    let token = other.token();
    assert_eq!(other.post("/page/sign-out", &format!("token={token}")).status, 303);
    assert_eq!(other.get("/page").status, 303, "it is signed out");
    assert_eq!(browser.get("/page").status, 200, "and this one is not");
}

/// Catches a form that another page can send, and one that works with another's token.
#[test]
fn what_another_page_sends_does_nothing() {
    let (_server, kalends, _) = two_accounts();
    kalends.done("user add eve");
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let own = by_key(&api, &key(&kalends, ""));
    let eve = by_key(&api, &key(&kalends, "--user eve"));
    let (mine, hers) = (own.token(), eve.token());
    assert_ne!(mine, hers);
    let calendar = kalends.done("status")["calendars"][0]["id"].as_str().unwrap().to_owned();
    let edge = |token: &str| format!("token={token}&edge=&from={calendar}&to=home&detail=full");
    let deeds = [
        ("/page/edges", edge("")),
        ("/page/edges/pol_x", format!("token=&{OPTIONS}&title=&future_days=1")),
        ("/page/sync", "token=".to_owned()),
        ("/page/undo", "token=&run=run_x".to_owned()),
        ("/page/held", format!("token=&calendar={calendar}&approve=true&count=30")),
        ("/page/parked", "token=&part=x".to_owned()),
        ("/page/accounts", "token=&kind=feed&name=f&url=http://x/&user=&password=".to_owned()),
        ("/page/connect", "token=&kind=google&name=g".to_owned()),
        ("/page/time/holds", "token=&deed=add&id=hld_x&at=2026-03-02T09:00".to_owned()),
        ("/page/time/sessions", "token=&deed=open&id=ses_x".to_owned()),
        ("/page/time/proposals", "token=&length=1h".to_owned()),
        ("/page/time/meetings", "token=&deed=accept&id=mtg_x".to_owned()),
        ("/page/time/rules", "token=&deed=set&kind=notice&length=4h".to_owned()),
        ("/page/reconnect", "token=&name=work".to_owned()),
        ("/page/accounts/remove", "token=&name=work&abandon=true".to_owned()),
        ("/page/calendars", format!("token=&calendar={calendar}&on=false")),
        ("/page/calendars/replace", format!("token=&calendar={calendar}&with={calendar}")),
        ("/page/feeds", "token=&name=f&detail=full".to_owned()),
        ("/page/feeds/remove", "token=&feed=feed_x".to_owned()),
        ("/page/erasure/call-off", "token=".to_owned()),
        ("/page/sign-out", "token=".to_owned()),
    ];
    let listed = |path: &str| deeds.iter().any(|(known, _)| *known == path);
    for path in forms_of_the_page() {
        assert!(
            path.contains('{') || path == "/page/sign-in" || listed(path),
            "{path} is not tried"
        );
    }
    for (path, form) in &deeds {
        for token in ["", "0123456789abcdef0123456789abcdef", &hers] {
            let form = form.replacen("token=", &format!("token={token}"), 1);
            assert_eq!(own.post(path, &form).status, 403, "{path} {token}");
        }
        let with = form.replacen("token=", &format!("token={mine}"), 1);
        let headers = [("Cookie", own.cookie.as_str()), ("Sec-Fetch-Site", "cross-site")];
        assert_eq!(api.form(path, &headers, &with).status, 403, "{path}");
        assert_eq!(api.form(path, &[], &with).status, 303, "{path}: nobody is signed in");
    }
    assert_eq!(kalends.done("edge list")["edges"], serde_json::json!([]));
    // Eve's page knows nothing of what is not hers.
    let theirs = eve.post("/page/edges", &edge(&hers));
    assert_eq!(theirs.status, 404, "{theirs:?}");
    assert!(!eve.get("/page").text.contains("work"));
}

/// The addresses that forms are sent to.
fn forms_of_the_page() -> impl Iterator<Item = &'static str> {
    let sources =
        [include_str!("../src/serve/page/mod.rs"), include_str!("../src/serve/page/time/mod.rs")];
    let lines = sources.into_iter().flat_map(|text| text.lines());
    let routes = lines.filter(|line| line.contains(".route(\"") && line.contains("post("));
    routes.filter_map(|line| line.split('"').nth(1))
}

/// Catches a browser that another page signs in to somebody else's calendars, over plain HTTP too.
#[test]
fn no_other_page_signs_a_browser_in() {
    let kalends = Kalends::new();
    let (api, key) = (Api::start(&kalends, ""), key(&kalends, ""));
    let form = format!("key={key}");
    let own = format!("http://{}", api.host());
    for (name, value) in [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let refused = api.form("/page/sign-in", &[(name, value)], &form);
        assert_eq!((refused.status, refused.header("set-cookie")), (403, None), "{name}: {value}");
    }
    signed_in(&api, &api.form("/page/sign-in", &[("Origin", &own)], &form));
    let page = api.ask("GET /page/sign-in", &[], "");
    assert_eq!(page.header("referrer-policy"), Some("same-origin"), "browsers tell us who asks");
    let policy = page.header("content-security-policy").unwrap();
    let begins = format!("form-action 'self' http://localhost:{}", own.rsplit(':').next().unwrap());
    assert!(policy.contains(&begins), "a sign-in to Microsoft begins there: {policy}");
}

/// Catches a page that stays open when its key was ended, and one that asks as often as it likes.
#[test]
fn the_page_is_open_as_long_as_its_key_is_and_asks_no_more_than_that() {
    let kalends = Kalends::new();
    let api = Api::start(&kalends, "--rate 20");
    let (first, second) = (key(&kalends, ""), key(&kalends, ""));
    let (browser, other) = (by_key(&api, &first), by_key(&api, &second));
    assert_eq!((browser.get("/page").status, other.get("/page").status), (200, 200));
    let ids = kalends.done("key list");
    kalends.done(&format!("key revoke {}", ids["keys"][0]["id"].as_str().unwrap()));
    let away = browser.get("/page");
    assert_eq!((away.status, away.header("location")), (303, Some("/page/sign-in")));
    assert_eq!(other.get("/page").status, 200, "this one's key is good");
    let asked: Vec<u16> = (0..30).map(|_| other.get("/page/parts").status).collect();
    assert_eq!((asked[0], asked.last()), (200, Some(&429)), "{asked:?}");
    assert_eq!(api.with(&second, "GET /v1/accounts", "").problem(), (429, "rate-limit"));
}

/// Catches a sign-in that may be tried as often as somebody likes, and one who guesses that keeps others
/// out.
#[test]
fn signing_in_is_tried_only_so_often() {
    let kalends = Kalends::new();
    let api = Api::start(&kalends, "--rate 5");
    let (first, second) = (key(&kalends, ""), key(&kalends, ""));
    let tries = |key: &str| -> Vec<u16> {
        let form = format!("key={key}");
        (0..7).map(|_| api.form("/page/sign-in", &[], &form).status).collect()
    };
    for (key, answer) in [("kal_x", 401), (first.as_str(), 303), (second.as_str(), 303)] {
        let tried = tries(key);
        assert_eq!((tried[0], tried.last()), (answer, Some(&429)), "{tried:?}");
    }
}

/// Asks for syncs until it comes to this.
fn settle_to(api: &Api, key: &str, is: impl Fn() -> bool) {
    for _ in 0..100 {
        if is() {
            return;
        }
        api.with(key, "POST /v1/runs", "").done();
    }
    panic!("it never comes to this");
}

fn put_many(server: &Server, path: &str, count: i64) {
    for n in 0..count {
        let text = calendar(&[event(&format!("b{n}@x"), "Busy", hours(48 + n))]);
        server.sim().person(now_ms()).put(path, &format!("b{n}.ics"), &text).unwrap();
    }
}

/// Catches a page that shows less than there is, or what others wrote as its own, and an undo that is
/// no longer offered once much followed from what it takes back.
#[test]
fn an_edge_is_drawn_its_mirror_shows_and_is_taken_back() {
    let (server, kalends, work) = two_accounts();
    let hostile = "<script>alert(1)</script>";
    let text = calendar(&[event("h@x", hostile, hours(33))]);
    server.sim().person(now_ms()).put(&work, "h.ics", &text).unwrap();
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let key = key(&kalends, "");
    settle(&api, &key);
    let browser = by_key(&api, &key);
    let page = browser.get("/page").text;
    assert!(page.contains("work/work") && page.contains("home (overlay)"), "{page}");
    let week = format!("/page?week={}", &hours(33).to_string()[..10]);
    let shown = browser.get(&week).text;
    assert!(!shown.contains(hostile) && shown.contains("alert(1)"), "{shown}");
    let status = kalends.done("status");
    let calendars = status["calendars"].as_array().unwrap();
    let id = |name: &str| {
        let found = calendars.iter().find(|one| one["name"] == name).unwrap();
        found["id"].as_str().unwrap().to_owned()
    };
    let token = browser.token();
    let form = |edge: &str, detail: &str| {
        format!("token={token}&edge={edge}&from={}&to=home&detail={detail}", id("work"))
    };
    let made = browser.post("/page/edges", &form("", "title"));
    assert_eq!(made.status, 303, "{made:?}");
    settle(&api, &key);
    let mirrors = |server: &Server| {
        let sim = server.sim();
        let overlays = sim.calendars().into_iter().filter(|path| path.contains("/bob/kalends-"));
        overlays.flat_map(|path| sim.resources(&path).into_values()).collect::<Vec<_>>()
    };
    assert_eq!(mirrors(&server).len(), 4);
    let page = browser.get("/page").text;
    assert!(page.contains("<td class=\"title\">"), "the matrix shows the edge: {page}");
    let event = browser.get(&week).text;
    assert!(event.contains("→ home (title)</li>"), "its copies: {event}");
    let letters = event.split("class=\"letter\" aria-hidden=\"true\">").skip(1);
    let letters: Vec<_> = letters.map(|rest| rest.split('<').next().unwrap()).collect();
    assert!(letters.len() > 1 && letters.iter().all(|one| *one == letters[0]), "{letters:?}");
    let event = event.split("/page/events/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let why = browser.get(&format!("/page/events/{event}")).text;
    assert!(why.contains("work/work") && why.contains("origin"), "{why}");
    let plan = browser.get("/page/plan").text;
    assert!(plan.contains("Nothing is to be written"), "{plan}");
    let edge = kalends.done("edge list")["edges"][0]["id"].as_str().unwrap().to_owned();
    let removed = browser.post("/page/edges", &form(&edge, "none"));
    assert_eq!(removed.status, 303, "{removed:?}");
    settle(&api, &key);
    assert_eq!(mirrors(&server), Vec::<String>::new());
    let undo = || {
        let run = field(&browser.get("/page").text, "action=\"/page/undo\"", "run");
        let undone = browser.post("/page/undo", &format!("token={token}&run={run}"));
        browser.get(undone.header("location").unwrap()).text
    };
    let said = undo();
    assert!(said.contains("Left alone: edge ") && said.contains("(it is gone"), "{said}");
    // Into a calendar that is there, so that nothing of it changes meanwhile.
    let desk = format!("token={token}&edge=&from={}&to={}&detail=busy", id("work"), id("desk"));
    assert_eq!(browser.post("/page/edges", &desk).status, 303);
    let said = undo();
    assert!(said.contains("It is taken back, and its copies follow."), "{said}");
    assert_eq!(browser.post("/page/edges", &form("", "title")).status, 303);
    // However much follows, what somebody did can be taken back.
    put_many(&server, &work, 110);
    settle_to(&api, &key, || mirrors(&server).len() == 114);
    settle(&api, &key);
    assert!(browser.get("/page").text.contains("action=\"/page/undo\""));
    assert!(browser.get("/page/parts").text.contains("good"));
    let wrong = browser.post("/page/edges", &form("pol_x", "busy"));
    assert_eq!(wrong.status, 404, "{wrong:?}");
}

/// Catches a feed whose address is shown twice or leads on after its end, a calendar that stays on, an
/// account that stays, and a sign-in that is said to end where it does not.
#[test]
fn accounts_and_feeds_are_looked_after() {
    let (_server, kalends, _) = two_accounts();
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let key = key(&kalends, "");
    settle(&api, &key);
    let browser = by_key(&api, &key);
    let here = "/page/accounts";
    let token = browser.get(here).token();
    let form = format!("token={token}&name=For%20friends&detail=busy");
    let made = browser.post("/page/feeds", &form).text;
    let address = made.split("<code>").nth(1).unwrap().split('<').next().unwrap();
    let feed = format!("GET /feeds/{}", address.split_once("/feeds/").unwrap().1);
    assert!(api.ask(&feed, &[], "").text.contains("NAME:For friends"));
    let page = browser.get(here).text;
    assert!(page.contains("For friends") && !page.contains(address), "{page}");
    let id = field(&page, "action=\"/page/feeds/remove\"", "feed");
    browser.done(here, "/page/feeds/remove", &format!("token={token}&feed={id}"));
    assert_eq!(api.ask(&feed, &[], "").status, 404);
    let calendar = field(&page, "action=\"/page/calendars\"", "calendar");
    browser.done(here, "/page/calendars", &format!("token={token}&calendar={calendar}&on=false"));
    let status = kalends.done("status");
    let all = status["calendars"].as_array().unwrap();
    assert_eq!(all.iter().find(|one| one["id"] == *calendar).unwrap()["on"], false);
    let form = format!("token={token}&name=home&abandon=false");
    let removed = browser.post("/page/accounts/remove", &form);
    let said = browser.get(removed.header("location").unwrap()).text;
    assert!(said.contains("its copies go first.") && !said.contains("sign-in at"), "{said}");
    settle(&api, &key);
    let left = browser.get(here).text;
    assert!(left.contains(">work<") && !left.contains(">home<"), "{left}");
}

/// Catches an option of an edge that the page loses when another one is set.
#[test]
fn what_an_edge_does_is_said_on_its_page() {
    let (_server, kalends, _) = two_accounts();
    kalends.done("edge add --from work/work --to home --detail title --skip-keyword gym");
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let browser = by_key(&api, &key(&kalends, ""));
    let edge = kalends.done("edge list")["edges"][0]["id"].as_str().unwrap().to_owned();
    let here = format!("/page/edges/{edge}");
    assert!(browser.get("/page").text.contains(&format!("href=\"{here}\"")));
    let page = browser.get(&here);
    assert!(page.text.contains("name=\"skip_keywords\" value=\"gym\""), "{}", page.text);
    let form =
        format!("token={}&{OPTIONS}&title=At%20work&future_days=9&with_free=on", page.token());
    browser.done(&here, &here, &form);
    let shown = kalends.done("edge list")["edges"][0].clone();
    let filters = &shown["filters"];
    let said = [&shown["title"], &shown["future_days"], &shown["detail"], &shown["on_edit"]];
    assert_eq!(said, [&json!("At work"), &json!(9), &json!("title"), &json!("detach")]);
    assert_eq!(
        (&filters["skip_keywords"], &filters["with_free"]),
        (&json!(["gym", "run"]), &json!(true))
    );
    assert_eq!(
        (&filters["skip_all_day"], &filters["skip_tentative"]),
        (&json!(true), &json!(false))
    );
    let page = browser.get(&here).text;
    assert!(page.contains("name=\"with_free\" type=\"checkbox\" checked"), "{page}");
    assert!(page.contains("value=\"detach\" selected"), "{page}");
}

/// What a form of a page says in a hidden field.
fn field(page: &str, after: &str, name: &str) -> String {
    let form = page.split(after).nth(1).unwrap_or_else(|| panic!("no {after} in {page}"));
    let value = form.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}

/// Catches a page that shows a time as free that is not, forgets the reason, or does not do what it says
/// it did; and a form that is sent twice and done twice.
#[test]
fn free_times_are_shown_held_searched_for_and_ruled() {
    let (_server, kalends, _) = two_accounts();
    kalends.done("rule set home UTC");
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let key = key(&kalends, "");
    settle(&api, &key);
    let browser = by_key(&api, &key);
    let token = browser.token();
    let date = |day: i64| hours(24 * day).to_string()[..10].to_owned();
    let of = |day: i64| {
        let page = browser.get(&format!("/page/time/parts?week={}", date(day))).text;
        let start = page.find(&format!("id=\"y-{}\"", date(day))).unwrap_or(0);
        let from = page[..start].rfind("<li").unwrap_or(0);
        page[from..].split("</ul>").next().unwrap().to_owned()
    };
    let busy = of(1);
    assert!(busy.contains("Free: <a") && busy.contains(">00:00–09:00</a>"), "{busy}");
    assert!(busy.contains("<li>09:00–10:00 busy</li>"), "{busy}");
    let sent = |path: &str, form: &str| browser.sent(path, &token, form);
    sent("rules", "deed=set&kind=hours&days=all&time=08:00-17:00");
    sent("rules", "deed=set&kind=buffers&before=30m&after=");
    let ruled = of(1);
    assert!(ruled.contains(">10:00–17:00</a>") && ruled.contains(">08:00–08:30</a>"), "{ruled}");
    assert!(ruled.contains("<li>08:30–09:00 kept free around a meeting</li>"), "{ruled}");
    let rules = browser.get("/page/time").text;
    assert!(rules.contains("Working hours: all 08:00-17:00"), "{rules}");
    assert!(rules.contains("name=\"before\" type=\"text\" value=\"30m\""), "what is set: {rules}");
    let wrong = browser
        .post("/page/time/rules", &format!("token={token}&deed=set&kind=hours&days=x&time=1"));
    assert!(wrong.status == 422 && wrong.text.contains("href=\"/page/time\""), "{wrong:?}");

    // The best time is held by the button beside it, once.
    let asked = format!("length=1h&from={}T00:00&to={}T00:00", date(1), date(2));
    let nothing = browser.get(&format!("/page/time?{asked}")).text;
    assert!(!nothing.contains("points: "), "an address asks nobody: {nothing}");
    let proposed = |weekly: &str| {
        let form = format!("token={token}&{asked}&weekly={weekly}");
        browser.post("/page/time/proposals", &form).text
    };
    assert!(proposed("3").contains(">Hold the first</button>"));
    let best = proposed("");
    let after = "<ul class=\"list\">";
    let (id, at) = (field(&best, after, "id"), field(&best, after, "at"));
    assert!(at.contains("T08:") || at.contains("T1"), "{at} is kept free, or taken: {best}");
    for _ in 0..2 {
        sent("holds", &format!("deed=add&id={id}&at={at}&length=1h&expires=1d"));
    }
    let held = kalends.done("hold list");
    assert_eq!(held["holds"].as_array().unwrap().len(), 1, "{held}");
    assert!(of(1).contains(" held</li>"), "{}", of(1));
    let taken = browser.post(
        "/page/time/holds",
        &format!("token={token}&deed=add&id=hld_01J9Z3NDEKTSV4RRFFQ69G5FAV&at={at}&length=1h"),
    );
    assert!(taken.status == 422 && taken.text.contains("taken"), "{taken:?}");
    // A form that is sent again with another time holds no other time, and does not say so.
    let again = format!("token={token}&deed=add&id={id}&at={}T15:00&length=2h", date(3));
    let again = browser.post("/page/time/holds", &again);
    assert!(again.status == 422 && again.text.contains("another time"), "{again:?}");
    sent("holds", &format!("deed=extend&id={id}&expires=3d"));
    sent("holds", &format!("deed=convert&id={id}"));
    assert!(browser.get("/page/time/parts").text.contains("Nothing is held"));
    let events = kalends.done(&format!("events --from {} --to {}", hours(24), hours(48)));
    assert!(events.to_string().contains("\"title\":\"Hold\""), "it takes place: {events}");
}

/// Catches a search that ends otherwise than its buttons say, and what takes place that one press takes
/// away.
#[test]
fn a_search_is_held_takes_place_and_is_called_off_and_a_rule_is_taken_back() {
    let kalends = Kalends::new();
    kalends.done("rule set notice 1m");
    let api = Api::start(&kalends, "--every 3600");
    let browser = by_key(&api, &key(&kalends, ""));
    let token = browser.token();
    let date = |day: i64| hours(24 * day).to_string()[..10].to_owned();
    let sent = |path: &str, form: &str| browser.sent(path, &token, form);
    let new = field(&browser.get("/page/time").text, "value=\"open\"", "id");
    sent(
        "sessions",
        &format!(
            "deed=open&id={new}&length=30m&title=Plan&from={}T00:00&to={}T00:00",
            date(2),
            date(3)
        ),
    );
    let shown = browser.get("/page/time/parts").text;
    let start = field(&shown, "class=\"choice\"", "at");
    sent("sessions", &format!("deed=hold&id={new}&at={start}"));
    assert!(browser.get("/page/time/parts").text.contains("a time is held"));
    sent("sessions", &format!("deed=commit&id={new}"));
    let over = browser.get("/page/time/parts").text;
    assert!(over.contains("it takes place") && over.contains("Call it off"), "{over}");
    assert!(!over.contains(">Give up<"), "{over}");
    sent("sessions", &format!("deed=cancel&id={new}"));
    let rule = kalends.done("rule list")["rules"][0]["id"].as_str().unwrap().to_owned();
    sent("rules", &format!("deed=remove&id={rule}"));
    assert_eq!(kalends.done("rule list")["rules"], serde_json::json!([]));
}
