//! The binary while it runs, and the browser that it sends people to.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Output, Stdio};
use std::time::Duration;

use kalends::core::ports::{Http as _, HttpBody as _, HttpHead, HttpRequest};
use kalends_tokio::{AnswerBody, HttpOptions, ReqwestHttp};

use super::Kalends;

/// The binary under way, and what it says on standard error. It ends with the test, however that
/// ends.
pub(crate) struct Running {
    child: Option<Child>,
    said: BufReader<ChildStderr>,
}

pub(crate) fn spawn(kalends: &Kalends, line: &str) -> Running {
    let mut command = kalends.command(line);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap());
    Running { child: Some(child), said }
}

impl Running {
    /// The next line that holds this.
    pub(crate) fn line_with(&mut self, part: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.said.read_line(&mut line).unwrap() > 0, "it ends before it says {part}");
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Lets it sync, as it says with a line each time, until this is so.
    pub(crate) fn ticks_until(&mut self, what: &str, is: impl Fn() -> bool) {
        for _ in 0..20 {
            self.line_with("run_");
            if is() {
                return;
            }
        }
        panic!("it never comes to this: {what}");
    }

    /// Waits until it has a file of this name open, as the system says; where that says nothing of it,
    /// for no longer than it takes to look.
    pub(crate) fn until_it_opens(&self, name: &str) {
        let id = self.child.as_ref().unwrap().id();
        let Ok(_) = std::fs::read_dir("/proc/self/fd") else { return };
        for _ in 0..2_400 {
            let open = std::fs::read_dir(format!("/proc/{id}/fd")).unwrap().flatten();
            let mut paths = open.filter_map(|one| std::fs::read_link(one.path()).ok());
            if paths.any(|path| path.ends_with(name)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it never opens {name}");
    }

    /// Its end, and what it printed.
    pub(crate) fn ended(mut self) -> Output {
        self.child.take().unwrap().wait_with_output().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) async fn redirect(url: &str) -> String {
    let (head, _) = answer(url).await;
    head.header("location").unwrap().to_owned()
}

pub(crate) async fn get(url: &str) {
    let (head, mut body) = answer(url).await;
    assert_eq!(head.status, 200);
    // Read to its end, as a browser does.
    while body.chunk().await.unwrap().is_some() {}
}

async fn answer(url: &str) -> (HttpHead, AnswerBody) {
    let http = ReqwestHttp::new(HttpOptions::personal()).unwrap();
    let request = HttpRequest {
        method: "GET",
        url: url.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        answer_bytes_max: 100_000,
    };
    http.send(request).await.unwrap()
}
