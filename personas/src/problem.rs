//! What is wrong with a persona's file, in words its author can act on.

use std::fmt;
use std::path::PathBuf;

/// One thing to mend. `Display` is a single line: `file:line: field: message`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PersonaProblem {
    /// The file it is in.
    pub file: PathBuf,
    /// Counted from 1; none where the problem is something missing or the file itself.
    pub line: Option<usize>,
    /// Dotted, such as `autonomy.rule[2].level`.
    pub field: Option<String>,
    /// What is wrong and which values are allowed.
    pub message: String,
}

impl fmt::Display for PersonaProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        if let Some(field) = &self.field {
            write!(f, " {field}:")?;
        }
        write!(f, " {}", self.message)
    }
}

impl std::error::Error for PersonaProblem {}

/// The candidate `word` was probably meant to be: at most a third of it is mistyped.
pub(crate) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase().replace(['-', ' '], "_");
    candidates
        .iter()
        .map(|candidate| (distance(&word, candidate), *candidate))
        .filter(|(far, candidate)| *far * 3 <= candidate.chars().count().max(3))
        .min_by_key(|(far, _)| *far)
        .map(|(_, candidate)| candidate)
}

/// `"a", "b" or "c"`, or any other words as given.
pub(crate) fn one_of(words: &[impl fmt::Display]) -> String {
    match words {
        [] => String::new(),
        [only] => only.to_string(),
        [head @ .., last] => {
            let head: Vec<String> = head.iter().map(ToString::to_string).collect();
            format!("{} or {last}", head.join(", "))
        }
    }
}

/// Edits (insert, delete, replace, swap of neighbours) between two words; optimal string alignment.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        rows[i][0] = i;
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::{nearest, one_of};

    #[test]
    fn a_slip_of_the_hand_is_recognised_and_another_word_is_not() {
        let keys = ["name", "description", "instructions", "greeting", "mode"];
        for (typed, meant) in [
            ("nmae", Some("name")),
            ("Name", Some("name")),
            ("instruction", Some("instructions")),
            ("greting", Some("greeting")),
            ("model", Some("mode")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(nearest(typed, &keys), meant, "{typed}");
        }
    }

    #[test]
    fn choices_read_like_a_sentence() {
        assert_eq!(one_of(&["a", "b", "c"]), "a, b or c");
        assert_eq!(one_of(&["a"]), "a");
    }
}
