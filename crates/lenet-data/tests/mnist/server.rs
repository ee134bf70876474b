//! A mirror on the loopback interface that does as it is told: one scripted reply a connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How one request is answered.
pub enum Reply {
    /// As a good server does, with the range that was asked for.
    Ranged(Vec<u8>),
    /// With everything, whatever range was asked for.
    Whole(Vec<u8>),
    /// With the beginning of what was promised; then the connection is cut.
    Cut(Vec<u8>, usize),
    /// With the beginning of what was promised; then nothing more comes.
    Stall(Vec<u8>, usize),
    /// With everything, one byte at a time with this pause before each.
    Trickle(Vec<u8>, Duration),
    /// Not at all.
    Silence,
    /// With a status and no body.
    Status(u16),
    /// With another address.
    Redirect(String),
    /// With so many bytes of a length that was not told before.
    Unannounced(usize),
}

/// A request as it came: its path, and its range if it asked for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub path: String,
    pub range: Option<String>,
}

/// Serves its script and then closes, so that one connection too many is refused.
pub struct Server {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub fn start(script: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        thread::spawn(move || {
            for reply in script {
                let (mut stream, _) = listener.accept().unwrap();
                let request = receive(&stream);
                log.lock().unwrap().push(request.clone());
                // A client that leaves early is no fault of the server's.
                let _ = answer(&mut stream, reply, request.range.as_deref());
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub fn ranges(&self) -> Vec<Option<String>> {
        self.requests().into_iter().map(|request| request.range).collect()
    }
}

fn receive(stream: &TcpStream) -> Request {
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap).take_while(|line| !line.is_empty());
    let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let headers: Vec<String> = lines.map(|line| line.to_lowercase()).collect();
    let range = headers.iter().find_map(|line| line.strip_prefix("range: ")).map(str::to_owned);
    Request { path, range }
}

fn answer(stream: &mut TcpStream, reply: Reply, range: Option<&str>) -> std::io::Result<()> {
    let head = |status: &str, length: usize| {
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n")
    };
    let mut send = |head: String, body: &[u8]| stream.write_all(&[head.as_bytes(), b"\r\n", body].concat());
    match reply {
        Reply::Ranged(body) => {
            let from = range.map(|range| range["bytes=".len()..range.len() - 1].parse::<usize>().unwrap());
            match from {
                None => send(head("200 OK", body.len()), &body),
                Some(from) if from < body.len() => {
                    let (last, length) = (body.len() - 1, body.len());
                    let extra = format!("Content-Range: bytes {from}-{last}/{length}\r\n");
                    send(head("206 Partial Content", length - from) + &extra, &body[from..])
                }
                Some(_) => send(head("416 Range Not Satisfiable", 0), &[]),
            }
        }
        Reply::Whole(body) => send(head("200 OK", body.len()), &body),
        Reply::Cut(body, at) => send(head("200 OK", body.len()), &body[..at]),
        Reply::Stall(body, at) => {
            send(head("200 OK", body.len()), &body[..at])?;
            wait_for_the_client_to_leave(stream)
        }
        Reply::Trickle(body, pause) => {
            send(head("200 OK", body.len()), &[])?;
            body.iter().try_for_each(|byte| {
                thread::sleep(pause);
                stream.write_all(&[*byte])
            })
        }
        Reply::Silence => wait_for_the_client_to_leave(stream),
        Reply::Status(status) => send(head(&format!("{status} No"), 0), &[]),
        Reply::Redirect(url) => send(head("302 Found", 0) + &format!("Location: {url}\r\n"), &[]),
        Reply::Unannounced(n) => {
            send("HTTP/1.1 200 OK\r\nConnection: close\r\n".into(), &[])?;
            std::io::copy(&mut std::io::repeat(0).take(n as u64), stream).map(drop)
        }
    }
}

fn wait_for_the_client_to_leave(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.read(&mut [0]).map(drop)
}
