//! `summary` and `devices`: the network and the devices.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use lenet_backend::{Backend, Device};
use lenet_model::{LeNet, StateDict, summary as layers};
use lenet_report::figure;

use super::print::{print_line, print_text};
use super::stages;

#[derive(Args)]
pub(super) struct SummaryArgs {
    /// Draw the figure of the network into this file instead
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// Prints the network, its parameters and the cost of each layer, or draws its figure.
pub(super) fn summary(args: &SummaryArgs) -> anyhow::Result<ExitCode> {
    if let Some(file) = &args.svg {
        let svg = figure::svg(&stages::of(&network()?));
        lenet_files::write(file, svg.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    print_text(format_args!("{}\n", network()?))?;
    print_text(format_args!("{}\n", StateDict::random(0)))?;
    print_text(layers())?;
    Ok(ExitCode::SUCCESS)
}

/// A network on the first backend of this build.
fn network() -> anyhow::Result<LeNet> {
    let compiled_in = Backend::ALL.iter().copied().find(|backend| backend.is_compiled_in());
    let name = compiled_in.unwrap_or(Backend::Flex).to_string();
    let device: Device = lenet_backend::open(&name.parse()?)?;
    Ok(LeNet::new(0, &device))
}

/// Prints each backend, whether this build has it, and wgpu's adapters.
pub(super) fn devices() -> anyhow::Result<ExitCode> {
    for backend in Backend::ALL {
        print_line(format_args!("{:<9}{}", backend.to_string(), backend.description()))?;
        if !backend.is_compiled_in() {
            print_line(format_args!("{:<9}not in this build: add `--features {backend}`", ""))?;
        } else if *backend == Backend::Wgpu {
            list_adapters()?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list_adapters() -> anyhow::Result<()> {
    let adapters = lenet_backend::adapters()?;
    for adapter in &adapters {
        let description = adapter.description.clone().unwrap_or_else(|error| error.to_string());
        print_line(format_args!("{:<9}{:<9}{description}", "", adapter.spec.to_string()))?;
    }
    if adapters.is_empty() {
        let remedy = "install a driver, or on Debian mesa-vulkan-drivers for a software one";
        print_line(format_args!("{:<9}no adapter on this machine: {remedy}", ""))?;
    }
    Ok(())
}
