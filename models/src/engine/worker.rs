//! The engine's threads: load, then job after job until the queue is closed; and again on a fresh engine when one broke
//! off.
//!
//! Only one thread at a time is the engine's: the one of the newest generation. It alone takes jobs, tells results and sets
//! the state; what an older one, which was left behind in a job that hung, still comes to is nobody's.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use super::place::Place;
use super::{EngineError, EngineState, LoadError, MOST_ABANDONED, MOST_RESTARTS, WITHIN};
use crate::pulse::Pulse;
use crate::restarts::Restarts;

/// Looks at a job that add up to the engine's patience. A machine that slept, or a program that was stopped, makes for one
/// of them only.
const LOOKS: u32 = 8;

type Loader<E> = Box<dyn FnMut() -> Result<E, LoadError> + Send>;
/// Tells the caller the result.
type Answer = Box<dyn FnOnce()>;
/// Tells the caller that there is none.
type Lose = Box<dyn FnOnce(EngineError) + Send>;
/// Taken by whoever answers first.
type Reply<R> = Mutex<Option<oneshot::Sender<Result<R, EngineError>>>>;

/// A job that waits.
pub(super) struct Job<E> {
    place: Place,
    work: Box<dyn FnOnce(&mut E) -> Answer + Send>,
    lose: Lose,
}

impl<E: 'static> Job<E> {
    pub(super) fn of<R: Send + 'static>(
        place: Place,
        job: impl FnOnce(&mut E) -> R + Send + 'static,
    ) -> (Self, oneshot::Receiver<Result<R, EngineError>>) {
        let (reply, result) = oneshot::channel();
        let reply: Arc<Reply<R>> = Arc::new(Mutex::new(Some(reply)));
        let (losing, span) = (Arc::clone(&reply), tracing::Span::current());
        let work = move |engine: &mut E| -> Answer {
            let unwanted = lock(&reply).as_ref().is_none_or(|reply| reply.is_closed());
            if unwanted {
                return Box::new(|| ());
            }
            let result = span.in_scope(|| job(engine));
            Box::new(move || answer(&reply, Ok(result)))
        };
        let lose = move |error| answer(&losing, Err(error));
        (Self { place, work: Box::new(work), lose: Box::new(lose) }, result)
    }
}

fn answer<R>(reply: &Reply<R>, result: Result<R, EngineError>) {
    let reply = lock(reply).take();
    if let Some(reply) = reply {
        // The caller may have gone while the job ran; then nobody wants the result.
        drop(reply.send(result));
    }
}

/// What an engine's handle and its threads have in common.
pub(super) struct Shared<E> {
    pub(super) name: &'static str,
    pub(super) state: watch::Sender<EngineState>,
    pub(super) restarts: watch::Sender<u32>,
    patience: Duration,
    load: Mutex<Loader<E>>,
    /// Held by the thread that waits for a job; gone once the engine has failed.
    queued: Mutex<Option<Receiver<Job<E>>>>,
    now: Mutex<Now>,
}

/// What goes on.
struct Now {
    /// Of the thread that is the engine's.
    generation: u32,
    thread: Option<Thread>,
    running: Option<Running>,
    /// Threads that were left behind.
    abandoned: u32,
    bound: Restarts,
}

struct Thread {
    handle: JoinHandle<()>,
    /// Disconnected when it ends.
    ended: Receiver<()>,
}

/// A job that runs.
struct Running {
    pulse: Pulse,
    place: Place,
    lose: Lose,
}

impl Running {
    fn lose(self, error: EngineError) {
        // Before the caller knows: who is told that a job is over may find the engine idle.
        drop(self.place);
        (self.lose)(error);
    }
}

/// A sign of life of the job that runs; no two are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sign {
    generation: u32,
    beats: u64,
}

/// Looks at signs of life, a [`LOOKS`]th of the patience apart.
#[derive(Default)]
struct Watch {
    last: Option<Sign>,
    same: u32,
}

