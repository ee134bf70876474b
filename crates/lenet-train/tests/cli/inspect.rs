//! `summary`, `devices` and `completions`.

use lenet_backend::Backend;

use crate::scratch::Scratch;

const SUMMARY: &str = "\
LeNet(
  (conv1): Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))
  (conv2): Conv2d(6, 16, kernel_size=(5, 5), stride=(1, 1))
  (fc1): Linear(in_features=400, out_features=120, bias=True)
  (fc2): Linear(in_features=120, out_features=84, bias=True)
  (fc3): Linear(in_features=84, out_features=10, bias=True)
)

conv1.weight [6, 1, 5, 5]
conv1.bias   [6]
conv2.weight [16, 6, 5, 5]
conv2.bias   [16]
fc1.weight   [120, 400]
fc1.bias     [120]
fc2.weight   [84, 120]
fc2.bias     [84]
fc3.weight   [10, 84]
fc3.bias     [10]

layer   operation         output         parameters  multiply-adds
C1      conv1 5x5, ReLU   [6, 28, 28]           156        117,600
S2      max-pool 2x2      [6, 14, 14]             0              0
C3      conv2 5x5, ReLU   [16, 10, 10]        2,416        240,000
S4      max-pool 2x2      [16, 5, 5]              0              0
F5      fc1, ReLU         [120]              48,120         48,000
F6      fc2, ReLU         [84]               10,164         10,080
OUTPUT  fc3               [10]                  850            840
total                                        61,706        416,520
";

#[test]
fn the_summary_is_the_network_its_parameters_and_its_costs() {
    let ended = Scratch::empty().run(&["summary"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(ended.stdout, SUMMARY);
}

/// Repeat `lenet-train summary --svg docs/lenet.svg` after a change of the figure. A package that is tested alone
/// has no such file.
#[test]
fn the_figure_of_the_readme_is_the_one_that_the_program_draws() {
    let Ok(stored) = std::fs::read_to_string("../../docs/lenet.svg") else { return };
    let scratch = Scratch::empty();
    assert_eq!(scratch.run(&["summary", "--svg", "net.svg"]).code, Some(0));
    let drawn = std::fs::read_to_string(scratch.path("net.svg")).unwrap();
    assert!(drawn == stored, "docs/lenet.svg is not what `lenet-train summary --svg` draws");
}

#[test]
fn the_devices_are_all_backends_with_what_to_add_for_those_that_are_absent() {
    let ended = Scratch::empty().run(&["devices"]);
    assert_eq!(ended.code, Some(0));
    for &backend in Backend::ALL {
        let line = format!("{:<9}{}", backend.to_string(), backend.description());
        let place = ended.stdout.lines().position(|found| found == line).unwrap();
        let next = ended.stdout.lines().nth(place + 1).unwrap_or_default();
        let advice = format!("         not in this build: add `--features {backend}`");
        assert_eq!(next == advice, !backend.is_compiled_in(), "{}", ended.stdout);
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let ended = Scratch::empty().run(&["--version"]);
    assert_eq!(ended.stdout, concat!("lenet-train ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn completions_of_each_shell_have_the_flags_and_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ended = Scratch::empty().run(&["completions", shell]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{shell}");
        for word in ["lenet-train", "batch-size", "predict"] {
            assert!(ended.stdout.contains(word), "{shell}: no {word}");
        }
    }
}

#[test]
fn the_manual_page_has_a_chapter_for_each_command() {
    let ended = Scratch::empty().run(&["completions", "man"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(ended.stdout.contains(".TH lenet-train 1"), "{}", &ended.stdout[..200]);
    for chapter in ["EVAL", "PREDICT", "DATA", "CONVERT", "RUNS", "SUMMARY", "DEVICES", "COMPLETIONS"] {
        assert!(ended.stdout.contains(&format!(".SH \"LENET-TRAIN {chapter}\"")), "no {chapter}");
    }
}
