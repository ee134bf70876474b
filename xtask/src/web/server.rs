//! [`Server`]: lenet-web while it is checked.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};

use crate::workspace::Programs;

/// A server of the page, which ends with this value.
pub struct Server {
    program: Child,
    /// `http://127.0.0.1:PORT/`.
    pub address: String,
}

impl Server {
    /// Starts lenet-web on a free port, with more arguments of the command line.
    pub fn start(programs: &Programs, folder: &Path, arguments: &[&OsStr]) -> anyhow::Result<Self> {
        let mut command = Command::new(programs.path("lenet-web")?);
        command.args(["--port", "0", "--page"]).arg(folder).args(arguments).stdout(Stdio::piped());
        let mut program = command.spawn().context("cannot start lenet-web")?;
        let output = program.stdout.take().context("no standard output")?;
        let mut server = Self { program, address: String::new() };
        BufReader::new(output).read_line(&mut server.address)?;
        ensure!(server.address.starts_with("http://"), "lenet-web printed no address: {}", server.address);
        server.address.truncate(server.address.trim_end().len());
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
