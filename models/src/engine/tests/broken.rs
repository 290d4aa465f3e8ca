//! Engines that break off.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::cancel::Cancel;

/// An engine that knows how often it was loaded before.
fn numbered(queue: usize, patience: Duration) -> Engine<u32> {
    let loads = AtomicU32::new(0);
    Engine::spawn("numbered", queue, patience, move || Ok(loads.fetch_add(1, Ordering::Relaxed)))
}

/// So long a test waits for a hang to be noticed.
const SHORT: Duration = Duration::from_millis(200);

/// A job that shows no sign of life until the sender is dropped, and a sign that it began.
fn hang(
    engine: &Arc<Engine<u32>>,
) -> (mpsc::Sender<()>, oneshot::Receiver<()>, tokio::task::JoinHandle<Result<u32, EngineError>>) {
    let (release, released) = mpsc::channel::<()>();
    let (started, running) = oneshot::channel();
    let engine = Arc::clone(engine);
    let task = tokio::spawn(async move {
        engine
            .run(move |number| {
                started.send(()).unwrap();
                assert!(released.recv().is_err());
                *number
            })
            .await
    });
    (release, running, task)
}

#[tokio::test]
async fn after_a_panic_the_next_job_works_on_a_fresh_engine() {
    let engine = numbered(1, PATIENCE);
    assert_eq!(engine.run(|number| *number).await, Ok(0));
    let mut restarts = engine.restarts();
    let panicked: Result<(), _> = engine.run(|_| panic!("bad frame")).await;
    assert_eq!(panicked, Err(EngineError::Broke("it panicked (bad frame) and was started anew".into())));
    assert!(restarts.has_changed().unwrap(), "it is known before the caller is told");
    assert_eq!(*restarts.borrow_and_update(), 1);
    assert_eq!(engine.run(|number| *number).await, Ok(1));
    assert_eq!(engine.state(), EngineState::Ready);
    assert!(engine.is_idle());
}

#[tokio::test]
async fn jobs_that_wait_survive_a_panic() {
    let engine = Arc::new(numbered(4, PATIENCE));
    let (go, gone) = mpsc::channel::<()>();
    let mut first = Box::pin(engine.run(move |_| {
        assert!(gone.recv().is_err());
        panic!("bad frame");
    }));
    assert!(look_at(first.as_mut()).is_pending());
    let mut second = Box::pin(engine.run(|number| *number));
    let mut third = Box::pin(engine.run(|number| *number + 10));
    assert!(look_at(second.as_mut()).is_pending() && look_at(third.as_mut()).is_pending());
    drop(go);
    let broke: Result<(), _> = first.await;
    assert!(matches!(broke, Err(EngineError::Broke(_))), "{broke:?}");
    assert_eq!((second.await, third.await), (Ok(1), Ok(11)));
}

#[tokio::test]
async fn an_engine_that_panics_again_as_it_is_dropped_is_started_anew_too() {
    struct Spiteful(u32);
    impl Drop for Spiteful {
        fn drop(&mut self) {
            if self.0 == 0 {
                panic!("and another thing");
            }
        }
    }
    let loads = AtomicU32::new(0);
    let engine =
        Engine::spawn("spiteful", 1, PATIENCE, move || Ok(Spiteful(loads.fetch_add(1, Ordering::Relaxed))));
    let panicked: Result<(), _> = engine.run(|_| panic!("bad frame")).await;
    assert!(matches!(panicked, Err(EngineError::Broke(_))), "{panicked:?}");
    assert_eq!(engine.run(|spiteful| spiteful.0).await, Ok(1));
}

#[tokio::test]
async fn an_engine_that_panics_too_often_has_failed_and_says_what_to_do() {
    let engine = numbered(1, PATIENCE);
    for _ in 0..MOST_RESTARTS {
        let panicked: Result<(), _> = engine.run(|_| panic!("bad frame")).await;
        assert!(matches!(panicked, Err(EngineError::Broke(_))), "{panicked:?}");
    }
    let last: Result<(), _> = engine.run(|_| panic!("bad frame")).await;
    let Err(EngineError::Failed(reason)) = last else { panic!("{last:?}") };
    for part in ["more than 3 times", "60 seconds", "bad frame", "start HomePilot again", "doctor"] {
        assert!(reason.contains(part), "{part} in {reason}");
    }
    assert_eq!(engine.state(), EngineState::Failed(reason.clone()));
    assert_eq!(engine.run(|number| *number).await, Err(EngineError::Failed(reason.clone())));
    assert_eq!(engine.ready().await, Err(EngineError::Failed(reason)));
    assert_eq!(*engine.restarts().borrow(), 3);
}

