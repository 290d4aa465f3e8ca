//! The loudspeaker.
//!
//! What is pushed waits in a [`Jitter`] buffer; the thread converts it and keeps [`LEAD`] of it in the ring; the callback
//! takes from there. [`Playback::stop`] makes the callback skip what is in the ring, so silence comes with its next turn,
//! and after what the device itself holds: two periods.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    Choice, DeviceError, Opened, REOPEN, Role,
    jitter::Jitter,
    thread::{Parked, Stop},
};
use crate::SampleRate;
use output::{Ended, Output};

mod output;

/// What may wait to be played.
pub const LONGEST_QUEUE: Duration = Duration::from_secs(180);
/// What one callback takes at first, where the device agrees.
const PERIOD: Duration = Duration::from_millis(80);
/// The longest period that a busy machine is given.
const LONGEST_PERIOD: Duration = Duration::from_millis(320);

/// What a loudspeaker tells, on its own thread. It should be taken without waiting.
#[derive(Clone, Debug, PartialEq)]
pub enum Played {
    /// It is gone, and what waited is dropped; it is tried again until it is back.
    Lost(DeviceError),
    /// It is back.
    Back(Opened),
}

/// More waits than [`LONGEST_QUEUE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than 180 seconds of speech wait to be played; the rest is not")]
pub struct QueueFull;

/// An open loudspeaker; closed on drop, with what still waited.
#[derive(Debug)]
pub struct Playback {
    shared: Arc<Shared>,
    thread: Parked,
}

/// What the handle, the thread and the callback know of each other.
#[derive(Debug)]
struct Shared {
    rate: SampleRate,
    queue: Mutex<Queue>,
    began: Instant,
    /// Microseconds since `began` at which the last sound that was given leaves the loudspeaker.
    sounds_until: AtomicU64,
    /// Microseconds from the callback to the loudspeaker.
    delay: AtomicU64,
    /// Samples the callback took, at the device's rate, and up to where it is to skip.
    taken: AtomicU64,
    skip_to: AtomicU64,
    callbacks: AtomicU64,
    /// Bits of an `f32`: loudness of what was given last, 0 to 1.
    level: AtomicU32,
}

#[derive(Debug)]
struct Queue {
    jitter: Jitter,
    /// The device's rate; `None` while there is none.
    device: Option<SampleRate>,
    /// Samples that were put into the ring, at the device's rate.
    put: u64,
    /// The converter still holds sound that is not wanted.
    stale: bool,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

impl Playback {
    /// Opens a loudspeaker that is given sound at `rate`.
    ///
    /// # Errors
    /// Why it can't be opened at first; what happens later is told by `tell`.
    pub fn open(
        choice: Choice,
        rate: SampleRate,
        mut tell: impl FnMut(Played) + Send + 'static,
    ) -> Result<(Playback, Opened), DeviceError> {
        let shared = Arc::new(Shared {
            rate,
            queue: Mutex::new(Queue { jitter: Jitter::new(rate), device: None, put: 0, stale: false }),
            began: Instant::now(),
            sounds_until: AtomicU64::new(0),
            delay: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            skip_to: AtomicU64::new(0),
            callbacks: AtomicU64::new(0),
            level: AtomicU32::new(0),
        });
        let (first, opened) = mpsc::sync_channel(1);
        let ours = shared.clone();
        let run = move |stop: Stop| {
            let mut period = PERIOD;
            let mut output = match Output::open(&choice, &ours, period) {
                Ok(output) => output,
                Err(error) => return drop(first.send(Err(error))),
            };
            drop(first.send(Ok(output.opened.clone())));
            loop {
                let ended = output.play(&ours, &stop);
                drop(output);
                let lost = match ended {
                    Ended::Told => return,
                    Ended::Stutters if period < LONGEST_PERIOD => {
                        period = (period * 2).min(LONGEST_PERIOD);
                        tracing::debug!(?period, "the machine is busy: the loudspeaker gets a longer buffer");
                        None
                    }
                    Ended::Stutters => None,
                    Ended::Lost(error) => Some(error),
                };
                let was_lost = lost.is_some();
                if let Some(error) = lost {
                    ours.lose();
                    tell(Played::Lost(error));
                    thread::park_timeout(REOPEN);
                }
                output = loop {
                    if stop.is_set() {
                        return;
                    }
                    match Output::open(&choice, &ours, period) {
                        Ok(output) => break output,
                        Err(_) => thread::park_timeout(REOPEN),
                    }
                };
                if was_lost {
                    tell(Played::Back(output.opened.clone()));
                }
            }
        };
        let failed = |reason: String| DeviceError::Failed {
            role: Role::Loudspeaker,
            name: "loudspeaker".to_owned(),
            reason,
        };
        let thread = Parked::spawn("loudspeaker", run).map_err(|error| failed(error.to_string()))?;
        let opened = opened.recv().map_err(|_| failed("its thread ended".to_owned()))??;
        Ok((Playback { shared, thread }, opened))
    }

