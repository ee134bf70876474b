//! The checks of a page. Each returns its problems.

use std::path::Path;

use serde_json::{Value, json};

use crate::browser::Browser;

type Check = fn(&mut Browser, &Path) -> anyhow::Result<Vec<String>>;

/// Names and checks.
pub const CHECKS: [(&str, Check); 6] = [
    ("errors and requests", errors),
    ("values under the pointer", hover),
    ("images of the confusion matrix", cells),
    ("contrast", contrast),
    ("narrow screen", narrow),
    ("print", print),
];

/// Width of a telephone, of a desktop, and of the text on A4 paper (190 mm), in CSS pixels.
const NARROW: u32 = 360;
const WIDE: u32 = 1280;
const PAPER: u32 = 718;

/// Errors on the console, dialogs, and requests of anything except the page itself and its `data:` URLs.
fn errors(browser: &mut Browser, page: &Path) -> anyhow::Result<Vec<String>> {
    open(browser, page, WIDE, "light", "screen")?;
    browser.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")?;
    let is_file = |url: &str| url.starts_with("file://");
    let mut problems = browser.problems(|url| url.starts_with("data:") || is_file(url));
    let files = browser.requests().filter(|url| is_file(url)).count();
    if files > 1 {
        problems.push(format!("{files} files were requested, expected the page alone"));
    }
    Ok(problems)
}

/// Moves the pointer over each plot that is visible: its values must appear.
fn hover(browser: &mut Browser, page: &Path) -> anyhow::Result<Vec<String>> {
    open(browser, page, WIDE, "light", "screen")?;
    let count = browser.evaluate("document.querySelectorAll('svg.plot').length")?.as_u64().unwrap_or(0);
    let mut problems = Vec::new();
    for index in 0..count {
        let place = browser.evaluate(&format!(
            "(() => {{ const plot = document.querySelectorAll('svg.plot')[{index}];
               plot.scrollIntoView({{ block: 'center' }});
               const box = plot.getBoundingClientRect();
               return [box.left + box.width / 2, box.top + box.height / 2, box.width]; }})()"
        ))?;
        if place[2] == 0 {
            continue; // The page shows its twin.
        }
        let params = json!({ "type": "mouseMoved", "x": place[0], "y": place[1] });
        browser.call("Input.dispatchMouseEvent", params)?;
        let shown = browser.evaluate(&format!(
            "document.querySelectorAll('svg.plot')[{index}].closest('figure').querySelector('output').textContent"
        ))?;
        if !shown.as_str().is_some_and(|text| text.chars().any(|char| char.is_ascii_digit())) {
            problems.push(format!("plot {index} shows {shown}"));
        }
    }
    Ok(problems)
}

/// Clicks on each cell: its images must open, and close again.
fn cells(browser: &mut Browser, page: &Path) -> anyhow::Result<Vec<String>> {
    open(browser, page, WIDE, "light", "screen")?;
    let problems = browser.evaluate(
        "(async () => {
           const problems = [];
           for (const button of document.querySelectorAll('td button[popovertarget]')) {
             const card = document.getElementById(button.getAttribute('popovertarget'));
             button.click();
             if (!card.matches(':popover-open')) problems.push(`${card.id} does not open`);
             for (const image of card.querySelectorAll('img')) {
               await image.decode().catch(() => problems.push(`an image of ${card.id} cannot be shown`));
             }
             card.querySelector('[popovertargetaction=hide]').click();
             if (card.matches(':popover-open')) problems.push(`${card.id} does not close`);
           }
           return problems;
         })()",
    )?;
    Ok(texts(&problems))
}

/// Contrast of each text with the colours behind it, in both themes: at least 4.5 (WCAG 2.2, success criterion 1.4.3).
fn contrast(browser: &mut Browser, page: &Path) -> anyhow::Result<Vec<String>> {
    let mut problems = Vec::new();
    for theme in ["light", "dark"] {
        open(browser, page, WIDE, theme, "screen")?;
        let found = browser.evaluate(CONTRAST)?;
        problems.extend(texts(&found).into_iter().map(|problem| format!("{theme}: {problem}")));
    }
    Ok(problems)
}

const CONTRAST: &str = r#"(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  canvas.canvas.width = canvas.canvas.height = 1;
  // Paints colours over one another, and returns the red, green and blue of the result.
  const paint = colours => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = colour => {
    const linear = colour.map(byte => byte / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  document.querySelectorAll("details").forEach(details => details.open = true);
  const problems = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const element = text.parentElement;
    if (!text.data.trim() || !element.checkVisibility() || element.matches("script, style, title")) continue;
    const style = getComputedStyle(element);
    const behind = [];
    for (let parent = element; parent; parent = parent.parentElement) {
      behind.unshift(getComputedStyle(parent).backgroundColor);
    }
    const colour = element instanceof SVGElement ? style.fill : style.color;
    const [one, other] = [behind, [...behind, colour]].map(paint).map(luminance);
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) problems.add(`${ratio.toFixed(2)} of "${text.data.trim().slice(0, 30)}"`);
  }
  return [...problems];
})()"#;

/// A page that is wider than a narrow screen.
fn narrow(browser: &mut Browser, page: &Path) -> anyhow::Result<Vec<String>> {
    open(browser, page, NARROW, "light", "screen")?;
    let page = "document.documentElement";
    let width = browser.evaluate(&format!("{page}.scrollWidth - {page}.clientWidth"))?;
    let beyond = width.as_i64().unwrap_or(i64::MAX);
    Ok((beyond > 0).then(|| format!("{beyond} pixels are beyond a screen of {NARROW}")).into_iter().collect())
}

/// Parts of a page that are beyond the edge of A4 paper, or that one would have to scroll.
fn print(browser: &mut Browser, page: &Path) -> anyhow::Result<Vec<String>> {
    open(browser, page, PAPER, "light", "print")?;
    let problems = browser.evaluate(
        "(() => {
           const problems = [];
           const page = document.documentElement;
           if (page.scrollWidth > page.clientWidth) problems.push(`${page.scrollWidth} pixels wide`);
           for (const part of document.querySelectorAll('body *')) {
             const clips = getComputedStyle(part).overflowX !== 'visible';
             if (clips && part.checkVisibility() && part.scrollWidth > part.clientWidth + 1) {
               problems.push(`${part.tagName} ${part.getAttribute('aria-label')} is cut off`);
             }
           }
           return problems;
         })()",
    )?;
    let pdf = browser.call("Page.printToPDF", json!({ "paperWidth": 8.27, "paperHeight": 11.69 }))?;
    let mut problems = texts(&problems);
    if pdf["data"].as_str().is_none_or(str::is_empty) {
        problems.push("nothing is printed".to_owned());
    }
    Ok(problems)
}

fn open(browser: &mut Browser, page: &Path, width: u32, theme: &str, medium: &str) -> anyhow::Result<()> {
    browser.open(&format!("file://{}", page.display()), width, theme, medium)
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}
