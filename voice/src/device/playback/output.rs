//! One stream of a loudspeaker: the callback, and the thread's side of it.

use std::{
    sync::{Arc, atomic::Ordering, mpsc},
    thread,
    time::{Duration, Instant},
};

use cpal::{
    BufferSize, ErrorKind, OutputCallbackInfo,
    traits::{DeviceTrait as _, StreamTrait as _},
};
use rtrb::{Consumer, Producer, RingBuffer};

use super::Shared;
use crate::{
    SampleRate,
    device::{
        Choice, DeviceError, Opened, Role, STALLED, error::is_passing, format, jitter::Pulled, thread::Stop,
    },
    resample::Resampler,
};

/// What the ring is kept filled with, besides what one callback takes.
const LEAD: Duration = Duration::from_millis(160);
/// What a callback may take where the device does not say.
const UNKNOWN: Duration = Duration::from_millis(500);
/// What is converted at once.
const STEP: Duration = Duration::from_millis(20);

/// Why a stream is not played any more.
pub(super) enum Ended {
    /// It was told to stop.
    Told,
    /// It ran empty: the machine is too busy for its buffer.
    Stutters,
    /// The device is gone.
    Lost(DeviceError),
}

/// What the callback or the system said.
enum Said {
    Gap,
    Error(cpal::Error),
}

pub(super) struct Output {
    pub(super) opened: Opened,
    ring: Producer<f32>,
    lead: usize,
    said: mpsc::Receiver<Said>,
    _stream: cpal::Stream,
}

impl Output {
    /// Must be called on the thread that plays: callbacks wake the caller.
    pub(super) fn open(
        choice: &Choice,
        shared: &Arc<Shared>,
        period: Duration,
    ) -> Result<Output, DeviceError> {
        let role = Role::Loudspeaker;
        let (listed, device) = choice.find(role)?;
        let failed = |error: cpal::Error| DeviceError::from_cpal(role, &listed.name, &error);
        let no_format = || DeviceError::Format { role, name: listed.name.clone() };
        let ranges = device.supported_output_configs().map_err(failed)?;
        let picked = format::pick(role, ranges).ok_or_else(no_format)?;
        let rate = SampleRate::try_from(picked.sample_rate()).map_err(|_| no_format())?;
        let channels = picked.channels();
        let config = format::stream(&picked, period);
        let at_once = match config.buffer_size {
            BufferSize::Fixed(frames) => frames as usize,
            BufferSize::Default => rate.samples(UNKNOWN),
        };
        let lead = at_once + rate.samples(LEAD);
        let (ring, consumer) = RingBuffer::new(lead * 2);
        // An empty ring: what was put so far is gone with the one before.
        {
            let mut queue = shared.queue();
            queue.device = Some(rate);
            queue.put = shared.taken.load(Ordering::Acquire);
            shared.skip_to.store(0, Ordering::Release);
        }
        let (tell, said) = mpsc::sync_channel(4);
        let (player, watcher) = (thread::current(), thread::current());
        let mut voice = Voice { shared: shared.clone(), ring: consumer, rate };
        let stream = device
            .build_output_stream_raw(
                config,
                picked.sample_format(),
                move |data, info| {
                    voice.speak(data, channels, info);
                    player.unpark();
                },
                move |error| {
                    let said = match error.kind() {
                        ErrorKind::Xrun => Said::Gap,
                        _ if is_passing(&error) => return,
                        _ => Said::Error(error),
                    };
                    // Where four wait already, the thread knows enough.
                    if tell.try_send(said).is_ok() {
                        watcher.unpark();
                    }
                },
                None,
            )
            .map_err(failed)?;
        stream.play().map_err(failed)?;
        Ok(Output { opened: Opened { name: listed.name, rate, channels }, ring, lead, said, _stream: stream })
    }

