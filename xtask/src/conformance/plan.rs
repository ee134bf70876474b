//! [`entries`]: the subjects to test, each with a build of the program.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use lenet_report::conformance::{Listed, is_named};

use crate::workspace::{Programs, make_folder, target_folder};

/// The program that runs the ladder on one subject.
const PROGRAM: &str = "lenet-conformance";

/// Instruction sets of the kernels, each a subject `flex-NAME`.
pub const ISAS: [&str; 6] = ["avx512", "avx2", "neon", "simd128", "portable-avx2", "portable"];

/// The backends.
const BACKENDS: [&str; 4] = ["flex", "ndarray", "wgpu", "cuda"];

/// Features of Burn that make variants of wgpu.
const VARIANTS: [&str; 2] = ["fusion", "autotune"];

/// The features of a build with all backends but CUDA: those that `.ci/run` tests, so that one compilation serves both.
const ALL: &str = "ndarray,wgpu,planted-bugs";

/// A subject and the build that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name of the subject: `flex-stock`, `wgpu+fusion`.
    pub subject: String,
    /// The build that has the subject.
    pub build: Build,
}

/// The features of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Build {
    /// The default features: flex alone, which the other commands of the workspace compile, too.
    Flex,
    /// As `Flex`, with bugs that can be planted in the kernels.
    Planted,
    /// All backends that every machine can compile.
    All,
    /// CUDA, whose compilation downloads LLVM.
    Cuda,
    /// wgpu with these features of Burn, in a separate target folder.
    Wgpu(Vec<String>),
}

impl Build {
    /// The build for the names given to `--backend`. Backends other than flex take many minutes to compile.
    pub fn for_names(names: &[String]) -> Self {
        if names.iter().any(|name| is_cuda(name)) {
            return Self::Cuda;
        }
        let plain = || names.iter().filter(|name| !name.contains('+'));
        let only_flex = plain().all(|name| is_named(name, "flex"));
        if !names.is_empty() && only_flex { Self::Flex } else { Self::All }
    }

    /// Builds the program and returns its path. Cargo prints its progress.
    pub fn program(&self) -> anyhow::Result<PathBuf> {
        // The whole workspace, with the features of `cargo test`: for others cargo compiles Burn again.
        let workspace = ["--workspace", "--exclude", "xtask", "--bin", PROGRAM];
        let args: Vec<String> = match self {
            Self::Flex => workspace.map(String::from).into(),
            Self::Planted => {
                let features = ["--features", "lenet-conformance/planted-bugs"];
                workspace.into_iter().chain(features).map(String::from).collect()
            }
            Self::All => workspace.into_iter().chain(["--features", ALL]).map(String::from).collect(),
            Self::Cuda => workspace.into_iter().chain(["--features", "cuda"]).map(String::from).collect(),
            Self::Wgpu(burn) => {
                let features: String = burn.iter().map(|feature| format!(",burn/{feature}")).collect();
                let target = target_folder()?.join("conformance/builds").join(burn.join("+"));
                let (features, target) = (format!("wgpu{features}"), target.to_string_lossy().into_owned());
                ["-p", PROGRAM, "--features", &features, "--target-dir", &target].map(String::from).into()
            }
        };
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        self.keep(Programs::build_with(&args)?.path(PROGRAM)?)
    }

    /// Copies the program to a folder of this build, and returns the copy: another build, such as that of `cargo test`, writes
    /// its program in the place of this one, whatever its features are, while the ladder runs.
    fn keep(&self, program: &Path) -> anyhow::Result<PathBuf> {
        let folder = target_folder()?.join("conformance/programs").join(self.name());
        let copy = folder.join(program.file_name().unwrap_or_default());
        make_folder(&folder)?;
        let _ = fs::remove_file(&copy); // One that runs cannot be written, but its name can be given to another.
        fs::copy(program, &copy).with_context(|| format!("cannot write {}", copy.display()))?;
        Ok(copy)
    }

