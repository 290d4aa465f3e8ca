//! Texts as weighted words and pairs of neighbouring words, of unit length: what tells "add it to the list" from "take it
//! off the list", which an embedding sees as nearly the same.

use std::collections::{BTreeSet, HashMap};

/// The words and pairs of a bank of texts, rare ones weighing more.
#[derive(Debug)]
pub(super) struct Grams {
    weights: HashMap<String, (u32, f32)>,
}

/// Indices, ascending, with weights.
pub(super) type Sparse = Vec<(u32, f32)>;

impl Grams {
    pub(super) fn of(texts: &[&str]) -> Self {
        let mut counts: HashMap<String, u32> = HashMap::new();
        for text in texts {
            for gram in grams(text) {
                *counts.entry(gram).or_default() += 1;
            }
        }
        let rarity = |count: u32| ((1.0 + texts.len() as f32) / (1.0 + count as f32)).ln();
        let weights = counts
            .into_iter()
            .zip(0..)
            .map(|((gram, count), index)| (gram, (index, rarity(count))))
            .collect();
        Self { weights }
    }

    pub(super) fn vector(&self, text: &str) -> Sparse {
        let mut vector: Sparse =
            grams(text).iter().filter_map(|gram| self.weights.get(gram).copied()).collect();
        let length = vector.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        if length > 0.0 {
            vector.iter_mut().for_each(|(_, weight)| *weight /= length);
        }
        vector.sort_unstable_by_key(|(index, _)| *index);
        vector
    }
}

pub(super) fn product(a: &Sparse, b: &Sparse) -> f32 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while let (Some((x, p)), Some((y, q))) = (a.get(i), b.get(j)) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                sum += p * q;
                i += 1;
                j += 1;
            }
        }
    }
    sum
}

/// Every word, and every pair with the word before it; the beginning is a word of its own.
fn grams(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase().replace('\u{2019}', "'");
    let words = lower
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(|word| if word.chars().all(|c| c.is_ascii_digit()) { "0" } else { word });
    let mut grams = BTreeSet::new();
    let mut before = "^";
    for word in words {
        grams.insert(word.to_owned());
        grams.insert(format!("{before} {word}"));
        before = word;
    }
    grams
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_words_counts_and_unknown_words_do_not() {
        let grams = Grams::of(&["add it to the list", "take it off the list", "what time is it"]);
        let same = grams.vector("Add it to the list!");
        let close = |a: &str| product(&same, &grams.vector(a));
        assert!((close("add it to the list") - 1.0).abs() < 1e-5);
        assert!(close("please add it to that list") > close("take it off the list"));
        assert_eq!(grams.vector("zebra"), Vec::new());
    }
}
