//! Looking for a domain's calendar service, at a name server of a few lines.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use std::net::{SocketAddr, UdpSocket};
use std::thread;

use kalends_tokio::{Service, ServiceError, Services};

const TXT: u16 = 16;
const SRV: u16 = 33;

/// Answers each question of one kind with these records, and all others with none.
fn name_server(status: u8, records: Vec<(u16, Vec<u8>)>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let at = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut asked = [0; 1500];
        while let Ok((length, peer)) = socket.recv_from(&mut asked) {
            let answer = answer(&asked[..length], status, &records);
            socket.send_to(&answer, peer).unwrap();
        }
    });
    at
}

/// RFC 1035 section 4.1.
fn answer(asked: &[u8], status: u8, records: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let name = 12 + asked[12..].iter().position(|byte| *byte == 0).unwrap() + 1;
    let kind = u16::from_be_bytes([asked[name], asked[name + 1]]);
    let told: Vec<_> = records.iter().filter(|(its, _)| *its == kind && status == 0).collect();
    let mut answer = vec![asked[0], asked[1], 0x81, 0x80 | status, 0, 1, 0];
    answer.push(u8::try_from(told.len()).unwrap());
    answer.extend([0, 0, 0, 0]);
    answer.extend(&asked[12..name + 4]);
    for (kind, data) in told {
        answer.extend([0xC0, 12]);
        answer.extend(kind.to_be_bytes());
        answer.extend([0, 1, 0, 0, 0, 60]);
        answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        answer.extend(data);
    }
    answer
}

fn srv(priority: u16, weight: u16, port: u16, target: &str) -> (u16, Vec<u8>) {
    let mut data = [priority, weight, port].map(u16::to_be_bytes).concat();
    for label in target.split('.').filter(|label| !label.is_empty()) {
        data.push(u8::try_from(label.len()).unwrap());
        data.extend(label.bytes());
    }
    data.push(0);
    (SRV, data)
}

fn txt(text: &str) -> (u16, Vec<u8>) {
    let mut data = vec![u8::try_from(text.len()).unwrap()];
    data.extend(text.bytes());
    (TXT, data)
}

async fn caldav(
    records: Vec<(u16, Vec<u8>)>,
    domain: &str,
) -> Result<Option<Service>, ServiceError> {
    Services::at(name_server(0, records)).unwrap().caldav(domain).await
}

fn here(url: &str) -> Result<Option<Service>, ServiceError> {
    Ok(Some(Service { url: url.to_owned(), elsewhere: false }))
}

#[tokio::test]
async fn host_port_and_path_are_taken_from_the_records() {
    let records = vec![srv(0, 1, 8443, "dav.example.org"), txt("path=/caldav/")];
    let found = caldav(records, "alice@example.org").await;
    assert_eq!(found, here("https://dav.example.org:8443/caldav/"));
    let found = caldav(vec![srv(0, 1, 443, "dav.example.org")], "example.org").await;
    assert_eq!(found, here("https://dav.example.org/"));
}

#[tokio::test]
async fn the_lowest_priority_and_then_the_heaviest_wins() {
    let records = vec![
        srv(10, 9, 443, "c.example.org"),
        srv(5, 1, 443, "a.example.org"),
        srv(5, 7, 443, "b.example.org"),
    ];
    assert_eq!(caldav(records, "example.org").await, here("https://b.example.org/"));
}

#[tokio::test]
async fn another_site_and_another_host_in_the_path_are_not_trusted() {
    let records = vec![srv(0, 1, 443, "dav.example.com"), txt("path=//evil.example.net/")];
    let url = "https://dav.example.com/".to_owned();
    let found = caldav(records, "example.org").await;
    assert_eq!(found, Ok(Some(Service { url, elsewhere: true })));
}

#[tokio::test]
async fn no_record_is_nothing_said_and_a_dot_is_no_service() {
    assert_eq!(caldav(Vec::new(), "example.org").await, Ok(None));
    let none = vec![srv(0, 0, 0, "")];
    assert_eq!(caldav(none, "example.org").await, Err(ServiceError::Absent));
    assert_eq!(caldav(Vec::new(), "https://x/").await, Err(ServiceError::Domain));
}

#[tokio::test]
async fn a_name_server_that_fails_says_nothing_of_the_domain() {
    let services = Services::at(name_server(2, Vec::new())).unwrap();
    assert_eq!(services.caldav("example.org").await, Err(ServiceError::Unreachable));
}
