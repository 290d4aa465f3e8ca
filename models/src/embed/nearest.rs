//! Which of many embeddings lie closest to one: all of them are looked at.
//!
//! Exact up to what packing costs, and simple: 100,000 embeddings are 38 MB and some 10 ms of one core, which is more
//! than a person's documents come to. Beyond a million an index that looks at fewer would pay.

use std::collections::HashMap;

use super::{DIMENSIONS, Embedding};

/// An embedding in one byte a number: its direction to within about half a degree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed([i8; DIMENSIONS]);

impl Packed {
    /// Its bytes, to be kept.
    pub fn to_bytes(&self) -> [u8; DIMENSIONS] {
        self.0.map(i8::cast_unsigned)
    }

    /// From bytes that were kept; [`None`] unless they are [`DIMENSIONS`] and not all zero.
    pub fn from_bytes(bytes: &[u8]) -> Option<Packed> {
        let bytes: [u8; DIMENSIONS] = bytes.try_into().ok()?;
        bytes.iter().any(|byte| *byte != 0).then(|| Packed(bytes.map(u8::cast_signed)))
    }
}

impl From<&Embedding> for Packed {
    fn from(embedding: &Embedding) -> Packed {
        let largest = embedding.values().iter().fold(f32::MIN_POSITIVE, |most, value| most.max(value.abs()));
        // Within -127..=127 by the division.
        Packed(embedding.values().map(|value| (value / largest * 127.0).round() as i8))
    }
}

/// Embeddings by id.
#[derive(Debug, Default)]
pub struct Nearest {
    ids: Vec<i64>,
    places: HashMap<i64, usize>,
    values: Vec<Packed>,
    lengths: Vec<f32>,
}

impl Nearest {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Adds one, or puts it in the place of the one with this id.
    pub fn insert(&mut self, id: i64, value: Packed) {
        let length = length(&value);
        match self.places.get(&id) {
            Some(&place) => (self.values[place], self.lengths[place]) = (value, length),
            None => {
                self.places.insert(id, self.ids.len());
                self.ids.push(id);
                self.values.push(value);
                self.lengths.push(length);
            }
        }
    }

    /// Takes one out; whether it was there.
    pub fn remove(&mut self, id: i64) -> bool {
        let Some(place) = self.places.remove(&id) else { return false };
        self.ids.swap_remove(place);
        self.values.swap_remove(place);
        self.lengths.swap_remove(place);
        if let Some(moved) = self.ids.get(place) {
            self.places.insert(*moved, place);
        }
        true
    }

    /// The `most` closest that `wanted` lets through, with their cosines, the closest first; ties by id.
    pub fn search(&self, to: &Embedding, most: usize, wanted: impl Fn(i64) -> bool) -> Vec<(i64, f32)> {
        let to = Packed::from(to);
        let scale = length(&to);
        let mut found: Vec<(i64, f32)> = (self.ids.iter().zip(&self.values).zip(&self.lengths))
            .filter(|((id, _), _)| wanted(**id))
            .map(|((id, value), length)| (*id, dot(&to, value) as f32 / (scale * length)))
            .collect();
        let order = |a: &(i64, f32), b: &(i64, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if found.len() > most && most > 0 {
            found.select_nth_unstable_by(most - 1, order);
        }
        found.truncate(most);
        found.sort_unstable_by(order);
        found
    }
}

fn dot(a: &Packed, b: &Packed) -> i32 {
    a.0.iter().zip(&b.0).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

fn length(value: &Packed) -> f32 {
    (dot(value, value) as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Directions in a plane, by their angle in degrees.
    fn at(degrees: f32) -> Embedding {
        let mut values = [0.0; DIMENSIONS];
        (values[0], values[1]) = (degrees.to_radians().cos(), degrees.to_radians().sin());
        Embedding::towards(&values).unwrap()
    }

    #[test]
    fn the_closest_come_first_and_replaced_and_removed_ones_are_gone() {
        let mut nearest = Nearest::default();
        for (id, degrees) in [(1, 80.0), (2, 10.0), (3, 40.0), (4, 170.0)] {
            nearest.insert(id, Packed::from(&at(degrees)));
        }
        let ids = |nearest: &Nearest, most| {
            nearest.search(&at(0.0), most, |_| true).into_iter().map(|(id, _)| id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&nearest, 9), [2, 3, 1, 4]);
        assert_eq!(ids(&nearest, 2), [2, 3]);
        assert_eq!(ids(&nearest, 0), [] as [i64; 0]);
        assert!(nearest.remove(2) && !nearest.remove(2));
        nearest.insert(4, Packed::from(&at(5.0)));
        assert_eq!(ids(&nearest, 9), [4, 3, 1]);
        assert_eq!(nearest.search(&at(0.0), 9, |id| id != 4).len(), 2);
        let (_, cosine) = nearest.search(&at(0.0), 1, |_| true)[0];
        assert!((cosine - 5_f32.to_radians().cos()).abs() < 0.01, "{cosine}");
    }

    #[test]
    fn bytes_that_were_kept_are_the_same_embedding() {
        let packed = Packed::from(&at(33.0));
        assert_eq!(Packed::from_bytes(&packed.to_bytes()), Some(packed));
        assert_eq!(Packed::from_bytes(&[1, 2]), None);
        assert_eq!(Packed::from_bytes(&[0; DIMENSIONS]), None);
    }
}
