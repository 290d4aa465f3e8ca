//! The arithmetic of a decision matrix: raw weights become shares that sum to one, a total is the sum of share times
//! score, and the greatest total leads.

/// The lowest score.
pub(super) const LOWEST: f64 = 1.0;

/// The highest score.
pub(super) const HIGHEST: f64 = 10.0;

/// Totals closer than this are equal. Scores are 1 to 10 and shares at most 1, so it is far below any digit shown and
/// far above the rounding of the sums.
pub(super) const SAME: f64 = 1e-9;

/// Weights by criterion, scores by option and criterion.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grid {
    shares: Vec<f64>,
    scores: Vec<Vec<f64>>,
}

impl Grid {
    /// `weights` are not negative and one is positive; each of `scores` has one for each weight.
    pub fn new(weights: &[f64], scores: Vec<Vec<f64>>) -> Grid {
        let sum: f64 = weights.iter().sum();
        debug_assert!(sum > 0.0 && scores.iter().all(|row| row.len() == weights.len()));
        Grid { shares: weights.iter().map(|weight| weight / sum).collect(), scores }
    }

    /// How many options there are.
    pub fn options(&self) -> usize {
        self.scores.len()
    }

    /// Each criterion's part of the whole; they sum to one.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// The score of an option on a criterion.
    pub fn score(&self, option: usize, criterion: usize) -> f64 {
        self.scores[option][criterion]
    }

    /// Each option's weighted sum.
    pub fn totals(&self) -> Vec<f64> {
        let weighted =
            |row: &Vec<f64>| row.iter().zip(&self.shares).map(|(score, share)| score * share).sum();
        self.scores.iter().map(weighted).collect()
    }

    /// The options with the greatest total: several if they tie.
    pub fn leaders(&self) -> Vec<usize> {
        let totals = self.totals();
        let most = totals.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (0..totals.len()).filter(|option| most - totals[*option] <= SAME).collect()
    }

    /// Each option's place: one more than the options with a greater total, so that equals share a place.
    pub fn ranks(&self) -> Vec<usize> {
        let totals = self.totals();
        totals.iter().map(|own| 1 + totals.iter().filter(|other| *other - own > SAME).count()).collect()
    }

    /// The totals without a criterion, the others keeping their proportions; none if it has the whole weight.
    pub fn totals_without(&self, criterion: usize) -> Option<Vec<f64>> {
        let rest = 1.0 - self.shares[criterion];
        if rest <= SAME {
            return None;
        }
        let others = |row: &Vec<f64>| {
            let products = row.iter().zip(&self.shares).enumerate();
            let sum: f64 = products
                .filter(|(index, _)| *index != criterion)
                .map(|(_, (score, share))| score * share)
                .sum();
            sum / rest
        };
        Some(self.scores.iter().map(others).collect())
    }

    /// The same with a criterion of another share, the others keeping their proportions.
    #[cfg(test)]
    pub fn with_share(&self, criterion: usize, share: f64) -> Grid {
        let rest = 1.0 - self.shares[criterion];
        let mut weights: Vec<f64> = self.shares.iter().map(|other| other / rest * (1.0 - share)).collect();
        weights[criterion] = share;
        Grid::new(&weights, self.scores.clone())
    }

    /// The same with another score.
    #[cfg(test)]
    pub fn with_score(&self, option: usize, criterion: usize, score: f64) -> Grid {
        let mut changed = self.clone();
        changed.scores[option][criterion] = score;
        changed
    }
}
