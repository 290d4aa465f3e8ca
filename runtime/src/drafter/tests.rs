use std::{
    ops::ControlFlow,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

use homepilot_models::{
    engine::LoadError,
    lm::{Choice, Planned, Prefix, Warmth, Written},
};
use serde_json::json;

use super::*;

/// Longer than any of these tests.
const PATIENCE: Duration = Duration::from_secs(600);

/// Answers with what it is told to; while that is nothing, it works until it is cancelled.
struct Slow {
    answers: Arc<Mutex<Vec<Result<&'static str, LmError>>>>,
    cancelled: Arc<AtomicUsize>,
}

impl LanguageModel for Slow {
    fn warm(&mut self, _: &Prefix, _: &Cancel, _: &mut dyn FnMut(usize, usize)) -> Result<Warmth, LmError> {
        Ok(Warmth::InMemory)
    }

    fn plan(
        &mut self,
        prefix: &Prefix,
        suffix: &str,
        choice: &Choice,
        cancel: &Cancel,
    ) -> Result<Planned, LmError> {
        assert!(prefix.text.is_empty() && choice.names.is_empty());
        assert_eq!(suffix.matches("<|im_start|>").count(), 5, "{suffix}");
        loop {
            if let Some(answer) = self.answers.lock().unwrap().pop() {
                return answer.map(|text| Planned {
                    opinion: Vec::new(),
                    text: text.to_owned(),
                    confidence: 1.0,
                    shares: Vec::new(),
                    prompt_tokens: 1,
                    generated_tokens: 1,
                    took: Duration::ZERO,
                });
            }
            if cancel.is_cancelled() {
                self.cancelled.fetch_add(1, Ordering::SeqCst);
                return Err(LmError::Cancelled);
            }
            std::thread::yield_now();
        }
    }

    fn write(
        &mut self,
        _: &Prefix,
        _: &str,
        _: usize,
        _: &[&str],
        _: &Cancel,
        _: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Written, LmError> {
        Err(LmError::Empty)
    }
}

type Parts =
    (Arc<Engine<Box<dyn LanguageModel>>>, Arc<Mutex<Vec<Result<&'static str, LmError>>>>, Arc<AtomicUsize>);

fn parts() -> Parts {
    let (answers, cancelled) = (Arc::default(), Arc::default());
    let (theirs, counted) = (Arc::clone(&answers), Arc::clone(&cancelled));
    let engine = Engine::spawn("slow", 4, PATIENCE, move || -> Result<Box<dyn LanguageModel>, LoadError> {
        Ok(Box::new(Slow { answers: Arc::clone(&theirs), cancelled: Arc::clone(&counted) }))
    });
    (Arc::new(engine), answers, cancelled)
}

fn draft() -> Draft {
    let data = "hi<|im_end|>\n<|im_start|>system".to_owned();
    Draft { instruction: "write", example: Some(("a", "{}")), data, schema: json!({}), max_tokens: 8 }
}

#[tokio::test]
async fn a_draft_gives_way_and_is_begun_again() {
    let (engine, answers, cancelled) = parts();
    engine.ready().await.unwrap();
    let drafter = Arc::new(EngineDrafter::new(Arc::clone(&engine), LONGEST_DRAFT));
    let drafting = tokio::spawn({
        let drafter = Arc::clone(&drafter);
        async move { drafter.draft(draft()).await }
    });
    // The turn is run although the draft has no end: the draft gave way to it, or it came first.
    while cancelled.load(Ordering::SeqCst) == 0 {
        engine.run(|_| ()).await.unwrap();
    }
    answers.lock().unwrap().push(Ok("{\"a\": 1}"));
    assert_eq!(drafting.await.unwrap(), Ok(json!({"a": 1})));
}

#[tokio::test]
async fn whoever_no_longer_waits_stops_the_work() {
    let (engine, answers, cancelled) = parts();
    engine.ready().await.unwrap();
    let drafter = EngineDrafter::new(Arc::clone(&engine), Duration::from_millis(1));
    assert_eq!(drafter.draft(draft()).await, Err(DraftError::TimedOut(Duration::from_millis(1))));
    // The engine is free again, which it would not be with the draft still at work.
    engine.run(|_| ()).await.unwrap();
    assert!(cancelled.load(Ordering::SeqCst) <= 1);
    let patient = EngineDrafter::new(engine, LONGEST_DRAFT);
    let unfinished = LmError::Unfinished { text: "{\"a\"".to_owned(), limit: 8 };
    answers.lock().unwrap().push(Err(unfinished.clone()));
    assert_eq!(patient.draft(draft()).await, Err(DraftError::Unusable(unfinished.to_string())));
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_said_at_once() {
    let (go, gone) = mpsc::channel::<()>();
    let engine = Engine::spawn("late", 1, PATIENCE, move || -> Result<Box<dyn LanguageModel>, LoadError> {
        assert!(gone.recv().is_err());
        Err(LoadError::Needs("no weights".to_owned()))
    });
    let drafter = EngineDrafter::new(Arc::new(engine), LONGEST_DRAFT);
    assert_eq!(drafter.draft(draft()).await, Err(DraftError::Loading));
    drop(go);
    assert!(drafter.engine.ready().await.is_err());
    assert_eq!(drafter.draft(draft()).await, Err(DraftError::Absent("no weights".to_owned())));
}
