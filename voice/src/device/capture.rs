//! The microphone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use cpal::traits::{DeviceTrait as _, StreamTrait as _};
use rtrb::{Consumer, RingBuffer};

use super::{
    Choice, DeviceError, Opened, REOPEN, Role, STALLED,
    error::is_passing,
    format,
    thread::{Parked, Stop},
};
use crate::{SampleRate, resample::Resampler};

/// What one callback brings, where the device agrees. Twice this may wait in the device, which bridges a busy machine.
const PERIOD: Duration = Duration::from_millis(40);
/// What may wait for the thread.
const RING: Duration = Duration::from_secs(2);

/// What a microphone tells, on its own thread. It should be taken without waiting.
#[derive(Clone, Debug, PartialEq)]
pub enum Captured {
    /// The next stretch of sound, mono.
    Sound(Vec<f32>),
    /// It is gone; it is tried again until it is back.
    Lost(DeviceError),
    /// It is back, with a gap.
    Back(Opened),
}

/// An open microphone; closed on drop.
#[derive(Debug)]
pub struct Capture {
    _thread: Parked,
}

impl Capture {
    /// Opens a microphone whose sound comes at `rate`.
    ///
    /// # Errors
    /// Why it can't be opened at first; what happens later is told by `tell`.
    pub fn open(
        choice: Choice,
        rate: SampleRate,
        mut tell: impl FnMut(Captured) + Send + 'static,
    ) -> Result<(Capture, Opened), DeviceError> {
        let (first, opened) = mpsc::sync_channel(1);
        let run = move |stop: Stop| {
            let mut input = match Input::open(&choice) {
                Ok(input) => input,
                Err(error) => return drop(first.send(Err(error))),
            };
            drop(first.send(Ok(input.opened.clone())));
            loop {
                let Some(error) = input.listen(rate, &stop, &mut tell) else { return };
                drop(input);
                tell(Captured::Lost(error));
                input = loop {
                    thread::park_timeout(REOPEN);
                    if stop.is_set() {
                        return;
                    }
                    if let Ok(input) = Input::open(&choice) {
                        break input;
                    }
                };
                tell(Captured::Back(input.opened.clone()));
            }
        };
        let failed = |reason: String| DeviceError::Failed {
            role: Role::Microphone,
            name: "microphone".to_owned(),
            reason,
        };
        let thread = Parked::spawn("microphone", run).map_err(|error| failed(error.to_string()))?;
        let opened = opened.recv().map_err(|_| failed("its thread ended".to_owned()))??;
        Ok((Capture { _thread: thread }, opened))
    }
}

/// A stream of a device, and what its callbacks leave for the thread.
struct Input {
    opened: Opened,
    ring: Consumer<f32>,
    errors: mpsc::Receiver<cpal::Error>,
    overrun: Arc<AtomicUsize>,
    _stream: cpal::Stream,
}

impl Input {
    /// Must be called on the thread that listens: callbacks wake the caller.
    fn open(choice: &Choice) -> Result<Input, DeviceError> {
        let role = Role::Microphone;
        let (listed, device) = choice.find(role)?;
        let failed = |error: cpal::Error| DeviceError::from_cpal(role, &listed.name, &error);
        let no_format = || DeviceError::Format { role, name: listed.name.clone() };
        let ranges = device.supported_input_configs().map_err(failed)?;
        let picked = format::pick(role, ranges).ok_or_else(no_format)?;
        let rate = SampleRate::try_from(picked.sample_rate()).map_err(|_| no_format())?;
        let channels = picked.channels();
        let (mut producer, ring) = RingBuffer::new(rate.samples(RING));
        let (tell, errors) = mpsc::sync_channel(4);
        let overrun = Arc::new(AtomicUsize::new(0));
        let dropped = overrun.clone();
        let (listener, watcher) = (thread::current(), thread::current());
        let stream = device
            .build_input_stream_raw(
                format::stream(&picked, PERIOD),
                picked.sample_format(),
                move |data, _| {
                    dropped.fetch_add(format::take(data, channels, &mut producer), Ordering::Relaxed);
                    listener.unpark();
                },
                move |error| {
                    // Where four wait already, the thread knows enough.
                    if !is_passing(&error) && tell.try_send(error).is_ok() {
                        watcher.unpark();
                    }
                },
                None,
            )
            .map_err(failed)?;
        stream.play().map_err(failed)?;
        let opened = Opened { name: listed.name, rate, channels };
        Ok(Input { opened, ring, errors, overrun, _stream: stream })
    }

    /// Passes on what is captured until the device is gone; `None` when it was told to stop.
    fn listen(
        &mut self,
        rate: SampleRate,
        stop: &Stop,
        tell: &mut impl FnMut(Captured),
    ) -> Option<DeviceError> {
        let mut resampler = Resampler::new(self.opened.rate, rate);
        let mut last = Instant::now();
        loop {
            thread::park_timeout(STALLED);
            if stop.is_set() {
                return None;
            }
            if let Ok(error) = self.errors.try_recv() {
                return Some(DeviceError::from_cpal(Role::Microphone, &self.opened.name, &error));
            }
            let lost = self.overrun.swap(0, Ordering::Relaxed);
            if lost > 0 {
                tracing::warn!(samples = lost, "the machine is too busy: part of what was said is lost");
            }
            let waiting = self.ring.slots();
            if waiting == 0 {
                if last.elapsed() >= STALLED {
                    return Some(DeviceError::Stalled {
                        role: Role::Microphone,
                        name: self.opened.name.clone(),
                    });
                }
                continue;
            }
            last = Instant::now();
            let mut sound = Vec::with_capacity(rate.samples(self.opened.rate.duration(waiting as u64)) + 1);
            if let Ok(chunk) = self.ring.read_chunk(waiting) {
                let (early, late) = chunk.as_slices();
                resampler.push(early, &mut sound);
                resampler.push(late, &mut sound);
                chunk.commit_all();
            }
            if !sound.is_empty() {
                tell(Captured::Sound(sound));
            }
        }
    }
}
