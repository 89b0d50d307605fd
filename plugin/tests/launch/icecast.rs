//! As much of an Icecast server as a source needs: it asks for the password, then keeps what comes.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread::JoinHandle,
    time::Duration,
};

/// No word from a source for this long is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Icecast {
    pub port: u16,
    listening: JoinHandle<Vec<u8>>,
}

impl Icecast {
    /// `secret` is `user:password` in Base64.
    pub fn start(mount: &'static str, secret: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let listening = std::thread::spawn(move || {
            loop {
                let (stream, _) = listener.accept().unwrap();
                if let Some(sound) = answer(stream, mount, secret) {
                    return sound;
                }
            }
        });
        Self { port, listening }
    }

    /// All that the source sent.
    pub fn heard(self) -> Vec<u8> {
        self.listening.join().unwrap()
    }
}

fn answer(stream: TcpStream, mount: &str, secret: &str) -> Option<Vec<u8>> {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut out = stream.try_clone().unwrap();
    let mut stream = BufReader::new(stream);
    let request = head(&mut stream);
    if !request.starts_with("SOURCE ") && !request.starts_with("PUT ") {
        out.write_all(
            b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        )
        .unwrap();
        return None;
    }
    assert!(request.contains(&format!(" {mount} ")), "{request}");
    if !request.contains(&format!("Authorization: Basic {secret}\r\n")) {
        assert!(!request.contains("Authorization"), "{request}");
        out.write_all(b"HTTP/1.0 401 Authentication Required\r\nWWW-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .unwrap();
        return None;
    }
    out.write_all(b"HTTP/1.0 200 OK\r\n\r\n").unwrap();
    let mut sound = Vec::new();
    stream.read_to_end(&mut sound).unwrap();
    Some(sound)
}

fn head(stream: &mut impl BufRead) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).unwrap(), 0, "cut off: {head}");
    }
    head
}
