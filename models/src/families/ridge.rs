//! Kernel ridge regression: from a text's likeness to each phrasing to a score for each family. Fitted in closed form, so
//! the same phrasings always give the same scores.

/// The coefficients, a row for each phrasing and a column for each family.
#[derive(Debug)]
pub(super) struct Ridge {
    coefficients: Vec<f32>,
    base: Vec<f32>,
}

impl Ridge {
    /// `likeness` is the symmetric positive matrix of the phrasings among themselves, row by row; `families` gives each
    /// phrasing's family, below `count`. `penalty` keeps the fit smooth.
    pub(super) fn fit(mut likeness: Vec<f64>, families: &[usize], count: usize, penalty: f64) -> Self {
        let size = families.len();
        let mut base = vec![0.0; count];
        families.iter().for_each(|family| base[*family] += 1.0 / size.max(1) as f64);
        (0..size).for_each(|row| likeness[row * size + row] += penalty);
        factor(&mut likeness, size);
        let mut coefficients = vec![0.0; size * count];
        for (row, family) in families.iter().enumerate() {
            for (column, base) in base.iter().enumerate() {
                coefficients[row * count + column] = f64::from(column == *family) - base;
            }
        }
        solve(&likeness, size, &mut coefficients, count);
        Self {
            coefficients: coefficients.into_iter().map(|value| value as f32).collect(),
            base: base.into_iter().map(|value| value as f32).collect(),
        }
    }

    /// A score for each family of a text with this likeness to each phrasing.
    pub(super) fn scores(&self, likeness: &[f32]) -> Vec<f32> {
        let mut scores = self.base.clone();
        for (like, row) in likeness.iter().zip(self.coefficients.chunks_exact(scores.len().max(1))) {
            scores.iter_mut().zip(row).for_each(|(score, coefficient)| *score += like * coefficient);
        }
        scores
    }
}

/// Cholesky's factor, into the lower triangle.
fn factor(matrix: &mut [f64], size: usize) {
    for row in 0..size {
        let (above, below) = matrix.split_at_mut(row * size);
        let current = &mut below[..size];
        for column in 0..row {
            let other = &above[column * size..column * size + column + 1];
            let sum: f64 = current[..column].iter().zip(other).map(|(a, b)| a * b).sum();
            current[column] = (current[column] - sum) / other[column];
        }
        let sum: f64 = current[..row].iter().map(|value| value * value).sum();
        // The penalty keeps the pivot above zero, but for rounding.
        current[row] = (current[row] - sum).max(1e-9).sqrt();
    }
}

/// Forward and backward substitution of all columns at once.
fn solve(lower: &[f64], size: usize, right: &mut [f64], columns: usize) {
    for row in 0..size {
        let (done, rest) = right.split_at_mut(row * columns);
        let current = &mut rest[..columns];
        for (other, values) in done.chunks_exact(columns.max(1)).enumerate() {
            let weight = lower[row * size + other];
            current.iter_mut().zip(values).for_each(|(value, known)| *value -= weight * known);
        }
        current.iter_mut().for_each(|value| *value /= lower[row * size + row]);
    }
    for row in (0..size).rev() {
        let (rest, done) = right.split_at_mut((row + 1) * columns);
        let current = &mut rest[row * columns..];
        for (offset, values) in done.chunks_exact(columns.max(1)).enumerate() {
            let weight = lower[(row + 1 + offset) * size + row];
            current.iter_mut().zip(values).for_each(|(value, known)| *value -= weight * known);
        }
        current.iter_mut().for_each(|value| *value /= lower[row * size + row]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_fitted_is_found_again_and_a_penalty_smooths_it() {
        let likeness = vec![1.0, 0.5, 0.1, 0.5, 1.0, 0.2, 0.1, 0.2, 1.0];
        let families = [0, 0, 1];
        let exact = Ridge::fit(likeness.clone(), &families, 2, 1e-9);
        let scores = exact.scores(&[0.1, 0.2, 1.0]);
        assert!((scores[1] - 1.0).abs() < 1e-4 && scores[0].abs() < 1e-4, "{scores:?}");
        let smooth = Ridge::fit(likeness, &families, 2, 1.0).scores(&[0.1, 0.2, 1.0]);
        assert!(smooth[1] < 0.95 && smooth[1] > smooth[0] - 0.2, "{smooth:?}");
        assert!((exact.scores(&[0.0; 3])[0] - 2.0 / 3.0).abs() < 1e-6);
    }
}