impl Watch {
    /// One more look: the sign of the job that hangs, if one does.
    fn look(&mut self, sign: Option<Sign>) -> Option<Sign> {
        if sign.is_none() || sign != self.last {
            self.last = sign;
            self.same = 0;
            return None;
        }
        self.same += 1;
        sign.filter(|_| self.same >= LOOKS)
    }
}

impl Now {
    fn sign(&self) -> Option<Sign> {
        let beats = self.running.as_ref()?.pulse.beats();
        Some(Sign { generation: self.generation, beats })
    }
}

/// Why a thread stops working on its engine.
enum End {
    /// A job panicked, for this reason; the next engine takes over.
    Anew(String),
    /// There is nothing more for it to do.
    Over,
}

impl<E> Shared<E> {
    fn now(&self) -> MutexGuard<'_, Now> {
        lock(&self.now)
    }

    /// Why a job that was not done was not.
    pub(super) fn gone(&self) -> EngineError {
        match &*self.state.borrow() {
            EngineState::Failed(reason) => EngineError::Failed(reason.clone()),
            EngineState::Absent | EngineState::Loading | EngineState::Ready => EngineError::Dead,
        }
    }

    /// Waits until a job hangs.
    pub(super) async fn hangs(&self) -> Sign {
        let mut watch = Watch::default();
        loop {
            let sign = self.now().sign();
            if let Some(hung) = watch.look(sign) {
                return hung;
            }
            tokio::time::sleep(self.patience / LOOKS).await;
        }
    }

    /// The queue was closed: waits for the thread's end, unless its job hangs.
    pub(super) fn join(&self) {
        let Some(Thread { handle, ended }) = self.now().thread.take() else { return };
        let mut watch = Watch::default();
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(self.patience / LOOKS) {
            let sign = self.now().sign();
            if watch.look(sign).is_some() {
                tracing::error!(engine = self.name, "an engine's job hangs; its thread is left behind");
                return;
            }
        }
        if handle.join().is_err() {
            tracing::error!(engine = self.name, "an engine's thread panicked outside a job");
        }
    }

    /// The engine broke off: whether it is started anew, as the caller of the job is told.
    fn broke(&self, cause: &str) -> EngineError {
        if !self.now().bound.allow(Instant::now()) {
            return self.fail(format!(
                "it broke off more than {MOST_RESTARTS} times within {} seconds, at last because {cause}: start \
                 HomePilot again, and if that does not help, ask `homepilot doctor`",
                WITHIN.as_secs()
            ));
        }
        tracing::error!(engine = self.name, cause, "an engine broke off and is started anew");
        self.state.send_replace(EngineState::Loading);
        self.restarts.send_modify(|restarts| *restarts += 1);
        EngineError::Broke(format!("{cause} and was started anew"))
    }

    /// It never will again: nobody goes on waiting.
    fn fail(&self, reason: String) -> EngineError {
        tracing::error!(engine = self.name, %reason, "an engine failed");
        self.state.send_replace(EngineState::Failed(reason.clone()));
        // What is dropped with the queue is told the state.
        let queue = lock(&self.queued).take();
        drop(queue);
        EngineError::Failed(reason)
    }

    fn next(&self) -> Option<Job<E>> {
        let queued = lock(&self.queued);
        queued.as_ref()?.recv().ok()
    }

    /// The job that ran is over; `None` if this thread was left behind meanwhile.
    fn over(&self, generation: u32) -> Option<Running> {
        let mut now = self.now();
        if now.generation == generation { now.running.take() } else { None }
    }

    /// A loaded engine, unless it can't be loaded. `cause` is why the one before it broke off.
    fn loaded(&self, cause: Option<&str>) -> Option<E> {
        let mut load = lock(&self.load);
        let reason = match catch_unwind(AssertUnwindSafe(&mut *load)) {
            Ok(Ok(engine)) => {
                self.state.send_replace(EngineState::Ready);
                return Some(engine);
            }
            Ok(Err(error)) => error.to_string(),
            Err(panic) => panic_text(&*panic),
        };
        drop(load);
        self.fail(match cause {
            Some(cause) => format!("{cause}, and could not be loaded again: {reason}"),
            None => reason,
        });
        None
    }

    fn serve(&self, engine: &mut E, generation: u32, pulse: &Pulse) -> End {
        while let Some(Job { mut place, work, lose }) = self.next() {
            place.begin();
            pulse.beat();
            self.now().running = Some(Running { pulse: pulse.clone(), place, lose });
            let done = catch_unwind(AssertUnwindSafe(|| work(engine)));
            let Some(running) = self.over(generation) else { return End::Over };
            match done {
                Ok(answer) => {
                    drop(running);
                    answer();
                }
                Err(panic) => {
                    let cause = panic_text(&*panic);
                    let error = self.broke(&cause);
                    let again = matches!(error, EngineError::Broke(_));
                    running.lose(error);
                    return if again { End::Anew(cause) } else { End::Over };
                }
            }
        }
        End::Over
    }

    /// A thread's life. `cause` is why the engine before its own broke off.
    fn live(&self, generation: u32, mut cause: Option<String>) {
        let pulse = Pulse::default();
        pulse.adopt();
        while let Some(mut engine) = self.loaded(cause.as_deref()) {
            let end = self.serve(&mut engine, generation, &pulse);
            // What panicked once may do so again. The next one is loaded when its memory is free.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(engine))) {
                tracing::error!(engine = self.name, cause = %panic_text(&*panic), "an engine could not be let go");
            }
            match end {
                End::Anew(reason) => cause = Some(reason),
                End::Over => return,
            }
        }
    }
}

