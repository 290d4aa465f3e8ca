use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;

use super::*;

mod broken;

/// Longer than any of these tests.
const PATIENCE: Duration = Duration::from_secs(600);

fn counter() -> Engine<u32> {
    Engine::spawn("counter", 1, PATIENCE, || Ok(0))
}

/// Occupies the engine's thread until the returned sender is dropped; returns once it does.
async fn occupy(
    engine: &Arc<Engine<u32>>,
) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), EngineError>>) {
    let (release, released) = mpsc::channel::<()>();
    let (started, running) = oneshot::channel();
    let engine = Arc::clone(engine);
    let task = tokio::spawn(async move {
        engine
            .run(move |_| {
                started.send(()).unwrap();
                assert!(released.recv().is_err());
            })
            .await
    });
    running.await.unwrap();
    (release, task)
}

#[tokio::test]
async fn jobs_run_in_order_on_the_named_thread() {
    let engine = Engine::spawn("ears", 4, PATIENCE, || Ok(Vec::new()));
    for n in 0..3 {
        engine.run(move |seen| seen.push(n)).await.unwrap();
    }
    let (seen, name) =
        engine.run(|seen| (seen.clone(), thread::current().name().map(str::to_owned))).await.unwrap();
    assert_eq!((seen, name.as_deref()), (vec![0, 1, 2], Some("ears")));
    assert_eq!(engine.state(), EngineState::Ready);
}

#[tokio::test]
async fn an_engine_that_cannot_load_says_why_to_everyone_who_waits() {
    let (go, gone) = mpsc::channel::<()>();
    let engine: Engine<()> = Engine::spawn("mute", 1, PATIENCE, move || {
        assert!(gone.recv().is_err());
        Err(LoadError::Needs("no voice here".into()))
    });
    assert_eq!(engine.state(), EngineState::Loading);
    let failed = EngineError::Failed("no voice here".into());
    let (job, ready, ()) = tokio::join!(engine.run(|_| ()), engine.ready(), async { drop(go) });
    assert_eq!((job, ready), (Err(failed.clone()), Err(failed.clone())));
    assert_eq!(engine.run(|_| ()).await, Err(failed));
    assert_eq!(engine.state(), EngineState::Failed("no voice here".into()));
}

#[tokio::test]
async fn a_panic_in_loading_fails_the_engine() {
    let engine: Engine<()> = Engine::spawn("broken", 1, PATIENCE, || panic!("no weights"));
    assert_eq!(engine.ready().await, Err(EngineError::Failed("it panicked (no weights)".into())));
    assert_eq!(*engine.restarts().borrow(), 0);
}

#[tokio::test]
async fn a_full_queue_is_busy_and_a_caller_who_left_is_skipped() {
    let engine = Arc::new(counter());
    let (release, running) = occupy(&engine).await;
    {
        // The only place in the queue, given up again by dropping the future.
        let mut left = Box::pin(engine.run(|count| *count += 100));
        assert!(look_at(left.as_mut()).is_pending());
        assert_eq!(engine.run(|_| ()).await, Err(EngineError::Busy));
    }
    drop(release);
    running.await.unwrap().unwrap();
    // The engine's thread may still be about to take the job that was given up out of the queue.
    let count = loop {
        match engine.run(|count| *count).await {
            Err(EngineError::Busy) => tokio::task::yield_now().await,
            other => break other,
        }
    };
    assert_eq!(count, Ok(0));
}

