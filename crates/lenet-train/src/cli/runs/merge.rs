//! `runs merge`: brings runs together that were trained on several machines.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Args;

use super::super::config;
use super::super::print::{print_line, print_note};
use super::super::report::folder;
use super::super::run_folder::{LOCK, MANIFEST, WEIGHTS, in_manifest};
use super::super::run_settings::{self, SETTINGS};

/// Beginning of the names of folders that are being copied.
const COPYING: &str = ".merging-";
/// Limit of the size of a file that is compared.
const MOST_BYTES: u64 = 1 << 28;

#[derive(Args)]
pub(super) struct MergeArgs {
    /// The folder to copy the runs into
    #[arg(value_name = "INTO")]
    into: PathBuf,
    /// Folders with runs, such as the --out of the same sweep on other machines
    #[arg(required = true, value_name = "FROM")]
    from: Vec<PathBuf>,
    /// Accept runs on different data, as in a sweep over data sets
    #[arg(long)]
    mixed_data: bool,
}

/// What to do with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    Copy,
    /// The run is there, and is less complete.
    Replace,
    /// The run is there.
    Skip,
}

pub(super) fn run(args: &MergeArgs) -> anyhow::Result<ExitCode> {
    let mut plans: BTreeMap<PathBuf, (PathBuf, Plan)> = BTreeMap::new();
    let mut data = BTreeMap::new();
    let mut platforms = BTreeMap::new();
    // Everything is checked before anything is copied.
    for run in runs_in(&args.into).unwrap_or_default() {
        check(&run, &mut data, &mut platforms)?;
    }
    for from in &args.from {
        for source in runs_in(from)? {
            check(&source, &mut data, &mut platforms)?;
            let target = args.into.join(source.file_name().unwrap_or_default());
            // Two folders may have the same run.
            let there = plans
                .get(&target)
                .map(|(source, _)| source.clone())
                .or_else(|| target.exists().then(|| target.clone()));
            let plan = match &there {
                Some(there) => compare(&source, there)?,
                None => Plan::Copy,
            };
            if plan != Plan::Skip {
                let plan = if target.exists() { Plan::Replace } else { Plan::Copy };
                plans.insert(target, (source, plan));
            } else {
                plans.entry(target).or_insert((source, Plan::Skip));
            }
        }
    }
    if let (false, [(one, first), (other, second), ..]) =
        (args.mixed_data, &data.iter().collect::<Vec<_>>()[..])
    {
        bail!(
            "{} and {} were trained on different data: their SHA-256 are {one} and {other}; if that is meant, use --mixed-data",
            first.display(),
            second.display()
        );
    }
    if platforms.len() > 1 {
        let all: Vec<&str> = platforms.keys().map(String::as_str).collect();
        print_note(format_args!("the runs come from {}: their last bits may differ", all.join(" and ")));
    }
    specification(args)?;
    fs::create_dir_all(&args.into).with_context(|| format!("cannot make {}", args.into.display()))?;
    for (target, (source, plan)) in &plans {
        copy_run(source, target, *plan)?;
    }
    let count = |wanted: Plan| plans.values().filter(|(_, plan)| *plan == wanted).count();
    let (copied, replaced, skipped) = (count(Plan::Copy), count(Plan::Replace), count(Plan::Skip));
    print_line(format_args!(
        "{}: {copied} runs copied, {replaced} replaced by a more complete one, {skipped} there already",
        args.into.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The folders of runs in `folder`, without those that are being copied.
fn runs_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut runs = super::paths(folder)?;
    runs.retain(|run| !is_copying(run));
    Ok(runs)
}

fn is_copying(run: &Path) -> bool {
    run.file_name().is_some_and(|name| name.to_string_lossy().starts_with(COPYING))
}

/// Checks that a run is whole and at rest, and notes its data and its platform.
fn check(
    run: &Path,
    data: &mut BTreeMap<String, PathBuf>,
    platforms: &mut BTreeMap<String, PathBuf>,
) -> anyhow::Result<()> {
    run_settings::read_sealed(&run.join(SETTINGS))?;
    let manifest = run.join(MANIFEST);
    let named = |pointer: &str| {
        in_manifest(run, pointer)
            .with_context(|| format!("{} is damaged: it has no {pointer}", manifest.display()))
    };
    data.entry(named("/data/sha256")?).or_insert_with(|| run.to_owned());
    let platform = format!("lenet-train {} on {}", named("/versions/lenet_train")?, named("/device/arch")?);
    platforms.entry(platform).or_insert_with(|| run.to_owned());
    let lock = run.join(LOCK);
    let is_free = !lock.exists() || lenet_files::lock(&lock)?.is_some();
    ensure!(is_free, "{} is being trained: wait until it ends", run.display());
    Ok(())
}

/// Compares a run with one of the same name. Runs with other settings, or with the same settings and other results, are a conflict.
fn compare(source: &Path, there: &Path) -> anyhow::Result<Plan> {
    let conflict =
        |what: String| format!("{} and {} are different runs: {what}", source.display(), there.display());
    let [ours, theirs] =
        [source, there].map(|run| config::settings_of_run(run).and_then(|args| args.settings("")));
    let (ours, theirs) = (ours?, theirs?);
    if let Some((name, value)) = ours.iter().find(|setting| !theirs.contains(setting)) {
        let other = theirs.iter().find(|(other, _)| other == name).map_or("not set", |(_, value)| value);
        bail!(conflict(format!("`{name}` is {value} and {other}")));
    }
    ensure!(theirs.len() == ours.len(), conflict("they have other settings".to_owned()));
    for pointer in ["/data/sha256", "/init/sha256", "/teacher/sha256"] {
        let [one, other] = [source, there].map(|run| in_manifest(run, pointer));
        ensure!(one == other, conflict(format!("the manifests differ in {pointer}")));
    }
    match (steps(source)?, steps(there)?) {
        (Some(one), Some(other)) if one == other => {
            let [one, other] =
                [source, there].map(|run| lenet_files::read(&run.join(WEIGHTS), MOST_BYTES).ok());
            ensure!(one == other, conflict(format!("{WEIGHTS} differs after as many steps")));
            Ok(Plan::Skip)
        }
        (one, other) => Ok(if one > other { Plan::Replace } else { Plan::Skip }),
    }
}

/// The steps of a run that has ended; `None` of one that was cut.
fn steps(run: &Path) -> anyhow::Result<Option<u64>> {
    Ok(folder::read(run)?.end().map(|(_, steps, _)| steps))
}

/// Copies the specification of a sweep, which must be the same everywhere.
fn specification(args: &MergeArgs) -> anyhow::Result<()> {
    let own = args.into.join(super::SPECIFICATION);
    let mut first = lenet_files::read(&own, MOST_BYTES).ok().map(|text| (own.clone(), text));
    for from in &args.from {
        let file = from.join(super::SPECIFICATION);
        let Ok(text) = lenet_files::read(&file, MOST_BYTES) else { continue };
        match &first {
            Some((other, theirs)) => {
                ensure!(*theirs == text, "{} and {} are different sweeps", file.display(), other.display());
            }
            None => first = Some((file, text)),
        }
    }
    let Some((file, text)) = first.filter(|(file, _)| *file != own) else { return Ok(()) };
    fs::create_dir_all(&args.into).with_context(|| format!("cannot make {}", args.into.display()))?;
    lenet_files::write(&own, &text).with_context(|| format!("cannot copy {}", file.display()))
}

/// Copies a run under another name and renames it: after a crash it is there as a whole or not at all.
fn copy_run(source: &Path, target: &Path, plan: Plan) -> anyhow::Result<()> {
    if plan == Plan::Skip {
        return Ok(());
    }
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let copying = target.with_file_name(format!("{COPYING}{name}"));
    if copying.exists() {
        fs::remove_dir_all(&copying)?; // Of a merge that was killed.
    }
    copy_folder(source, &copying)?;
    if plan == Plan::Replace {
        fs::remove_dir_all(target).with_context(|| format!("cannot replace {}", target.display()))?;
    }
    fs::rename(&copying, target).with_context(|| format!("cannot make {}", target.display()))
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_folder(&source, &target)?;
        } else if kind.is_file() && entry.file_name() != LOCK {
            fs::copy(&source, &target)
                .with_context(|| format!("cannot copy {} to {}", source.display(), target.display()))?;
        }
    }
    Ok(())
}