    fn name(&self) -> String {
        match self {
            Self::Flex => "flex".to_owned(),
            Self::Planted => "planted".to_owned(),
            Self::All => "all".to_owned(),
            Self::Cuda => "cuda".to_owned(),
            Self::Wgpu(burn) => format!("wgpu+{}", burn.join("+")),
        }
    }
}

/// The build that wrote a replay file; the file's folder is named after the subject.
pub fn build_of_replay(file: &Path) -> Build {
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    match folder.strip_prefix("wgpu+") {
        Some(features) => Build::Wgpu(features.split('+').map(str::to_owned).collect()),
        None => Build::for_names(&[folder.into_owned()]),
    }
}

/// The names of all subjects that `--backend` and `--isa` select.
pub fn names(backends: &[String], isas: &[String]) -> Vec<String> {
    let of_isas = isas.iter().map(|isa| format!("flex-{isa}"));
    backends.iter().cloned().chain(of_isas).collect()
}

/// Refuses names that are those of no backend, whatever is built.
pub fn check(names: &[String]) -> anyhow::Result<()> {
    for name in names {
        let backend = name.split(['-', '+', ':']).next().unwrap_or_default();
        let all = BACKENDS.join(", ");
        ensure!(BACKENDS.contains(&backend), "there is no backend `{name}`; there are {all}");
        variant(name)?;
    }
    Ok(())
}

/// Refuses rungs that the ladder does not have.
pub fn check_rungs(chosen: &[String], listed: &[Listed]) -> anyhow::Result<()> {
    let rungs: Vec<&str> =
        listed.iter().filter(|item| item.kind == "rung").map(|item| item.name.as_str()).collect();
    let unknown = chosen.iter().find(|rung| !rungs.contains(&rung.as_str()));
    ensure!(
        unknown.is_none(),
        "there is no rung `{}`; there are {}",
        unknown.map_or("", |rung| rung),
        rungs.join(", ")
    );
    Ok(())
}

/// The subjects that `--backend` with these names selects, in the order of the table's columns; no names
/// select all.
///
/// # Errors
/// If a name selects nothing.
pub fn entries(names: &[String], listed: &[Listed]) -> anyhow::Result<Vec<Entry>> {
    let subjects: Vec<&str> =
        listed.iter().filter(|item| item.kind == "subject").map(|item| item.name.as_str()).collect();
    let build = Build::for_names(names);
    let plain = |subject: &str| Entry { subject: subject.into(), build: build.clone() };
    let chosen = |subject: &str| names.is_empty() || names.iter().any(|name| is_named(subject, name));
    // An adapter such as `wgpu:0` may be the one that `wgpu` opens, so it is tested only if named.
    let all = subjects.iter().filter(|subject| !subject.contains(':') || names.iter().any(|n| n == *subject));
    let mut entries: Vec<Entry> =
        all.filter(|subject| chosen(subject)).map(|subject| plain(subject)).collect();
    for name in names {
        if let Some(features) = variant(name)? {
            entries.push(Entry { subject: name.clone(), build: Build::Wgpu(features) });
        } else if !entries.iter().any(|entry| is_named(&entry.subject, name)) {
            let backend = name.split(':').next().unwrap_or_default();
            let is_isa = name.strip_prefix("flex-").is_some_and(|isa| ISAS.contains(&isa));
            let known = is_isa || is_cuda(name) || name.contains(':') && subjects.contains(&backend);
            ensure!(known, "there is no backend `{name}`; there are {}", subjects.join(", "));
            entries.push(plain(name));
        }
    }
    Ok(entries)
}

/// The features of Burn in the name of a variant of wgpu; `None` if the name is that of no variant.
fn variant(name: &str) -> anyhow::Result<Option<Vec<String>>> {
    let Some((backend, features)) = name.split_once('+') else { return Ok(None) };
    let features: Vec<String> = features.split('+').map(str::to_owned).collect();
    let is_known = backend == "wgpu" && features.iter().all(|feature| VARIANTS.contains(&feature.as_str()));
    ensure!(
        is_known,
        "there is no variant `{name}`; there are wgpu+fusion, wgpu+autotune, wgpu+fusion+autotune"
    );
    Ok(Some(features))
}

