//! [`Environment`]: what the programs of the comparison depend on, namely Python packages, candle's program and tcmalloc.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use super::catalogue::{Peer, Program};
use super::report::Absent;
use crate::workspace::{Programs, make_folder, root};

/// File names of tcmalloc, and the folders where systems install it; the minimal library is sufficient.
const TCMALLOC: [&str; 2] = ["libtcmalloc_minimal.so.4", "libtcmalloc.so.4"];
const LIBRARY_FOLDERS: [&str; 5] =
    ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib"];

/// The dependencies that were found or installed.
pub struct Environment {
    /// Folder under target/ for digits, logs and the Python environment.
    pub folder: PathBuf,
    /// CPU threads of each program.
    pub threads: usize,
    /// Dependencies that are not available.
    pub absent: Vec<Absent>,
    programs: Programs,
    candle: Option<Programs>,
    python: Option<PathBuf>,
    tcmalloc: Option<PathBuf>,
}

impl Environment {
    /// Finds or installs the dependencies of the chosen programs, and records those that are not available.
    /// `python` and `tcmalloc` are the ones that the user named.
    pub fn prepare(
        python: Option<&Path>,
        tcmalloc: Option<&Path>,
        folder: &Path,
        programs: Programs,
        chosen: &[&Peer],
        threads: usize,
    ) -> anyhow::Result<Self> {
        make_folder(folder)?;
        let mut absent = Vec::new();
        let mut or_absent = |name, error: anyhow::Error| absent.push(Absent::new(name, format!("{error:#}")));
        let has = |family| chosen.iter().any(|peer| peer.family == family);

        let candle = has("candle")
            .then(Programs::build_candle)
            .and_then(|built| built.map_err(|error| or_absent("candle", error)).ok());
        let is_ours = python.is_none();
        let python = match python {
            Some(named) => Some(named.to_owned()),
            None => own_python(folder).map_err(|error| or_absent("Python", error)).ok(),
        };
        if let (Some(python), true) = (&python, is_ours) {
            for (family, packages) in [
                ("torch", &["torch", "numpy"]),
                ("jax", &["jax", "numpy"]),
                ("onnxruntime", &["onnxruntime", "onnx"]),
            ] {
                if has(family) {
                    install(python, packages).unwrap_or_else(|error| or_absent(packages[0], error));
                }
            }
        }
        let tcmalloc = tcmalloc.map(Path::to_owned).or_else(installed_tcmalloc);
        if tcmalloc.is_none() {
            or_absent("tcmalloc", anyhow::anyhow!("no {}: PyTorch and JAX ran without it", TCMALLOC[0]));
        }
        Ok(Self { folder: folder.into(), threads, absent, programs, candle, python, tcmalloc })
    }

    /// The command that starts a program.
    pub fn command(&self, peer: &Peer) -> anyhow::Result<Command> {
        let threads = if peer.single { 1 } else { self.threads };
        let mut command = match peer.program {
            Program::LeNet => {
                let mut command = Command::new(self.programs.path("peer-lenet")?);
                command.args(["--threads", &threads.to_string()]);
                command
            }
            Program::Candle => {
                let candle = self.candle.as_ref().context("not built")?;
                Command::new(candle.path("peer-candle")?)
            }
            Program::Python(script, args) => {
                let mut command = self.python(script)?;
                command.args(args).args(["--threads", &threads.to_string()]);
                command
            }
        };
        command.env("LENET_DATA_DIR", self.folder.join("digits"));
        command.env("RAYON_NUM_THREADS", threads.to_string());
        Ok(command)
    }

    /// The command that starts a Python script of `benches/peers`, with tcmalloc preloaded if it is
    /// available.
    pub fn python(&self, script: &str) -> anyhow::Result<Command> {
        let mut command = self.plain_python(script)?;
        if let Some(tcmalloc) = &self.tcmalloc {
            command.env("LD_PRELOAD", tcmalloc);
        }
        Ok(command)
    }

    /// The command that starts a Python script of `benches/peers` without tcmalloc.
    pub fn plain_python(&self, script: &str) -> anyhow::Result<Command> {
        let mut command = Command::new(self.python.as_ref().context("no Python")?);
        // PyTorch's compiler then keeps its cache under target/, too.
        command
            .env("TORCHINDUCTOR_CACHE_DIR", self.folder.join("inductor"))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command.arg(root().join("benches/peers").join(script));
        Ok(command)
    }

    /// The tcmalloc that is preloaded.
    pub fn tcmalloc(&self) -> Option<&Path> {
        self.tcmalloc.as_deref()
    }

    /// A program of the workspace.
    pub fn program(&self, name: &str) -> anyhow::Result<&Path> {
        self.programs.path(name)
    }
}

/// The Python of the virtual environment in `folder`, which is created if it does not exist.
fn own_python(folder: &Path) -> anyhow::Result<PathBuf> {
    let environment = folder.join("venv");
    let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if !python.is_file() {
        let status = Command::new("python3").args(["-m", "venv"]).arg(&environment).status();
        ensure!(status.context("cannot start python3")?.success(), "`python3 -m venv` failed");
    }
    Ok(python)
}

/// Installs missing packages with pip. On Linux, PyTorch depends on 6 GB of CUDA libraries, which it loads
/// even if no GPU is used.
fn install(python: &Path, packages: &[&str]) -> anyhow::Result<()> {
    let is_installed = |package: &&str| {
        let look = format!("import importlib.util, sys; sys.exit(not importlib.util.find_spec('{package}'))");
        Command::new(python).args(["-c", &look]).status().is_ok_and(|status| status.success())
    };
    if packages.iter().all(is_installed) {
        return Ok(());
    }
    eprintln!("installing {}", packages.join(", "));
    let output = Command::new(python).args(["-m", "pip", "install", "--quiet"]).args(packages).output()?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    bail!("pip could not install it: {}", errors.lines().last().unwrap_or_default())
}

/// The system's tcmalloc; `None` if it is not installed.
pub fn installed_tcmalloc() -> Option<PathBuf> {
    let paths = LIBRARY_FOLDERS.iter().flat_map(|folder| TCMALLOC.map(|name| Path::new(folder).join(name)));
    paths.into_iter().find(|path| path.is_file())
}
