//! The server: arguments, routes, start and end.

mod answer;
mod connections;
mod images;
mod input;
mod json;
mod metrics;
mod openapi;
mod page;
mod predict;
mod problem;
mod run;
mod run_weights;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use clap::Parser;
use lenet_model::Classifier;
use tokio::net::TcpListener;

use metrics::Metrics;
use predict::Predictor;
use problem::Problem;

/// Serves the page in which LeNet is drawn for, looked into and trained, and answers `POST /v1/predict`.
///
/// Other routes: `GET /v1/openapi.json`, `/v1/run` and `/v1/run/weights` (with --run), `/metrics`, `/healthz`. Ctrl-C
/// or SIGTERM ends the program after the requests that have begun.
#[derive(Parser)]
#[command(name = "lenet-web", version)]
struct Args {
    /// The port; 0 selects a free one
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// The address to listen at. 127.0.0.1 is reachable from this machine only; 0.0.0.0 from every machine that
    /// reaches this one, without encryption and without passwords
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The weights that `/v1/predict` uses (.safetensors, .pt and others) [default: the trained weights in the program]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// The folder of a training: `/v1/run` returns its measurements and `/v1/run/weights` its newest weights, and the
    /// page shows both while it trains
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// Seconds after which a slow client loses its connection: for the head of a request, for its body, and while it
    /// takes nothing of an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// The folder with the page, which `cargo xtask web` makes
    #[arg(long, value_name = "DIR", default_value = "target/web")]
    page: PathBuf,
}

/// Runs the program.
pub(crate) fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    // Requests are shared among threads, images of one request are not: waking a thread takes longer than an image.
    lenet_threads::set_threads(1)?;
    if let Some(run) = &args.run {
        ensure!(run.is_dir(), "{}: expected the folder of a training, found no folder", run.display());
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    runtime.block_on(serve(args))?;
    // A picture that is being decoded does not keep the program alive.
    runtime.shutdown_background();
    Ok(())
}

async fn serve(args: Args) -> anyhow::Result<()> {
    let timeout = Duration::from_secs(args.timeout);
    let predictor = Arc::new(Predictor::new(classifier(&args)?, timeout));
    let address = SocketAddr::new(args.host, args.port);
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen at {address}: choose another port with --port, or 0 for a free one")
    })?;
    let address = listener.local_addr()?;
    let query = if args.run.is_some() { "?run" } else { "" };
    println!("http://{address}/{query}");
    if !page::is_built(&args.page) {
        eprint!("{}", page::NOT_BUILT);
    }
    connections::serve(listener, router(&args, predictor), timeout).await;
    Ok(())
}

fn classifier(args: &Args) -> anyhow::Result<Classifier> {
    let device = lenet_backend::open(&"flex".parse()?)?;
    Ok(match &args.weights {
        Some(path) => Classifier::load(path, &device)?,
        None => Classifier::pretrained(&device),
    })
}

fn router(args: &Args, predictor: Arc<Predictor>) -> Router {
    let metrics = Arc::new(Metrics::new());
    Router::new()
        .route("/v1/predict", post(predict::predict))
        .with_state((predictor, Arc::clone(&metrics)))
        .route("/v1/openapi.json", get(openapi::document))
        .route("/v1/run", get(run::records).with_state(args.run.clone()))
        .route("/v1/run/weights", get(run::weights).with_state(args.run.clone()))
        .route("/metrics", get(metrics::text).with_state(Arc::clone(&metrics)))
        .route("/healthz", get(async || "ok\n"))
        .method_not_allowed_fallback(Problem::wrong_method)
        .fallback_service(page::service(&args.page))
        .layer(from_fn(page::security_headers))
        .layer(DefaultBodyLimit::disable()) // `input` has its own, which answers in JSON
        .layer(from_fn_with_state(metrics, metrics::count))
}
