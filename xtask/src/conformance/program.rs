//! [`Program`]: the program `lenet-conformance`, started once for each request.

use std::fs::{self, File};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use lenet_report::conformance::{Ended, Listed, Outcome, Settings, Subject, Tally, Transcript, Verdict};

use super::child::Keeper;
use super::plan::{Build, Entry};

/// A build of the program.
#[derive(Clone)]
pub struct Program {
    path: PathBuf,
    keeper: Keeper,
    folder: PathBuf,
    limit: Duration,
}

/// The output of one start of the program.
pub struct Heard {
    /// The events that the program printed.
    pub transcript: Transcript,
    /// Wall time in seconds.
    pub seconds: f64,
    ended: Ended,
    errors: String,
}

impl Program {
    /// Builds the program. It writes its logs and files to `folder`; each run is killed after `limit`.
    pub fn build(build: &Build, keeper: &Keeper, folder: &Path, limit: Duration) -> anyhow::Result<Self> {
        let path = build.program()?;
        Ok(Self { path, keeper: keeper.clone(), folder: folder.into(), limit })
    }

    /// Builds the program with other features.
    pub fn rebuild(&self, build: &Build) -> anyhow::Result<Self> {
        Self::build(build, &self.keeper, &self.folder, self.limit)
    }

    /// Lists the subjects, rungs and cases.
    pub fn list(&self, quick: bool) -> anyhow::Result<Vec<Listed>> {
        let heard =
            self.hear("list", Command::new(&self.path).arg("list").args(quick.then_some("--quick")))?;
        if heard.ended != Ended::Exited(0) || heard.transcript.listed.is_empty() {
            bail!("{} cannot list its cases: {}\n{}", self.path.display(), heard.ended, heard.errors);
        }
        Ok(heard.transcript.listed)
    }

    /// Runs the ladder on a subject.
    pub fn climb(&self, entry: &Entry, settings: &Settings) -> Subject {
        let mut command = self.command("run", entry, settings);
        command.args(settings.rungs.iter().flat_map(|rung| ["--rung", rung]));
        command.args(settings.case.iter().flat_map(|case| ["--case", case]));
        command.args(["--seed", &settings.seed.to_string()]);
        command.arg("--out").arg(self.folder.join("replay").join(&entry.subject));
        let mut subject = Subject::new(&entry.subject);
        self.add(&entry.subject, &mut command, &mut subject);
        subject
    }

    /// Lets the subject read the files that all subjects wrote on the rung `exchange`.
    pub fn read_others(&self, entry: &Entry, settings: &Settings, subject: &mut Subject) {
        let mut command = self.command("read", entry, settings);
        self.add(&format!("{}-read", entry.subject), &mut command, subject);
    }

    /// Plants the bugs whose names match the pattern `names` in `subject`, and runs the ladder on each.
    pub fn mutate(&self, subject: &str, names: &str) -> anyhow::Result<Heard> {
        self.hear("mutate", Command::new(&self.path).args(["mutate", "--subject", subject, "--name", names]))
    }

    /// Repeats the case of a replay file.
    pub fn replay(&self, file: &Path) -> anyhow::Result<Heard> {
        self.hear("replay", Command::new(&self.path).arg("replay").arg(file))
    }

    fn command(&self, what: &str, entry: &Entry, settings: &Settings) -> Command {
        let mut command = Command::new(&self.path);
        command.args([what, "--subject", &entry.subject]).args(settings.quick.then_some("--quick"));
        command.arg("--exchange").arg(self.folder.join("exchange"));
        command
    }

    fn add(&self, name: &str, command: &mut Command, subject: &mut Subject) {
        match self.hear(name, command) {
            Ok(mut heard) => {
                heard
                    .transcript
                    .checks
                    .iter_mut()
                    .filter_map(|check| check.replay.as_mut())
                    .for_each(shorten);
                subject.add(heard.transcript, &heard.ended, &heard.errors, heard.seconds);
                let Tally { pass, warn, fail, .. } = subject.tally();
                eprintln!("{name}: {}, {pass} passed, {warn} warned, {fail} failed", heard.ended);
            }
            Err(error) => subject.outcome = Outcome::Incomplete { why: format!("{error:#}") },
        }
    }

    /// Runs a command. Its standard error goes to the log `name`.
    fn hear(&self, name: &str, command: &mut Command) -> anyhow::Result<Heard> {
        let log = self.folder.join("logs").join(name.replace(':', "-")).with_extension("log");
        let errors = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let (start, mut transcript) = (Instant::now(), Transcript::default());
        let mut progress = Progress::of(name);
        let ended = self.keeper.run(command.stderr(errors), self.limit, |line| {
            transcript.hear(line);
            progress.show(&transcript);
        })?;
        let errors = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
        Ok(Heard { transcript, seconds: start.elapsed().as_secs_f64(), ended, errors })
    }
}

