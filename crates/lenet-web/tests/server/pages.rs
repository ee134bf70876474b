//! The page, the curves of a run, and the documents of the interface.

use std::fs;

use crate::program::Program;

#[test]
fn the_folder_of_the_page_is_served_with_a_strict_policy() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("index.html"), "<title>here</title>").unwrap();
    fs::write(folder.path().join("lenet_web_bg.wasm"), "\0asm").unwrap();
    let server = Program::start(&["--page", folder.path().to_str().unwrap()]);
    let page = server.get("/");
    assert_eq!((page.status, page.text().as_str()), (200, "<title>here</title>"));
    let policy = page.head.lines().find(|line| line.starts_with("content-security-policy:")).unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{policy}");
    assert!(server.get("/lenet_web_bg.wasm").head.contains("content-type: application/wasm"));
    let missing = server.get("/nothing.js");
    assert_eq!((missing.status, missing.json()["error"].as_str()), (404, Some("there is no such file")));
    assert_eq!(server.get("/../Cargo.toml").status, 404);
}

#[test]
fn without_the_page_one_sentence_says_how_to_make_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(&["--page", folder.path().to_str().unwrap()]);
    let answer = server.get("/");
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("cargo xtask web"), "{}", answer.text());
    assert_eq!(server.get("/healthz").text(), "ok\n");
}

#[test]
fn the_policy_of_the_page_and_that_of_the_server_agree() {
    let index = include_str!("../../page/index.html");
    let start = index.find("default-src").unwrap();
    let in_page = &index[start..start + index[start..].find('"').unwrap()];
    let policy = Program::start(&[]).get("/healthz").head;
    assert!(policy.contains(&format!("{in_page}; frame-ancestors 'none'")), "{policy}");
}

#[test]
fn the_records_of_a_run_are_returned_without_a_line_that_is_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(&["--run", folder.path().to_str().unwrap()]);
    assert!(server.get("/v1/run").json()["help"].as_str().unwrap().contains("metrics.jsonl"));
    let step = r#"{"event":"step","epoch":0,"step":50,"loss":0.7,"learning_rate":0.01}"#;
    fs::write(folder.path().join("metrics.jsonl"), format!("{step}\n{}", &step[..20])).unwrap();
    let run = server.get("/v1/run").json();
    assert_eq!(run["records"].as_array().unwrap().len(), 1);
    assert_eq!(run["records"][0]["step"], 50);
}

#[test]
fn without_a_run_the_answer_says_how_to_follow_one() {
    let answer = Program::start(&[]).get("/v1/run");
    assert_eq!(answer.status, 404);
    assert!(answer.json()["help"].as_str().unwrap().contains("--run"));
}

#[test]
fn every_path_of_the_openapi_document_is_served() {
    let server = Program::start(&[]);
    let document = server.get("/v1/openapi.json").json();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let answer = server.get(path);
        if methods.get("get").is_some() {
            let described = &methods["get"]["responses"][answer.status.to_string()];
            assert!(described.is_object(), "{path}: {answer:?}");
        } else {
            assert_eq!(answer.status, 405, "{path}");
        }
    }
}

/// A package that is tested alone has no documents.
#[test]
fn the_document_names_every_option_and_route() {
    let Ok(document) = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/web.md")) else {
        return;
    };
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_lenet-web")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let options = help
        .split_whitespace()
        .filter(|word| word.starts_with("--") && !["--help", "--version"].contains(word));
    let paths = Program::start(&[]).get("/v1/openapi.json").json()["paths"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect::<Vec<_>>();
    for name in options.map(str::to_owned).chain(paths) {
        let name = name.trim_end_matches([',', '.', ')']);
        assert!(document.contains(&format!("`{name}")) || document.contains(&format!(" {name}`")), "{name}");
    }
}
