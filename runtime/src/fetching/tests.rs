use std::{
    borrow::Cow,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use axum::{Router, http::StatusCode, response::IntoResponse, routing::get};
use homepilot_models::{
    catalog::Catalog,
    engine::{Engine, EngineError, EngineState},
    store::{Fetchers, FreeSpace, Trouble},
};

use super::*;

/// What both files hold, and its SHA-256.
const BYTES: &[u8] = b"weights";
const SHA256: &str = "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c";

/// A hub that has the model `first` and, once it is told to, `second`.
async fn hub() -> (String, Arc<AtomicBool>) {
    let open = Arc::new(AtomicBool::new(false));
    let asked = open.clone();
    let second = move || async move {
        if asked.load(Ordering::Acquire) {
            BYTES.into_response()
        } else {
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    };
    let router = Router::new().route("/first", get(async || BYTES)).route("/second", get(second));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, open)
}

fn store(dir: &Path, hub: &str, space: FreeSpace) -> Arc<Store> {
    let model = |id: &str| {
        format!(
            "[[model]]\nid = \"{id}\"\nkind = \"vad\"\ntitle = \"{id}\"\nlicence = \"\"\nmin_memory_mb = 1\n\
             verified_here = false\n[[model.file]]\nname = \"f\"\nbytes = {}\nsha256 = \"{SHA256}\"\n\
             [[model.file.source]]\nkind = \"hub\"\nurl = \"{hub}/{id}\"\n",
            BYTES.len()
        )
    };
    let catalog = Catalog::parse(&(model("first") + &model("second"))).unwrap();
    let store = Store::with(dir.to_owned(), Cow::Owned(catalog), Fetchers::default(), space);
    Arc::new(store.unwrap())
}

fn fetching(store: &Arc<Store>) -> Fetching {
    Fetching::start(store.clone(), &store.catalog().entries().iter().collect::<Vec<_>>())
}

/// Stops the fetching when it goes out of scope, so that an assertion that fails is told and nothing hangs.
struct Ending<'a>(&'a Fetching);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

fn id(name: &str) -> ModelId {
    name.parse().unwrap()
}

/// Blocks until the model is where it should be.
fn until(fetching: &Fetching, name: &str, wanted: impl Fn(Option<&Arrival>) -> bool) {
    let board = fetching.shared.board();
    let other = |board: &mut Board| !wanted(board.coming(&id(name)).map(|coming| &coming.arrival));
    drop(fetching.shared.changed.wait_while(board, other).unwrap());
}

