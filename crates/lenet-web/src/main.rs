//! The program: serves the page and predictions over HTTP. `lenet-web --help` has the options, docs/web.md the interface.

#[cfg(not(target_family = "wasm"))]
mod server;

/// mimalloc returns less memory to the system between requests than the C library's allocator.
#[cfg(not(target_family = "wasm"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(not(target_family = "wasm"))]
fn main() -> anyhow::Result<()> {
    server::main()
}

/// In a page there is no server: the library is used.
#[cfg(target_family = "wasm")]
fn main() {}
