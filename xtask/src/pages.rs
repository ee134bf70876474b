//! `pages`: checks HTML pages of this project in Chromium.

mod checks;
mod hostile;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use crate::browser::Browser;
use crate::workspace::{make_folder, target_folder};

/// Checks pages in a headless Chromium: no error and no request, values under the pointer, images behind the cells
/// of the confusion matrix, contrast in both themes, no horizontal scrolling at 360 pixels, and nothing cut off in print.
///
/// Always checks a report of trainings and the page of a sweep with names that try to break out of the page. Needs `chromium` on the PATH and
/// a Unix shell; without them it says so and checks nothing.
///
/// Exit codes: 0, all pages are right, or there is no Chromium; 1, a page is wrong.
#[derive(clap::Args)]
pub struct Args {
    /// Further pages to check, such as the report.html of a run
    pages: Vec<PathBuf>,
}

/// Checks the pages and prints a line for each problem.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let folder = target_folder()?.join("pages");
    make_folder(&folder)?;
    let hostile =
        [("hostile.html", hostile::page()), ("hostile-sweep.html", hostile::sweep())].map(|(name, page)| {
            let file = folder.join(name);
            std::fs::write(&file, page).with_context(|| format!("cannot write {}", file.display()))?;
            anyhow::Ok(file)
        });
    let hostile = hostile.into_iter().collect::<Result<Vec<_>, _>>()?;
    let Some(mut browser) = Browser::start(&folder.join("profile"))? else {
        println!(
            "skipped: there is no chromium on the PATH, or no Unix shell: apt install chromium, or the like"
        );
        return Ok(ExitCode::SUCCESS);
    };
    let mut problems = 0;
    for page in hostile.iter().chain(&args.pages) {
        problems += check(&mut browser, page)?;
    }
    Ok(ExitCode::from(u8::from(problems > 0)))
}

/// Checks one page, and returns the number of its problems.
fn check(browser: &mut Browser, page: &Path) -> anyhow::Result<usize> {
    let page = page.canonicalize().with_context(|| format!("cannot find {}", page.display()))?;
    let mut problems = Vec::new();
    for (name, check) in checks::CHECKS {
        let found = check(browser, &page).with_context(|| format!("{}: {name}", page.display()))?;
        problems.extend(found.into_iter().map(|problem| format!("{name}: {problem}")));
    }
    match problems.len() {
        0 => println!("right  {}: {} checks", page.display(), checks::CHECKS.len()),
        _ => problems.iter().for_each(|problem| println!("WRONG  {}: {problem}", page.display())),
    }
    Ok(problems.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with a fault for each check.
    const FAULTY: &str = r##"<!doctype html><meta charset="utf-8">
        <body style="background: #fff">
        <p style="color: #aaa">pale</p>
        <div style="width: 900px">wide</div>
        <figure><svg class="plot" viewBox="0 0 10 10" width="100"></svg><output></output></figure>
        <table><tr><td><button popovertarget="cell" popovertargetaction="hide">3</button></td></tr></table>
        <div popover id="cell"><img src="data:,no image"><button popovertarget="cell" popovertargetaction="hide"></button></div>
        <script>console.error("a fault")</script>"##;

    /// Without Chromium there is nothing to test.
    #[test]
    fn each_check_finds_its_fault_and_none_in_a_report() {
        let folder = tempfile::tempdir().unwrap();
        let Some(mut browser) = Browser::start(&folder.path().join("profile")).unwrap() else {
            eprintln!("skipped: there is no chromium on the PATH");
            return;
        };
        let [faulty, right, sweep] =
            ["faulty.html", "right.html", "sweep.html"].map(|name| folder.path().join(name));
        std::fs::write(&faulty, FAULTY).unwrap();
        std::fs::write(&right, hostile::page()).unwrap();
        std::fs::write(&sweep, hostile::sweep()).unwrap();
        for (name, check) in checks::CHECKS {
            assert!(!check(&mut browser, &faulty).unwrap().is_empty(), "{name} finds nothing");
            for right in [&right, &sweep] {
                assert_eq!(
                    check(&mut browser, right).unwrap(),
                    Vec::<String>::new(),
                    "{name}: {}",
                    right.display()
                );
            }
        }
    }
}
