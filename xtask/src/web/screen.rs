//! [`Visit`]: what a person sees and does on the screen, through the debugging protocol.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::json;

use super::server::Server;
use crate::browser::Browser;
use crate::workspace::Programs;

/// Longest wait for the page.
const PATIENCE: Duration = Duration::from_secs(20);

/// A page that is open in a browser.
pub struct Visit<'a> {
    pub browser: Browser,
    pub programs: &'a Programs,
    pub server: Server,
    /// Where the browser saves files.
    pub downloads: PathBuf,
}

impl Visit<'_> {
    /// Waits until a condition, JavaScript, holds in the page.
    pub fn until(&mut self, condition: &str) -> anyhow::Result<()> {
        self.until_within(condition, PATIENCE)
    }

    /// Waits until a condition holds in the page, which looks at it for a second at a time.
    pub fn until_within(&mut self, condition: &str, time: Duration) -> anyhow::Result<()> {
        let script = format!(
            "(async () => {{
               const end = performance.now() + 1000;
               while (!({condition})) {{
                 if (performance.now() > end) return document.getElementById('problem').textContent;
                 await new Promise((done) => setTimeout(done, 5));
               }}
               return true;
             }})()"
        );
        let began = Instant::now();
        loop {
            let holds = self.browser.evaluate(&script)?;
            if holds == true {
                return Ok(());
            }
            ensure!(began.elapsed() < time, "after {time:?} the page does not fulfil {condition}: {holds}");
        }
    }

    /// The text of an element.
    pub fn text(&mut self, selector: &str) -> anyhow::Result<String> {
        let text = self.browser.evaluate(&format!("document.querySelector('{selector}').textContent"))?;
        Ok(text.as_str().unwrap_or_default().trim().to_owned())
    }

    /// Where an element is; scrolls to it.
    pub fn area(&mut self, selector: &str) -> anyhow::Result<Area> {
        let found = self.browser.evaluate(&format!(
            "(() => {{
               const element = document.querySelector('{selector}');
               element.scrollIntoView({{ block: 'nearest' }});
               const {{ left, top, width, height }} = element.getBoundingClientRect();
               return [left, top, width, height];
             }})()"
        ))?;
        Ok(Area(serde_json::from_value(found)?))
    }

    /// Sends an event of the mouse: `press`, `drag`, `release` or `move`.
    pub fn pointer(&mut self, event: &str, (x, y): (f64, f64)) -> anyhow::Result<()> {
        let (event, button, buttons) = match event {
            "press" => ("mousePressed", "left", 1),
            "release" => ("mouseReleased", "left", 0),
            "drag" => ("mouseMoved", "left", 1),
            _ => ("mouseMoved", "none", 0),
        };
        let params =
            json!({ "type": event, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": 1 });
        self.browser.call("Input.dispatchMouseEvent", params)?;
        Ok(())
    }

    /// Clicks into the middle of an element.
    pub fn click(&mut self, selector: &str) -> anyhow::Result<()> {
        let middle = self.area(selector)?.at((0.5, 0.5));
        self.pointer("press", middle)?;
        self.pointer("release", middle)
    }
}

/// Where an element is on the screen.
pub struct Area([f64; 4]);

impl Area {
    /// The point at these shares of width and height.
    pub fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let Self([left, top, width, height]) = self;
        (left + x * width, top + y * height)
    }
}
