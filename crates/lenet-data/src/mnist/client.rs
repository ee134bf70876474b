//! [`Client`]: an HTTP client with the certificates and the proxy of this system.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use ureq::RequestBuilder;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::WithoutBody;

use super::Timeouts;
use crate::Error;

/// Environment variable with a file of certificates, for OpenSSL and most other programs.
const CERTIFICATES: &str = "SSL_CERT_FILE";

pub(super) struct Client {
    agent: ureq::Agent,
}

impl Client {
    /// A client that observes `timeouts`. It uses the proxy that the environment names.
    ///
    /// # Errors
    /// [`Error::Io`] about the file of certificates that the environment names, if it has none.
    pub(super) fn new(timeouts: Timeouts) -> Result<Self, Error> {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_resolve(Some(timeouts.connect))
            .timeout_connect(Some(timeouts.connect))
            .timeout_per_read(Some(timeouts.stall))
            .timeout_global(Some(timeouts.total))
            .tls_config(TlsConfig::builder().root_certs(root_certs()?).build());
        Ok(Self { agent: config.build().into() })
    }

    pub(super) fn get(&self, url: &str) -> RequestBuilder<WithoutBody> {
        self.agent.get(url)
    }

    /// The reason why a request to `url` failed, with the proxy that it went through, and with what to do
    /// about an unknown certificate.
    pub(super) fn explain(&self, url: &str, mut reason: String) -> String {
        if reason.contains("invalid peer certificate") {
            reason += &format!(" (of a proxy that inspects TLS? Name its certificate in {CERTIFICATES})");
        }
        let proxy = self.agent.config().proxy();
        let is_used = |proxy: &&ureq::Proxy| url.parse::<Uri>().is_ok_and(|url| !proxy.is_no_proxy(&url));
        if let Some(proxy) = proxy.filter(is_used) {
            // Without the password, which may be part of the address.
            reason += &format!(", through the proxy {}:{}", proxy.host(), proxy.port());
        }
        reason
    }
}

/// The certificates of the operating system, or those that the environment names; Mozilla's if there are
/// none.
fn root_certs() -> Result<RootCerts, Error> {
    let found = rustls_native_certs::load_native_certs();
    if !found.certs.is_empty() {
        let certs: Vec<_> = found.certs.iter().map(|cert| Certificate::from_der(cert).to_owned()).collect();
        return Ok(RootCerts::new_with_certs(&certs));
    }
    match std::env::var_os(CERTIFICATES).filter(|file: &OsString| !file.is_empty()) {
        None => Ok(RootCerts::WebPki),
        Some(file) => {
            let reasons: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
            let reason = format!("no certificate in it, and {CERTIFICATES} names it: {}", reasons.join(", "));
            Err(Error::io(PathBuf::from(file), io::Error::other(reason)))
        }
    }
}
