//! Each server starts, knows its people, keeps an event, and is gone afterwards.

#![allow(clippy::unwrap_used, reason = "a test that cannot talk to its server has failed")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use kalends_servers::{Account, Running, Server, StartError, Tools};

const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//kalends//test//EN\r\n\
    BEGIN:VEVENT\r\nUID:one@test\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260105T090000Z\r\n\
    DTEND:20260105T100000Z\r\nSUMMARY:One\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

const QUERY: &str = "<C:calendar-query xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\">\
    <D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name=\"VCALENDAR\">\
    <C:comp-filter name=\"VEVENT\"/></C:comp-filter></C:filter></C:calendar-query>";

#[test]
fn radicale_keeps_an_event() {
    keeps_an_event(&Server::radicale());
}

#[test]
fn xandikos_keeps_an_event() {
    keeps_an_event(&Server::xandikos());
}

#[test]
fn sabre_keeps_an_event() {
    keeps_an_event(&Server::sabre());
}

#[test]
fn a_wrong_password_is_refused_where_people_sign_in() {
    for server in [Server::Radicale, Server::Sabre] {
        let running = server.start_or_panic();
        let mut account = running.accounts[0].clone();
        account.password = "wrong".into();
        let answer = request(&account, "PROPFIND", &account.home, "");
        assert_eq!(status(&answer), 401, "{server:?}: {answer}");
    }
}

#[test]
fn a_dropped_server_refuses_connections() {
    for server in Server::ALL {
        let running = server.start_or_panic();
        let address = address_of(&running.url).to_owned();
        let dir = running.dir().to_owned();
        assert!(TcpStream::connect(&address).is_ok());
        drop(running);
        assert!(TcpStream::connect(&address).is_err(), "{server:?} still listens");
        assert!(!dir.exists(), "{server:?} left its files");
    }
}

#[test]
fn a_server_comes_up_on_the_port_that_was_asked_for_unless_it_is_taken() {
    let first = Server::radicale();
    let port = address_of(&first.url).rsplit(':').next().unwrap().parse().unwrap();
    let second = Server::Radicale.start_at(Some(port));
    assert!(matches!(second, Err(StartError::Taken(taken)) if taken == port), "{second:?}");
    let url = first.url.clone();
    drop(first);
    assert_eq!(Server::Radicale.start_at(Some(port)).unwrap().url, url);
}

#[test]
fn what_is_missing_is_named_with_the_remedy() {
    let message = StartError::Missing("php".into()).to_string();
    assert!(message.contains("php is not installed"), "{message}");
    assert!(message.contains("cargo xtask test"), "{message}");
}

#[test]
fn the_independent_client_and_syncer_are_there() {
    let tools = Tools::find();
    assert!(tools.python().unwrap().exists());
    assert!(tools.vdirsyncer().unwrap().exists());
}

fn keeps_an_event(running: &Running) {
    for account in &running.accounts {
        let calendar = format!("{}trips/", account.home);
        let event = format!("{calendar}one.ics");
        let listing = || request(account, "REPORT", &calendar, QUERY);
        assert_eq!(status(&request(account, "PROPFIND", &account.home, "")), 207);
        assert_eq!(status(&request(account, "MKCALENDAR", &calendar, "")), 201);
        assert_eq!(status(&request(account, "PUT", &event, EVENT)), 201);
        assert!(listing().contains("trips/one.ics"), "{}", listing());
        let deleted = status(&request(account, "DELETE", &event, ""));
        assert!((200..300).contains(&deleted), "{deleted}");
        assert!(!listing().contains("trips/one.ics"), "{}", listing());
    }
}

/// One request on a connection of its own, with Basic sign-in unasked; the whole answer as text.
fn request(account: &Account, method: &str, url: &str, body: &str) -> String {
    let address = address_of(url);
    let path = &url[url.find(address).unwrap() + address.len()..];
    // Xandikos refuses an empty body that calls itself XML.
    let kind = match (method, body) {
        (_, "") => "",
        ("PUT", _) => "Content-Type: text/calendar; charset=utf-8\r\n",
        _ => "Content-Type: application/xml; charset=utf-8\r\n",
    };
    let credential = base64(&format!("{}:{}", account.user, account.password));
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // In one piece: PHP's own server hangs up on heads that arrive split in some places.
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {credential}\r\nDepth: 1\r\n\
         {kind}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn address_of(url: &str) -> &str {
    url.trim_start_matches("http://").split('/').next().unwrap()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

fn base64(text: &str) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = text.as_bytes().chunks(3).map(|group| {
        let bits = (0..3).fold(0, |bits, i| bits << 8 | u32::from(*group.get(i).unwrap_or(&0)));
        let sign = |i: usize| SIGNS[(bits >> (18 - 6 * i)) as usize & 63] as char;
        (0..4).map(|i| if i <= group.len() { sign(i) } else { '=' }).collect::<String>()
    });
    groups.collect()
}
