use super::{FRAME, Frames, Silero, Vad, VadError};
use crate::fixtures;

#[test]
fn a_file_that_is_no_model_is_named_with_the_mend() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vad.onnx");
    std::fs::write(&path, b"not a model").unwrap();
    let error = Silero::from_file(&path).err().unwrap();
    assert!(matches!(error, VadError::Load { .. }), "{error}");
    assert!(error.to_string().contains("vad.onnx") && error.to_string().contains("models verify"), "{error}");
}

#[test]
fn silence_and_nonsense_are_not_speech() {
    let mut session = fixtures::silero().session();
    for frame in [[0.0; FRAME], [f32::NAN; FRAME], [0.0; FRAME]] {
        let probability = session.speech(&frame);
        assert!((0.0..0.3).contains(&probability), "{probability}");
    }
}

#[test]
fn sessions_share_weights_but_not_state() {
    let silero = fixtures::silero();
    let tone: [f32; FRAME] =
        std::array::from_fn(|n| 0.3 * (n as f32 * 0.09).sin() * (n as f32 * 0.011).cos());
    let (mut alone, mut disturbed, mut other) = (silero.session(), silero.session(), silero.session());
    for turn in 0..20 {
        let loud = tone.map(|sample| sample * (turn % 3) as f32);
        other.speech(&[0.5; FRAME]);
        assert_eq!(alone.speech(&loud), disturbed.speech(&loud));
    }
    let first = silero.session().speech(&tone);
    assert_ne!(disturbed.speech(&tone), first, "state is carried from frame to frame");
    disturbed.reset();
    assert_eq!(disturbed.speech(&tone), first);
}

#[test]
fn frames_are_cut_in_order_whatever_the_pieces() {
    let stream: Vec<f32> = (0..FRAME * 3 + 7).map(|n| n as f32).collect();
    for piece in [1, 100, FRAME, FRAME + 1, stream.len()] {
        let (mut frames, mut seen) = (Frames::default(), Vec::new());
        stream.chunks(piece).for_each(|chunk| frames.push(chunk, |frame| seen.extend_from_slice(frame)));
        assert_eq!(seen, stream[..FRAME * 3]);
        let last = frames.finish().unwrap();
        assert_eq!(last[..7], stream[FRAME * 3..]);
        assert!(last[7..].iter().all(|&sample| sample == 0.0));
        assert!(frames.finish().is_none());
    }
}
