//! peers.html: the report as one page, in the style of the other reports.

use lenet_report::document::{document, sections};
use lenet_report::numbers::range;
use maud::{Markup, PreEscaped, html};

use super::chart;
use super::report::Report;
use super::work::Work;

/// Renders the page.
pub fn render(report: &Report) -> String {
    let settings = &report.settings;
    let throughputs = html! {
        @for &work in &settings.work { h3 { (work.title()) ", images/s" } (throughput(report, work)) }
    };
    let parts = [
        ("The fastest settings", "chart", (!settings.work.is_empty()).then(|| figure(report))),
        ("Throughput", "throughput", (!settings.work.is_empty()).then_some(throughputs)),
        ("Microseconds for one image", "latency", report.has_latencies().then(|| latency(report))),
        ("One epoch at batch 64", "programs", (!report.programs.is_empty()).then(|| programs(report))),
        ("Versions", "versions", Some(versions(report))),
        ("Absent", "absent", absent(report)),
    ];
    document("Beside other frameworks", "", None, &sections(&header(report), &parts))
}

fn header(report: &Report) -> Markup {
    let Report { taken, commit, machine, digits, settings, .. } = report;
    let ratios: Vec<f64> = settings
        .batches
        .iter()
        .filter_map(|&batch| report.compare(*settings.work.first()?, batch))
        .map(|c| c.ratio)
        .collect();
    let (slowest, fastest) = range(ratios.iter().copied());
    html! {
        h1 { "Beside other frameworks" }
        @if let (Some(work), false) = (settings.work.first(), ratios.is_empty()) {
            p.result {
                b { (format!("{slowest:.1} to {fastest:.1} times")) }
                " the images/s of the strongest other framework: " (work.title())
            }
        }
        p {
            "Medians of " (settings.rounds) " rounds of " (settings.seconds) " s; in each round every program took \
             its turn. A ratio is the median of the ratios of the rounds, between programs that ran seconds apart."
        }
        p.muted {
            (taken) " · commit " (commit) " · " (machine) " · " (digits) " · profile " (settings.profile)
            " · repeat it with cargo xtask bench-peers"
        }
    }
}

fn figure(report: &Report) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Images per second" { (PreEscaped(chart::render(report))) }
    }
}

fn throughput(report: &Report, work: Work) -> Markup {
    let batches = &report.settings.batches;
    html! {
        div.wide tabindex="0" role="region" aria-label=(work.title()) {
            table.list {
                tr { th { "batch" } @for batch in batches { th { (batch) } } }
                @for (name, rates) in report.throughputs(work) {
                    tr { th { (name) } @for rate in rates { td { (rate) } } }
                }
                @if batches.iter().any(|&batch| report.compare(work, batch).is_some()) { tr {
                    th { "this workspace ÷ the strongest other" }
                    @for &batch in batches {
                        td {
                            @if let Some(comparison) = report.compare(work, batch) {
                                b { (format!("{:.2}×", comparison.ratio)) } br;
                                span.muted { (comparison.strongest) }
                            } @else { "–" }
                        }
                    }
                } }
            }
        }
    }
}

fn latency(report: &Report) -> Markup {
    table("Latency", ["p50", "p99"], report.latencies())
}

fn programs(report: &Report) -> Markup {
    html! {
        p { "From start to end, with loading and evaluation." }
        (table("Whole programs", ["seconds", "peak memory, MiB"], report.whole_programs()))
    }
}

/// A table with a name and two figures in each row.
fn table(label: &str, columns: [&str; 2], rows: Vec<(&str, [String; 2])>) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label=(label) {
            table.list {
                tr { th {} @for column in columns { th { (column) } } }
                @for (name, cells) in rows { tr { th { (name) } @for cell in cells { td { (cell) } } } }
            }
        }
    }
}

fn versions(report: &Report) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Versions" {
            table.facts { @for peer in &report.participants { tr { th { (peer.name) } td { (peer.version) } } } }
        }
    }
}

fn absent(report: &Report) -> Option<Markup> {
    let absent = report.absences();
    let list = html! { ul { @for line in &absent { li { (line) } } } };
    (!absent.is_empty()).then_some(list)
}

#[cfg(test)]
mod tests {
    use super::super::example::example;
    use super::*;

    #[test]
    fn the_page_shows_rates_ratios_and_what_is_absent() {
        let page = render(&example());
        for shown in ["204,800", "4.00×", "2.0 to 4.0 times", "625.0", "candle: not built", "too large"] {
            assert!(page.contains(shown), "{shown}");
        }
    }

    #[test]
    fn names_are_text_and_never_markup() {
        let mut report = example();
        report.absent[0].reason = "<script>alert(1)</script>".into();
        report.machine.processor = "<img src=x>".into();
        let page = render(&report);
        assert!(!page.contains("<script") && !page.contains("<img"));
        assert!(page.contains("&lt;script&gt;"));
    }
}