/// Whether this is a subject on CUDA: such a build is only made if one is named.
fn is_cuda(name: &str) -> bool {
    is_named(name, "cuda")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> anyhow::Result<Vec<String>> {
        let subject = |name: &str| Listed::new("subject", name);
        let listed = ["flex", "flex-stock", "ndarray", "wgpu", "wgpu:cpu"].map(subject);
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        Ok(entries(&names, &listed)?.into_iter().map(|entry| entry.subject).collect())
    }

    #[test]
    fn without_a_choice_everything_that_is_listed_is_tested_once() {
        assert_eq!(columns(&[]).unwrap(), ["flex", "flex-stock", "ndarray", "wgpu"]);
    }

    #[test]
    fn a_backend_a_subject_an_adapter_or_a_variant_can_be_chosen() {
        assert_eq!(columns(&["flex"]).unwrap(), ["flex", "flex-stock"]);
        assert_eq!(columns(&["flex-stock", "wgpu"]).unwrap(), ["flex-stock", "wgpu"]);
        assert_eq!(columns(&["wgpu:cpu"]).unwrap(), ["wgpu:cpu"]);
        assert_eq!(columns(&["wgpu:3"]).unwrap(), ["wgpu:3"]);
        assert_eq!(columns(&["wgpu+fusion"]).unwrap(), ["wgpu+fusion"]);
        assert_eq!(columns(&["flex-neon"]).unwrap(), ["flex-neon"]);
        assert_eq!(columns(&["cuda", "cuda-stock", "cuda:1"]).unwrap(), ["cuda", "cuda-stock", "cuda:1"]);
    }

    #[test]
    fn a_name_that_means_nothing_is_an_error_that_says_what_there_is() {
        let error = columns(&["rocm"]).unwrap_err().to_string();
        assert!(error.contains("`rocm`") && error.contains("flex-stock"), "{error}");
        assert!(columns(&["flex+fusion"]).is_err() && columns(&["wgpu+speed"]).is_err());
        assert!(columns(&["rocm:0"]).is_err());
    }

    #[test]
    fn unknown_backends_and_rungs_are_refused_before_anything_is_built_or_removed() {
        let check = |name: &str| check(&[name.to_owned()]);
        assert!(
            ["flex", "wgpu:0", "wgpu+fusion", "flex-avx2", "cuda:1"].iter().all(|name| check(name).is_ok())
        );
        assert!(
            check("rocm").unwrap_err().to_string().contains("`rocm`; there are flex, ndarray, wgpu, cuda")
        );
        let listed = [Listed::new("rung", "probe"), Listed::new("subject", "flex")];
        assert!(check_rungs(&["probe".to_owned()], &listed).is_ok());
        let error = check_rungs(&["flex".to_owned()], &listed).unwrap_err().to_string();
        assert_eq!(error, "there is no rung `flex`; there are probe");
    }

    #[test]
    fn a_replay_file_is_for_the_build_that_wrote_it() {
        let build = |path: &str| build_of_replay(Path::new(path));
        assert_eq!(build("replay/flex-stock/a.safetensors"), Build::Flex);
        assert_eq!(build("replay/wgpu/a.safetensors"), Build::All);
        assert_eq!(build("replay/wgpu+fusion/a.safetensors"), Build::Wgpu(vec!["fusion".into()]));
        assert_eq!(build("a.safetensors"), Build::All);
    }

    #[test]
    fn flex_alone_does_not_cost_a_build_of_the_other_backends() {
        let build =
            |names: &[&str]| Build::for_names(&names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>());
        assert_eq!(build(&["flex", "flex-stock"]), Build::Flex);
        assert_eq!(build(&["flex", "ndarray"]), Build::All);
        assert_eq!(build(&["flex", "wgpu+fusion"]), Build::Flex);
        assert_eq!(build(&["flex", "cuda-stock"]), Build::Cuda);
        assert_eq!(build(&[]), Build::All);
    }
}
