//! Prints the parity table, which compares every tensor that a backend computes with PyTorch's f64 result.
//!
//! The worst error of a tensor is that of the element with the largest error relative to its soft bound (see
//! `lenet_oracle`). The last column is the largest error relative to a hard bound.
//!
//! ```text
//! cargo run -p lenet-conformance --example parity -- flex stock
//! cargo run -p lenet-conformance --example parity --features ndarray -- ndarray fused
//! ```

use lenet_conformance::parity::{FUSED, Row, STOCK, parity};
use lenet_oracle::{Comparison, Precision, Worst};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let device = arguments.next().unwrap_or_else(|| "flex".to_owned());
    let network = match arguments.next().as_deref() {
        Some("stock") => STOCK,
        None | Some("fused") => FUSED,
        Some(other) => return Err(format!("`{other}` is neither `stock` nor `fused`").into()),
    };
    let precision = if device.starts_with("wgpu") { Precision::WGSL } else { Precision::F32 };
    let rows = parity(&lenet_backend::open(&device.parse()?)?.autodiff(), &network, &precision)?;

    println!("{device}, {} operations:\n", network.name);
    println!("| quantity | numbers | worst error | soft bound | share | share of hard |");
    println!("|---|---:|---:|---:|---:|---:|");
    for Row { quantity, comparison: Comparison { numbers, hard, soft, worst_soft, .. }, .. } in rows {
        let Some(Worst { expected, found, .. }) = worst_soft else { continue };
        let (error, bound) = ((found - expected.value).abs(), expected.soft.min(expected.hard));
        let [soft, hard] = [soft, hard].map(|share| format!("{:.1$} %", 100.0 * share, digits(share)));
        println!("| `{quantity}` | {numbers} | {error:.1e} | {bound:.1e} | {soft} | {hard} |");
    }
    Ok(())
}

/// As many decimals as show two digits of a share in per cent.
fn digits(share: f64) -> usize {
    (-1.0 - share.log10()).ceil().clamp(0.0, 9.0) as usize
}
