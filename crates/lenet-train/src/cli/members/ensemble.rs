//! `ensemble`: networks that answer together.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, ensure};
use burn::tensor::{Tensor, TensorData};
use clap::Args;
use indicatif::HumanCount;
use lenet_data::dataset::Part;
use lenet_model::calibration::fit_temperature;
use lenet_model::{Classifier, weights};

use super::super::calibration::{self, Calibration};
use super::super::data::DataArgs;
use super::super::ensemble_file::{self, EnsembleFile, Member};
use super::super::eval::predictions;
use super::super::print::print_line;
use super::super::run_settings::sha256;
use super::{Fit, Members};

#[derive(Args)]
pub(in crate::cli) struct EnsembleArgs {
    /// Folders of runs on the same images
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Folder for the ensemble, which `eval` and `predict` accept as weights
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Choose members by the loss on the validation images: begin with the best run, and add the one that helps most, while one
    /// helps [default: all runs]
    #[arg(long)]
    choose: bool,
    #[command(flatten)]
    data: DataArgs,
}

pub(in crate::cli) fn run(args: &EnsembleArgs) -> anyhow::Result<ExitCode> {
    ensure!(!args.out.exists(), "{} exists already: name another folder with --out", args.out.display());
    let members = Members::read(&args.runs, &args.data)?;
    let test = members.prepared.digits.load(Part::Test)?;
    let test = test.with_normalisation(members.prepared.train.normalisation());
    let all: Vec<usize> = (0..members.states.len()).collect();
    let chosen = if args.choose { choose(&members)? } else { all };
    for &member in &chosen {
        let (name, fit) =
            (members.names[member].display(), Fit::of(&members.classifier(member), members.valid())?);
        print_line(format_args!("{name}: validation accuracy {:.2} %, loss {:.4}", fit.accuracy, fit.loss))?;
    }
    let classifier = members.ensemble(&chosen)?;
    let (valid, classes) = (members.valid(), classifier.classes());
    let logits = calibration::logits(&classifier, valid)?;
    let temperature = fit_temperature(&logits, valid.labels());
    let fit = Fit::of_logits(&logits, valid.labels(), classes, temperature);
    let count = chosen.len();
    print_line(format_args!(
        "{count} together: validation accuracy {:.2} %, loss {:.4}",
        fit.accuracy, fit.loss
    ))?;
    write(args, &members, &chosen, temperature)?;

    let clock = Instant::now();
    let logits = calibration::logits(&classifier, &test)?;
    let seconds = clock.elapsed().as_secs_f64();
    let fit = Fit::of_logits(&logits, test.labels(), classes, temperature);
    let (before, after) =
        (predictions(&logits, classes, 1.0)?, predictions(&logits, classes, temperature.unwrap_or(1.0))?);
    let calibration = Calibration::of(temperature, &before, &after, test.labels());
    let images = HumanCount(test.len() as u64);
    print_line(format_args!(
        "test accuracy {:.2} % on {images} images (loss {:.4} at its temperature, expected calibration error {:.2} %), read in {seconds:.1} s",
        fit.accuracy,
        fit.loss,
        100.0 * calibration.error(),
    ))?;
    print_line(format_args!("in {}: {}", args.out.display(), ensemble_file::NAME))?;
    Ok(ExitCode::SUCCESS)
}

/// Greedy selection of members. (R. Caruana, A. Niculescu-Mizil, G. Crew, A. Ksikes, "Ensemble Selection from Libraries of Models",
/// 2004; here without replacement.)
fn choose(members: &Members) -> anyhow::Result<Vec<usize>> {
    let (valid, classes) = (members.valid(), members.states[0].classes());
    // Every member reads the images once.
    let logits = |member: usize| -> anyhow::Result<Tensor<2>> {
        let logits = calibration::logits(&members.classifier(member), valid)?;
        let logits = TensorData::new(logits, [valid.len(), classes]);
        Ok(Tensor::from_data(logits, &members.prepared.device))
    };
    let logits = (0..members.states.len()).map(logits).collect::<anyhow::Result<Vec<_>>>()?;
    let (mut chosen, mut rest): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..logits.len()).collect());
    let mut best = f64::INFINITY;
    while !rest.is_empty() {
        let loss = |candidate: &usize| -> anyhow::Result<f64> {
            let with = chosen.iter().chain([candidate]).map(|&member| logits[member].clone());
            let together = Classifier::logits_together(with).try_into_vec_as::<f32>();
            let together = together.context("the device failed")?;
            let temperature = fit_temperature(&together, valid.labels());
            Ok(Fit::of_logits(&together, valid.labels(), classes, temperature).loss)
        };
        let losses = rest.iter().map(loss).collect::<anyhow::Result<Vec<_>>>()?;
        let found = losses.iter().enumerate().min_by(|(_, one), (_, other)| one.total_cmp(other));
        let Some((place, loss)) = found.filter(|(_, loss)| **loss < best) else { break };
        best = *loss;
        chosen.push(rest.remove(place));
    }
    ensure!(!chosen.is_empty(), "no run has a finite loss on the validation images");
    Ok(chosen)
}

/// Writes the weights of each member, and the file that names them.
fn write(
    args: &EnsembleArgs,
    members: &Members,
    chosen: &[usize],
    temperature: Option<f64>,
) -> anyhow::Result<()> {
    fs::create_dir_all(&args.out).with_context(|| format!("cannot make {}", args.out.display()))?;
    let data = Some(members.prepared.args.data.text());
    let mut file = EnsembleFile { format: 1, temperature, data, members: Vec::new() };
    for (number, &member) in (1..).zip(chosen) {
        let name = format!("member-{number:02}.safetensors");
        let bytes = weights::to_bytes(&members.states[member], weights::Format::Safetensors)?;
        lenet_files::write(&args.out.join(&name), &bytes)?;
        let run = members.names[member].to_string_lossy().into_owned();
        file.members.push(Member { file: name, sha256: sha256(&bytes), run });
    }
    file.write(&args.out)
}
