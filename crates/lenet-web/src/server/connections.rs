//! Connections: accepts, bounds and ends them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;

/// Connections at the same time; further ones wait in the system's queue.
const MOST_CONNECTIONS: usize = 1024;
/// Time for requests that have begun when the program is asked to end.
const END: Duration = Duration::from_secs(10);

/// Serves until Ctrl-C or SIGTERM, then until the requests that have begun are answered. A client has the time `slow` for
/// the head of a request, between two requests, and to take some of an answer.
pub(super) async fn serve(listener: TcpListener, router: Router, slow: Duration) {
    let open = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut end = std::pin::pin!(signal());
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! { accepted = accepted => accepted, () = &mut end => break };
        match accepted {
            Ok((stream, _)) => {
                let connection = open.watch(connection(stream, router.clone(), slow));
                tokio::spawn(async move {
                    let _place = place;
                    // An error is the client's: it went away or was too slow.
                    let _ = connection.await;
                });
            }
            // Too many open files: wait for some to be closed.
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
    drop(listener);
    let _ = timeout(END, open.shutdown()).await;
}

type Io = TokioIo<std::pin::Pin<Box<TimeoutStream<TcpStream>>>>;

fn connection(
    stream: TcpStream,
    router: Router,
    slow: Duration,
) -> http1::Connection<Io, TowerToHyperService<Router>> {
    // Without it an answer may wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(slow));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(slow)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(router))
}

/// Ends at Ctrl-C or, on Unix, SIGTERM.
async fn signal() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! { () = interrupt => (), () = terminated() => () }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending::<()>().await;
}
