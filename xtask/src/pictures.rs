//! `pictures`: makes the pictures of the documents: the first screen of a report, and the dashboard.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::browser::Browser;
use crate::workspace::{Programs, make_folder, remove_folder, root, target_folder};

/// Size of the terminal in characters.
const TERMINAL: [&str; 2] = ["100", "30"];
const EPOCHS: u32 = 8;
/// What the dashboard shows when its picture is taken.
const MOMENT: &str = "epoch 6 of 8";
/// Longest wait for that moment and for the report.
const PATIENCE: Duration = Duration::from_secs(600);
/// The socket of the terminal's server, apart from those of the user.
const SERVER: &str = "lenet-pictures";
/// Style of a Braille character: as wide as the others.
const BRAILLE: &str = "i { display: inline-block; width: 1ch; height: 17px; overflow: hidden; vertical-align: top; font-style: normal }";
/// Height of the first screen of a report, in CSS pixels.
const SCREEN: f64 = 860.0;

/// Trains with a dashboard and a report, and makes docs/dashboard.png and docs/report.png.
///
/// Needs tmux and `chromium` on the PATH; MNIST is downloaded if it is not on this machine.
#[derive(clap::Args)]
pub struct Args {
    /// Folder for the pictures [default: docs]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Makes the pictures.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let folder = target_folder()?.join("pictures");
    make_folder(&folder)?;
    let out = args.out.clone().unwrap_or_else(|| root().join("docs"));
    let program = Programs::build("dev")?.path("lenet-train")?.to_owned();
    let browser = Browser::start(&folder.join("profile"))?;
    let mut browser =
        browser.context("there is no chromium on the PATH: apt install chromium, or the like")?;
    let (dashboard, report) = train(&program, &folder)?;
    take(&mut browser, &screen(&dashboard)?, &folder, "dark", &out.join("dashboard.png"))?;
    let report = std::fs::read_to_string(&report).with_context(|| format!("no {}", report.display()))?;
    take(&mut browser, &report, &folder, "light", &out.join("report.png"))?;
    println!("dashboard.png and report.png in {}", out.display());
    Ok(())
}

/// Trains in a terminal. Returns the dashboard as text with escape sequences, and the path of the report.
fn train(program: &Path, folder: &Path) -> anyhow::Result<(String, PathBuf)> {
    let run = folder.join("run");
    remove_folder(&run)?;
    let line = format!("{} --dashboard --report --epochs {EPOCHS} --out {}", quoted(program), quoted(&run));
    let [columns, rows] = TERMINAL;
    let new = ["-f", "/dev/null", "new-session", "-d", "-s", "page", "-x", columns, "-y", rows, &line];
    let started = tmux(&new).context("cannot start tmux: apt install tmux, or the like")?;
    ensure!(started.status.success(), "tmux: {}", String::from_utf8_lossy(&started.stderr));
    let began = Instant::now();
    let mut seen = None;
    while tmux(&["has-session", "-t", "page"])?.status.success() {
        if began.elapsed() > PATIENCE {
            tmux(&["kill-server"])?;
            bail!("the training did not end after {} s", PATIENCE.as_secs());
        }
        let text = tmux(&["capture-pane", "-e", "-p", "-t", "page"])?.stdout;
        let text = String::from_utf8_lossy(&text).into_owned();
        if text.contains(MOMENT) {
            seen = Some(text);
        }
        sleep(Duration::from_millis(50));
    }
    let seen = seen.with_context(|| format!("the dashboard never showed `{MOMENT}`"))?;
    Ok((seen, run.join("report.html")))
}

fn tmux(args: &[&str]) -> std::io::Result<Output> {
    Command::new("tmux").args(["-L", SERVER]).args(args).output()
}

/// The path as a word of a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "'\\''"))
}

/// A page with the text of a terminal, in its colours.
fn screen(text: &str) -> anyhow::Result<String> {
    // Braille comes from another font, whose characters are not as wide.
    let cell = |c: char| match c {
        '\u{2800}'..='\u{28ff}' => format!("<i>{c}</i>"),
        c => c.to_string(),
    };
    let text: String = ansi_to_html::convert(text.trim_end())?.chars().map(cell).collect();
    Ok(format!(
        "<!doctype html><meta charset=\"utf-8\"><style>{BRAILLE}</style><body style=\"margin: 0; background: #16181b; color: #e6e6e3\">\
         <pre style=\"margin: 0; padding: 14px; width: max-content; font: 14px/17px monospace\">{text}</pre>"
    ))
}

/// Opens `page` and stores its first screen, or the whole of a smaller page, as a PNG.
fn take(browser: &mut Browser, page: &str, folder: &Path, theme: &str, picture: &Path) -> anyhow::Result<()> {
    let file = folder.join("page.html");
    std::fs::write(&file, page).with_context(|| format!("cannot write {}", file.display()))?;
    browser.open(&format!("file://{}", file.display()), 1100, theme, "screen")?;
    let size = "(() => { const size = (document.querySelector('body > pre') ?? document.body).getBoundingClientRect();
                 return [size.width, size.height] })()";
    let size = browser.evaluate(size)?;
    let number = |at: usize| size[at].as_f64().context("the page has no size");
    // A page of sections is as wide as the window.
    let (width, height) = (number(0)?.ceil(), number(1)?.ceil().min(SCREEN));
    let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
    let shot = browser.call("Page.captureScreenshot", json!({ "format": "png", "clip": clip }))?;
    let png = shot["data"].as_str().map(|data| STANDARD.decode(data));
    let png = png.context("Chromium made no picture")??;
    std::fs::write(picture, png).with_context(|| format!("cannot write {}", picture.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_keeps_its_colours_and_its_text_stays_text() {
        let page = screen("\u{1b}[38;2;10;20;30m▀\u{1b}[0m <script>").unwrap();
        assert!(page.contains("color:#0a141e") && page.contains("&lt;script&gt;"), "{page}");
    }

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        assert_eq!(quoted(Path::new("it's a folder")), r"'it'\''s a folder'");
    }

    /// Without Chromium there is nothing to test.
    #[test]
    fn a_picture_is_as_large_as_the_text() {
        let folder = tempfile::tempdir().unwrap();
        let Some(mut browser) = Browser::start(&folder.path().join("profile")).unwrap() else {
            eprintln!("skipped: there is no chromium on the PATH");
            return;
        };
        let picture = folder.path().join("picture.png");
        let height = |lines: usize, browser: &mut Browser| {
            let page = screen(&vec!["text"; lines].join("\n")).unwrap();
            take(browser, &page, folder.path(), "dark", &picture).unwrap();
            // Width and height are the first fields of a PNG's header.
            u32::from_be_bytes(std::fs::read(&picture).unwrap()[20..24].try_into().unwrap())
        };
        assert_eq!([1, 3].map(|lines| height(lines, &mut browser)), [28 + 17, 28 + 3 * 17]);
    }
}
