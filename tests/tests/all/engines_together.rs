//! whisper and llama carry different ggml versions in one program: both are right while both run.

use homepilot_models::{
    cancel::Cancel,
    llama::{Llama, LlamaOptions},
    lm::{LanguageModel as _, Prefix},
    store::Store,
};
use homepilot_tests::server::cache;
use homepilot_voice::{
    Audio, SampleRate,
    asr::{Asr as _, AsrOptions, Whisper},
    resample,
    tts::{Piper, Tts as _},
};
use std::ops::ControlFlow;

const SENTENCE: &str = "Remind me to water the garden tomorrow at five.";

#[test]
fn both_engines_are_right_in_parallel() {
    let store = Store::open(cache().join("models")).unwrap();
    let model = |name: &str| store.verified(&name.parse().unwrap()).unwrap();
    let mut piper = Piper::load(&model("piper-en_US-joe-medium")).unwrap();
    let samples = piper.speak(SENTENCE, 1.0, &Cancel::default()).unwrap();
    let audio = Audio { rate: piper.rate(), samples };
    let pcm = resample::convert(&audio, SampleRate::try_from(16_000).unwrap()).samples;

    let mut whisper = Whisper::load(&model("whisper-tiny.en"), 1).unwrap();
    let options = LlamaOptions { threads: 1, context_tokens: 512, cache_dir: None };
    let mut llama = Llama::load(&model("small"), options).unwrap();
    let mut hear = move || {
        let options = AsrOptions { language: "en".into(), names: Vec::new() };
        whisper.transcribe(&pcm, &options, &Cancel::default()).unwrap().text
    };
    let mut count = move || {
        let prefix = Prefix { text: "<|im_start|>system\nYou continue lists.<|im_end|>\n".into() };
        let suffix = "<|im_start|>user\nCount from one to nine in digits, separated by spaces.<|im_end|>\n<|im_start|>assistant\n";
        let mut sink = |_: &str| ControlFlow::Continue(());
        llama.write(&prefix, suffix, 40, &[], &Cancel::default(), &mut sink).unwrap().text
    };
    let (heard_alone, counted_alone) = (hear(), count());
    assert!(heard_alone.to_lowercase().contains("water the garden"), "{heard_alone}");
    assert!(counted_alone.contains("1 2 3 4 5 6 7 8 9"), "{counted_alone}");

    // Both on their own threads at once, several times over: neither may run on the other's operations.
    let hearing = std::thread::spawn(move || (0..4).map(|_| hear()).collect::<Vec<_>>());
    let counting = std::thread::spawn(move || (0..4).map(|_| count()).collect::<Vec<_>>());
    for heard in hearing.join().unwrap() {
        assert_eq!(heard, heard_alone);
    }
    for counted in counting.join().unwrap() {
        assert_eq!(counted, counted_alone);
    }
}
