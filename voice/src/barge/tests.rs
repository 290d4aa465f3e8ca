use super::{BargeIn, Verdict};
use crate::vad::FRAME;

/// A frame of noise-like sound at a level.
fn frame(level_db: f32) -> [f32; FRAME] {
    let size = 10f32.powf(level_db / 20.0);
    std::array::from_fn(|n| if n % 2 == 0 { size } else { -size })
}

fn person(barge: &mut BargeIn, level_db: f32) {
    barge.heard(&frame(level_db).repeat(20));
    barge.was_person();
}

fn ours(barge: &mut BargeIn, level_db: f32) {
    barge.heard(&frame(level_db).repeat(20));
    barge.was_ours();
}

/// After how many frames of these probabilities, at this level, we stop.
fn stops_after(barge: &mut BargeIn, level_db: f32, probabilities: &[f32]) -> Option<usize> {
    let frame = frame(level_db);
    probabilities.iter().position(|p| barge.hear(&frame, *p) == Verdict::Stop).map(|at| at + 1)
}

#[test]
fn how_long_a_voice_is_looked_at_depends_on_how_clear_and_how_loud_it_is() {
    let long = [0.9; 12];
    type Row<'a> = (&'a str, Option<f32>, Option<f32>, f32, &'a [f32], Option<usize>);
    let rows: [Row; 10] = [
        ("a clear voice", None, None, -25.0, &long, Some(3)),
        ("as loud as the person", Some(-25.0), None, -30.0, &long, Some(3)),
        ("far softer than the person", Some(-25.0), None, -40.0, &long, Some(8)),
        ("a doubtful voice", None, None, -25.0, &[0.6; 12], Some(8)),
        ("a knock", None, None, -25.0, &[0.9, 0.9, 0.1, 0.0, 0.0, 0.0], None),
        ("two knocks", None, None, -25.0, &[0.9, 0.9, 0.1, 0.0, 0.0, 0.9, 0.9, 0.1, 0.0, 0.0], None),
        ("a doubtful sound that ends", None, None, -25.0, &[0.6, 0.7, 0.6, 0.7, 0.6, 0.1, 0.0, 0.0], None),
        ("a word with a stop consonant", None, None, -25.0, &[0.9, 0.6, 0.2, 0.3, 0.9, 0.9, 0.9], Some(7)),
        ("our own voice, as loud as it was", None, Some(-30.0), -28.0, &long, None),
        ("the person over our own voice", None, Some(-30.0), -20.0, &long, Some(3)),
    ];
    for (name, theirs, echo, level, probabilities, expected) in rows {
        let mut barge = BargeIn::default();
        theirs.iter().for_each(|db| person(&mut barge, *db));
        echo.iter().for_each(|db| ours(&mut barge, *db));
        assert_eq!(stops_after(&mut barge, level, probabilities), expected, "{name}");
    }
}

#[test]
fn what_is_known_of_a_voice_follows_it() {
    let mut barge = BargeIn::default();
    person(&mut barge, -20.0);
    assert_eq!(stops_after(&mut barge, -36.0, &[0.9; 3]), None);
    let mut barge = BargeIn::default();
    person(&mut barge, -20.0);
    (0..4).for_each(|_| person(&mut barge, -36.0));
    assert_eq!(stops_after(&mut barge, -36.0, &[0.9; 3]), Some(3));
}

#[test]
fn nothing_is_learnt_from_nothing() {
    let mut barge = BargeIn::default();
    barge.was_ours();
    barge.heard(&[]);
    barge.was_ours();
    assert_eq!(stops_after(&mut barge, -60.0, &[0.9; 3]), Some(3));
    assert_eq!(stops_after(&mut BargeIn::default(), -20.0, &[f32::NAN; 20]), None);
}
