//! Words while they are still being spoken: what of the successive transcripts of one growing utterance will stay.
//!
//! A word is stable once two transcripts in a row have it in the same place behind the same words. The last words of a
//! transcript are guesses at half a sound, so the newest alone proves nothing. Words are compared without case and
//! punctuation, and shown as they were first written, without the mark behind the last of them: that mark is the
//! guess that the sentence ends here.
//!
//! Invariants: the stable words only ever grow, at the end; they are a piece of the last two transcripts when they grow.

use std::time::Duration;

use crate::asr::Transcript;
use crate::endpoint::{TAIL, Utterance};

/// The transcripts of one utterance so far.
#[derive(Debug, Clone, Default)]
pub struct Partials {
    stable: Vec<String>,
    last: Vec<String>,
}

impl Partials {
    /// Takes the next transcript, of the same utterance from its beginning. Returns the words that became stable by it,
    /// with a space between them.
    pub fn push(&mut self, transcript: &str) -> Option<String> {
        let next: Vec<String> = transcript.split_whitespace().map(str::to_owned).collect();
        let agreed = agreeing(&self.last, &next);
        let known = self.stable.len();
        let mut fresh = if agreed > known && agreeing(&self.stable, &next) == known {
            next[known..agreed].to_vec()
        } else {
            Vec::new()
        };
        self.last = next;
        while fresh.last().is_some_and(|word| bare(word).is_empty()) {
            fresh.pop();
        }
        let last = fresh.last_mut()?;
        last.truncate(last.trim_end_matches(|c: char| !c.is_alphanumeric()).len());
        let words = fresh.join(" ");
        self.stable.extend(fresh);
        Some(words)
    }

    /// The words that will stay.
    pub fn stable(&self) -> String {
        self.stable.join(" ")
    }

    /// The last transcript's words behind the stable ones: a guess, to be shown as one. Empty if the last transcript
    /// contradicts what is stable.
    pub fn guess(&self) -> String {
        let known = self.stable.len();
        if agreeing(&self.stable, &self.last) < known { String::new() } else { self.last[known..].join(" ") }
    }

    /// Whether a final transcript says what was promised: it begins with the stable words. What was prepared from them
    /// holds then, and only then.
    pub fn holds(&self, transcript: &str) -> bool {
        let words: Vec<String> = transcript.split_whitespace().map(str::to_owned).collect();
        agreeing(&self.stable, &words) == self.stable.len()
    }
}

/// A transcript with the piece of the stream it was made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Stream time of its first sample.
    pub started: Duration,
    /// Stream time of the end of its last sample.
    pub until: Duration,
    /// What was heard in it.
    pub transcript: Transcript,
}

impl Taken {
    /// The transcript, if there is nothing more in `utterance` to be heard: the same beginning, and behind `until`
    /// only the silence that nobody would have listened to either.
    ///
    /// A loop is not taken: the utterance by itself may not have it.
    pub fn of(&self, utterance: &Utterance) -> Option<&Transcript> {
        let heard_out = utterance.ended.min(utterance.spoken_until + TAIL);
        (self.started == utterance.started && self.until >= heard_out && !self.transcript.looped)
            .then_some(&self.transcript)
    }
}

/// How many words both begin with. What has no letter or digit is a word of its own kind, equal to its like.
fn agreeing(these: &[String], those: &[String]) -> usize {
    these.iter().zip(those).take_while(|(this, that)| bare(this) == bare(that)).count()
}

