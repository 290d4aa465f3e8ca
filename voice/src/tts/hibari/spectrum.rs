//! Sound from what the network says of every 12.5 ms: pulses of the pitch shaped by one spectrum, noise shaped by a
//! second, and a third with a phase of its own, added up and turned back by an inverse short-time Fourier transform.

use std::f32::consts::{PI, TAU};
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// Samples of a window, at 24 kHz.
const WINDOW: usize = 1200;
/// Samples of a frame.
const HOP: usize = 300;
/// Frequencies of a frame.
pub(super) const BINS: usize = WINDOW / 2 + 1;
const RATE: f32 = 24_000.0;
/// Frames of a lower pitch have no voice.
const LOWEST_PITCH: f32 = 40.0;
/// Harmonics end here.
const HIGHEST: f32 = 11_000.0;
/// Logarithms are held below this: a louder bin is an error.
const LOUDEST: f32 = 7.0;

/// The network's outputs: [`BINS`] rows of one value a frame, and the pitch in hertz.
pub(super) struct Spectra {
    /// Logarithm of what shapes the pulses.
    pub harmonic: Vec<f32>,
    /// How far their phase is turned.
    pub turned: Vec<f32>,
    /// Logarithm of what shapes the noise.
    pub noise: Vec<f32>,
    /// Logarithm of what has its own phase.
    pub free: Vec<f32>,
    pub phase: Vec<f32>,
    pub pitch: Vec<f32>,
}

impl Spectra {
    pub fn fits(&self) -> bool {
        let size = BINS * self.pitch.len();
        [&self.harmonic, &self.turned, &self.noise, &self.free, &self.phase].iter().all(|s| s.len() == size)
    }
}

/// The transforms, planned once.
pub(super) struct Vocoder {
    forward: Arc<dyn RealToComplex<f32>>,
    back: Arc<dyn ComplexToReal<f32>>,
    /// Periodic Hann.
    window: Vec<f32>,
}

impl Vocoder {
    pub fn new() -> Vocoder {
        let mut planner = RealFftPlanner::new();
        let hann = |n: usize| 0.5 - 0.5 * (TAU * n as f32 / WINDOW as f32).cos();
        Vocoder {
            forward: planner.plan_fft_forward(WINDOW),
            back: planner.plan_fft_inverse(WINDOW),
            window: (0..WINDOW).map(hann).collect(),
        }
    }

    /// [`HOP`] samples for each frame. The noise is the same every time.
    pub fn sound(&self, spectra: &Spectra) -> Vec<f32> {
        let frames = spectra.pitch.len();
        if frames == 0 {
            return Vec::new();
        }
        let pulses = mirrored(&pulses(&spectra.pitch));
        let mut noise = Noise::new();
        // Overlapping windows, and how much of the window covers each sample.
        let mut sum = vec![0.0; (frames - 1) * HOP + WINDOW];
        let mut cover = sum.clone();
        let (mut time, mut bins) = (self.forward.make_input_vec(), self.forward.make_output_vec());
        for frame in 0..frames {
            let from = frame * HOP;
            for (n, sample) in time.iter_mut().enumerate() {
                // A cosine of size one peaks at half of the window's sum.
                *sample = pulses[from + n] * self.window[n] / (WINDOW as f32 / 4.0);
            }
            // The buffers are the plan's own, so their sizes fit.
            if self.forward.process(&mut time, &mut bins).is_err() {
                return Vec::new();
            }
            for (bin, value) in bins.iter_mut().enumerate() {
                let at = bin * frames + frame;
                let size = |log: &[f32]| log[at].min(LOUDEST).exp();
                let voiced = Complex::from_polar(size(&spectra.harmonic), PI * spectra.turned[at].tanh());
                let free = Complex::from_polar(size(&spectra.free), spectra.phase[at]);
                *value = *value * voiced + noise.draw() * size(&spectra.noise) + free;
            }
            // The ends of a real signal's spectrum are real.
            bins[0].im = 0.0;
            bins[BINS - 1].im = 0.0;
            if self.back.process(&mut bins, &mut time).is_err() {
                return Vec::new();
            }
            for (n, sample) in time.iter().enumerate() {
                let weight = self.window[n];
                sum[from + n] += sample * weight / WINDOW as f32;
                cover[from + n] += weight * weight;
            }
        }
        let whole = sum.iter().zip(&cover).map(|(sample, cover)| sample / cover.max(1e-11));
        whole.skip(WINDOW / 2).chain(std::iter::repeat(0.0)).take(frames * HOP).collect()
    }
}