    /// Puts sound behind what waits. While the device is gone it is dropped.
    ///
    /// # Errors
    /// When too much waits; then nothing of it is taken.
    pub fn push(&self, samples: &[f32]) -> Result<(), QueueFull> {
        {
            let mut queue = self.shared.queue();
            if queue.jitter.waiting() + samples.len() > self.shared.rate.samples(LONGEST_QUEUE) {
                return Err(QueueFull);
            }
            if queue.device.is_some() {
                queue.jitter.push(samples);
            }
        }
        self.wake();
        Ok(())
    }

    /// What was pushed is a whole speech: its end is not held back for more.
    pub fn end(&self) {
        self.shared.queue().jitter.end();
        self.wake();
    }

    /// Silence, as soon as the device has played what it holds. Gives how many of the samples pushed since the last
    /// silence had left the loudspeaker.
    pub fn stop(&self) -> u64 {
        let mut queue = self.shared.queue();
        let heard = self.shared.heard(&queue);
        queue.jitter.clear();
        queue.stale = true;
        self.shared.skip_to.store(queue.put, Ordering::Release);
        heard
    }

    /// Samples that have left the loudspeaker since it was opened, at the rate they were pushed.
    pub fn heard(&self) -> u64 {
        self.shared.heard(&self.shared.queue())
    }

    /// Samples that were taken from what was pushed, and samples that still wait: together, where the next that is pushed
    /// will be.
    pub fn pushed(&self) -> u64 {
        let queue = self.shared.queue();
        queue.jitter.given() + queue.jitter.waiting() as u64
    }

    /// How long something is still to be heard; zero is silence.
    pub fn remaining(&self) -> Duration {
        let waiting = {
            let queue = self.shared.queue();
            let in_ring = self.shared.in_ring(&queue);
            let device = queue.device.unwrap_or(self.shared.rate);
            self.shared.rate.duration(queue.jitter.waiting() as u64) + device.duration(in_ring)
        };
        let sounding = self.shared.sounds_until.load(Ordering::Acquire).saturating_sub(self.shared.now());
        waiting + Duration::from_micros(sounding)
    }

    /// Loudness of what sounds, 0 to 1, as a root mean square.
    pub fn level(&self) -> f32 {
        f32::from_bits(self.shared.level.load(Ordering::Relaxed))
    }

    fn wake(&self) {
        if let Some(thread) = self.thread.waker() {
            thread.unpark();
        }
    }
}

impl Shared {
    fn in_ring(&self, queue: &Queue) -> u64 {
        let gone = self.taken.load(Ordering::Acquire).max(self.skip_to.load(Ordering::Acquire));
        queue.put.saturating_sub(gone)
    }

    fn heard(&self, queue: &Queue) -> u64 {
        let Some(device) = queue.device else { return queue.jitter.given() };
        let sounding = self.sounds_until.load(Ordering::Acquire).saturating_sub(self.now());
        let held = sounding.min(self.delay.load(Ordering::Acquire));
        let unheard = device.duration(self.in_ring(queue)) + Duration::from_micros(held);
        queue.jitter.given().saturating_sub(self.rate.samples(unheard) as u64)
    }

    /// The device is gone, and with it what waited.
    fn lose(&self) {
        let mut queue = self.queue();
        queue.jitter.clear();
        queue.device = None;
        self.sounds_until.store(0, Ordering::Release);
        self.level.store(0, Ordering::Relaxed);
    }
}
