//! The bits of the module's results, compared with those that a test of lenet-web holds the portable kernels to.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::workspace::root;

/// Prints the hashes of the module's results; names as in `lenet_web::engine::fingerprint`.
const IN_NODE: &str = "
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
const folder = process.env.LENET_PAGE;
const page = await import(pathToFileURL(folder + '/lenet_web.js'));
await page.default({ module_or_path: fs.readFileSync(folder + '/lenet_web_bg.wasm') });
console.log(page.fingerprint().join('\\n'));
";

/// Compares the results in Node of the module in `folder`; without Node, says so.
pub fn in_node(folder: &Path) -> anyhow::Result<()> {
    let mut node = Command::new("node");
    node.args(["--input-type=module", "--eval", IN_NODE]).env("LENET_PAGE", folder).stderr(Stdio::inherit());
    let Ok(output) = node.output() else {
        println!("not checked in Node: there is no program node");
        return Ok(());
    };
    ensure!(output.status.success(), "the module failed in Node: see above");
    println!("Node: {}", compare(&String::from_utf8_lossy(&output.stdout))?);
    Ok(())
}

/// Compares the hashes in `found`, one on a line, with the expected ones, and says how many are equal.
///
/// # Errors
/// A hash differs: the message names its result.
pub fn compare(found: &str) -> anyhow::Result<String> {
    let path = root().join("crates/lenet-web/tests/fingerprint.txt");
    let expected = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let differs = |line: &&str| !found.lines().any(|found| found == *line);
    let other: Vec<&str> = expected.lines().filter(differs).collect();
    ensure!(other.is_empty() && !expected.is_empty(), "other bits than {}: {other:?}", path.display());
    Ok(format!("{} results have the bits of the portable kernels", expected.lines().count()))
}
