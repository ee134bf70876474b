//! [`missing`]: what to install before a port can run.

use std::path::Path;
use std::process::{Command, Stdio};

use super::targets::Port;
use crate::workspace::{first_line, tool};

/// What to install before `port` can run on this machine; `None` if nothing is missing.
pub fn missing(port: &Port) -> Option<String> {
    if cfg!(not(all(target_os = "linux", target_arch = "x86_64"))) {
        return Some("emulation starts from x86-64 Linux".into());
    }
    if !starts(port.emulator[0]) {
        return Some(format!("apt install {} (there is no {})", port.package, port.emulator[0]));
    }
    if port.package == "wine64" && std::env::var_os("WINEPATH").is_none() && !wine_has_random_numbers() {
        return Some(
            "Rust's programs need bcryptprimitives.dll, which this Wine does not have: a newer Wine, or WINEPATH with \
             a folder that has one"
                .into(),
        );
    }
    let cross = port.cross.as_ref()?;
    if !starts(cross.linker) {
        return Some(format!("apt install {} (there is no {})", cross.package, cross.linker));
    }
    let library = first_line(Command::new(tool("rustc", true)).args([
        "--print",
        "target-libdir",
        "--target",
        cross.triple,
    ]));
    (!library.is_some_and(|path| Path::new(&path).is_dir()))
        .then(|| format!("rustup target add {}, or set LENET_TOOLCHAIN", cross.triple))
}

fn wine_has_random_numbers() -> bool {
    let folders = ["/usr/lib/x86_64-linux-gnu/wine", "/usr/lib/wine", "/opt/wine-stable/lib/wine"];
    folders.iter().any(|folder| Path::new(folder).join("x86_64-windows/bcryptprimitives.dll").is_file())
}

fn starts(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
