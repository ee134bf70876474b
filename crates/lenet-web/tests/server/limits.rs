//! Huge bodies, slow clients, and the end of the program.

use std::io::{Read, Write};

use serde_json::json;

use crate::program::{Answer, Program, predict_head};

#[test]
fn an_announced_huge_body_is_refused_before_it_is_sent() {
    let server = Program::start(&[]);
    let answer = server.send(predict_head("image/png", 1 << 40).as_bytes());
    assert_eq!(answer.status, 413);
    assert!(answer.json()["help"].as_str().unwrap().contains("fewer images"));
}

#[test]
fn a_huge_body_of_unknown_length_is_refused() {
    let server = Program::start(&[]);
    let mut stream = server.connect();
    let head = "POST /v1/predict HTTP/1.1\r\nhost: here\r\ncontent-type: image/png\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = [b"10000\r\n".as_slice(), &[0; 0x10000], b"\r\n"].concat();
    // The server answers while the body is sent; what it has not read by then it may refuse.
    let sent = (0..257).take_while(|_| stream.write_all(&chunk).is_ok()).count();
    assert!(sent >= 200, "{sent} chunks");
    let answer = Answer::read(stream);
    assert!(answer.status == 413 || answer.status == 0, "{answer:?}"); // 0: reset before the answer was read
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_slow_body_is_answered_and_its_connection_closed() {
    let server = Program::start(&["--timeout", "1"]);
    let answer = server.send(format!("{}{{", predict_head("application/json", 100)).as_bytes());
    assert_eq!(answer.status, 408);
    assert!(answer.json()["error"].as_str().unwrap().contains("longer than 1 seconds"));
}

#[test]
fn a_slow_head_loses_its_connection() {
    let server = Program::start(&["--timeout", "1"]);
    let mut stream = server.connect();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost:").unwrap();
    let mut answer = Vec::new();
    // Ends only because the server closes the connection.
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[cfg(unix)]
#[test]
fn sigterm_ends_the_program_after_the_request_that_has_begun() {
    let mut server = Program::start(&[]);
    let body = json!({ "image": vec![0; 1024] }).to_string();
    let mut stream = server.connect();
    let head =
        predict_head("application/json", body.len()).replace("connection: close", "expect: 100-continue");
    stream.write_all(head.as_bytes()).unwrap();
    // The server asks for the body: the request has begun.
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).unwrap();
    assert!(asked.starts_with(b"HTTP/1.1 100"));
    server.terminate();
    // Once the listener is gone, the program is ending.
    while std::net::TcpStream::connect(&server.address).is_ok() {}
    stream.write_all(body.as_bytes()).unwrap();
    assert_eq!(Answer::read(stream).status, 200);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_port_in_use_is_an_error_that_says_what_to_do() {
    let server = Program::start(&[]);
    let port = server.address.rsplit(':').next().unwrap();
    let second =
        std::process::Command::new(env!("CARGO_BIN_EXE_lenet-web")).args(["--port", port]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("choose another port with --port"));
}
