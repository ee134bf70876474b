//! [`Replay`]: trains a part of a run once more, from the nearest checkpoint, to the same bits.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use lenet_model::LeNet;
use lenet_train::{Checkpoint, Checkpoints, Outcome};

use super::config;
use super::data::DataArgs;
use super::prepared::Prepared;
use super::print::print_note;
use super::run_folder::{self, CHECKPOINTS, MANIFEST};
use super::run_settings::SETTINGS;
use super::settings::Plan;
use super::teacher::Teacher;
use super::training::{Kept, Training};
use super::watch::Watch;

/// The best checkpoint's file name.
const BEST: &str = "best.ckpt";

/// A run that can be trained once more.
pub(super) struct Replay {
    run: PathBuf,
    pub(super) prepared: Prepared,
    pub(super) plan: Plan,
}

impl Replay {
    /// Reads the settings and the images of `run`; `data` replaces the run's if it is given.
    pub(super) fn of(run: &Path, data: DataArgs) -> anyhow::Result<Self> {
        let mut args = config::settings_of_run(run)?;
        let folder = run.display();
        ensure!(
            args.schedule.range_test.is_none(),
            "{folder} is a learning-rate range test: it has no states to rebuild"
        );
        if data.is_given() {
            args.data = data;
        }
        args.outputs.quiet = true;
        args.length.max_time = None;
        let prepared = Prepared::new(args)?;
        let recorded = run_folder::in_manifest(run, "/data/sha256");
        let recorded = recorded.with_context(|| format!("{folder} has no {MANIFEST} that names its data"))?;
        ensure!(
            recorded == prepared.sha256,
            "{folder} was trained on other data: their SHA-256 was {recorded}, is {}; name them with --data",
            prepared.sha256
        );
        let (then, now) = (run_folder::in_manifest(run, "/init/sha256"), prepared.init.as_ref());
        ensure!(
            now.is_none_or(|now| then.as_ref() == Some(&now.sha256)),
            "the weights that {folder} began with have changed: their SHA-256 was {}",
            then.unwrap_or_default()
        );
        Teacher::check(prepared.teacher.as_ref(), run)?;
        let plan = prepared.args.plan(prepared.train.len());
        Ok(Self { run: run.to_owned(), prepared, plan })
    }

    /// Refuses a step that the run does not plan.
    pub(super) fn has_step(&self, step: u64) -> anyhow::Result<()> {
        let (run, steps) = (self.run.display(), self.plan.steps);
        ensure!(step <= steps, "step {step}: the run in {run} has {steps} steps");
        Ok(())
    }

    /// Trains until after `step` with the same bits as the run, in the folder `out`, which becomes a run that was
    /// stopped there. `watch` sees the steps.
    ///
    /// # Errors
    /// The run has no such step, a signal ended the training, and those of a training.
    pub(super) fn until(
        &self,
        step: u64,
        out: &Path,
        watch: Option<Watch>,
    ) -> anyhow::Result<(Outcome<LeNet>, Kept)> {
        let Prepared { args, device, train, valid, sha256, init, teacher, .. } = &self.prepared;
        self.has_step(step)?;
        // To see step N, the training must make it.
        let last = if watch.is_some() { step.saturating_sub(1) } else { step };
        let latest = Checkpoints::latest_until(self.run.join(CHECKPOINTS), last)?;
        for error in &latest.skipped {
            print_note(format_args!("passing over a checkpoint: {error}"));
        }
        let checkpoint = latest.checkpoint;
        let from = checkpoint.as_ref().map_or(0, Checkpoint::step);
        print_note(match checkpoint {
            Some(_) => format!("training on from the checkpoint after step {from} to step {step}"),
            None => format!("no checkpoint before step {step}: training from the beginning"),
        });
        self.copy(out, checkpoint.as_ref())?;
        let mut kept = Kept::new(args, out)?;
        kept.watch = watch;
        let training = Training {
            args,
            device,
            folder: out,
            sha256: sha256.clone(),
            start: self.prepared.start(checkpoint.is_some())?,
            init_sha256: init.as_ref().map(|init| init.sha256.clone()),
            teacher: teacher.as_ref(),
            checkpoint,
            stop_after: Some(step),
        };
        let outcome = training.fit(train.clone(), valid.clone(), &mut kept)?;
        let (run, done, end) = (self.run.display(), outcome.steps, &outcome.end);
        ensure!(done == step, "step {step}: the run in {run} ends after step {done}: {end}");
        Ok((outcome, kept))
    }

    /// Copies what a training needs that resumes from `checkpoint`: settings, manifest, and the logs, which it cuts off
    /// after the checkpoint.
    fn copy(&self, out: &Path, checkpoint: Option<&Checkpoint>) -> anyhow::Result<()> {
        let copy = |name: &str| {
            let from = self.run.join(name);
            fs::copy(&from, out.join(name))
                .with_context(|| format!("cannot copy {} to {}", from.display(), out.display()))
        };
        copy(SETTINGS)?;
        copy(MANIFEST)?;
        let Some(checkpoint) = checkpoint else { return Ok(()) };
        for entry in fs::read_dir(&self.run)? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            if run_folder::is_log(&name) {
                copy(&name)?;
            }
        }
        // The best checkpoint so far is part of the state.
        let best = self.run.join(CHECKPOINTS).join(BEST);
        if Checkpoint::load(&best).is_ok_and(|best| best.step() <= checkpoint.step()) {
            fs::create_dir_all(out.join(CHECKPOINTS))?;
            copy(&format!("{CHECKPOINTS}/{BEST}"))?;
        }
        Ok(())
    }
}