#[tokio::test]
async fn an_engine_that_cannot_be_loaded_again_says_why_to_everyone_who_waits() {
    let mut whole = true;
    let engine = Engine::spawn("rotten", 4, PATIENCE, move || {
        if std::mem::take(&mut whole) { Ok(0) } else { Err(LoadError::Needs("its weights are gone".into())) }
    });
    let (go, gone) = mpsc::channel::<()>();
    let mut first = Box::pin(engine.run(move |_: &mut u32| {
        assert!(gone.recv().is_err());
        panic!("bad frame");
    }));
    assert!(look_at(first.as_mut()).is_pending());
    let mut second = Box::pin(engine.run(|number| *number));
    assert!(look_at(second.as_mut()).is_pending());
    drop(go);
    let broke: Result<(), _> = first.await;
    assert!(matches!(broke, Err(EngineError::Broke(_))), "{broke:?}");
    let reason = "it panicked (bad frame), and could not be loaded again: its weights are gone".to_owned();
    assert_eq!(second.await, Err(EngineError::Failed(reason.clone())));
    assert_eq!(engine.state(), EngineState::Failed(reason.clone()));
    assert_eq!(engine.run(|number| *number).await, Err(EngineError::Failed(reason)));
}

#[tokio::test]
async fn a_job_that_hangs_is_given_up_and_the_next_one_answered_by_a_new_engine() {
    let engine = Arc::new(numbered(4, SHORT));
    engine.ready().await.unwrap();
    let (release, running, hanging) = hang(&engine);
    running.await.unwrap();
    let next = engine.run(|number| *number);
    let (next, hung) = tokio::join!(next, hanging);
    let said = "it did not answer for 0.2 seconds and was started anew".to_owned();
    assert_eq!((next, hung.unwrap()), (Ok(1), Err(EngineError::Broke(said))));
    assert_eq!(*engine.restarts().borrow(), 1);
    assert!(engine.is_idle(), "a job that was given up still counts");
    // Its late end changes nothing.
    drop(release);
    assert_eq!(engine.run(|number| *number).await, Ok(1));
    assert_eq!(engine.state(), EngineState::Ready);
}

#[tokio::test]
async fn the_late_end_of_a_job_that_was_given_up_takes_no_other_job() {
    let engine = Arc::new(numbered(4, SHORT));
    let (release, running, hanging) = hang(&engine);
    running.await.unwrap();
    assert!(hanging.await.unwrap().is_err());
    let (go, gone) = mpsc::channel::<()>();
    let (started, begun) = oneshot::channel();
    let mut busy = Box::pin(engine.run(move |number| {
        started.send(()).unwrap();
        assert!(gone.recv().is_err());
        *number
    }));
    assert!(look_at(busy.as_mut()).is_pending());
    begun.await.unwrap();
    let mut waiting = Box::pin(engine.run(|number| (*number, thread::current().id())));
    assert!(look_at(waiting.as_mut()).is_pending());
    drop(release);
    drop(go);
    assert_eq!(busy.await, Ok(1));
    let (number, first) = waiting.await.unwrap();
    let second = engine.run(|_| thread::current().id()).await.unwrap();
    assert_eq!((number, first), (1, second), "one thread is the engine's");
}

#[tokio::test]
async fn whoever_waits_behind_a_hang_that_nobody_waits_for_gets_past_it() {
    let engine = Arc::new(numbered(4, SHORT));
    let (release, running, hanging) = hang(&engine);
    running.await.unwrap();
    hanging.abort();
    assert!(hanging.await.unwrap_err().is_cancelled());
    assert_eq!(engine.run(|number| *number).await, Ok(1));
    drop(release);
}

#[tokio::test]
async fn a_job_that_looks_at_its_flag_may_take_as_long_as_it_takes() {
    let engine = numbered(1, SHORT);
    let cancel = Cancel::new();
    let done = engine.run(move |number| {
        let began = std::time::Instant::now();
        while began.elapsed() < SHORT * 4 {
            assert!(!cancel.is_cancelled());
            thread::sleep(SHORT / 40);
        }
        *number
    });
    assert_eq!(done.await, Ok(0));
    assert_eq!(*engine.restarts().borrow(), 0);
}

#[tokio::test]
async fn an_engine_that_left_too_many_threads_behind_has_failed() {
    let engine = Arc::new(numbered(4, SHORT));
    let mut threads = Vec::new();
    for last in [false, true] {
        let (release, running, hanging) = hang(&engine);
        threads.push(release);
        running.await.unwrap();
        match hanging.await.unwrap() {
            Err(EngineError::Broke(_)) if !last => {}
            Err(EngineError::Failed(reason)) if last => {
                assert!(reason.contains("2 times") && reason.contains("start HomePilot again"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(engine.run(|number| *number).await, Err(EngineError::Failed(_))));
}

#[tokio::test]
async fn dropping_an_engine_whose_job_hangs_returns() {
    let engine = Arc::new(numbered(1, SHORT));
    let (release, running, hanging) = hang(&engine);
    running.await.unwrap();
    hanging.abort();
    assert!(hanging.await.unwrap_err().is_cancelled());
    drop(Arc::into_inner(engine).expect("the task is over"));

    let engine = Arc::new(numbered(1, SHORT));
    let (given_up, running, hanging) = hang(&engine);
    running.await.unwrap();
    assert!(hanging.await.unwrap().is_err());
    drop(Arc::into_inner(engine).expect("the task is over"));
    drop((release, given_up));
}
