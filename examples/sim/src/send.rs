//! What a simulator sends by itself, onto connections to this machine and to no other.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use kalends_testkit::wire::{SimReply, SimRequest};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::{Host, Url};

/// Who has not answered by then, has not answered.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

const HEAD_OCTETS_MAX: usize = 64 * 1024;
const BODY_OCTETS_MAX: usize = 64 * 1024;

/// What stands for no answer.
const NOBODY: u16 = 503;

/// What stands for an address that nothing is sent to.
const ELSEWHERE: u16 = 404;

/// Sends a request and gives the status of the answer. One to another machine is not sent.
pub(crate) async fn send(request: &SimRequest) -> u16 {
    if here(&request.url).is_none() {
        return ELSEWHERE;
    }
    ask(request).await.map_or(NOBODY, |reply| reply.status)
}

/// Sends a request and gives the answer; `None` without one, and where it is not sent.
pub(crate) async fn ask(request: &SimRequest) -> Option<SimReply> {
    let (url, address) = here(&request.url)?;
    let talk = tokio::time::timeout(ANSWER_WITHIN, talk(request, &url, address));
    talk.await.ok()?.ok()
}

/// The URL and the address behind it, if that is plain HTTP to this machine.
fn here(url: &str) -> Option<(Url, SocketAddr)> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "http")?;
    let address = match url.host()? {
        Host::Domain("localhost") => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Host::Domain(_) => return None,
        Host::Ipv4(address) if address.is_loopback() => IpAddr::V4(address),
        Host::Ipv6(Ipv6Addr::LOCALHOST) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        Host::Ipv4(_) | Host::Ipv6(_) => return None,
    };
    let address = SocketAddr::new(address, url.port_or_known_default()?);
    Some((url, address))
}

async fn talk(request: &SimRequest, url: &Url, address: SocketAddr) -> io::Result<SimReply> {
    let mut stream = TcpStream::connect(address).await?;
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut head = format!("{} {target} HTTP/1.1\r\nHost: {address}\r\n", request.method);
    for (name, value) in &request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n", request.body.len()));
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&request.body).await?;
    answer(&mut stream).await
}

/// The answer: its body is as long as it says, or until the other side closes.
async fn answer(stream: &mut TcpStream) -> io::Result<SimReply> {
    let mut octets = Vec::new();
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 100];
        let mut reply = httparse::Response::new(&mut headers);
        let parsed = reply.parse(&octets).map_err(io::Error::other)?;
        if let (httparse::Status::Complete(end), Some(code)) = (parsed, reply.code) {
            let mut out = SimReply::new(code, "");
            for header in reply.headers.iter() {
                out = out.header(header.name, &String::from_utf8_lossy(header.value));
            }
            out.body = body(stream, octets.split_off(end), length(&out)).await?;
            return Ok(out);
        }
        if octets.len() > HEAD_OCTETS_MAX || stream.read_buf(&mut octets).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn length(reply: &SimReply) -> usize {
    let said = reply.get("content-length").and_then(|length| length.parse().ok());
    let none = reply.status == 204 || reply.status == 304;
    if none { 0 } else { said.unwrap_or(BODY_OCTETS_MAX) }
}

async fn body(stream: &mut TcpStream, mut read: Vec<u8>, length: usize) -> io::Result<Vec<u8>> {
    while read.len() < length.min(BODY_OCTETS_MAX) && stream.read_buf(&mut read).await? > 0 {}
    read.truncate(length);
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[test]
    fn other_machines_are_not_sent_to() {
        for url in [
            "https://127.0.0.1/",
            "http://192.0.2.1/",
            "http://127.0.0.1.example/",
            "http://[2001:db8::1]/",
            "mailto:a@example.com",
        ] {
            assert_eq!(here(url), None, "{url}");
        }
        assert!(here("http://localhost:4000/hook").is_some());
        assert!(here("http://[::1]:4000/").is_some());
    }

    #[tokio::test]
    async fn an_answer_counts_by_its_status_and_none_as_503() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?a=b", listener.local_addr().unwrap());
        let heard = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let many = stream.read(&mut asked).await.unwrap();
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            String::from_utf8_lossy(&asked[..many]).into_owned()
        });
        let request = SimRequest::new("POST", &url).header("X-Token", "t");
        assert_eq!(send(&request).await, 204);
        let heard = heard.await.unwrap();
        assert!(heard.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{heard}");
        assert!(heard.contains("X-Token: t\r\n"), "{heard}");
        assert_eq!(send(&request).await, 503, "nobody listens any more");
    }
}
