//! The binary while it runs, and the browser that it sends people to.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Output, Stdio};
use std::time::Duration;

use kalends::core::ports::{Http as _, HttpRequest};
use kalends_tokio::{HttpOptions, ReqwestHttp};

use super::Kalends;

/// The binary under way, and what it says on standard error.
pub(crate) struct Running {
    child: Child,
    said: BufReader<ChildStderr>,
}

pub(crate) fn spawn(kalends: &Kalends, line: &str) -> Running {
    let mut command = kalends.command(line);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap());
    Running { child, said }
}

impl Running {
    /// The next line that holds this.
    pub(crate) fn line_with(&mut self, part: &str) -> String {
        self.line_until(part, |line| line.contains(part))
    }

    /// The next line after which this is so.
    pub(crate) fn line_until(&mut self, what: &str, mut is: impl FnMut(&str) -> bool) -> String {
        loop {
            let mut line = String::new();
            assert!(self.said.read_line(&mut line).unwrap() > 0, "it ends before {what}");
            if is(&line) {
                return line;
            }
        }
    }

    /// Its end, and what it printed.
    pub(crate) fn ended(self) -> Output {
        self.child.wait_with_output().unwrap()
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) async fn redirect(url: &str) -> String {
    let head = answer(url).await;
    head.header("location").unwrap().to_owned()
}

pub(crate) async fn get(url: &str) {
    assert_eq!(answer(url).await.status, 200);
    // The page is read before the listener ends.
    tokio::time::sleep(Duration::from_millis(50)).await;
}

async fn answer(url: &str) -> kalends::core::ports::HttpHead {
    let http = ReqwestHttp::new(HttpOptions::personal()).unwrap();
    let request = HttpRequest {
        method: "GET",
        url: url.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        answer_bytes_max: 100_000,
    };
    http.send(request).await.unwrap().0
}
