//! Prints the hashes of results with the portable kernels. `cargo xtask web --check` compares them with those of the
//! module in Node.

use lenet_web::engine::fingerprint;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if !lenet_backend::use_portable_kernels() {
        return Err("other kernels have computed already".into());
    }
    for (name, hash) in fingerprint()? {
        println!("{hash}  {name}");
    }
    Ok(())
}
