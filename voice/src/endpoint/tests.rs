use super::{EndpointConfig, EndpointEvent, Endpointer, TAIL, Utterance};
use crate::SampleRate;
use crate::vad::FRAME;
use expect_test::expect;
use proptest::prelude::{Just, Strategy, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use std::time::Duration;

/// The stream's samples are their own numbers, so that a piece tells where it is from.
fn frame(index: usize) -> [f32; FRAME] {
    std::array::from_fn(|n| (index * FRAME + n) as f32)
}

fn run(config: EndpointConfig, probabilities: &[f32]) -> (Vec<EndpointEvent>, Option<Utterance>) {
    let mut endpointer = Endpointer::new(config);
    let events = probabilities
        .iter()
        .enumerate()
        .filter_map(|(index, &p)| endpointer.push(&frame(index), p))
        .collect();
    (events, endpointer.finish())
}

/// `.` silence, `+` between the thresholds, `#` speech, 32 ms each; one line for every event.
fn story(config: EndpointConfig, stream: &str) -> String {
    let probabilities: Vec<f32> = stream.chars().map(|c| [0.0, 0.4, 0.9][".+#".find(c).unwrap()]).collect();
    let (events, last) = run(config, &probabilities);
    let utterance = |u: &Utterance| {
        format!(
            "{}-{} ms, spoken until {}\n",
            u.started.as_millis(),
            u.ended.as_millis(),
            u.spoken_until.as_millis()
        )
    };
    let line = |event: &EndpointEvent| match event {
        EndpointEvent::SpeechStarted { at } => format!("started {}\n", at.as_millis()),
        EndpointEvent::SpeechEnded(u) => format!("ended   {}", utterance(u)),
        EndpointEvent::FalseStart => "false start\n".to_owned(),
    };
    events.iter().map(line).chain(last.iter().map(|u| format!("finish  {}", utterance(u)))).collect()
}

fn frames(count: u64) -> Duration {
    SampleRate::HZ_16000.duration(count * FRAME as u64)
}

fn small() -> EndpointConfig {
    EndpointConfig {
        threshold: 0.5,
        prefix_padding: frames(3),
        onset: frames(2),
        silence: frames(4),
        min_speech: frames(3),
        max_utterance: frames(12),
    }
}

#[test]
fn an_utterance_has_what_came_before_and_a_little_after() {
    expect![[r#"
        started 96
        ended   96-448 ms, spoken until 384
    "#]]
    .assert_eq(&story(small(), "......######......."));
}

#[test]
fn a_pause_shorter_than_the_silence_does_not_end_it() {
    expect![[r#"
        started 0
        ended   0-320 ms, spoken until 256
    "#]]
    .assert_eq(&story(small(), ".##...##.........."));
}

#[test]
fn between_the_thresholds_speech_goes_on_but_does_not_begin() {
    expect![[r#"
        started 64
        ended   64-416 ms, spoken until 352
    "#]]
    .assert_eq(&story(small(), ".++++##++++....++++"));
}

#[test]
fn a_click_is_not_announced_and_a_cough_is_taken_back() {
    expect![[r#"
        started 192
        false start
    "#]]
    .assert_eq(&story(small(), ".#.#.....##......"));
}

#[test]
fn very_long_speech_is_cut_and_goes_on() {
    expect![[r#"
        started 0
        ended   0-384 ms, spoken until 384
        started 384
        ended   384-768 ms, spoken until 768
        started 768
        ended   768-960 ms, spoken until 896
    "#]]
    .assert_eq(&story(small(), "..##########################....."));
}

#[test]
fn the_end_of_the_stream_ends_an_utterance() {
    expect![[r#"
        started 0
        finish  0-192 ms, spoken until 160
    "#]]
    .assert_eq(&story(small(), ".####."));
    expect![[r#"
        started 0
    "#]]
    .assert_eq(&story(small(), ".##."));
    expect![[""]].assert_eq(&story(small(), "...#"));
}

#[test]
fn it_says_whether_someone_speaks_and_begins_anew_after_the_end() {
    let mut endpointer = Endpointer::new(small());
    let mut speaking = Vec::new();
    for (index, p) in [0.9, 0.9, 0.9, 0.0].into_iter().enumerate() {
        endpointer.push(&frame(index), p);
        speaking.push(endpointer.is_speaking());
    }
    assert_eq!(speaking, [false, true, true, true]);
    assert!(endpointer.finish().is_some());
    assert!(!endpointer.is_speaking());
    assert_eq!(endpointer.finish(), None);
    assert_eq!(endpointer.position(), frames(4));
}

/// Pushes `stream` after `.##`; `silence` is waited for from the first pause on.
fn ends_after(stream: &str, silence: u64) -> Option<usize> {
    let mut endpointer = Endpointer::new(EndpointConfig { min_speech: frames(1), ..small() });
    let mut waits = false;
    for (index, c) in format!(".##{stream}").chars().enumerate() {
        let mut event = endpointer.push(&frame(index), if c == '#' { 0.9 } else { 0.0 });
        if !waits && endpointer.paused().is_some() {
            waits = true;
            event = event.or_else(|| endpointer.wait(frames(silence)));
        }
        if let Some(EndpointEvent::SpeechEnded(_)) = event {
            return Some(index + 1 - 3);
        }
    }
    None
}

#[test]
fn a_pause_may_be_waited_for_longer_or_shorter_and_the_next_is_an_ordinary_one() {
    assert_eq!(ends_after("........", 4), Some(4), "as configured");
    assert_eq!(ends_after("........", 7), Some(7));
    assert_eq!(ends_after("........", 3), Some(3));
    assert_eq!(ends_after("........", 1), Some(2), "the pause has lasted longer already: at once");
    assert_eq!(ends_after("..#........", 7), Some(7), "speech makes the next pause an ordinary one");
    let mut endpointer = Endpointer::new(small());
    assert_eq!(endpointer.wait(frames(1)), None, "nobody speaks");
    for index in 0..4 {
        endpointer.push(&frame(index), 0.9);
    }
    assert_eq!(endpointer.wait(frames(1)), None, "nobody pauses");
    assert!(endpointer.is_speaking() && endpointer.paused().is_none());
}

fn any_config() -> impl Strategy<Value = EndpointConfig> {
    (0u64..700, 0u64..400, 0u64..900, 0u64..400, 0u64..3_000, 0.0f32..1.0).prop_map(
        |(prefix, onset, silence, min_speech, max, threshold)| EndpointConfig {
            threshold,
            prefix_padding: Duration::from_millis(prefix),
            onset: Duration::from_millis(onset),
            silence: Duration::from_millis(silence),
            min_speech: Duration::from_millis(min_speech),
            max_utterance: Duration::from_millis(max),
        },
    )
}

/// Runs of speech, of silence and of anything.
fn any_stream() -> impl Strategy<Value = Vec<f32>> {
    let run = (prop_oneof![Just(0.0f32), Just(0.95), 0.0f32..1.0], 1usize..40);
    let wild = prop::collection::vec(prop_oneof![0.0f32..1.0, Just(f32::NAN)], 1..20);
    let piece = prop_oneof![run.prop_map(|(p, length)| vec![p; length]), wild];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_comes_the_invariants_hold(config in any_config(), stream in any_stream()) {
        let longest = config.max_utterance.max(frames(2));
        let (events, last) = run(config, &stream);
        let open_at_the_end = matches!(events.last(), Some(EndpointEvent::SpeechStarted { .. }));
        prop_assert!(last.is_none() || open_at_the_end);

        let mut open: Option<Duration> = None;
        let mut given_until = Duration::ZERO;
        let ended = last.map(EndpointEvent::SpeechEnded);
        for event in events.into_iter().chain(ended) {
            match event {
                EndpointEvent::SpeechStarted { at } => {
                    prop_assert_eq!(open, None);
                    prop_assert!(at >= given_until, "begins in what was already given");
                    open = Some(at);
                }
                EndpointEvent::FalseStart => {
                    prop_assert!(open.take().is_some());
                }
                EndpointEvent::SpeechEnded(utterance) => {
                    prop_assert_eq!(open.take(), Some(utterance.started));
                    let first = SampleRate::HZ_16000.samples(utterance.started);
                    let contiguous = utterance.samples.iter().enumerate().all(|(n, &sample)| sample == (first + n) as f32);
                    prop_assert!(contiguous, "not a piece of the stream");
                    let length = SampleRate::HZ_16000.duration(utterance.samples.len() as u64);
                    prop_assert_eq!(utterance.started + length, utterance.ended);
                    prop_assert!(length <= longest, "{:?} is over {:?}", length, longest);
                    prop_assert!(utterance.started <= utterance.spoken_until && utterance.spoken_until <= utterance.ended);
                    prop_assert!(utterance.ended - utterance.spoken_until <= TAIL + frames(1));
                    given_until = utterance.ended;
                }
            }
        }
    }

    #[test]
    fn what_a_pause_shows_is_what_the_utterance_will_be(
        config in any_config(),
        stream in any_stream(),
        waits in prop::collection::vec(prop::option::of(0u64..1_500), 1..8),
    ) {
        let mut endpointer = Endpointer::new(config);
        let mut shown: Option<Utterance> = None;
        let mut waits = waits.iter().cycle();
        for (index, &p) in stream.iter().enumerate() {
            let mut event = endpointer.push(&frame(index), p);
            match endpointer.paused() {
                Some(since) => {
                    let so_far = endpointer.so_far();
                    prop_assert_eq!(so_far.as_ref().map(|u| u.spoken_until), Some(since));
                    if shown.as_ref().is_none_or(|shown| shown.spoken_until != since) {
                        shown = so_far;
                        if let Some(silence) = waits.next().copied().flatten() {
                            event = event.or_else(|| endpointer.wait(Duration::from_millis(silence)));
                        }
                    } else {
                        prop_assert_eq!(&so_far, &shown, "more silence changes it");
                    }
                }
                None if endpointer.is_speaking() => shown = None,
                None => {}
            }
            match event {
                Some(EndpointEvent::SpeechEnded(utterance)) => {
                    if let Some(shown) = shown.take().filter(|u| u.spoken_until == utterance.spoken_until) {
                        prop_assert_eq!(shown, utterance);
                    }
                }
                Some(EndpointEvent::SpeechStarted { .. } | EndpointEvent::FalseStart) => shown = None,
                None => {}
            }
        }
    }

    #[test]
    fn speech_cut_for_its_length_loses_no_sample(seconds in 2usize..8) {
        let config = EndpointConfig { max_utterance: Duration::from_secs(1), ..EndpointConfig::default() };
        let (events, last) = run(config, &vec![0.9; seconds * 32]);
        let ended = last.map(EndpointEvent::SpeechEnded);
        let heard: Vec<f32> = events
            .into_iter()
            .chain(ended)
            .filter_map(|event| match event {
                EndpointEvent::SpeechEnded(utterance) => Some(utterance.samples),
                EndpointEvent::SpeechStarted { .. } | EndpointEvent::FalseStart => None,
            })
            .flatten()
            .collect();
        prop_assert!(heard.iter().enumerate().all(|(n, &sample)| sample == n as f32));
        prop_assert!(heard.len() + 3 * FRAME >= seconds * 32 * FRAME);
    }
}