    /// Keeps the ring filled.
    pub(super) fn play(&mut self, shared: &Shared, stop: &Stop) -> Ended {
        let mut resampler = Resampler::new(shared.rate, self.opened.rate);
        let (mut pulled, mut converted) = (Vec::new(), Vec::new());
        let (mut seen, mut last) = (shared.callbacks.load(Ordering::Acquire), Instant::now());
        loop {
            thread::park_timeout(STALLED);
            if stop.is_set() {
                return Ended::Told;
            }
            match self.said.try_recv() {
                // PulseAudio's plugin may take nothing more after one.
                Ok(Said::Gap) => return Ended::Stutters,
                Ok(Said::Error(error)) => {
                    let name = &self.opened.name;
                    return Ended::Lost(DeviceError::from_cpal(Role::Loudspeaker, name, &error));
                }
                Err(_) => {}
            }
            let callbacks = shared.callbacks.load(Ordering::Acquire);
            if callbacks != seen {
                (seen, last) = (callbacks, Instant::now());
            } else if last.elapsed() >= STALLED {
                let name = self.opened.name.clone();
                return Ended::Lost(DeviceError::Stalled { role: Role::Loudspeaker, name });
            }
            self.fill(shared, &mut resampler, &mut pulled, &mut converted);
        }
    }

    fn fill(
        &mut self,
        shared: &Shared,
        resampler: &mut Resampler,
        pulled: &mut Vec<f32>,
        converted: &mut Vec<f32>,
    ) {
        let capacity = self.ring.buffer().capacity();
        loop {
            // Under one lock with `stop`, so that what it skips is all that was put.
            let mut queue = shared.queue();
            if std::mem::take(&mut queue.stale) {
                resampler.finish(converted);
                converted.clear();
            }
            if !converted.is_empty() {
                let (put, _) = self.ring.push_partial_slice(converted);
                let put = put.len();
                queue.put += put as u64;
                converted.drain(..put);
            }
            let filled = capacity - self.ring.slots();
            if !converted.is_empty() || filled >= self.lead {
                return;
            }
            pulled.clear();
            match queue.jitter.pull(shared.rate.samples(STEP), pulled) {
                Pulled::Nothing => return,
                Pulled::Samples(_) => resampler.push(pulled, converted),
                Pulled::End => resampler.finish(converted),
            }
        }
    }
}

/// The callback's side: the ring and atomics, nothing else.
struct Voice {
    shared: Arc<Shared>,
    ring: Consumer<f32>,
    rate: SampleRate,
}

impl Voice {
    fn speak(&mut self, data: &mut cpal::Data, channels: u16, info: &OutputCallbackInfo) {
        let shared = &self.shared;
        let mut taken = shared.taken.load(Ordering::Relaxed);
        let behind = shared.skip_to.load(Ordering::Acquire).saturating_sub(taken);
        let skipped = self.ring.slots().min(usize::try_from(behind).unwrap_or(usize::MAX));
        if let Ok(chunk) = self.ring.read_chunk(skipped) {
            chunk.commit_all();
            taken += skipped as u64;
        }
        let frames = data.len() / usize::from(channels.max(1));
        let (mut sounded, mut power) = (0u64, 0.0f32);
        format::give(data, channels, || match self.ring.pop() {
            Ok(sample) => {
                sounded += 1;
                power += sample * sample;
                sample
            }
            Err(_) => 0.0,
        });
        shared.taken.store(taken + sounded, Ordering::Release);
        let level = (power / (frames.max(1) as f32)).sqrt();
        shared.level.store(level.to_bits(), Ordering::Relaxed);
        if sounded > 0 {
            let stamp = info.timestamp();
            let delay = stamp.playback.saturating_duration_since(stamp.callback);
            let until = delay + self.rate.duration(sounded);
            let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            shared.delay.store(micros(until), Ordering::Release);
            shared.sounds_until.store(shared.now().saturating_add(micros(until)), Ordering::Release);
        }
        shared.callbacks.fetch_add(1, Ordering::Release);
    }
}
