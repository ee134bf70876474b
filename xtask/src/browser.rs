//! [`Browser`]: a headless Chromium, driven through its debugging protocol.
//!
//! With `--remote-debugging-pipe` Chromium reads commands from file descriptor 3 and writes answers and events to 4, JSON
//! objects that end with a zero byte. A shell connects the two to a child's standard input and output, so no crate for
//! web sockets is needed. The protocol: <https://chromedevtools.github.io/devtools-protocol/>.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};

/// Names of the program, the first one found is used.
const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);
const FLAGS: &str = "--headless --no-sandbox --disable-gpu --no-first-run --remote-debugging-pipe";

/// A browser with one open page.
pub struct Browser {
    program: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    calls: u64,
    /// Events of the page and of its workers since the last navigation.
    events: Vec<Value>,
}

impl Browser {
    /// Starts Chromium with its files in the folder `profile`; `None` where there is none.
    pub fn start(profile: &Path) -> anyhow::Result<Option<Self>> {
        let is_there = |name: &&&str| {
            let output = Command::new(name).arg("--version").output();
            output.is_ok_and(|output| output.status.success())
        };
        let Some(program) = PROGRAMS.iter().find(is_there).filter(|_| cfg!(unix)) else { return Ok(None) };
        let line = format!(
            "exec {program} {FLAGS} --user-data-dir=\"$0\" about:blank 3<&0 4>&1 </dev/null >/dev/null"
        );
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(line).arg(profile);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut program = shell.spawn().context("cannot start a shell")?;
        let input = program.stdin.take().context("no standard input")?;
        let output = program.stdout.take().context("no standard output")?;
        let (sender, messages) = channel();
        thread::spawn(move || {
            let parts = BufReader::new(output).split(0).map_while(Result::ok);
            let messages = parts.filter_map(|part| serde_json::from_slice(&part).ok());
            for message in messages {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut browser = Self { program, input, messages, session: None, calls: 0, events: Vec::new() };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", attach)?;
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        browser.call("Page.enable", json!({}))?;
        browser.watch()?;
        Ok(Some(browser))
    }

    /// Subscribes to the errors and requests of the session, a page or a worker, and to the workers that it starts.
    fn watch(&mut self) -> anyhow::Result<()> {
        for domain in ["Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), json!({}))?;
        }
        // A worker waits until it is watched, too.
        let attach = json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true });
        self.call("Target.setAutoAttach", attach)?;
        Ok(())
    }

    /// Calls a method of the protocol and returns its result.
    pub fn call(&mut self, method: &str, params: Value) -> anyhow::Result<Value> {
        self.calls += 1;
        let (id, mut message) = (self.calls, json!({ "id": self.calls, "method": method, "params": params }));
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        write!(self.input, "{message}\0").and_then(|()| self.input.flush()).context("Chromium has ended")?;
        loop {
            let message = self.receive()?;
            if message["id"] == id {
                if let Some(error) = message.get("error") {
                    bail!("{method}: {error}");
                }
                return Ok(message["result"].clone());
            }
        }
    }

    /// Opens the page at `url` on a screen of `width` pixels in a theme, `light` or `dark`, and a medium, `screen` or
    /// `print`.
    pub fn open(&mut self, url: &str, width: u32, theme: &str, medium: &str) -> anyhow::Result<()> {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size)?;
        let features = json!([{ "name": "prefers-color-scheme", "value": theme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "media": medium, "features": features }))?;
        self.events.clear();
        self.call("Page.navigate", json!({ "url": url }))?;
        self.wait_for("Page.loadEventFired")?;
        Ok(())
    }

    /// Waits for an event since the page was opened, and returns the newest one.
    pub fn wait_for(&mut self, event: &str) -> anyhow::Result<Value> {
        loop {
            if let Some(found) = self.events.iter().rfind(|found| found["method"] == event) {
                return Ok(found["params"].clone());
            }
            self.receive()?;
        }
    }

    /// Evaluates an expression in the page and returns its value, which must be JSON.
    pub fn evaluate(&mut self, script: &str) -> anyhow::Result<Value> {
        let params = json!({ "expression": script, "returnByValue": true, "awaitPromise": true });
        let result = self.call("Runtime.evaluate", params)?;
        if let Some(exception) = result.get("exceptionDetails") {
            bail!("the check itself failed: {exception}");
        }
        Ok(result["result"]["value"].clone())
    }

    /// Errors on the console, exceptions, dialogs, and requests of anything that `is_own` does not know, since the page
    /// was opened.
    pub fn problems(&self, is_own: impl Fn(&str) -> bool) -> Vec<String> {
        let problem = |event: &Value| {
            let params = &event["params"];
            match event["method"].as_str()? {
                "Runtime.exceptionThrown" => Some(format!("exception {}", params["exceptionDetails"])),
                "Runtime.consoleAPICalled" => Some(format!("console {}", params["args"])),
                "Log.entryAdded" => Some(format!("log {}", params["entry"]["text"])),
                "Page.javascriptDialogOpening" => Some(format!("dialog {}", params["message"])),
                _ => None,
            }
        };
        let problems = self.events.iter().filter_map(problem);
        let strange = self.requests().filter(|url| !is_own(url)).map(|url| format!("request of {url}"));
        problems.chain(strange).collect()
    }

    /// The addresses that were requested since the page was opened.
    pub fn requests(&self) -> impl Iterator<Item = &str> {
        let requests = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        requests.filter_map(|event| event["params"]["request"]["url"].as_str())
    }

    /// Waits for one message, and keeps it if it is an event.
    fn receive(&mut self) -> anyhow::Result<Value> {
        let message = self.messages.recv_timeout(PATIENCE).context("Chromium does not answer")?;
        if message["method"] == "Target.attachedToTarget" && self.session.is_some() {
            self.watch_worker(&message["params"])?;
        } else if message.get("method").is_some() {
            self.events.push(message.clone());
        }
        Ok(message)
    }

    fn watch_worker(&mut self, attached: &Value) -> anyhow::Result<()> {
        let page = self.session.take();
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        let watched = self.watch().and_then(|()| self.call("Runtime.runIfWaitingForDebugger", json!({})));
        self.session = page;
        watched.map(drop)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
