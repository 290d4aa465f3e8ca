//! Our own words, heard by our own microphone.

use super::words::words;

/// Whether `heard` looks like a piece of `spoken`: two or more words that stand there in a row, or four or more of
/// which three quarters stand there in the same order. One word alone proves nothing here; the turn machine lets no
/// speech count that began before the question had been played.
pub fn is_echo(heard: &str, spoken: &str) -> bool {
    let heard: Vec<String> = words(heard).into_iter().map(|w| w.text).collect();
    let spoken: Vec<String> = words(spoken).into_iter().map(|w| w.text).collect();
    if heard.len() < 2 || spoken.is_empty() {
        return false;
    }
    let run = spoken.windows(heard.len()).any(|w| w == heard);
    run || (heard.len() >= 4 && 4 * in_order(&heard, &spoken) >= 3 * heard.len())
}

/// Whether `heard` has no word that `spoken` has not. Right after the end of playback that is enough to distrust it.
pub fn is_within(heard: &str, spoken: &str) -> bool {
    let spoken = words(spoken);
    words(heard).iter().all(|w| spoken.iter().any(|s| s.text == w.text))
}

/// Length of the longest common subsequence.
fn in_order(a: &[String], b: &[String]) -> usize {
    let mut row = vec![0usize; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = if x == y { diagonal + 1 } else { above.max(row[j]) };
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_our_own_question_are_echo_and_answers_are_not() {
        let ours = "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?";
        for echo in [
            "Shall I?",
            "set a reminder to call mom",
            "set the reminder to call mom tomorrow at five",
            "tomorrow at five",
        ] {
            assert!(is_echo(echo, ours), "{echo}");
        }
        for answer in ["yes", "yes please", "no, make it six", "go ahead and do it", "", "call dad"] {
            assert!(!is_echo(answer, ours), "{answer}");
        }
    }
}