/// Every harmonic of the pitch below [`HIGHEST`] at size one, as the closed form of their sum; nothing where there is
/// no voice.
fn pulses(pitch: &[f32]) -> Vec<f32> {
    let mut turns = 0.0f64;
    let at = |frame: isize| pitch[frame.clamp(0, pitch.len() as isize - 1) as usize];
    let mut pulses = Vec::with_capacity(pitch.len() * HOP);
    for frame in 0..pitch.len() as isize {
        for n in 0..HOP {
            // Frames are known at their middles.
            let place = (n as f32 + 0.5) / HOP as f32 - 0.5;
            let neighbour = if place < 0.0 { at(frame - 1) } else { at(frame + 1) };
            let hertz = at(frame) + (neighbour - at(frame)) * place.abs();
            let steady = hertz.max(LOWEST_PITCH);
            turns = (turns + f64::from(steady / RATE)).fract();
            let angle = turns as f32 * TAU;
            let harmonics = (HIGHEST / steady).floor() + 0.5;
            let half = 2.0 * (angle / 2.0).sin();
            let sum = if half.abs() <= 2e-3 { harmonics } else { (harmonics * angle).sin() / half };
            pulses.push(if hertz > LOWEST_PITCH { sum - 0.5 } else { 0.0 });
        }
    }
    pulses
}

/// With half a window before and after it, mirrored at the ends.
fn mirrored(samples: &[f32]) -> Vec<f32> {
    let half = WINDOW / 2;
    let last = samples.len() as isize - 1;
    let reflect = |n: isize| {
        let n = if n < 0 { -n } else { n };
        let n = if n > last { 2 * last - n } else { n };
        samples[n.clamp(0, last) as usize]
    };
    (-(half as isize)..samples.len() as isize + half as isize).map(reflect).collect()
}

/// Gaussian noise, the same from one sound to the next.
struct Noise(u64);

impl Noise {
    fn new() -> Noise {
        Noise(0x9E37_79B9_7F4A_7C15)
    }

    /// Between nought, exclusive, and one.
    fn uniform(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 40) as f32 + 1.0) / 16_777_217.0
    }

    /// Both halves have a deviation of one (Box and Muller).
    fn draw(&mut self) -> Complex<f32> {
        let size = (-2.0 * self.uniform().ln()).sqrt();
        Complex::from_polar(size, TAU * self.uniform())
    }
}

#[cfg(test)]
mod tests {
    use super::{BINS, HOP, Spectra, Vocoder, pulses};

    const SILENT: f32 = -30.0;

    fn spectra(frames: usize, pitch: f32) -> Spectra {
        let all = |value: f32| vec![value; BINS * frames];
        Spectra {
            harmonic: all(SILENT),
            turned: all(0.0),
            noise: all(SILENT),
            free: all(SILENT),
            phase: all(0.0),
            pitch: vec![pitch; frames],
        }
    }

    fn power(samples: &[f32]) -> f32 {
        samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32
    }

    #[test]
    fn pulses_come_at_the_pitch_and_silence_where_there_is_none() {
        let voiced = pulses(&[100.0; 40]);
        let peaks = voiced.windows(3).filter(|w| w[1] > 50.0 && w[1] >= w[0] && w[1] > w[2]).count();
        // Half a second at 100 Hz.
        assert!((48..=52).contains(&peaks), "{peaks}");
        assert!(pulses(&[0.0; 4]).iter().all(|s| *s == 0.0));
    }

    #[test]
    fn each_branch_sounds_by_itself_and_every_time_the_same() {
        let vocoder = Vocoder::new();
        let silent = spectra(20, 120.0);
        assert!(power(&vocoder.sound(&silent)) < 1e-9);
        let mut voiced = spectra(20, 120.0);
        voiced.harmonic.fill(0.0);
        let sound = vocoder.sound(&voiced);
        assert_eq!(sound.len(), 20 * HOP);
        assert!(power(&sound) > 1e-4);
        assert_eq!(sound, vocoder.sound(&voiced));
        let mut hissing = spectra(20, 0.0);
        hissing.noise.fill(0.0);
        assert!(power(&vocoder.sound(&hissing)) > 1e-5);
        assert!(vocoder.sound(&spectra(0, 0.0)).is_empty());
    }

    #[test]
    fn a_spectrum_of_another_size_does_not_fit() {
        let mut short = spectra(3, 100.0);
        assert!(short.fits());
        short.noise.pop();
        assert!(!short.fits());
    }
}
