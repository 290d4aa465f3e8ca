//! Who may know whom: the crates' arrows as ARCHITECTURE.md draws them. An arrow that is not drawn fails.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

const ALLOWED: &[(&str, &[&str])] = &[
    ("homepilot-personas", &[]),
    ("homepilot-models", &[]),
    ("homepilot-gateway", &[]),
    ("homepilot-voice", &["homepilot-models"]),
    ("homepilot-servers", &["homepilot-models"]),
    (
        "homepilot",
        &[
            "homepilot-gateway",
            "homepilot-models",
            "homepilot-personas",
            "homepilot-servers",
            "homepilot-voice",
        ],
    ),
    (
        "homepilot-tests",
        &[
            "homepilot",
            "homepilot-gateway",
            "homepilot-models",
            "homepilot-personas",
            "homepilot-servers",
            "homepilot-voice",
        ],
    ),
];

/// What `cargo metadata` says of the workspace's crates.
pub(crate) fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--locked"])
        .current_dir(homepilot_tests::peers::repository())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn only_the_drawn_arrows_exist() {
    let metadata = metadata();
    let arrows: BTreeMap<&str, Vec<&str>> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            // A crate's tests may stand before what the crate itself must not know.
            let known = dependencies.filter(|d| d["kind"] != "dev").filter_map(|d| d["name"].as_str());
            (package["name"].as_str().unwrap(), known.filter(|n| n.starts_with("homepilot")).collect())
        })
        .collect();
    assert_eq!(arrows.len(), ALLOWED.len(), "a crate without a place in the drawing: {:?}", arrows.keys());
    for (name, allowed) in ALLOWED {
        for arrow in &arrows[name] {
            assert!(allowed.contains(arrow), "{name} must not know {arrow}");
        }
    }
}
