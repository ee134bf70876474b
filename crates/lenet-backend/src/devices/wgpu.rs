//! Opens wgpu adapters through Burn's fallible initialisation.
//!
//! Burn's usual constructor, `Device::wgpu`, is lazy, and panics at the first operation if there is no
//! adapter. The fallible one refuses to initialise a selection twice; a table keeps the devices that are
//! open.

use std::sync::{Mutex, PoisonError};

use burn::tensor::wgpu::WgpuInitError;
use burn::tensor::{Device, DeviceKind, DeviceType};

use super::adapter::Adapter;
use super::spec::{DeviceSpec, WgpuAdapter};
use crate::Error;

/// An open device, with the description of its adapter.
#[derive(Clone)]
struct Open {
    kind: DeviceKind,
    device: Device,
    description: String,
}

static OPEN: Mutex<Vec<Open>> = Mutex::new(Vec::new());

/// Opens an adapter, or returns the device already open on it.
pub(crate) fn open(adapter: WgpuAdapter) -> Result<Device, Error> {
    open_adapter(adapter).map(|open| open.device)
}

/// Opens an adapter and returns its description.
pub(crate) fn describe(adapter: WgpuAdapter) -> Result<String, Error> {
    open_adapter(adapter).map(|open| open.description)
}

fn open_adapter(adapter: WgpuAdapter) -> Result<Open, Error> {
    let kind = match adapter {
        WgpuAdapter::Best => DeviceKind::DefaultDevice,
        WgpuAdapter::Cpu => DeviceKind::Cpu,
        WgpuAdapter::Index(index) => {
            let kinds = kinds();
            let found = kinds.len();
            kinds.into_iter().nth(index).ok_or_else(|| Error::NoAdapter {
                device: DeviceSpec::Wgpu(adapter),
                reason: format!("this machine has {found}, counted from 0"),
            })?
        }
    };
    open_kind(kind, DeviceSpec::Wgpu(adapter))
}

/// All adapters, each opened to read its description.
pub(crate) fn adapters() -> Vec<Adapter> {
    let describe = |(index, kind)| {
        let spec = DeviceSpec::Wgpu(WgpuAdapter::Index(index));
        Adapter { spec, description: open_kind(kind, spec).map(|open| open.description) }
    };
    kinds().into_iter().enumerate().map(describe).collect()
}

fn open_kind(kind: DeviceKind, spec: DeviceSpec) -> Result<Open, Error> {
    // The table stays whole if a thread panics while it holds the lock: entries are only pushed.
    let mut table = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(open) = table.iter().find(|open| open.kind == kind) {
        return Ok(open.clone());
    }
    let (device, setup) = Device::wgpu_options()
        .device_kind(kind.clone())
        .init_with_setup()
        .map_err(|error| explain(spec, &error))?;
    let info = setup.adapter.get_info();
    let driver = [info.driver, info.driver_info].join(" ");
    let description =
        format!("{} ({:?}, {}, driver {})", info.name, info.device_type, info.backend, driver.trim());
    let open = Open { kind, device, description };
    table.push(open.clone());
    Ok(open)
}

fn explain(device: DeviceSpec, error: &WgpuInitError) -> Error {
    match error {
        WgpuInitError::AdapterUnavailable { message, .. } => {
            Error::NoAdapter { device, reason: message.clone() }
        }
        other => Error::CannotOpen { device, reason: other.to_string() },
    }
}

/// Burn's name for each adapter that it lists. An adapter that reports no kind has no name and is left out.
fn kinds() -> Vec<DeviceKind> {
    let devices = Device::enumerate(DeviceType::Wgpu).into_vec();
    let names: Vec<DeviceKind> = (0..devices.len())
        .flat_map(|n| [DeviceKind::DiscreteGpu(n), DeviceKind::IntegratedGpu(n), DeviceKind::VirtualGpu(n)])
        .chain([DeviceKind::Cpu])
        .collect();
    let name = |device: &Device| names.iter().find(|kind| Device::wgpu((*kind).clone()) == *device).cloned();
    devices.iter().filter_map(name).collect()
}
