//! Weights under other names, with a prefix before each tensor, or with something else in their place.

use std::fs;

use lenet_model::{Parameter, StateDict, weights};
use safetensors::tensor::{Dtype, TensorView};

use crate::interop;

/// What is read from a file of this name and content; an error without the path.
fn read(name: &str, content: &[u8]) -> Result<StateDict, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    weights::read_state_dict(&path).map_err(|error| {
        let error = error.to_string();
        error.strip_prefix(&format!("{}: ", path.display())).unwrap().to_owned()
    })
}

/// safetensors of the weights of `interop`, each name with `prefix`, and of more tensors.
fn safetensors(prefix: &str, more: &[(&str, Dtype, usize)]) -> Vec<u8> {
    let state = interop::weights();
    let bytes =
        |parameter: &Parameter| parameter.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let all: Vec<Vec<u8>> = state.parameters().iter().map(bytes).collect();
    let zeros = [0; 64];
    let ours = state.parameters().iter().zip(&all).map(|(parameter, bytes)| {
        let view = TensorView::new(Dtype::F32, parameter.shape.clone(), bytes).unwrap();
        (format!("{prefix}{}", parameter.name), view)
    });
    let more = more.iter().map(|&(name, dtype, bytes)| {
        (name.to_owned(), TensorView::new(dtype, vec![1], &zeros[..bytes]).unwrap())
    });
    safetensors::serialize(ours.chain(more), None).unwrap()
}

#[test]
fn the_content_decides_what_is_read_and_not_the_name() {
    let pytorch = fs::read(interop::path("bfloat16.pt")).unwrap();
    let old_pytorch = fs::read(interop::path("legacy_half.pth")).unwrap();
    let burnpack = weights::to_bytes(&interop::weights(), weights::Format::Burnpack).unwrap();
    for name in
        ["last.ckpt", "best.pth.tar", "pytorch_model.bin", "NET.PT", "net", "net.safetensors", "net.onnx"]
    {
        for content in [&pytorch, &old_pytorch, &burnpack, &safetensors("", &[])] {
            assert!(read(name, content).unwrap() == interop::weights(), "{name}");
        }
    }
}

#[test]
fn an_extension_may_be_in_upper_case() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("LENET.SAFETENSORS");
    weights::write_state_dict(&interop::weights(), &path).unwrap();
    assert!(weights::read_state_dict(&path).unwrap() == interop::weights());
}

#[test]
fn a_prefix_of_all_names_is_removed() {
    for prefix in ["module.", "_orig_mod.", "model.", "net.", "state_dict.module._orig_mod."] {
        assert!(
            read("net.safetensors", &safetensors(prefix, &[])).unwrap() == interop::weights(),
            "{prefix}"
        );
    }
}

#[test]
fn an_extra_tensor_of_another_type_does_not_belong_to_this_network() {
    let more = [("bn1.num_batches_tracked", Dtype::I64, 8)];
    let error = read("net.safetensors", &safetensors("", &more)).unwrap_err();
    assert_eq!(error, "tensor `bn1.num_batches_tracked` does not belong to this network");
    let error = read("net.safetensors", &safetensors("model.", &[("scale", Dtype::F64, 8)])).unwrap_err();
    assert_eq!(error, "tensor `scale` does not belong to this network");
    // Not a parameter of the network, although its name without the prefix would be a part of one.
    let error = read("net.safetensors", &safetensors("model.", &[("weight", Dtype::F32, 4)])).unwrap_err();
    assert_eq!(error, "tensor `weight` does not belong to this network");
}

#[test]
fn two_networks_in_one_file_are_one_too_many() {
    let state = interop::weights();
    let names = ["ema.", "model."]
        .map(|prefix| state.parameters().iter().map(move |parameter| format!("{prefix}{}", parameter.name)));
    let zeros = [0; 4];
    let views = names.into_iter().flatten();
    let views = views.map(|name| (name, TensorView::new(Dtype::F32, vec![1], &zeros).unwrap()));
    let error = read("net.safetensors", &safetensors::serialize(views, None).unwrap()).unwrap_err();
    assert_eq!(error, "holds several networks, under `ema.` and `model.`: save one of them alone");
}

#[test]
fn a_git_lfs_pointer_is_called_one() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 250123\n";
    for name in ["net.safetensors", "net.pt", "net.bpk", "net.bin"] {
        let error = read(name, pointer.as_bytes()).unwrap_err();
        let expected =
            "is a Git LFS pointer, not weights: fetch the file that it stands for with `git lfs pull`";
        assert_eq!(error, expected);
    }
}

#[test]
fn a_page_in_place_of_a_download_is_called_one() {
    for page in ["<!DOCTYPE html>\n<html>", "\n  <html lang=en>", "\u{feff}<!doctype HTML>"] {
        let error = read("net.pt", page.as_bytes()).unwrap_err();
        let expected = "is an HTML page, not weights: download the file itself, not the page about it";
        assert_eq!(error, expected);
    }
    let error = read("net.pt.gz", b"\x1f\x8b\x08\x00").unwrap_err();
    assert_eq!(error, "is a gzip file, not weights: decompress it first");
}

/// The layout of `torch.save(model, path)` before PyTorch 1.6: four pickles, of which the last one refers to
/// the class of the module by `('module', class, file, source)`.
#[test]
fn a_whole_module_of_old_is_answered_with_what_to_do() {
    let magic = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
    let system = b"\x80\x02}(X\x0d\x00\x00\x00little_endian\x88u.";
    let module = b"\x80\x02(X\x06\x00\x00\x00moduleq\x00c__main__\nNet\nq\x01X\x06\x00\x00\x00net.pyq\x02X\x04\x00\x00\x00codeq\x03tq\x04Q)\x81}b.";
    let file = [&magic[..], b"\x80\x02M\xe9\x03.", system, module].concat();
    for name in ["old.pt", "old.pth.tar"] {
        let error = read(name, &file).unwrap_err();
        assert_eq!(
            error,
            "is a whole module in the layout before PyTorch 1.6, with source code, not weights: in Python, save its \
             weights alone, with torch.save(model.state_dict(), \"weights.pt\")"
        );
    }
}

#[test]
fn what_no_format_begins_like_is_refused_with_the_formats() {
    let error = read("notes", b"some text").unwrap_err();
    assert!(
        error.starts_with("not weights: expected the content of a .safetensors, .bpk, .pt or .pth"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn writing_to_a_link_changes_what_it_leads_to() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| -> std::path::PathBuf { folder.path().join(name) };
    fs::create_dir(at("store")).unwrap();
    symlink("store/v1.safetensors", at("current.safetensors")).unwrap();
    symlink("current.safetensors", at("link.safetensors")).unwrap();
    // The file is not there at first, and then it is.
    for seed in [1, 2] {
        let state = StateDict::random(seed);
        weights::write_state_dict(&state, &at("link.safetensors")).unwrap();
        assert!(weights::read_state_dict(&at("store/v1.safetensors")).unwrap() == state);
    }
    for link in ["current.safetensors", "link.safetensors"] {
        assert!(at(link).is_symlink(), "{link}");
    }
    symlink("round.safetensors", at("round.safetensors")).unwrap();
    let error = weights::write_state_dict(&StateDict::random(1), &at("round.safetensors")).unwrap_err();
    assert!(error.to_string().ends_with("cannot write: too many symbolic links"), "{error}");
}
