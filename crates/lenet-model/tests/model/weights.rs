//! Weights in files that are read and written, and everything that can be wrong with a file.

use std::path::PathBuf;

use burn::module::Module;
use burn::tensor::{DType, Tensor};
use lenet_model::weights::Format;
use lenet_model::{Error, LeNet, Parameter, StateDict, weights};
use proptest::collection::vec;
use proptest::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use tempfile::TempDir;

use crate::{device, logits};

const FORMATS: [&str; 2] = ["safetensors", "bpk"];

/// A network and a file of its weights.
fn saved(extension: &str) -> (LeNet, TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lenet").with_extension(extension);
    let net = LeNet::new(3, &device());
    weights::save(&net, &path).unwrap();
    (net, folder, path)
}

/// Writes these parameters as safetensors and returns what reading them says.
fn refusal(parameters: &[Parameter]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.safetensors");
    let bytes: Vec<Vec<u8>> =
        parameters.iter().map(|p| p.values.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let views = parameters
        .iter()
        .zip(&bytes)
        .map(|(p, bytes)| (p.name.clone(), TensorView::new(Dtype::F32, p.shape.clone(), bytes).unwrap()));
    std::fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
    weights::load(&path, &device()).unwrap_err().to_string()
}

fn parameters() -> Vec<Parameter> {
    StateDict::random(3).parameters().to_vec()
}

#[test]
fn weights_survive_each_format() {
    for extension in FORMATS {
        let (net, _folder, path) = saved(extension);
        assert_eq!(logits(&weights::load(&path, &device()).unwrap()), logits(&net), "{extension}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Any bits at all: infinities, NaN with payloads, subnormals.
    #[test]
    fn numbers_survive_each_format_bit_for_bit(bits in vec(any::<u32>(), 1..200)) {
        let mut next = bits.iter().cycle().map(|&bits| f32::from_bits(bits));
        let fill = |mut parameter: Parameter| {
            parameter.values.fill_with(|| next.next().unwrap());
            parameter
        };
        let state = StateDict::new(parameters().into_iter().map(fill).collect()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for extension in FORMATS {
            let path = folder.path().join("lenet").with_extension(extension);
            weights::write_state_dict(&state, &path).unwrap();
            prop_assert_eq!(all_bits(&weights::read_state_dict(&path).unwrap()), all_bits(&state));
        }
    }
}

fn all_bits(state: &StateDict) -> Vec<u32> {
    let values = state.parameters().iter().flat_map(|parameter| &parameter.values);
    values.map(|value| value.to_bits()).collect()
}

#[test]
fn safetensors_hold_pytorchs_names_and_layouts() {
    let (net, _folder, path) = saved("safetensors");
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let weight = file.tensor("fc1.weight").unwrap();
    assert_eq!(weight.shape(), [120, 400]);
    let second_input_of_first_output: [f32; 1] =
        net.fc1.weight.val().slice([1..2, 0..1]).into_data().try_into_vec().unwrap().try_into().unwrap();
    assert_eq!(weight.data()[4..8], second_input_of_first_output[0].to_le_bytes());
}

/// Burn's files are in the order of bytes of the machine that wrote them, ours always in that of the others.
#[test]
#[cfg(target_endian = "little")]
fn burnpack_is_what_burn_itself_reads_and_writes() {
    let (net, folder, path) = saved("bpk");
    let by_burn = LeNet::new(9, &device()).try_load_file(&path).unwrap();
    assert_eq!(logits(&by_burn), logits(&net));

    let path = folder.path().join("by_burn.bpk");
    net.clone().save_file(&path).unwrap();
    assert_eq!(logits(&weights::load(&path, &device()).unwrap()), logits(&net));
}

#[test]
fn other_weights_keep_the_identity_of_the_parameters() {
    let net = LeNet::new(1, &device());
    let id = net.fc2.weight.id;
    assert_eq!(net.load_state_dict(&StateDict::random(2), &device()).fc2.weight.id, id);
}

#[test]
fn a_missing_tensor_is_named() {
    let mut some = parameters();
    some.remove(5);
    assert!(
        refusal(&some).ends_with("wrong.safetensors: tensor `fc1.bias` is missing"),
        "{}",
        refusal(&some)
    );
}

#[test]
fn an_extra_tensor_is_named() {
    let mut more = parameters();
    more.push(Parameter::new("fc4.bias", vec![1], vec![0.0]));
    assert!(refusal(&more).ends_with("tensor `fc4.bias` does not belong to this network"));
}

#[test]
fn a_tensor_of_another_shape_is_named_even_if_it_has_as_many_numbers() {
    let mut other = parameters();
    other[4].shape = vec![400, 120];
    assert!(refusal(&other).ends_with("tensor `fc1.weight` has shape [400, 120], expected [120, 400]"));
}

/// Weights of which one tensor is of another type, as Burn saves them.
fn saved_with(dtype: DType) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.bpk");
    let mut net = LeNet::new(1, &device());
    let bias = Tensor::from_data([0.125; 84], (&device(), dtype));
    net.fc2.bias = Some(burn::module::Param::from_tensor(bias));
    net.save_file(&path).unwrap();
    (folder, path)
}

#[test]
fn a_tensor_that_f32_would_round_is_refused_by_name() {
    let (_folder, path) = saved_with(DType::F64);
    let error = weights::load(&path, &device()).unwrap_err().to_string();
    assert!(error.contains("tensor `fc2.bias` holds F64, expected F32, F16 or BF16"), "{error}");
}

#[test]
#[cfg(target_endian = "little")] // The file is Burn's.
fn half_precision_becomes_f32() {
    for dtype in [DType::F16, DType::BF16] {
        let (_folder, path) = saved_with(dtype);
        assert_eq!(weights::read_state_dict(&path).unwrap().parameters()[7].values, [0.125; 84]);
    }
}

#[test]
fn a_file_cut_short_anywhere_is_an_error_that_names_the_file() {
    for extension in FORMATS {
        let (_net, _folder, path) = saved(extension);
        let whole = std::fs::read(&path).unwrap();
        let cuts = (0..64).chain((64..whole.len()).step_by(997)).chain([whole.len() - 1]);
        for length in cuts {
            std::fs::write(&path, &whole[..length]).unwrap();
            let error = weights::load(&path, &device()).unwrap_err().to_string();
            assert!(error.starts_with(path.to_str().unwrap()), "{length} bytes: {error}");
        }
    }
}

/// A bit of some bytes of the header, and of some of the numbers, which have no checksum.
#[test]
fn a_damaged_file_is_an_error_that_names_it_or_holds_a_whole_network() {
    for extension in FORMATS {
        let (_net, _folder, path) = saved(extension);
        let whole = std::fs::read(&path).unwrap();
        let refused = (0..1000).step_by(5).chain((1000..whole.len()).step_by(9973)).filter(|&at| {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            std::fs::write(&path, damaged).unwrap();
            let Err(error) = weights::read_state_dict(&path) else { return false };
            let error = error.to_string();
            assert!(error.starts_with(path.to_str().unwrap()) && error.lines().count() == 1, "{error}");
            true
        });
        assert!(refused.count() > 50, "{extension}");
    }
}

#[test]
fn a_file_far_too_large_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    for extension in ["safetensors", "bpk", "pt", "pth"] {
        let path = folder.path().join("large").with_extension(extension);
        std::fs::File::create(&path).unwrap().set_len(weights::LARGEST_FILE + 1).unwrap();
        let error = weights::read_state_dict(&path).unwrap_err().to_string();
        assert!(error.contains("has 16777217 bytes, expected 16777216 at most"), "{error}");
    }
}

/// Opening a FIFO waits for a writer, and a device may have no end.
#[cfg(unix)]
#[test]
fn a_fifo_or_device_is_refused_unopened() {
    let folder = tempfile::tempdir().unwrap();
    for extension in ["safetensors", "bpk", "pt"] {
        let fifo = folder.path().join("weights").with_extension(extension);
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let error = weights::read_state_dict(&fifo).unwrap_err().to_string();
        assert_eq!(error, format!("{}: is a FIFO, expected a regular file", fifo.display()));

        let device = folder.path().join("device").with_extension(extension);
        std::os::unix::fs::symlink("/dev/zero", &device).unwrap();
        let error = weights::read_state_dict(&device).unwrap_err().to_string();
        assert!(error.ends_with("is a device, expected a regular file"), "{error}");
    }
}

#[test]
fn bytes_are_read_and_written_as_files_are() {
    for (format, extension) in [(Format::Safetensors, "safetensors"), (Format::Burnpack, "bpk")] {
        let (net, _folder, path) = saved(extension);
        assert_eq!(Format::from_path(&path), Some(format));
        let state = net.state_dict().unwrap();
        let bytes = weights::to_bytes(&state, format).unwrap();
        assert_eq!(bytes, std::fs::read(&path).unwrap());
        assert_eq!(weights::from_bytes(&bytes, format).unwrap(), state);
        assert!(weights::from_bytes(&bytes[..1000], format).is_err());
    }
    let large = vec![0; weights::LARGEST_FILE as usize + 1];
    assert!(matches!(weights::from_bytes(&large, Format::Burnpack), Err(Error::TooLarge { .. })));
    assert!(matches!(weights::from_bytes(b"", Format::Pytorch), Err(Error::Format { .. })));
    assert!(matches!(weights::from_bytes(b"", Format::Onnx), Err(Error::Unsupported(_))));
}

/// Programs print an error and then its sources: none of them twice.
#[test]
fn a_message_holds_its_cause_and_no_source_repeats_it() {
    use std::error::Error as _;
    let error = weights::load("absent.bpk".as_ref(), &device()).unwrap_err();
    assert!(error.to_string().contains("No such file") || cfg!(not(unix)), "{error}");
    assert!(error.source().is_none());
}

#[test]
fn an_extension_that_is_no_format_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lenet.weights");
    let error = weights::save(&LeNet::new(1, &device()), &path).unwrap_err().to_string();
    assert!(error.contains(".safetensors, .bpk or .onnx"), "{error}");
    assert!(!path.exists());
}

#[test]
fn an_extension_that_is_no_format_is_refused_with_those_that_are_read() {
    let error = weights::load("lenet.weights".as_ref(), &device()).unwrap_err().to_string();
    assert!(error.contains(".safetensors, .bpk, .pt or .pth"), "{error}");
}

#[test]
fn pytorchs_format_is_not_written_and_onnx_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lenet.pt");
    let error = weights::save(&LeNet::new(1, &device()), &path).unwrap_err().to_string();
    assert!(error.contains("only read here") && error.contains("load_state_dict"), "{error}");
    assert!(!path.exists());
    let error = weights::load("lenet.onnx".as_ref(), &device()).unwrap_err().to_string();
    assert!(error.contains("only written here"), "{error}");
}

#[test]
fn a_failed_save_leaves_no_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("is_a_folder.bpk");
    std::fs::create_dir(&path).unwrap();
    assert!(weights::save(&LeNet::new(1, &device()), &path).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
