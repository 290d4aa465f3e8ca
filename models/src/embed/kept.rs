//! Embeddings of fixed texts, kept in a file so that a start costs milliseconds. Not for anything that a person said.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{DIMENSIONS, EmbedError, Embedder, Embedding};
use crate::cancel::Cancel;

/// Texts kept; beyond that the file begins anew with those in use.
const MOST: usize = 6_000;
const KEY: usize = 16;
const RECORD: usize = KEY + 4 * DIMENSIONS;

type Key = [u8; KEY];

/// Embeddings of fixed texts, by the texts' hashes.
#[derive(Debug)]
pub struct Kept {
    file: Option<PathBuf>,
    known: HashMap<Key, Embedding>,
}

impl Kept {
    /// Reads what is there. A file that is not whole is as good as none.
    /// Without a directory nothing is kept beyond this run. `model` is the weights' SHA-256.
    pub fn open(cache: Option<&Path>, model: &str) -> Self {
        let file = cache.map(|dir| dir.join(format!("words-{}.bin", &model[..model.len().min(16)])));
        let known = file.as_ref().and_then(|file| fs::read(file).ok()).and_then(|bytes| parse(&bytes));
        Self { file, known: known.unwrap_or_default() }
    }

    /// The embeddings of `texts`, from the file where it has them.
    ///
    /// # Errors
    /// The engine's.
    pub fn embed(&mut self, embedder: &mut Embedder, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        let missing: Vec<&str> =
            texts.iter().filter(|text| !self.known.contains_key(&key(text))).copied().collect();
        if !missing.is_empty() {
            let new = embedder.embed(&missing, &Cancel::new())?;
            if self.known.len() + missing.len() > MOST {
                let used: Vec<Key> = texts.iter().map(|text| key(text)).collect();
                self.known.retain(|key, _| used.contains(key));
            }
            self.known.extend(missing.iter().map(|text| key(text)).zip(new));
            self.save();
        }
        Ok(texts.iter().filter_map(|text| self.known.get(&key(text)).cloned()).collect())
    }

    fn save(&self) {
        let Some(file) = &self.file else { return };
        let beside = file.with_extension(format!("{}.part", std::process::id()));
        let written = fs::write(&beside, bytes(&self.known)).and_then(|()| fs::rename(&beside, file));
        if let Err(error) = written {
            tracing::debug!(%error, "the embeddings of fixed texts could not be kept");
        }
    }
}

fn key(text: &str) -> Key {
    let mut key = [0; KEY];
    key.copy_from_slice(&Sha256::digest(text)[..KEY]);
    key
}

/// Records, then the SHA-256 of them.
fn bytes(known: &HashMap<Key, Embedding>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(known.len() * RECORD + 32);
    for (key, embedding) in known {
        bytes.extend_from_slice(key);
        embedding.values().iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
    }
    let sum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

fn parse(bytes: &[u8]) -> Option<HashMap<Key, Embedding>> {
    let (records, sum) = bytes.split_at_checked(bytes.len().checked_sub(32)?)?;
    if Sha256::digest(records).as_slice() != sum {
        return None;
    }
    records
        .chunks_exact(RECORD)
        .map(|record| {
            let (key, values) = record.split_at_checked(KEY)?;
            let values: Vec<f32> = values
                .chunks_exact(4)
                .filter_map(|four| Some(f32::from_le_bytes(four.try_into().ok()?)))
                .collect();
            Some((key.try_into().ok()?, Embedding::towards(&values)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_read_back_and_a_torn_file_is_not() {
        let embedding = |first: f32| {
            let mut values = [0.5; DIMENSIONS];
            values[0] = first;
            Embedding::towards(&values).unwrap()
        };
        let known = HashMap::from([(key("one"), embedding(1.0)), (key("two"), embedding(-2.0))]);
        let kept = bytes(&known);
        let read = parse(&kept).unwrap();
        assert_eq!(read.len(), 2);
        assert!((read[&key("two")].cosine(&known[&key("two")]) - 1.0).abs() < 1e-5);
        assert!(parse(&kept[..kept.len() - 1]).is_none() && parse(&[]).is_none());
    }
}
