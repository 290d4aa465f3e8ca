//! The mel filter bank that whisper was trained with: Slaney's scale and area normalisation, 16 kHz, a transform of 400
//! samples, as librosa computes it. It is not in CTranslate2's file, so it is computed.

/// Frequency bins of a transform of 400 samples.
pub(super) const BINS: usize = 201;

/// Half the sample rate, in Hz.
const NYQUIST: f64 = 8000.0;

/// Hz per mel below [`BREAK_HZ`], where the scale is linear.
const LINEAR: f64 = 200.0 / 3.0;
const BREAK_HZ: f64 = 1000.0;
const BREAK_MEL: f64 = BREAK_HZ / LINEAR;

/// Growth of the logarithm of the frequency per mel above the break.
fn log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

fn to_mel(hz: f64) -> f64 {
    if hz >= BREAK_HZ { BREAK_MEL + (hz / BREAK_HZ).ln() / log_step() } else { hz / LINEAR }
}

fn to_hz(mel: f64) -> f64 {
    if mel >= BREAK_MEL { BREAK_HZ * (log_step() * (mel - BREAK_MEL)).exp() } else { LINEAR * mel }
}

/// `count` values from 0 to `end`.
fn spread(end: f64, count: usize) -> Vec<f64> {
    let step = end / (count - 1) as f64;
    let mut values: Vec<f64> = (0..count).map(|at| at as f64 * step).collect();
    values[count - 1] = end;
    values
}

/// Weights of `bands` overlapping triangles over [`BINS`] frequencies, band after band.
pub(super) fn filters(bands: usize) -> Vec<f32> {
    let bins = spread(NYQUIST, BINS);
    let corners: Vec<f64> = spread(to_mel(NYQUIST), bands + 2).into_iter().map(to_hz).collect();
    let mut weights = Vec::with_capacity(bands * BINS);
    for corner in corners.windows(3) {
        let [low, peak, high] = [corner[0], corner[1], corner[2]];
        let area = 2.0 / (high - low);
        weights.extend(bins.iter().map(|bin| {
            let rising = -(low - bin) / (peak - low);
            let falling = (high - bin) / (high - peak);
            let height = rising.min(falling);
            // A negative zero, as at the very first corner, keeps its sign, as it does in numpy: the file's hash is
            // pinned. `max` may or may not keep it.
            if height < 0.0 { 0.0 } else { (height * area) as f32 }
        }));
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triangles_rise_and_fall_once_and_have_an_area_of_one() {
        let weights = filters(80);
        assert_eq!(weights.len(), 80 * BINS);
        for (band, row) in weights.chunks(BINS).enumerate() {
            let peak = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
            assert!(row[..peak].is_sorted(), "band {band}");
            assert!(row[peak..].is_sorted_by(|a, b| a >= b), "band {band}");
        }
        // Wide bands are sampled finely enough for the sum over bins of 40 Hz to be the area.
        let area: f32 = weights[79 * BINS..].iter().sum::<f32>() * 40.0;
        assert!((area - 1.0).abs() < 0.01, "{area}");
    }

    #[test]
    fn the_scale_is_linear_below_a_thousand_hertz_and_goes_back_and_forth() {
        assert!((to_mel(500.0) - 7.5).abs() < 1e-9);
        for hz in [0.0, 440.0, 1000.0, 3000.0, NYQUIST] {
            assert!((to_hz(to_mel(hz)) - hz).abs() < 1e-9, "{hz}");
        }
    }
}
