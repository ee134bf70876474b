//! Devices of this build: they open, they compute, and what is not there is an error with a remedy.

// Helper functions of a test may panic as the tests do.
#![allow(clippy::unwrap_used)]

use burn::tensor::{Device, Tensor};
use lenet_backend::{Backend, DeviceSpec, Error, adapters, open};

fn spec(name: &str) -> DeviceSpec {
    name.parse().unwrap()
}

/// 1 + 4 + 9, computed on the device.
fn sum_of_squares(device: &Device) -> f32 {
    let x = Tensor::<1>::from_floats([1.0, 2.0, 3.0], device);
    (x.clone() * x).sum().into_scalar()
}

/// Whether wgpu can run here. Its tests say so when they skip.
fn has_adapter() -> bool {
    let found = adapters().is_ok_and(|adapters| !adapters.is_empty());
    if !found {
        eprintln!("skipped: this build or this machine has no wgpu adapter");
    }
    found
}

#[test]
fn every_cpu_backend_of_this_build_computes() {
    for backend in [Backend::Flex, Backend::NdArray].into_iter().filter(|backend| backend.is_compiled_in()) {
        let device = open(&spec(&backend.to_string())).unwrap();
        assert_eq!(sum_of_squares(&device), 14.0, "{backend}");
    }
}

#[test]
fn an_absent_backend_is_an_error_that_names_the_feature() {
    for backend in Backend::ALL.iter().copied().filter(|backend| !backend.is_compiled_in()) {
        assert_eq!(open(&spec(&backend.to_string())).unwrap_err(), Error::NotCompiledIn { backend });
    }
}

#[test]
fn every_listed_adapter_opens_under_its_name_and_computes() {
    if !has_adapter() {
        return;
    }
    for adapter in adapters().unwrap() {
        adapter.description.unwrap();
        assert_eq!(sum_of_squares(&open(&adapter.spec).unwrap()), 14.0, "{}", adapter.spec);
    }
}

#[test]
fn an_adapter_opens_as_often_as_it_is_asked_for() {
    if !has_adapter() {
        return;
    }
    let [first, second] = [(); 2].map(|()| open(&spec("wgpu")).unwrap());
    assert_eq!(first, second);
}

#[test]
fn an_adapter_beyond_the_last_is_an_error_that_says_how_many_there_are() {
    let Ok(adapters) = adapters() else { return };
    let message = open(&spec("wgpu:1000")).unwrap_err().to_string();
    assert!(message.contains(&format!("this machine has {}", adapters.len())), "{message}");
}
