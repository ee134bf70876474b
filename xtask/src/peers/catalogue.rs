//! [`PEERS`]: the programs of the comparison and their settings.

use super::work::Work;

/// A program in one of its settings.
pub struct Peer {
    /// Id in `--peers` and peers.json.
    pub id: &'static str,
    /// Name in the tables.
    pub name: &'static str,
    /// Framework: the prefix of the id that all its settings share.
    pub family: &'static str,
    /// The program to start.
    pub program: Program,
    /// Whether the program runs on one thread, whatever `--threads` says.
    pub single: bool,
    /// Whether the program can train; otherwise it only infers.
    pub trains: bool,
}

/// The program to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// `peer-lenet` of lenet-bench.
    LeNet,
    /// `benches/peers/candle`.
    Candle,
    /// A script in `benches/peers`, with these arguments.
    Python(&'static str, &'static [&'static str]),
}

/// All programs. The first is this workspace.
pub const PEERS: [Peer; 12] = [
    peer_of("lenet", "this workspace", "lenet", Program::LeNet),
    Peer { single: true, ..peer_of("lenet-1t", "this workspace, 1 thread", "lenet", Program::LeNet) },
    peer_of("torch-eager", "PyTorch, eager", "torch", EAGER),
    Peer { single: true, ..peer_of("torch-eager-1t", "PyTorch, eager, 1 thread", "torch", EAGER) },
    peer_of("torch-compiled", "PyTorch, compiled", "torch", COMPILED),
    Peer { single: true, ..peer_of("torch-compiled-1t", "PyTorch, compiled, 1 thread", "torch", COMPILED) },
    Peer { trains: false, ..peer_of("torch-traced", "PyTorch, traced and frozen", "torch", TRACED) },
    Peer {
        single: true,
        trains: false,
        ..peer_of("torch-traced-1t", "PyTorch, traced and frozen, 1 thread", "torch", TRACED)
    },
    peer_of("jax", "JAX", "jax", Program::Python("peer_jax.py", &[])),
    Peer { trains: false, ..peer_of("onnxruntime", "ONNX Runtime", "onnxruntime", ONNX) },
    Peer {
        single: true,
        trains: false,
        ..peer_of("onnxruntime-1t", "ONNX Runtime, 1 thread", "onnxruntime", ONNX)
    },
    peer_of("candle", "candle", "candle", Program::Candle),
];

const EAGER: Program = torch(&["--mode", "eager"]);
const COMPILED: Program = torch(&["--mode", "compiled"]);
const TRACED: Program = torch(&["--mode", "traced"]);
const ONNX: Program = Program::Python("peer_onnxruntime.py", &[]);

const fn torch(args: &'static [&'static str]) -> Program {
    Program::Python("peer_torch.py", args)
}

const fn peer_of(id: &'static str, name: &'static str, family: &'static str, program: Program) -> Peer {
    Peer { id, name, family, program, single: false, trains: true }
}

/// The program with this id, which must be one of [`PEERS`].
pub fn peer(id: &str) -> &'static Peer {
    PEERS.iter().find(|peer| peer.id == id).unwrap_or(&PEERS[0])
}

impl Peer {
    /// Whether `name` is the id or the family of this program.
    pub fn is_named(&self, name: &str) -> bool {
        name == self.id || name == self.family
    }

    /// Whether `--peers` with `names` selects this program; no names select all. This workspace is always
    /// selected. If `threads` is 1, settings with one thread are left out, because they would repeat the
    /// others.
    pub fn is_among(&self, names: &[String], threads: usize) -> bool {
        let chosen = names.is_empty() || self.id == "lenet" || names.iter().any(|name| self.is_named(name));
        chosen && !(self.single && threads == 1)
    }

    /// Whether the program can measure this kind of work.
    pub fn does(&self, work: Work) -> bool {
        self.trains || work == Work::Infer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str], threads: usize) -> Vec<&'static str> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        PEERS.iter().filter(|peer| peer.is_among(&names, threads)).map(|peer| peer.id).collect()
    }

    #[test]
    fn a_family_a_setting_or_everyone_can_be_chosen_and_this_workspace_always_is() {
        assert_eq!(chosen(&["torch-eager"], 2), ["lenet", "torch-eager"]);
        assert_eq!(chosen(&["onnxruntime"], 2), ["lenet", "onnxruntime", "onnxruntime-1t"]);
        assert_eq!(chosen(&[], 2).len(), PEERS.len());
    }

    #[test]
    fn with_one_thread_for_all_there_are_no_settings_with_one_thread() {
        assert_eq!(chosen(&["onnxruntime"], 1), ["lenet", "onnxruntime"]);
    }

    #[test]
    fn ids_are_unique_and_start_with_the_family() {
        for (index, peer) in PEERS.iter().enumerate() {
            assert!(peer.id.starts_with(peer.family));
            assert!(PEERS[..index].iter().all(|other| other.id != peer.id));
        }
    }
}