impl Heard {
    /// The verdict of `mutate` and `replay`, which have no report.
    pub fn verdict(&self) -> Verdict {
        let outcome = self.transcript.outcome(&self.ended, &self.errors);
        if let Some(what) = outcome.problem() {
            eprintln!("{what}");
        }
        let compared_nothing = self.transcript.tally().compared() == 0;
        match outcome {
            Outcome::Finished if compared_nothing => Verdict::NotCompared,
            Outcome::Finished if self.ended == Ended::Exited(0) => Verdict::Passed,
            Outcome::Finished | Outcome::Crashed { .. } | Outcome::TimedOut { .. } => Verdict::Failed,
            Outcome::Missing { .. } | Outcome::Incomplete { .. } => Verdict::NotCompared,
        }
    }
}

/// Formats the list of subjects, rungs and cases for a terminal.
pub fn listing(listed: &[Listed]) -> String {
    let mut text = String::new();
    for (title, kind) in [("subjects", "subject"), ("rungs, from the bottom up", "rung")] {
        text += &format!("{title}\n");
        for item in listed.iter().filter(|item| item.kind == kind) {
            let absent = if item.available == Some(false) { "not in this build: " } else { "" };
            text += format!("    {:<16}{absent}{}", item.name, item.detail).trim_end();
            text += "\n";
        }
    }
    text += "cases\n";
    let cases = listed.iter().filter(|item| item.kind == "case");
    text.extend(cases.map(|case| format!("    {:<16}{}\n", case.rung, case.name)));
    text
}

/// Makes a path relative to the current folder if it is inside it.
fn shorten(path: &mut String) {
    let here = std::env::current_dir().unwrap_or_default();
    if let Ok(rest) = Path::new(path.as_str()).strip_prefix(here) {
        *path = rest.to_string_lossy().into_owned();
    }
}

/// Status line on the terminal with the current rung; each update overwrites it.
struct Progress {
    name: String,
    shown: Option<String>,
}

impl Progress {
    fn of(name: &str) -> Self {
        let shown = std::io::stderr().is_terminal().then(String::new);
        Self { name: name.into(), shown }
    }

    fn show(&mut self, transcript: &Transcript) {
        let (Some(shown), Some(place)) = (&mut self.shown, &transcript.last) else { return };
        if *shown != place.rung {
            shown.clone_from(&place.rung);
            eprint!("\r\x1b[K{}: {}", self.name, place.rung);
            let _ = std::io::stderr().flush();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.as_ref().is_some_and(|shown| !shown.is_empty()) {
            eprint!("\r\x1b[K");
        }
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]
mod tests {
    use lenet_report::conformance::Report;
    use lenet_report::conformance::console::{self, Colours};

    use super::*;

    const BEGIN: &str = r#"echo '{"event":"begin","rung":"ops-backward","case":"conv1/batch1/random"}'"#;

    /// Report on a subject whose program is replaced by a shell script.
    fn report(script: &str) -> Report {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("logs")).unwrap();
        let (keeper, limit) = (Keeper::default(), Duration::from_secs(60));
        let program = Program { path: "sh".into(), keeper, folder: folder.path().into(), limit };
        let mut subject = Subject::new("wgpu+fusion");
        program.add("wgpu+fusion", Command::new("sh").args(["-c", script]), &mut subject);
        let mut report =
            Report::new(String::new(), String::new(), String::new(), Settings::new(true, 0), Vec::new());
        report.subjects.push(subject);
        report
    }

    #[test]
    fn a_program_that_a_signal_ends_is_a_failure_with_the_signal_the_case_and_the_command() {
        let report = report(&format!("{BEGIN}; echo no kernel >&2; kill -SEGV $$"));
        assert_eq!(report.verdict(&["wgpu".into()]), Verdict::Failed);
        let text = console::render(&report, Colours::Off);
        for part in [
            "wgpu+fusion: crashed with SIGSEGV (11) in conv1/batch1/random of ops-backward",
            "| no kernel",
            "--backend wgpu+fusion --rung ops-backward --case conv1/batch1/random --quick",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn a_program_that_says_nothing_and_succeeds_is_a_failure_too() {
        assert_eq!(report("exit 0").verdict(&[]), Verdict::Failed);
    }
}