#[tokio::test]
async fn dropping_the_engine_waits_for_the_running_job_and_skips_what_is_queued() {
    struct Log(mpsc::Sender<&'static str>);
    impl Drop for Log {
        fn drop(&mut self) {
            self.0.send("engine gone").unwrap();
        }
    }
    let (log, logged) = mpsc::channel();
    let engine = Engine::spawn("brief", 2, PATIENCE, move || Ok(Log(log.clone())));
    let (started, running) = oneshot::channel();
    let (go, gone) = mpsc::channel::<()>();
    let mut first = Box::pin(engine.run(move |log: &mut Log| {
        started.send(()).unwrap();
        assert!(gone.recv().is_err());
        log.0.send("first done").unwrap();
    }));
    assert!(look_at(first.as_mut()).is_pending());
    running.await.unwrap();
    let mut second = Box::pin(engine.run(|log| log.0.send("second ran").unwrap()));
    assert!(look_at(second.as_mut()).is_pending());
    drop((first, second));
    drop(go);
    drop(engine);
    assert_eq!(logged.iter().collect::<Vec<_>>(), ["first done", "engine gone"]);
}

/// One look at a future, as a caller who does not wait.
fn look_at<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

#[tokio::test]
async fn a_running_job_learns_that_another_waits_and_not_of_itself() {
    let engine = Arc::new(counter());
    let (release, running) = occupy(&engine).await;
    let mut wanted = Box::pin(engine.wanted());
    assert!(look_at(wanted.as_mut()).is_pending(), "the running job counts as waiting");
    let mut next = Box::pin(engine.run(|count| *count += 1));
    assert!(look_at(next.as_mut()).is_pending());
    assert_eq!(engine.run(|_| ()).await, Err(EngineError::Busy));
    wanted.await;
    drop(release);
    next.await.unwrap();
    running.await.unwrap().unwrap();
    assert!(
        look_at(Box::pin(engine.wanted()).as_mut()).is_pending(),
        "a job that was refused or is done still counts"
    );
}

#[tokio::test]
async fn work_for_spare_time_is_done_by_an_idle_engine_only_and_hears_who_waits() {
    let engine = Arc::new(counter());
    let (release, running) = occupy(&engine).await;
    assert_eq!(engine.spare(|_| ()).await, Err(EngineError::Busy), "one runs");
    let mut next = Box::pin(engine.run(|_| ()));
    assert!(look_at(next.as_mut()).is_pending());
    drop(release);
    running.await.unwrap().unwrap();
    next.await.unwrap();
    assert!(engine.is_idle());

    let (started, begun) = oneshot::channel();
    let (go, gone) = mpsc::channel::<()>();
    let mut spare = Box::pin(engine.spare(move |count| {
        started.send(()).unwrap();
        assert!(gone.recv().is_err());
        *count += 1;
    }));
    assert!(look_at(spare.as_mut()).is_pending());
    begun.await.unwrap();
    assert_eq!(engine.spare(|_| ()).await, Err(EngineError::Busy), "one of spare time runs");
    let mut wanted = Box::pin(engine.wanted());
    assert!(look_at(wanted.as_mut()).is_pending(), "nobody waits behind it yet");
    let mut job = Box::pin(engine.run(|count| *count));
    assert!(look_at(job.as_mut()).is_pending());
    wanted.await;
    drop(go);
    spare.await.unwrap();
    assert_eq!(job.await, Ok(1));
    assert!(engine.is_idle());
}

#[tokio::test]
async fn an_engine_whose_weights_are_still_to_come_refuses_jobs_until_they_are_here() {
    let (weights, arrive) = mpsc::channel();
    let (told, absent) = mpsc::channel();
    let engine = Engine::spawn_after(
        "late",
        4,
        PATIENCE,
        move |waits: &dyn Fn()| {
            waits();
            told.send(()).unwrap();
            arrive.recv().map_err(|_| LoadError::Needs("they never came".into()))
        },
        |weights: u32| Ok(weights),
    );
    absent.recv().unwrap();
    assert_eq!(engine.state(), EngineState::Absent);
    assert_eq!(engine.run(|weights| *weights).await, Err(EngineError::Absent));
    weights.send(7).unwrap();
    engine.ready().await.unwrap();
    assert_eq!(engine.run(|weights| *weights).await, Ok(7));
}
