//! Words while they are still being spoken: what of the successive transcripts of one growing utterance will stay.
//!
//! A word is stable once two transcripts in a row have it in the same place behind the same words. The last words of a
//! transcript are guesses at half a sound, so the newest alone proves nothing. Words are compared without case and
//! punctuation, and shown as they were first written, without the mark behind the last of them: that mark is the
//! guess that the sentence ends here.
//!
//! Invariants: the stable words only ever grow, at the end; they are a piece of the last two transcripts when they grow.

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
    use super::{Partials, agreeing};
    use proptest::prelude::*;

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
        assert_eq!(partials.push("call mom now please"), None);
        assert_eq!(partials.push("call mom now, please!"), some("please"));
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
                    let words: Vec<String> = transcript.split_whitespace().map(str::to_owned).collect();
                    prop_assert_eq!(agreeing(&partials.stable, &words), partials.stable.len());
                    let joined = format!("{before} {fresh}");
                    prop_assert_eq!(&stable, joined.trim_start());
                }
                before = stable;
            }
        }
    }
}
