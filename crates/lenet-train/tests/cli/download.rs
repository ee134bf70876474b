//! Downloads through a proxy: one that inspects TLS, and one that refuses.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::scratch::{Ended, Scratch};

/// A certificate or key in the folder of `make.sh`, which says how they were made.
fn pem(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/tls").join(name)
}

/// Starts a proxy that answers every request to connect with `answer`, and returns its address. It then acts
/// as the mirror, with a certificate of its own, and answers every request with the status 418.
fn proxy(answer: &'static str) -> String {
    let certificates = vec![CertificateDer::from_pem_file(pem("proxy.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(pem("proxy.key")).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(certificates, key).unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // The program may end the connection at any point.
            let _ = serve(client, answer, &config);
        }
    });
    address
}

fn serve(mut client: TcpStream, answer: &str, config: &Arc<ServerConfig>) -> std::io::Result<()> {
    read_request(&mut client)?;
    write!(client, "HTTP/1.1 {answer}\r\n\r\n")?;
    let session = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut mirror = StreamOwned::new(session, client);
    read_request(&mut mirror)?;
    write!(mirror, "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    mirror.flush()
}

fn read_request(client: &mut impl Read) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    Ok(())
}

/// Asks for MNIST through the proxy, with these certificates.
fn fetch(proxy: &str, certificates: Option<&Path>) -> Ended {
    let scratch = Scratch::empty();
    let mut command = scratch.command(&["--data=mnist", "--quiet"]);
    for name in ["ALL_PROXY", "HTTP_PROXY", "NO_PROXY", "all_proxy", "http_proxy", "https_proxy", "no_proxy"]
    {
        command.env_remove(name);
    }
    command.env("HTTPS_PROXY", format!("http://user:secret@{proxy}"));
    command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    if let Some(file) = certificates {
        command.env("SSL_CERT_FILE", file);
    }
    let ended: Ended = command.output().unwrap().into();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
    assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
    ended
}

/// The mirror's answer arrives only if its certificate was accepted.
#[test]
fn a_proxy_that_inspects_tls_is_trusted_by_its_certificate_in_the_environment() {
    let proxy = proxy("200 OK");
    let ended = fetch(&proxy, Some(&pem("authority.pem")));
    let answer = format!("HTTP status 418 I'm a teapot, through the proxy {proxy}");
    assert_eq!(ended.stderr.matches(&answer).count(), 4, "{}", ended.stderr);
}

#[test]
fn a_proxy_that_inspects_tls_unknown_to_the_system_is_refused_with_what_to_do() {
    let proxy = proxy("200 OK");
    let ended = fetch(&proxy, None);
    let refusal = format!(
        "invalid peer certificate: UnknownIssuer (of a proxy that inspects TLS? Name its certificate in SSL_CERT_FILE), \
         through the proxy {proxy}"
    );
    assert_eq!(ended.stderr.matches(&refusal).count(), 4, "{}", ended.stderr);
}

#[test]
fn a_proxy_that_refuses_is_named() {
    let proxy = proxy("403 Forbidden");
    let ended = fetch(&proxy, None);
    assert_eq!(ended.stderr.matches(&format!(", through the proxy {proxy}")).count(), 4, "{}", ended.stderr);
    assert!(ended.stderr.contains("403"), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("a folder that has it; https://storage.googleapis.com/"),
        "{}",
        ended.stderr
    );
    // One that is not there.
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let ended = fetch(&nowhere, None);
    assert_eq!(
        ended.stderr.matches(&format!(", through the proxy {nowhere}")).count(),
        4,
        "{}",
        ended.stderr
    );
}

#[test]
fn a_file_of_certificates_without_any_is_named() {
    let ended = fetch("127.0.0.1:9", Some(Path::new("nowhere.pem")));
    let expected = "error: nowhere.pem: no certificate in it, and SSL_CERT_FILE names it: ";
    assert!(ended.stderr.starts_with(expected), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}