fn reader(fetching: &Fetching, name: &str) -> Engine<Vec<u8>> {
    let (weights, id) = (fetching.weights(), id(name));
    let load = |model: VerifiedModel| Ok(std::fs::read(model.path()).unwrap());
    Engine::spawn_after("reader", 1, Duration::from_secs(600), move |absent| weights.get(&id, absent), load)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_starts_when_its_model_could_be_had_after_all() {
    let dir = tempfile::tempdir().unwrap();
    let (url, open) = hub().await;
    let store = store(dir.path(), &url, FreeSpace::default());
    let fetching = fetching(&store);
    let (first, second) = (reader(&fetching, "first"), reader(&fetching, "second"));
    assert_eq!(first.ready().await, Ok(()));
    let failed = Arrival::Failed(Trouble::Unreachable);
    tokio::task::block_in_place(|| until(&fetching, "second", |arrival| arrival == Some(&failed)));
    assert_eq!(second.run(|bytes| bytes.clone()).await, Err(EngineError::Absent));
    let view = fetching.view(Instant::now()).unwrap();
    let shown: Vec<_> =
        view.models.iter().map(|model| (model.id.as_str(), &model.arrival, model.bytes)).collect();
    assert_eq!(shown, [("first", &Arrival::Here, 7), ("second", &failed, 0)]);
    assert!(fetching.say("the second", &id("second")).contains("I try again by myself"));
    open.store(true, Ordering::Release);
    fetching.try_now().unwrap();
    assert_eq!(second.ready().await, Ok(()));
    assert_eq!(second.run(|bytes| bytes.clone()).await.as_deref(), Ok(BYTES));
    assert!(fetching.view(Instant::now()).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_what_nobody_fetches_or_after_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _) = hub().await;
    let store = store(dir.path(), &url, FreeSpace::new(|_| Ok(3)));
    let off = Fetching::off(store.clone());
    let unfetched = reader(&off, "first");
    assert!(
        matches!(unfetched.ready().await, Err(EngineError::Failed(reason)) if reason.contains("models pull"))
    );
    assert_eq!(off.try_now(), Err(Off));
    let fetching = fetching(&store);
    let waiting = reader(&fetching, "first");
    let full = Arrival::Failed(Trouble::DiskFull { needed: 7, free: 3 });
    tokio::task::block_in_place(|| until(&fetching, "first", |arrival| arrival == Some(&full)));
    // An engine that waits ends with what it waits for only, and that is dropped last.
    let end = Ending(&fetching);
    while waiting.state() == EngineState::Loading {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(waiting.state(), EngineState::Absent);
    drop(end);
    assert!(waiting.ready().await.is_err());
    tokio::task::block_in_place(|| drop(fetching));
}

#[tokio::test]
async fn an_engine_that_breaks_off_with_its_weights_gone_or_rotten_says_what_to_do() {
    for rotten in [None, Some(b"rotten".as_slice())] {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path(), "http://127.0.0.1:9", FreeSpace::default());
        let file = dir.path().join("first").join("f");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, BYTES).unwrap();
        let off = Fetching::off(store);
        let engine = reader(&off, "first");
        assert_eq!(engine.run(|bytes| bytes.clone()).await.as_deref(), Ok(BYTES));
        match rotten {
            None => std::fs::remove_file(&file).unwrap(),
            Some(bytes) => std::fs::write(&file, bytes).unwrap(),
        }
        let broke: Result<(), _> = engine.run(|_| panic!("bad frame")).await;
        assert!(matches!(broke, Err(EngineError::Broke(_))), "{broke:?}");
        let Err(EngineError::Failed(reason)) = engine.ready().await else { panic!("{:?}", engine.state()) };
        for part in ["bad frame", "could not be loaded again", "homepilot models pull first"] {
            assert!(reason.contains(part), "{part} in {reason}");
        }
    }
}

#[test]
fn the_time_left_is_told_from_what_came_so_far() {
    let now = Instant::now();
    let store = Catalog::builtin();
    let entries: Vec<&Entry> = store.entries().iter().take(2).collect();
    let mut board = Board::of(&entries);
    let (first, second) = (entries[0].id.clone(), entries[1].id.clone());
    for id in [&first, &second] {
        board.found(id, Some(homepilot_models::store::ModelState::Missing));
    }
    board.begin(&first);
    board.step(&first, 1_000, now);
    assert_eq!(board.left(&first), None, "one step is no pace");
    // What was here before the first step took no time.
    board.step(&first, 101_000, now + Duration::from_secs(10));
    let rest = entries[0].bytes_to_fetch() - 101_000;
    assert_eq!(board.left(&first).map(|left| left.as_secs()), Some(rest / 10_000));
    assert!(board.left(&second) > board.left(&first));
    board.pause(now + Duration::from_secs(5));
    assert_eq!(board.view(now).unwrap().again, Some(Duration::from_secs(5)));
    assert_eq!(board.view(now + Duration::from_secs(6)).unwrap().again, None);
    board.ask();
    assert_eq!(board.rests(now), None, "it is tried at once");
    board.ask();
    board.pause(now + Duration::from_secs(5));
    assert_eq!(board.rests(now), None, "who asked before the round was over does not wait either");
    board.pause(now + Duration::from_secs(5));
    assert_eq!(board.rests(now), Some(Duration::from_secs(5)));
    for id in [&first, &second] {
        board.end(id, Arrival::Here);
    }
    assert!(board.view(now).is_none());
}
