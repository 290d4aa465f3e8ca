//! The first start: models are missing, the page is there at once, and what is missing comes without a restart.

use std::path::Path;

use homepilot_models::catalog::{Catalog, Source};
use homepilot_tests::{
    peers,
    server::{Home, Process, cache, get_until},
};
use tokio::process::Command;

use super::browser::{quiet, visit_at};

/// The planner that is missing: the one that is fetched soonest.
const PLANNER: &str = "tiny";
const DETECTOR: &str = "silero-vad-16k";

/// Packs a model of the person's own cache as the registry has it. Its wheel, in `to`.
async fn pack(id: &str, to: &Path) -> std::path::PathBuf {
    let entry = Catalog::builtin().get(&id.parse().unwrap()).unwrap();
    let Some(Source::Pypi { packages, version, member }) = entry.files[0].sources.first() else {
        panic!("{id} comes from no package");
    };
    let file = cache().join("models").join(entry.id.as_str()).join(&entry.files[0].name);
    let wheel = to.join(format!("{}-{version}-py3-none-any.whl", packages[0].replace('-', "_")));
    let mut pack = Command::new("python3");
    pack.arg(peers::peer("wheel.py")).args([&packages[0], version, member]).arg(file).arg(&wheel);
    peers::run(pack).await.unwrap();
    wheel
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_models_are_shown_and_told_and_come_without_a_restart() {
    let home = Home::new().unwrap();
    let (own, index) = (home.path().join("cache"), home.path().join("index"));
    std::fs::create_dir_all(own.join("homepilot/models")).unwrap();
    std::fs::create_dir(&index).unwrap();
    pack(DETECTOR, &index).await;
    let planner = pack(PLANNER, &index).await;
    let missing =
        [PLANNER, DETECTOR].map(|id| Catalog::builtin().get(&id.parse().unwrap()).unwrap().id.as_str());
    for model in std::fs::read_dir(cache().join("models")).unwrap() {
        let model = model.unwrap();
        if !missing.iter().any(|id| model.file_name() == *id) && model.file_name() != ".pull" {
            std::os::unix::fs::symlink(model.path(), own.join("homepilot/models").join(model.file_name()))
                .unwrap();
        }
    }
    // The registry has the planner only later.
    std::fs::rename(&planner, planner.with_extension("whl.later")).unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let (own, index) = (path(&own), path(&index));
    let variables = [
        ("XDG_CACHE_HOME", own.as_str()),
        ("HOMEPILOT_MODELS_FETCH", "true"),
        ("PIP_NO_INDEX", "1"),
        ("PIP_FIND_LINKS", index.as_str()),
        ("PIP_CONFIG_FILE", "/dev/null"),
    ];
    let process = Process::begin(&home, PLANNER, &variables).await.unwrap();
    let page = format!("http://{}/", process.runtime);
    let seen = visit_at(&page, home.path(), "fetching", &quiet(), &path(&planner)).await;
    let early = seen["early"].as_str().unwrap();
    assert!(early.contains("nothing was done") && early.contains("model I think with"), "{seen}");
    let arrivals = seen["arrivals"].as_str().unwrap();
    for part in ["SmolLM2", "98 MB", "could not be fetched", "online", "Tried again"] {
        assert!(arrivals.contains(part), "{part} in {seen}");
    }
    assert_eq!(seen["problems"], serde_json::json!([]), "{seen}");
    // It answers while the prompts of the other personas are still evaluated.
    let ready = |status: &serde_json::Value| status["ready"] == true;
    let status = get_until(&format!("{page}v1/agentic/status"), ready).await.unwrap();
    assert!(status.get("fetch").is_none(), "{status}");
    process.kill().await.unwrap();
}