impl<E: 'static> Shared<E> {
    pub(super) fn start(
        name: &'static str,
        patience: Duration,
        queued: Receiver<Job<E>>,
        state: watch::Sender<EngineState>,
        load: Loader<E>,
    ) -> Arc<Self> {
        let bound = Restarts::new(MOST_RESTARTS, WITHIN);
        let now = Now { generation: 0, thread: None, running: None, abandoned: 0, bound };
        let shared = Arc::new(Self {
            name,
            state,
            restarts: watch::Sender::default(),
            patience,
            load: Mutex::new(load),
            queued: Mutex::new(Some(queued)),
            now: Mutex::new(now),
        });
        shared.begin(0, None);
        shared
    }

    /// Starts the thread of a generation.
    fn begin(self: &Arc<Self>, generation: u32, cause: Option<String>) {
        match self.thread(generation, cause) {
            Ok(thread) => self.now().thread = Some(thread),
            Err(error) => drop(self.fail(format!("its thread could not be started: {error}"))),
        }
    }

    fn thread(self: &Arc<Self>, generation: u32, cause: Option<String>) -> io::Result<Thread> {
        let (ending, ended) = mpsc::channel();
        let shared = Arc::clone(self);
        let life = move || {
            let _ending: mpsc::Sender<()> = ending;
            shared.live(generation, cause);
        };
        let handle = thread::Builder::new().name(self.name.to_owned()).spawn(life)?;
        Ok(Thread { handle, ended })
    }

    /// Leaves behind the thread whose job hangs, and starts another on what is queued. What has shown life since is left
    /// alone.
    pub(super) fn give_up(self: &Arc<Self>, hung: Sign) {
        let (generation, abandoned, running) = {
            let mut now = self.now();
            if now.sign() != Some(hung) {
                return;
            }
            let Some(running) = now.running.take() else { return };
            now.generation += 1;
            now.abandoned += 1;
            now.thread = None;
            (now.generation, now.abandoned, running)
        };
        let cause = format!("it did not answer for {} seconds", self.patience.as_secs_f64());
        if abandoned < MOST_ABANDONED {
            let error = self.broke(&cause);
            if matches!(error, EngineError::Broke(_)) {
                self.begin(generation, Some(cause));
            }
            running.lose(error);
        } else {
            running.lose(self.fail(format!(
                "{cause}, {abandoned} times by now, and a thread that hangs can't be ended: start HomePilot again"
            )));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("it panicked ({})", text.unwrap_or("without a message"))
}
