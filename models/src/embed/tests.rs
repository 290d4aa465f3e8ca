//! Against the real weights: what an embedding is worth, a fake can't show.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::*;
use crate::engine::Engine;
use crate::store::{Store, default_dir};

fn weights() -> VerifiedModel {
    let dir = default_dir(|name| std::env::var_os(name)).expect("HOME is set");
    Store::open(dir)
        .and_then(|store| store.verified(&MODEL.parse().expect("a model id")))
        .unwrap_or_else(|error| panic!("these tests need the embedding model: {error}"))
}

fn embedder() -> MutexGuard<'static, Embedder> {
    static EMBEDDER: LazyLock<Mutex<Embedder>> =
        LazyLock::new(|| Mutex::new(Embedder::load(&weights(), 2).expect("the model loads")));
    EMBEDDER.lock().unwrap_or_else(PoisonError::into_inner)
}

fn embed(texts: &[&str]) -> Vec<Embedding> {
    embedder().embed(texts, &Cancel::new()).unwrap()
}

#[test]
fn sentences_that_mean_the_same_are_nearer_than_others() {
    for [sentence, alike, other] in [
        ["A man is eating food.", "Someone is having a meal.", "The stock market fell sharply today."],
        ["How do I reset my password?", "I forgot my login credentials.", "Bring the soup to a boil."],
        ["The cat sits on the mat.", "A kitten is resting on a rug.", "Interest rates will rise next year."],
        [
            "When does the warranty end?",
            "The guarantee lasts for two years.",
            "Paint dries faster in summer.",
        ],
    ] {
        let [sentence_at, alike_at, other_at] = &embed(&[sentence, alike, other])[..] else { panic!() };
        let (near, far) = (sentence_at.cosine(alike_at), sentence_at.cosine(other_at));
        assert!(near > far + 0.2, "{sentence}: {near} to {alike:?}, {far} to {other:?}");
    }
}

#[test]
fn cosines_are_the_original_models_within_what_int8_costs() {
    let texts = ["This is an example sentence", "Each sentence is converted"];
    let [first, second] = &embed(&texts)[..] else { panic!() };
    // The first three numbers of the original for the first sentence: 0.0676, 0.0635, 0.0487.
    for (value, expected) in first.values().iter().zip([0.0676, 0.0635, 0.0487]) {
        assert!((value - expected).abs() < 0.02, "{value} for {expected}");
    }
    assert!(first.cosine(second) < 0.9);
}

#[test]
fn an_embedding_has_unit_length_and_depends_on_its_text_alone() {
    let long = "The garden has roses and tulips. ".repeat(100);
    let texts = ["short", "a sentence of a few words", &long, "", "née – 東京 🙂 \u{0}\u{202e}"];
    let together = embed(&texts);
    for (text, embedding) in texts.iter().zip(&together) {
        assert!((embedding.cosine(embedding) - 1.0).abs() < 1e-5, "{text:?}");
        assert!(embedding.values().iter().all(|value| value.is_finite()), "{text:?}");
        assert_eq!(embed(&[text])[0], *embedding, "{text:?}");
    }
}

#[test]
fn words_beyond_the_longest_text_are_left_out_and_case_does_not_count() {
    let start = "word ".repeat(LONGEST);
    let [cut, whole] = &embed(&[&start, &format!("{start} elephants dance in the snow")])[..] else {
        panic!()
    };
    assert_eq!(cut, whole);
    let [lower, upper] = &embed(&["the old harbour", "The Old HARBOUR"])[..] else { panic!() };
    assert_eq!(lower, upper);
}

#[test]
fn cancelled_work_ends_without_a_result() {
    let cancel = Cancel::new();
    cancel.cancel();
    assert_eq!(embedder().embed(&["a"], &cancel), Err(EmbedError::Cancelled));
    assert_eq!(embedder().embed(&[], &cancel), Ok(Vec::new()));
}

#[test]
fn values_without_a_direction_are_no_embedding() {
    assert!(Embedding::towards(&[0.0; DIMENSIONS]).is_none());
    assert!(Embedding::towards(&[f32::NAN; DIMENSIONS]).is_none());
    assert!(Embedding::towards(&[1.0; 3]).is_none());
    let diagonal = Embedding::towards(&[3.0; DIMENSIONS]).unwrap();
    assert!((diagonal.cosine(&diagonal) - 1.0).abs() < 1e-5);
}

#[tokio::test]
async fn it_runs_on_an_engine_thread() {
    let model = weights();
    let engine =
        Engine::spawn("embeddings", 4, std::time::Duration::from_secs(60), move || Embedder::load(&model, 1));
    let one = engine.run(|embedder| embedder.embed(&["a kettle"], &Cancel::new())).await.unwrap().unwrap();
    assert_eq!(one, embed(&["a kettle"]));
}
