//! `average`: the mean of the weights of several networks.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;
use lenet_model::{Classifier, LeNet, Parameter, StateDict, weights};

use super::super::calibration;
use super::super::data::DataArgs;
use super::super::print::print_line;
use super::{Fit, Members};

/// Networks that began with the same weights and were trained on, such as states of one run (`at`), or fine-tunings of one file
/// (`--init`), have an average. Networks of different seeds have none: their units are in another order.
#[derive(Args)]
pub(in crate::cli) struct AverageArgs {
    /// Folders of runs, two or more, that began with the same weights
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// The file to write (.safetensors or another format of `convert`)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    data: DataArgs,
}

pub(in crate::cli) fn run(args: &AverageArgs) -> anyhow::Result<ExitCode> {
    let members = Members::read(&args.runs, &args.data)?;
    let average = mean(&members.states)?;
    let fit = Fit::of(&Classifier::with_state_dict(&average, &members.prepared.device), members.valid())?;
    let mut worst: Option<Fit> = None;
    for (member, name) in members.names.iter().enumerate() {
        let own = Fit::of(&members.classifier(member), members.valid())?;
        print_line(format_args!(
            "{}: validation accuracy {:.2} %, loss {:.4}",
            name.display(),
            own.accuracy,
            own.loss
        ))?;
        worst = Some(worst.filter(|worst| worst.accuracy <= own.accuracy).unwrap_or(own));
    }
    print_line(format_args!("average: validation accuracy {:.2} %, loss {:.4}", fit.accuracy, fit.loss))?;
    let worst = worst.map_or(0.0, |worst| worst.accuracy);
    ensure!(
        fit.accuracy >= worst,
        "the average reads {:.2} % of the validation images, and its worst member {worst:.2} %: the networks did not begin with the \
         same weights, or are too far apart; nothing is written (`ensemble` needs no common beginning)",
        fit.accuracy
    );
    let net = LeNet::with_state_dict(&average, &members.prepared.device);
    let mut metadata = members.prepared.metadata()?;
    metadata.temperature = calibration::fit(&net, members.valid())?;
    weights::write_state_dict(&average.with_metadata(metadata)?, &args.out)?;
    print_line(format_args!("in {}", args.out.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// The mean of each number, summed in f64 in the order of the networks.
fn mean(states: &[StateDict]) -> anyhow::Result<StateDict> {
    let first = &states[0]; // clap requires two.
    ensure!(
        states.iter().all(|state| state.classes() == first.classes()),
        "the networks have different numbers of classes"
    );
    let parameters = first.parameters().iter().enumerate().map(|(index, parameter)| {
        let value = |place: usize| {
            let sum: f64 =
                states.iter().map(|state| f64::from(state.parameters()[index].values[place])).sum();
            (sum / states.len() as f64) as f32
        };
        let values = (0..parameter.values.len()).map(value).collect();
        Parameter::new(parameter.name.clone(), parameter.shape.clone(), values)
    });
    Ok(StateDict::new(parameters.collect())?)
}
