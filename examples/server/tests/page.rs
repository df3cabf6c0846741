//! The page of `kalends serve`, as a browser asks for it.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use support::api::{Answer, Api, key, settle};
use support::carrier::{Server, now_ms};
use support::{Kalends, calendar, event, hours, two_accounts};

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
        form_post(self.api, path, &[("Cookie", &self.cookie)], form)
    }

    /// What forms bear.
    fn token(&self) -> String {
        let page = self.get("/page").text;
        let at = page.split("name=\"token\" value=\"").nth(1).unwrap();
        at.split('"').next().unwrap().to_owned()
    }
}

fn form_post(api: &Api, path: &str, headers: &[(&str, &str)], form: &str) -> Answer {
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    let length = form.len().to_string();
    let host = ("Host", api.host());
    let all = [&[host, kind, ("Content-Length", &length)], headers].concat();
    api.ask_bare(&all, &format!("POST {path}"), form)
}

fn signed_in<'a>(api: &'a Api, answer: &Answer) -> Browser<'a> {
    assert_eq!((answer.status, answer.header("location")), (303, Some("/page")), "{answer:?}");
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    Browser { api, cookie: cookie.split(';').next().unwrap().to_owned() }
}

fn by_key<'a>(api: &'a Api, key: &str) -> Browser<'a> {
    signed_in(api, &form_post(api, "/page/sign-in", &[], &format!("key={key}")))
}

/// Catches a link that is good twice, or spent by looking, a key that may only look, and a page that
/// is shown to anybody.
#[test]
fn a_browser_is_signed_in_by_a_link_once_or_by_a_key() {
    let kalends = Kalends::new();
    let api = Api::start(&kalends, "");
    let link = api.page().split_once("/page/enter/").unwrap().1.to_owned();
    let link = format!("/page/enter/{link}");
    for path in ["/page", "/page/status", "/page/plan", "/page/events/evt_x"] {
        let away = api.ask(&format!("GET {path}"), &[], "");
        assert_eq!((away.status, away.header("location")), (303, Some("/page/sign-in")), "{path}");
    }
    for _ in 0..2 {
        assert_eq!(api.ask(&format!("GET {link}"), &[], "").status, 200, "looking spends nothing");
    }
    let browser = signed_in(&api, &form_post(&api, &link, &[], ""));
    let page = browser.get("/page");
    assert_eq!(page.status, 200, "{page:?}");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(form_post(&api, &link, &[], "").status, 410);
    let looks = key(&kalends, "--scope read");
    for wrong in [looks.as_str(), "kal_x", ""] {
        let refused = form_post(&api, "/page/sign-in", &[], &format!("key={wrong}"));
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
        ("/page/sync", "token=".to_owned()),
        ("/page/undo", "token=&run=run_x".to_owned()),
        ("/page/held", format!("token=&calendar={calendar}&approve=true")),
        ("/page/parked", "token=&part=x".to_owned()),
        ("/page/accounts", "token=&kind=feed&name=f&url=http://x/&user=&password=".to_owned()),
        ("/page/connect", "token=&kind=google&name=g".to_owned()),
        ("/page/sign-out", "token=".to_owned()),
    ];
    for (path, form) in &deeds {
        for token in ["", "0123456789abcdef0123456789abcdef", &hers] {
            let form = form.replacen("token=", &format!("token={token}"), 1);
            assert_eq!(own.post(path, &form).status, 403, "{path} {token}");
        }
        let with = form.replacen("token=", &format!("token={mine}"), 1);
        let headers = [("Cookie", own.cookie.as_str()), ("Sec-Fetch-Site", "cross-site")];
        assert_eq!(form_post(&api, path, &headers, &with).status, 403, "{path}");
        assert_eq!(form_post(&api, path, &[], &with).status, 303, "{path}: nobody is signed in");
    }
    assert_eq!(kalends.done("edge list")["edges"], serde_json::json!([]));
    // Eve's page knows nothing of what is not hers.
    let theirs = eve.post("/page/edges", &edge(&hers));
    assert_eq!(theirs.status, 422, "{theirs:?}");
    assert!(!eve.get("/page").text.contains("work"));
}

/// Catches a page that shows less than there is, or what others wrote as its own.
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
    assert!(page.contains("class=\"title\""), "the matrix shows the edge: {page}");
    let found = page.split("/page/events/").nth(1);
    if let Some(event) = found.map(|rest| rest.split('"').next().unwrap()) {
        let why = browser.get(&format!("/page/events/{event}")).text;
        assert!(why.contains("work/work") && why.contains("origin"), "{why}");
    }
    let plan = browser.get("/page/plan").text;
    assert!(plan.contains("Nothing is to be written"), "{plan}");
    let edge = kalends.done("edge list")["edges"][0]["id"].as_str().unwrap().to_owned();
    let removed = browser.post("/page/edges", &form(&edge, "none"));
    assert_eq!(removed.status, 303, "{removed:?}");
    settle(&api, &key);
    assert_eq!(mirrors(&server), Vec::<String>::new());
    assert!(browser.get("/page/status").text.contains("good"));
    let wrong = browser.post("/page/edges", &form("pol_x", "busy"));
    assert_eq!(wrong.status, 422, "{wrong:?}");
}
