//! What would have to change for the winner to change, in closed form.
//!
//! A criterion's share `u` moves and the others keep their proportions: then every total is linear in `u`, so the
//! winner's lead over another option is too, and its zero is where they tie; beyond it the other option wins. A score
//! moves alone: a total grows by the share for every point, so the lead divided by the share is how far it has to go.
//!
//! Each change is the least one of its kind that brings a tie; the least step beyond it makes `then` win. There are
//! none where nothing within the bounds (shares 0 to 1, scores 1 to 10) changes the winner, and none at all with a tie.

use super::grid::{Grid, HIGHEST, LOWEST, SAME};

/// A change of one criterion's share.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ShareChange {
    pub criterion: usize,
    /// What it is.
    pub from: f64,
    /// Where the winner and `then` tie.
    pub to: f64,
    /// By what the criterion's raw weight is multiplied to get there; none if it counts for nothing.
    pub factor: Option<f64>,
    /// Who wins beyond it: several if they tie.
    pub then: Vec<usize>,
}

/// A change of one score.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ScoreChange {
    pub option: usize,
    pub criterion: usize,
    /// What it is.
    pub from: f64,
    /// Where the winner and `then` tie.
    pub to: f64,
    /// Who wins beyond it: several if they tie.
    pub then: Vec<usize>,
}

impl ShareChange {
    /// How large it is, as a part of the whole range.
    pub fn size(&self) -> f64 {
        (self.to - self.from).abs()
    }
}

impl ScoreChange {
    /// How large it is, as a part of the whole range.
    pub fn size(&self) -> f64 {
        (self.to - self.from).abs() / (HIGHEST - LOWEST)
    }
}

/// For each criterion the least change of its share, where there is one.
pub(super) fn share_changes(grid: &Grid) -> Vec<ShareChange> {
    let [winner] = grid.leaders()[..] else { return Vec::new() };
    (0..grid.shares().len()).filter_map(|criterion| share_change(grid, winner, criterion)).collect()
}

fn share_change(grid: &Grid, winner: usize, criterion: usize) -> Option<ShareChange> {
    let without = grid.totals_without(criterion)?;
    let from = grid.shares()[criterion];
    // By option: where it ties with the winner, and how fast it gains beyond.
    let mut crossings: Vec<(usize, f64, f64)> = Vec::new();
    for (other, total_without) in without.iter().enumerate().filter(|(other, _)| *other != winner) {
        let at_none = without[winner] - total_without;
        let at_all = grid.score(winner, criterion) - grid.score(other, criterion);
        if at_none < -SAME || at_all < -SAME {
            crossings.push((other, at_none / (at_none - at_all), (at_none - at_all).abs()));
        }
    }
    let away = |to: f64| (to - from).abs();
    let nearest = crossings.iter().min_by(|a, b| away(a.1).total_cmp(&away(b.1)))?.1;
    crossings.retain(|crossing| (crossing.1 - nearest).abs() <= SAME);
    let fastest = crossings.iter().map(|crossing| crossing.2).fold(0.0, f64::max);
    let then = crossings.iter().filter(|crossing| fastest - crossing.2 <= SAME).map(|crossing| crossing.0);
    let raw = |share: f64| share / (1.0 - share);
    Some(ShareChange {
        criterion,
        from,
        to: nearest,
        factor: (from > SAME).then(|| raw(nearest) / raw(from)),
        then: then.collect(),
    })
}

/// For each score the least change of it, where there is one.
pub(super) fn score_changes(grid: &Grid) -> Vec<ScoreChange> {
    let [winner] = grid.leaders()[..] else { return Vec::new() };
    let totals = grid.totals();
    let others = || (0..grid.options()).filter(|option| *option != winner);
    let second = others().map(|option| totals[option]).fold(f64::NEG_INFINITY, f64::max);
    let seconds: Vec<usize> = others().filter(|option| second - totals[*option] <= SAME).collect();
    let mut changes = Vec::new();
    for option in 0..grid.options() {
        for (criterion, share) in grid.shares().iter().enumerate().filter(|(_, share)| **share > SAME) {
            let from = grid.score(option, criterion);
            let (to, then) = if option == winner {
                (from - (totals[winner] - second) / share, seconds.clone())
            } else {
                (from + (totals[winner] - totals[option]) / share, vec![option])
            };
            if to > LOWEST + SAME && to < HIGHEST - SAME && !then.is_empty() {
                changes.push(ScoreChange { option, criterion, from, to, then });
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worked_example() {
        // Price 1 and safety 3: a has 0.25*4 + 0.75*9 = 7.75, b has 0.25*8 + 0.75*6 = 6.5.
        let grid = Grid::new(&[1.0, 3.0], vec![vec![4.0, 9.0], vec![8.0, 6.0]]);
        assert_eq!(grid.totals(), [7.75, 6.5]);
        assert_eq!((grid.leaders(), grid.ranks()), (vec![0], vec![1, 2]));
        let changes = share_changes(&grid);
        // They tie where -4u + 3(1 - u) = 0.
        let to: Vec<f64> = changes.iter().map(|change| change.to).collect();
        assert!((to[0] - 3.0 / 7.0).abs() < 1e-12 && (to[1] - 4.0 / 7.0).abs() < 1e-12, "{to:?}");
        assert!((changes[1].factor.unwrap() - (4.0 / 3.0) / 3.0).abs() < 1e-12);
        assert!(changes.iter().all(|change| change.then == [1]));
        let scores = score_changes(&grid);
        // a on price would have to fall by 5 and b on price to rise by 5: both leave the scale.
        let places: Vec<_> = scores.iter().map(|change| (change.option, change.criterion)).collect();
        assert_eq!(places, [(0, 1), (1, 1)]);
        assert!((scores[0].to - (9.0 - 1.25 / 0.75)).abs() < 1e-12);
        assert!((scores[1].to - (6.0 + 1.25 / 0.75)).abs() < 1e-12);
    }

    #[test]
    fn who_leads_in_everything_can_only_lose_by_a_score() {
        let grid = Grid::new(&[2.0, 1.0], vec![vec![9.0, 8.0], vec![7.0, 5.0], vec![2.0, 7.5]]);
        assert_eq!(share_changes(&grid), []);
        assert!(!score_changes(&grid).is_empty());
    }

    #[test]
    fn a_tie_has_no_changes_and_a_single_criterion_no_shares_to_move() {
        let tie = Grid::new(&[1.0, 1.0], vec![vec![4.0, 6.0], vec![6.0, 4.0]]);
        assert_eq!((tie.leaders(), tie.ranks()), (vec![0, 1], vec![1, 1]));
        assert!(share_changes(&tie).is_empty() && score_changes(&tie).is_empty());
        let single = Grid::new(&[5.0], vec![vec![4.0], vec![6.0]]);
        assert_eq!(share_changes(&single), []);
        assert_eq!(score_changes(&single).len(), 2);
    }

    #[test]
    fn a_criterion_that_counts_for_nothing_has_a_share_to_reach_and_no_factor() {
        let grid = Grid::new(&[1.0, 0.0], vec![vec![8.0, 2.0], vec![6.0, 9.0]]);
        let changes = share_changes(&grid);
        assert_eq!((changes.len(), changes[0].criterion, changes[0].factor), (1, 1, None));
        assert!((changes[0].to - 2.0 / 9.0).abs() < 1e-12);
    }
}
