//! Carries the CalDAV simulator over HTTP/1.1 on loopback.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use kalends_testkit::caldav_sim::{CaldavSim, Delivery, Profile, SimReply, SimRequest};

/// A server on a port of its own, until the process ends.
pub(crate) struct Server {
    pub(crate) url: String,
    sim: Arc<Mutex<CaldavSim>>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn start(profile: Profile) -> Self {
        let sim = Arc::new(Mutex::new(CaldavSim::new(profile, 7)));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let shared = (sim.clone(), asked.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (sim, asked) = shared.clone();
                thread::spawn(move || talk(stream.unwrap(), &sim, &asked));
            }
        });
        Self { url, sim, asked }
    }

    /// How many requests have come, answered or not.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn sim(&self) -> MutexGuard<'_, CaldavSim> {
        self.sim.lock().unwrap()
    }
}

pub(crate) fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn talk(stream: TcpStream, sim: &Mutex<CaldavSim>, asked: &AtomicUsize) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        asked.fetch_add(1, Ordering::SeqCst);
        let reply = sim.lock().unwrap().handle(now_ms(), &request);
        if write(&mut writer, &request, &reply).is_none() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<SimRequest> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut words = line.split_whitespace();
    let mut request = SimRequest::new(words.next()?, words.next()?);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        request = request.header(name, value.trim());
    }
    let length = request.get("content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(request.body(body))
}

/// `None` where the connection ends.
fn write(stream: &mut TcpStream, request: &SimRequest, reply: &SimReply) -> Option<()> {
    if reply.delivery != Delivery::Complete {
        return None;
    }
    let mut head = format!("HTTP/1.1 {} x\r\n", reply.status);
    for (name, value) in &reply.headers {
        if !name.eq_ignore_ascii_case("content-length") {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    let bare = request.method == "HEAD" || reply.status == 204 || reply.status == 304;
    if !bare {
        head.push_str(&format!("Content-Length: {}\r\n", reply.body.len()));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
    if !bare {
        stream.write_all(&reply.body).ok()?;
    }
    stream.flush().ok()
}
