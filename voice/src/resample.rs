//! Sample rates, converted as a stream.
//!
//! The converter takes pieces of any size, hides its own delay, and after [`Resampler::finish`] has given exactly
//! `round(input * to / from)` samples, each within a sample of its place, so nothing drifts however long the
//! stream is. Sound comes out at most a block and a half late: 15 to 30 ms at the usual rates, and up to
//! 1.5 s for rates with no common divisor (8001 Hz to 16 kHz).
//!
//! rubato's FFT converter is used with fixed blocks on both sides: the ratio is then exact in whole numbers.

use crate::{Audio, SampleRate};
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _};

/// Neither side's block is shorter: the low-pass of a shorter one would cut into speech.
const SHORTEST_BLOCK: u32 = 160;

/// One stream of audio on its way from one rate to another.
pub struct Resampler {
    from: SampleRate,
    to: SampleRate,
    /// `None` where the rates are the same.
    core: Option<Core>,
}

struct Core {
    fft: Fft<f32>,
    /// Input not yet enough for a block.
    pending: Vec<f32>,
    block: Vec<f32>,
    /// Samples of the converter's delay that are still to be dropped.
    skip: usize,
    taken: u64,
    given: u64,
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resampler({} to {})", self.from, self.to)
    }
}

impl Resampler {
    /// A converter at the beginning of a stream.
    pub fn new(from: SampleRate, to: SampleRate) -> Resampler {
        Resampler { from, to, core: (from != to).then(|| Core::new(from.hz(), to.hz())) }
    }

    /// The rate that goes in.
    pub fn from(&self) -> SampleRate {
        self.from
    }

    /// The rate that comes out.
    pub fn to(&self) -> SampleRate {
        self.to
    }

    /// Takes any number of samples and appends what is ready to `out`. Values that are not finite become silence.
    pub fn push(&mut self, input: &[f32], out: &mut Vec<f32>) {
        match &mut self.core {
            None => out.extend(input.iter().copied().map(finite)),
            Some(core) => core.push(input, out),
        }
    }

    /// Ends the stream: appends what is still inside, and is ready for another stream.
    pub fn finish(&mut self, out: &mut Vec<f32>) {
        if let Some(core) = &mut self.core {
            core.finish(self.from.hz(), self.to.hz(), out);
        }
    }
}

/// A whole piece of audio at another rate.
pub fn convert(audio: &Audio, to: SampleRate) -> Audio {
    let mut resampler = Resampler::new(audio.rate, to);
    let mut samples = Vec::with_capacity(to.samples(audio.duration()) + 1);
    resampler.push(&audio.samples, &mut samples);
    resampler.finish(&mut samples);
    Audio { rate: to, samples }
}

impl Core {
    fn new(from: u32, to: u32) -> Core {
        let block = (from / 100).max((SHORTEST_BLOCK * from).div_ceil(from.min(to)));
        #[expect(
            clippy::expect_used,
            reason = "rubato refuses only rates and blocks of zero, and there are none"
        )]
        let fft = Fft::new(from as usize, to as usize, block as usize, 1, FixedSync::Both)
            .expect("rates and block are above zero");
        let block = vec![0.0; fft.output_frames_max()];
        let skip = fft.output_delay();
        Core { fft, pending: Vec::new(), block, skip, taken: 0, given: 0 }
    }

    fn push(&mut self, mut input: &[f32], out: &mut Vec<f32>) {
        self.taken += input.len() as u64;
        loop {
            let missing = self.fft.input_frames_next().saturating_sub(self.pending.len());
            let (now, later) = input.split_at(missing.min(input.len()));
            self.pending.extend(now.iter().copied().map(finite));
            input = later;
            if self.pending.len() < self.fft.input_frames_next() {
                return;
            }
            self.convert_block(out);
        }
    }

    /// `pending` holds exactly one block.
    fn convert_block(&mut self, out: &mut Vec<f32>) {
        let (frames_in, frames_out) = (self.pending.len(), self.block.len());
        #[expect(clippy::expect_used, reason = "both buffers have the sizes the converter asked for")]
        let (_, written) = {
            let input = InterleavedSlice::new(&self.pending[..], 1, frames_in).expect("one channel");
            let mut output =
                InterleavedSlice::new_mut(&mut self.block[..], 1, frames_out).expect("one channel");
            self.fft.process_into_buffer(&input, &mut output, None).expect("block sizes match")
        };
        self.pending.clear();
        let dropped = self.skip.min(written);
        self.skip -= dropped;
        out.extend_from_slice(&self.block[dropped..written]);
        self.given += (written - dropped) as u64;
    }

    fn finish(&mut self, from: u32, to: u32, out: &mut Vec<f32>) {
        let due = (u128::from(self.taken) * u128::from(to) + u128::from(from / 2)) / u128::from(from);
        let due = u64::try_from(due).unwrap_or(u64::MAX);
        while self.given < due {
            self.pending.resize(self.fft.input_frames_next(), 0.0);
            self.convert_block(out);
        }
        // The last block reaches past the end of the stream.
        let beyond = usize::try_from(self.given - due).unwrap_or(usize::MAX);
        out.truncate(out.len().saturating_sub(beyond));

        self.fft.reset();
        self.pending.clear();
        self.skip = self.fft.output_delay();
        (self.taken, self.given) = (0, 0);
    }
}

fn finite(sample: f32) -> f32 {
    if sample.is_finite() { sample } else { 0.0 }
}

#[cfg(test)]
mod tests;
