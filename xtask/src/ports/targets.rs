//! [`PORTS`]: the processors and systems, and what runs on each.

/// A processor or a system that this machine can emulate.
pub struct Port {
    pub name: &'static str,
    /// What the port has that this machine may not have.
    pub shows: &'static str,
    /// The program that runs the port's programs, with its first arguments.
    pub emulator: &'static [&'static str],
    /// The Debian package of the emulator.
    pub package: &'static str,
    /// `None` if the architecture is this machine's, with another processor model.
    pub cross: Option<Cross>,
    /// Packages whose tests run.
    pub tests: &'static [&'static str],
    /// Whether the short conformance ladder runs, and must catch bugs planted in the vectors: where it shows something new.
    pub ladder: bool,
}

/// Requirements of another architecture or system.
pub struct Cross {
    pub triple: &'static str,
    pub linker: &'static str,
    /// The Debian package of the linker.
    pub package: &'static str,
}

/// Packages with processor-specific instructions, or that depend on the memory model.
const KERNELS: &[&str] = &["lenet-threads", "lenet-backend"];
/// Packages that read and write files, or count in `usize`: their formats must not depend on the order of bytes, on the width of
/// `usize` or on the system. Of lenet-train the tests of checkpoints.
const FILES: &[&str] =
    &["lenet-threads", "lenet-backend", "lenet-files", "lenet-model", "lenet-data", "lenet-train"];

pub const PORTS: [Port; 6] = [
    Port {
        name: "x86-64-sse2",
        shows: "portable kernels",
        emulator: &["qemu-x86_64", "-cpu", "Nehalem"],
        package: "qemu-user",
        cross: None,
        tests: KERNELS,
        ladder: false,
    },
    Port {
        name: "x86-64-avx2",
        shows: "AVX2 kernels",
        emulator: &["qemu-x86_64", "-cpu", "Haswell-noTSX,-pcid,-x2apic,-tsc-deadline,-invpcid"],
        package: "qemu-user",
        cross: None,
        tests: KERNELS,
        ladder: false,
    },
    Port {
        name: "aarch64",
        shows: "NEON kernels",
        emulator: &["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"],
        package: "qemu-user",
        cross: Some(Cross {
            triple: "aarch64-unknown-linux-gnu",
            linker: "aarch64-linux-gnu-gcc",
            package: "gcc-aarch64-linux-gnu",
        }),
        tests: KERNELS,
        ladder: true,
    },
    Port {
        name: "i686",
        shows: "32-bit usize",
        // The kernel of x86-64 runs them; the loader finds the 32-bit libraries. (In QEMU 7.2 starting a thread hangs.)
        emulator: &["/usr/i686-linux-gnu/lib/ld-linux.so.2", "--library-path", "/usr/i686-linux-gnu/lib"],
        package: "libc6-i386-cross",
        cross: Some(Cross {
            triple: "i686-unknown-linux-gnu",
            linker: "i686-linux-gnu-gcc",
            package: "gcc-i686-linux-gnu",
        }),
        tests: FILES,
        ladder: false,
    },
    Port {
        name: "s390x",
        shows: "big-endian",
        emulator: &["qemu-s390x", "-L", "/usr/s390x-linux-gnu"],
        package: "qemu-user",
        cross: Some(Cross {
            triple: "s390x-unknown-linux-gnu",
            linker: "s390x-linux-gnu-gcc",
            package: "gcc-s390x-linux-gnu",
        }),
        tests: FILES,
        ladder: false,
    },
    Port {
        name: "windows",
        shows: "paths, locks, renames",
        emulator: &["/usr/lib/wine/wine64"],
        package: "wine64",
        cross: Some(Cross {
            triple: "x86_64-pc-windows-gnu",
            linker: "x86_64-w64-mingw32-gcc",
            package: "gcc-mingw-w64-x86-64",
        }),
        tests: FILES,
        ladder: false,
    },
];
