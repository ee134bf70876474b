//! peers.md: the report as Markdown tables.

use super::report::Report;
use super::work::Work;

const REPEAT: &str = "Repeat it with `cargo xtask bench-peers`. A ratio is the median of the ratios of the rounds, \
between programs that ran seconds apart; it carries over to other machines better than images/s do.";

/// Renders the report as Markdown.
pub fn render(report: &Report) -> String {
    let Report { taken, commit, machine, digits, settings, .. } = report;
    let mut text = format!(
        "# Beside other frameworks\n\n\
        {machine}. {digits}. Commit {commit}, profile `{}`, {taken}.\n\
        Images/s, medians of {} rounds of {} s; in each round every program took its turn.\n{REPEAT}\n",
        settings.profile, settings.rounds, settings.seconds,
    );
    if !settings.work.is_empty() {
        text += "\n![The fastest setting of each framework](peers.svg)\n";
    }
    for &work in &settings.work {
        text += &format!("\n## {}\n\n{}", work.title(), throughput(report, work));
    }
    if report.has_latencies() {
        text += &format!("\n## Microseconds for one image\n\n{}", latency(report));
    }
    if !report.programs.is_empty() {
        text += &format!(
            "\n## One epoch at batch 64, start to end, with loading and evaluation\n\n{}",
            programs(report)
        );
    }
    text + "\n## Versions\n\n" + &participants(report) + &absent(report)
}

fn throughput(report: &Report, work: Work) -> String {
    let batches = &report.settings.batches;
    let mut text = row("batch", batches.iter().map(u32::to_string)) + &rule(batches.len());
    for (name, rates) in report.throughputs(work) {
        text += &row(name, rates);
    }
    let ratio = |&batch: &u32| {
        let comparison = report.compare(work, batch);
        comparison.map_or("–".into(), |c| format!("**{:.2}×** {}", c.ratio, c.strongest))
    };
    text + &row("**this workspace ÷ the strongest other**", batches.iter().map(ratio))
}

fn latency(report: &Report) -> String {
    let mut text = row("", ["p50", "p99"].map(String::from)) + &rule(2);
    report.latencies().into_iter().for_each(|(name, cells)| text += &row(name, cells));
    text
}

fn programs(report: &Report) -> String {
    let mut text = row("", ["seconds", "peak memory, MiB"].map(String::from)) + &rule(2);
    report.whole_programs().into_iter().for_each(|(name, cells)| text += &row(name, cells));
    text
}

fn participants(report: &Report) -> String {
    report.participants.iter().map(|peer| format!("- {}: {}\n", peer.name, peer.version)).collect()
}

fn absent(report: &Report) -> String {
    let lines: String = report.absences().iter().map(|line| format!("- {line}\n")).collect();
    if lines.is_empty() { lines } else { format!("\n## Absent\n\n{lines}") }
}

fn row(head: &str, cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().collect();
    format!("| {head} | {} |\n", cells.join(" | "))
}

fn rule(columns: usize) -> String {
    format!("|---|{}\n", "--:|".repeat(columns))
}

#[cfg(test)]
mod tests {
    use super::super::example::example;
    use super::*;

    #[test]
    fn a_table_has_a_row_a_peer_and_the_ratio_to_the_strongest() {
        let expected = "\
| batch | 1 | 64 |
|---|--:|--:|
| this workspace | 3,200 | 204,800 |
| PyTorch, eager | 800 | 51,200 |
| JAX | 1,600 | – |
| **this workspace ÷ the strongest other** | **2.00×** JAX | **4.00×** PyTorch, eager |
";
        assert_eq!(throughput(&example(), Work::Train), expected);
    }

    #[test]
    fn latencies_and_whole_programs_are_medians() {
        let report = example();
        assert!(latency(&report).contains("| JAX | 625.0 | 1875.0 |\n"));
        let expected = "\
|  | seconds | peak memory, MiB |
|---|--:|--:|
| lenet-train | 3.00 | 100 |
| PyTorch | 8.00 | 1000 |
";
        assert_eq!(programs(&report), expected);
    }

    #[test]
    fn an_absent_program_is_named_with_the_reason() {
        let expected = "
## Absent

- candle: not built
- JAX, train at batch 64: too large
- JAX, infer at batch 64: too large
";
        assert_eq!(absent(&example()), expected);
    }

    #[test]
    fn the_head_says_where_when_and_how() {
        let text = render(&example());
        assert!(text.contains("2 cores of a processor with AVX2, linux x86_64, load before it began 0.1. MNIST. Commit 0123456789ab"));
        assert!(text.contains("medians of 3 rounds of 1.5 s"));
    }
}
