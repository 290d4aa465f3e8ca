use super::*;
use crate::fetching::Fetching;

const HOUSE: &str = "piper-en_US-joe-medium";
const OTHER: &str = "hibari-heart";

fn voices() -> Voices {
    let dir =
        homepilot_models::store::default_dir(|name| std::env::var_os(name)).expect("HOME or XDG_CACHE_HOME");
    in_store(Store::open(dir).unwrap())
}

fn in_store(store: Store) -> Voices {
    let store = Arc::new(store);
    let weights = Fetching::off(store.clone()).weights();
    Voices::start(store, weights, HOUSE.parse().unwrap())
}

fn choice(id: &str) -> VoiceChoice {
    VoiceChoice { id: id.to_owned(), speed: 1.0 }
}

fn saying(voice: &str, text: &str) -> Saying {
    Saying::new(voice.parse().unwrap(), text.to_owned(), 1.0, SampleRate::HZ_24000)
}

#[tokio::test]
async fn a_persona_speaks_with_the_voice_it_names() {
    let voices = voices();
    assert_eq!(voices.of(&choice(HOUSE)).unwrap(), *voices.house());
    assert_eq!(voices.of(&choice(OTHER)).unwrap().as_str(), OTHER);
    let text = "It is half past six.";
    let house = voices.speak(saying(HOUSE, text), Cancel::new()).await.unwrap();
    let other = voices.speak(saying(OTHER, text), Cancel::new()).await.unwrap();
    assert!(house.len() > 12_000 && other.len() > 12_000 && house != other);
    assert_eq!(lock(&voices.others).len(), 1);
}

#[tokio::test]
async fn a_voice_that_is_not_there_is_told_with_what_to_do() {
    let voices = voices();
    let unknown = voices.of(&choice("nobody")).unwrap_err();
    assert!(unknown.contains("there is no voice \"nobody\"") && unknown.contains(OTHER), "{unknown}");
    let empty = tempfile::tempdir().unwrap();
    let voices = in_store(Store::open(empty.path().to_owned()).unwrap());
    let error = voices.speak(saying(OTHER, "Hello."), Cancel::new()).await.unwrap_err().to_string();
    assert!(error.contains("homepilot models pull hibari-heart") && error.contains(HOUSE), "{error}");
    assert!(lock(&voices.others).is_empty(), "it is tried again");
}

#[tokio::test]
async fn a_clause_is_made_once_and_warming_makes_it_beforehand() {
    let voices = voices();
    let clauses = ["Shall I?".to_owned()];
    let voice = voices.house().clone();
    voices.warm(&voice, 1.0, SampleRate::HZ_24000, &clauses).await;
    let made = lock(&voices.spoken).get(&saying(HOUSE, "Shall I?")).expect("made beforehand");
    let again = voices.speak(saying(HOUSE, "Shall I?"), Cancel::new()).await.unwrap();
    assert!(Arc::ptr_eq(&made, &again));
}