fn bare(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::{Partials, Taken};
    use crate::asr::Transcript;
    use crate::endpoint::Utterance;
    use proptest::prelude::*;
    use std::time::Duration;

    /// What becomes stable with each transcript.
    fn grown(transcripts: &[&str]) -> Vec<Option<String>> {
        let mut partials = Partials::default();
        transcripts.iter().map(|transcript| partials.push(transcript)).collect()
    }

    fn some(words: &str) -> Option<String> {
        Some(words.to_owned())
    }

    #[test]
    fn a_word_is_stable_when_two_transcripts_have_it() {
        assert_eq!(
            grown(&[
                "Remind",
                "Remind me two.",
                "Remind me to call.",
                "Remind me to call mom",
                "remind me to call mom."
            ]),
            [None, some("Remind"), some("me"), some("to call"), some("mom")],
        );
    }

    #[test]
    fn case_and_marks_make_no_difference_and_the_last_mark_is_not_kept() {
        let mut partials = Partials::default();
        partials.push("Send it, to Sarah.");
        assert_eq!(partials.push("send it to sarah tomorrow"), some("send it to sarah"));
        assert_eq!(partials.guess(), "tomorrow");
        partials.push("Send it to Sarah, tomorrow.");
        assert_eq!(partials.stable(), "send it to sarah tomorrow");
    }

    #[test]
    fn what_is_stable_stays_through_a_transcript_that_says_otherwise() {
        let mut partials = Partials::default();
        for transcript in ["call mom now", "call mom now", "Karl, mom's not", "Karl, mom's not here", ""] {
            partials.push(transcript);
            let words = partials.stable();
            assert!(["", "call mom now"].contains(&words.as_str()), "{words}");
        }
        assert_eq!(partials.guess(), "");
        assert!(!partials.holds("Karl, mom's not here."));
        assert!(partials.holds("Call mom now, please."));
        assert_eq!(partials.push("call mom now please"), None);
        assert_eq!(partials.push("call mom now, please!"), some("please"));
    }

    #[test]
    fn a_final_text_holds_only_if_it_begins_with_what_is_stable() {
        let mut partials = Partials::default();
        assert!(partials.holds("anything"));
        partials.push("set a timer for five");
        partials.push("set a timer for five minutes");
        for (transcript, holds) in [
            ("Set a timer for five minutes.", true),
            ("Set a timer for five.", true),
            ("Set a timer for nine minutes.", false),
            ("Set a timer", false),
            ("", false),
        ] {
            assert_eq!(partials.holds(transcript), holds, "{transcript}");
        }
    }

    #[test]
    fn a_transcript_is_final_when_only_silence_follows_it() {
        let ms = Duration::from_millis;
        let utterance =
            Utterance { samples: Vec::new(), started: ms(1_000), ended: ms(3_200), spoken_until: ms(3_000) };
        let taken = |started, until, looped| Taken {
            started: ms(started),
            until: ms(until),
            transcript: Transcript {
                text: "call mom".to_owned(),
                confidence: 0.9,
                no_speech: 0.0,
                looped,
                took: Duration::ZERO,
            },
        };
        for (started, until, looped, last) in [
            (1_000, 3_200, false, true),
            (1_000, 3_600, false, true),
            (1_000, 3_100, false, false),
            (1_000, 2_500, false, false),
            (900, 3_200, false, false),
            (1_000, 3_200, true, false),
        ] {
            let taken = taken(started, until, looped);
            assert_eq!(taken.of(&utterance).is_some(), last, "{taken:?}");
        }
        // A button let go in the middle of a word: all of it must have been heard.
        let cut = Utterance { ended: ms(3_050), ..utterance };
        assert!(taken(1_000, 3_050, false).of(&cut).is_some());
        assert!(taken(1_000, 3_049, false).of(&cut).is_none());
    }

    proptest! {
        #[test]
        fn stable_words_only_grow_and_were_said_twice(transcripts in prop::collection::vec("([ab][,.]? ){0,5}", 0..12)) {
            let mut partials = Partials::default();
            let mut before = String::new();
            for transcript in &transcripts {
                let fresh = partials.push(transcript);
                let stable = partials.stable();
                prop_assert!(stable.starts_with(&before), "{} then {}", before, stable);
                if let Some(fresh) = fresh {
                    prop_assert!(partials.holds(transcript));
                    let joined = format!("{before} {fresh}");
                    prop_assert_eq!(&stable, joined.trim_start());
                }
                before = stable;
            }
        }
    }
}
