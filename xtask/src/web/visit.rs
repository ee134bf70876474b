//! A visit of the page in Chromium, at the server, step by step as a person would: every step says what it saw.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::bits;
use super::screen::Visit;
use super::server::Server;
use crate::browser::Browser;
use crate::workspace::{Programs, make_folder, remove_folder, target_folder};

/// The accuracy on held-out digits, in per cent, at which the training is stopped, and at which its learning rate falls.
const GOAL: f64 = 95.0;
const BEGINNING: f64 = 92.0;
/// Longest wait for that accuracy, which takes some 200,000 images.
const TRAINING: Duration = Duration::from_secs(600);

/// Median and 99 % rank of a list, in JavaScript.
const RANKS: &str = "(list) => {
  list.sort((one, other) => one - other);
  return [0.5, 0.99].map((part) => list[Math.floor(part * (list.length - 1))]);
}";

/// Names of the steps.
const STEPS: [(&str, Step); 7] = [
    ("bits in Chromium", same_bits),
    ("speed in Chromium", speed),
    ("drawing", draw),
    ("pointer", hover),
    ("training", train),
    ("export", export),
    ("errors, requests, policy", errors),
];

type Step = fn(&mut Visit<'_>) -> anyhow::Result<String>;

/// Visits the page in `folder`, and prints what each step saw; without Chromium, says so.
///
/// # Errors
/// The first step that did not see what it should.
pub fn run(programs: &Programs, folder: &Path) -> anyhow::Result<()> {
    let scratch = target_folder()?.join("web-visit");
    let downloads = scratch.join("downloads");
    remove_folder(&downloads)?;
    make_folder(&downloads)?;
    let Some(mut browser) = Browser::start(&scratch.join("profile"))? else {
        println!(
            "not visited: there is no chromium on the PATH, or no Unix shell: apt install chromium, or the like"
        );
        return Ok(());
    };
    let server = Server::start(programs, folder, &[])?;
    browser.open(&server.address, 1280, "light", "screen")?;
    let mut visit = Visit { browser, programs, server, downloads };
    visit.until("document.body.dataset.ready !== undefined")?;
    for (name, step) in STEPS {
        println!("{name}: {}", step(&mut visit).with_context(|| format!("visit of the page: {name}"))?);
    }
    Ok(())
}

fn same_bits(visit: &mut Visit<'_>) -> anyhow::Result<String> {
    let found = visit.browser.evaluate(
        "import('./lenet_web.js').then(async (lenet) => { await lenet.default(); return lenet.fingerprint().join('\\n'); })",
    )?;
    bits::compare(found.as_str().unwrap_or_default())
}

/// Reads one image and trains, on one thread. The medians of a few pieces of half a second.
fn speed(visit: &mut Visit<'_>) -> anyhow::Result<String> {
    let found = visit.browser.evaluate(
        "import('./lenet_web.js').then((lenet) => {
           const median = (list) => list.sort((one, other) => one - other)[list.length >> 1];
           const net = lenet.Network.pretrained();
           const { image } = lenet.sample(7, 3);
           const reading = Array.from({ length: 9 }, () => {
             const began = performance.now();
             for (let count = 0; count < 500; count++) net.probabilities(image);
             return (performance.now() - began) / 500;
           });
           const digits = lenet.Digits.synthetic(1, 0, 6400);
           const options = { optimizer: 'nesterov', learningRate: 0.01, batchSize: 64 };
           const training = new lenet.Training(net, digits, digits.splitOff(6000), options);
           const rates = Array.from({ length: 9 }, () => training.advance(1e6, 500).imagesPerSecond);
           return [median(reading), median(rates)];
         })",
    )?;
    let [milliseconds, rate] = [0, 1].map(|at| found[at].as_f64().unwrap_or(f64::NAN));
    Ok(format!("{milliseconds:.3} ms for one image, {rate:.0} training images/s at batch 64, on one core"))
}

/// Draws a seven, which must be read as one. The time from each movement of the pen until all layers show it.
fn draw(visit: &mut Visit<'_>) -> anyhow::Result<String> {
    visit.browser.evaluate(
        "import('./state.js').then(({ watch }) => {
           window.visit = { moved: 0, frame: 0, times: [], work: [] };
           const nextFrame = window.requestAnimationFrame;
           window.requestAnimationFrame = (then) => nextFrame((time) => { visit.frame = performance.now(); then(time); });
           document.getElementById('drawing').addEventListener('pointermove', () => { visit.moved ||= performance.now(); }, true);
           // After the listeners of the page, which show the reading.
           watch((changed) => {
             if (!changed.has('reading') || !visit.moved) return;
             visit.times.push(performance.now() - visit.moved);
             visit.work.push(performance.now() - visit.frame);
             visit.moved = 0;
           });
         })",
    )?;
    const SEVEN: [(f64, f64); 4] = [(0.28, 0.25), (0.74, 0.24), (0.52, 0.52), (0.42, 0.85)];
    const STEPS: usize = 60;
    let pad = visit.area("#drawing")?;
    visit.pointer("press", pad.at(SEVEN[0]))?;
    for (from, to) in SEVEN.iter().zip(&SEVEN[1..]) {
        for step in 1..=STEPS {
            let share = step as f64 / STEPS as f64;
            let place = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            visit.pointer("drag", pad.at(place))?;
            visit.until("visit.moved === 0")?;
        }
    }
    visit.pointer("release", pad.at(SEVEN[3]))?;
    let read = visit.text("#digit")?;
    ensure!(read == "7", "a seven was drawn, the answer is {read}");
    let times =
        visit.browser.evaluate(&format!("['times', 'work'].flatMap((name) => ({RANKS})(visit[name]))"))?;
    let [median, slow, work, slow_work] = [0, 1, 2, 3].map(|at| times[at].as_f64().unwrap_or(f64::NAN));
    let [pieces, slow_pieces] = pauses(visit)?;
    Ok(format!(
        "7 read as {read} ({}); a stroke is shown in all layers after {median:.1} ms, 99 % within {slow:.1} ms; {work:.1} and \
         {slow_work:.1} ms without the wait for the frame. For comparison, pieces of computation of {pieces:.1} ms each on this \
         machine: 99 % within {slow_pieces:.1} ms",
        visit.text("#sure")?
    ))
}

