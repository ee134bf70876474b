//! `summary` and `devices`: what there is, without training.

use std::process::ExitCode;

use lenet_backend::{Backend, Device};
use lenet_model::{LeNet, StateDict, summary as layers};

/// Prints the network, its parameters and its costs.
pub(super) fn summary() -> anyhow::Result<ExitCode> {
    println!("{}\n", network()?);
    println!("{}\n", StateDict::random(0));
    println!("{}", layers());
    Ok(ExitCode::SUCCESS)
}

/// A network on whichever CPU backend this build has, or on whatever it has.
fn network() -> anyhow::Result<LeNet> {
    let compiled_in = Backend::ALL.into_iter().find(|backend| backend.is_compiled_in());
    let name = compiled_in.unwrap_or(Backend::Flex).to_string();
    let device: Device = lenet_backend::open(&name.parse()?)?;
    Ok(LeNet::new(0, &device))
}

/// Prints each backend, whether it is there, and wgpu's adapters.
pub(super) fn devices() -> anyhow::Result<ExitCode> {
    for backend in Backend::ALL {
        println!("{:<9} {}", backend.to_string(), backend.description());
        if !backend.is_compiled_in() {
            println!("{:<9} not in this build: add `--features {backend}`", "");
        } else if backend == Backend::Wgpu {
            let adapters = lenet_backend::adapters()?;
            for adapter in &adapters {
                match &adapter.description {
                    Ok(description) => println!("  {:<8}{description}", adapter.spec.to_string()),
                    Err(error) => println!("  {:<8}{error}", adapter.spec.to_string()),
                }
            }
            if adapters.is_empty() {
                println!(
                    "{:<9} no adapter on this machine: install a driver (on Debian, for a software one: mesa-vulkan-drivers)",
                    ""
                );
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
