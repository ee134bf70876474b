use sha2::{Digest, Sha256};

use super::super::sample;
use super::*;

const HOSTILE: &str = "\"><script>alert(1)</script>'&</style>";

#[test]
fn the_page_is_complete_without_a_network() {
    let page = render(&sample::report());
    for external in ["src=\"http", "href=\"http", "url(", "@import", "<link"] {
        assert!(!page.contains(external), "{external}");
    }
    assert!(page.contains("default-src 'none'"));
    assert_eq!(page.matches("<script").count(), 1);
}

#[test]
fn the_browser_is_told_the_hash_of_the_script() {
    assert_eq!(SCRIPT_HASH, STANDARD.encode(Sha256::digest(SCRIPT)));
}

#[test]
fn hostile_names_stay_text_in_every_part_of_the_page() {
    let mut report = sample::report();
    let hostile = || HOSTILE.to_owned();
    for run in &mut report.runs {
        (run.name, run.command) = (hostile(), hostile());
        run.settings.push((hostile(), hostile()));
        run.facts.push((hostile(), hostile()));
        run.layers[0].names[0] = HOSTILE.to_owned() + ".weight";
        run.relus[0].layers[0] = hostile();
        if let Some(crate::run::Record::End { reason, .. }) = run.records.last_mut() {
            *reason = hostile();
        }
    }
    report.stages[0].name = hostile();
    if let (Some(network), Some(test)) = (&mut report.network, &mut report.test) {
        (network.examples[0].label, network.weights[0].name) = (hostile(), hostile());
        (network.weights[0].caption, network.dead[0].0) = (hostile(), hostile());
        (network.examples[0].layers[0].name, test.data) = (hostile(), hostile());
        test.classes[0] = hostile();
    }
    let page = render(&report);
    assert_eq!(page.matches("<script").count(), 1, "markup from a name");
    assert_eq!(page.matches("</style>").count(), 1, "markup from a name");
    assert!(page.contains("&quot;&gt;&lt;script&gt;"), "names are shown as text");
}

#[test]
fn every_element_that_is_opened_is_closed() {
    let page = render(&sample::report());
    let body = page.split("<script>").next().unwrap();
    for element in
        ["section", "table", "tr", "td", "th", "details", "svg", "figure", "p", "div", "button", "li", "path"]
    {
        let count = |tag: String| body.matches(tag.as_str()).count();
        let opened = count(format!("<{element}>")) + count(format!("<{element} "));
        assert_eq!(opened, count(format!("</{element}>")), "{element}");
    }
}

#[test]
fn every_link_and_button_leads_to_an_element_of_the_page() {
    let page = render(&sample::report());
    let targets = |attribute: &str| {
        let parts: Vec<&str> = page.split(attribute).skip(1).collect();
        parts.into_iter().filter_map(|part| part.split('"').next()).map(str::to_owned).collect::<Vec<_>>()
    };
    let ids = targets(" id=\"");
    for target in targets("href=\"#").into_iter().chain(targets("popovertarget=\"")) {
        assert_eq!(ids.iter().filter(|id| **id == target).count(), 1, "{target}");
    }
}

#[test]
fn a_run_without_results_has_a_page_without_their_sections() {
    let page = render(&Report::new(vec![Run::new("new")]));
    assert!(!page.contains("id=\"results\"") && !page.contains("id=\"curves\""));
    assert!(page.contains("has not ended"));
}

#[test]
fn dead_relus_and_the_mean_test_loss_are_on_the_page() {
    let page = render(&sample::report());
    assert!(page.contains("Dead ReLUs") && page.contains("data-name=\"F5\""));
    assert!(page.contains("Mean loss 0.5000"));
}

#[test]
fn settings_that_differ_come_before_all_settings() {
    let page = render(&sample::report());
    let part = page.split("What differs").nth(1).unwrap().split("Settings and origin").next().unwrap();
    assert!(part.contains(">seed<") && !part.contains(">epochs<"), "{part}");
}