/// How evenly the machine computes: median and 99 % rank of the time, in ms, of equal pieces of work after short waits. Other
/// programs, or the host of a virtual machine, take the processor away now and then; no page can be faster.
fn pauses(visit: &mut Visit<'_>) -> anyhow::Result<[f64; 2]> {
    let times = visit.browser.evaluate(&format!(
        "import('./lenet_web.js').then(async (lenet) => {{
           const net = lenet.Network.pretrained();
           const {{ image }} = lenet.sample(7, 3);
           const times = [];
           for (let piece = 0; piece < 600; piece++) {{
             await new Promise((done) => setTimeout(done, 4));
             const began = performance.now();
             for (let count = 0; count < 30; count++) net.probabilities(image);
             times.push(performance.now() - began);
           }}
           return ({RANKS})(times);
         }})"
    ))?;
    Ok([0, 1].map(|at| times[at].as_f64().unwrap_or(f64::NAN)))
}

/// Points at a number of C1: its arithmetic must appear.
fn hover(visit: &mut Visit<'_>) -> anyhow::Result<String> {
    let map = visit.area(".c1 .map:nth-child(3)")?;
    visit.pointer("move", map.at((0.5, 0.5)))?;
    visit.until("document.querySelector('#detail-body .equation')")?;
    let lines = visit.browser.evaluate(
        "[...document.querySelectorAll('#detail-body .equation')].map((line) => line.textContent).join('; ')",
    )?;
    let lines = lines.as_str().unwrap_or_default();
    ensure!(lines.contains('='), "no equation appears: {lines}");
    Ok(format!("{}: {lines}", visit.text("#detail-title")?))
}

/// Trains on synthetic digits from random weights, and then with a smaller learning rate, as a person would.
fn train(visit: &mut Visit<'_>) -> anyhow::Result<String> {
    visit.click("#tab-train")?;
    train_to(visit, BEGINNING)?;
    visit.browser.evaluate(
        "(() => {
           const { initial, learningRate } = document.querySelector('#train form').elements;
           initial.value = 'no';
           learningRate.value = 0.003;
           learningRate.dispatchEvent(new Event('change'));
         })()",
    )?;
    train_to(visit, GOAL)?;
    visit.text("#train .status")
}

/// Starts, waits for an accuracy on held-out digits, and stops.
fn train_to(visit: &mut Visit<'_>, accuracy: f64) -> anyhow::Result<()> {
    visit.click("#train .main")?;
    let found =
        "(document.querySelector('#train .status').textContent.match(/right: (?:> )?([\\d.]+) %/) ?? [])[1]";
    visit.until_within(&format!("Number({found}) >= {accuracy}"), TRAINING)?;
    visit.click("#train .main")?;
    visit.until("document.querySelector('#train .main').textContent === 'Go on'")
}

/// Saves the weights, and has lenet-train evaluate the file.
fn export(visit: &mut Visit<'_>) -> anyhow::Result<String> {
    let behavior = json!({ "behavior": "allow", "downloadPath": visit.downloads, "eventsEnabled": true });
    visit.browser.call("Browser.setDownloadBehavior", behavior)?;
    visit.click("#train .tools button:last-child")?;
    while visit.browser.wait_for("Browser.downloadProgress")?["state"] != "completed" {
        visit.browser.evaluate("null")?; // Receives further events.
    }
    let file = visit.downloads.join("model.safetensors");
    let mut eval = Command::new(visit.programs.path("lenet-train")?);
    eval.arg("eval").arg(&file).args(["--data", "synthetic", "--json"]).stderr(Stdio::inherit());
    let output = eval.output().context("cannot start lenet-train")?;
    let report: Value =
        serde_json::from_slice(&output.stdout).context("lenet-train eval printed no report")?;
    let accuracy = report["accuracy"].as_f64().unwrap_or(0.0);
    ensure!(100.0 * accuracy >= GOAL - 2.0, "lenet-train eval finds an accuracy of {accuracy}");
    Ok(format!("lenet-train eval reads the file: {:.2} % of {} digits", 100.0 * accuracy, report["images"]))
}

/// No error and no request to another host until here; then tries one, which the content security policy must refuse.
fn errors(visit: &mut Visit<'_>) -> anyhow::Result<String> {
    let address = visit.server.address.clone();
    let is_own = |url: &str| url.strip_prefix("blob:").unwrap_or(url).starts_with(&address);
    let problems = visit.browser.problems(is_own);
    ensure!(problems.is_empty(), "{problems:?}");
    let shown = visit.text("#problem")?;
    ensure!(shown.is_empty(), "the page shows a problem: {shown}");
    let refused = visit.browser.evaluate(
        "new Promise((done) => {
           document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
           fetch('https://elsewhere.invalid/').catch(() => setTimeout(() => done(null), 1000));
         })",
    )?;
    ensure!(refused == "connect-src", "a request to another host is refused by {refused}");
    let header =
        visit.browser.evaluate("fetch('/').then((page) => page.headers.get('content-security-policy'))")?;
    ensure!(header.is_string(), "the server sends no content security policy");
    let requests = visit.browser.requests().count();
    Ok(format!("no error, {requests} requests of which none left the server, and the policy refuses others"))
}
