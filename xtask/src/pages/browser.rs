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
    /// Events since the last navigation.
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
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}))?;
        }
        Ok(Some(browser))
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

    /// Opens a page of `width` pixels in a theme, `light` or `dark`, and a medium, `screen` or `print`.
    pub fn open(&mut self, page: &Path, width: u32, theme: &str, medium: &str) -> anyhow::Result<()> {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size)?;
        let features = json!([{ "name": "prefers-color-scheme", "value": theme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "media": medium, "features": features }))?;
        self.events.clear();
        self.call("Page.navigate", json!({ "url": format!("file://{}", page.display()) }))?;
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            self.receive()?;
        }
        Ok(())
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

    /// Events since the page was opened.
    pub fn events(&self) -> &[Value] {
        &self.events
    }

    /// Waits for one message, and keeps it if it is an event.
    fn receive(&mut self) -> anyhow::Result<Value> {
        let message = self.messages.recv_timeout(PATIENCE).context("Chromium does not answer")?;
        if message.get("method").is_some() {
            self.events.push(message.clone());
        }
        Ok(message)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
