//! A web server of a test, on this machine only, that can be told to misbehave.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What a request is answered with.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Status 200 and these bytes, with their length.
    File(Vec<u8>),
    /// A status, with no body.
    Status(u16),
    /// Status 200, a stated length, other bytes, and the end of the connection.
    Lie(usize, Vec<u8>),
    /// Status 200 without a length, and the byte over and over until the client hangs up.
    Endless(u8),
    /// Bytes that are no HTTP.
    Raw(Vec<u8>),
}

/// A server that runs until the process ends.
#[derive(Debug)]
pub struct Server {
    base: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server; `answer` is called with the path and the number of requests for it before.
    ///
    /// # Panics
    /// Where no port can be had.
    pub fn start(answer: impl Fn(&str, usize) -> Reply + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|e| panic!("{e}"));
        let base = format!("http://{}", listener.local_addr().unwrap_or_else(|e| panic!("{e}")));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = requests.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(path) = asked_for(&stream) else { continue };
                let before = {
                    let mut log = log.lock().unwrap_or_else(|e| panic!("{e}"));
                    let before = log.iter().filter(|p| **p == path).count();
                    log.push(path.clone());
                    before
                };
                // A client that hangs up ends the answer, nothing else.
                let _ = send(stream, answer(&path, before));
            }
        });
        Server { base, requests }
    }

    /// The address of a path, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The paths that were asked for, in order.
    ///
    /// # Panics
    /// Where the server's thread has failed.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(|e| panic!("{e}")).clone()
    }
}

/// Reads a request to its end; its path.
fn asked_for(stream: &TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream).lines();
    let path = lines.next()?.ok()?.split(' ').nth(1)?.to_owned();
    while !lines.next()?.ok()?.is_empty() {}
    Some(path)
}

fn send(mut stream: TcpStream, reply: Reply) -> std::io::Result<()> {
    let mut head = |status: u16, length: Option<usize>| {
        let length = length.map(|n| format!("Content-Length: {n}\r\n")).unwrap_or_default();
        write!(stream, "HTTP/1.1 {status} Answer\r\n{length}Connection: close\r\n\r\n")
    };
    match reply {
        Reply::File(bytes) => {
            head(200, Some(bytes.len()))?;
            stream.write_all(&bytes)
        }
        Reply::Status(code) => head(code, Some(0)),
        Reply::Lie(length, bytes) => {
            head(200, Some(length))?;
            stream.write_all(&bytes)
        }
        Reply::Endless(byte) => {
            head(200, None)?;
            loop {
                stream.write_all(&[byte; 4096])?;
            }
        }
        Reply::Raw(bytes) => stream.write_all(&bytes),
    }
}
