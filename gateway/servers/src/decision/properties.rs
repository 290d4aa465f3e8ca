//! Laws of the arithmetic, over random matrices.

use proptest::collection::vec;
use proptest::prelude::*;

use super::grid::Grid;
use super::risk::{Level, Rating};
use super::sensitivity::{score_changes, share_changes};

/// Just beyond a tie, and just short of it. Whole scores and weights keep slopes above a hundredth, so this moves a lead
/// by far more than what counts as equal.
const STEP: f64 = 1e-5;

fn matrices() -> impl Strategy<Value = (Vec<f64>, Vec<Vec<f64>>)> {
    (2..=8usize, 1..=12usize).prop_flat_map(|(options, criteria)| {
        let weights = vec((0..=10u8).prop_map(f64::from), criteria)
            .prop_filter("some weight", |weights| weights.iter().sum::<f64>() > 0.0);
        let scores = vec(vec((1..=10u8).prop_map(f64::from), criteria), options);
        (weights, scores)
    })
}

fn rotated<T: Clone>(items: &[T], by: usize) -> Vec<T> {
    let mut items = items.to_vec();
    let length = items.len();
    items.rotate_left(by % length);
    items
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-7
}

proptest! {
    #[test]
    fn a_share_change_flips_the_winner_and_a_little_less_does_not((weights, scores) in matrices()) {
        let grid = Grid::new(&weights, scores);
        for change in share_changes(&grid) {
            let step = STEP * (change.to - change.from).signum();
            let before = grid.with_share(change.criterion, change.to - step);
            prop_assert_eq!(before.leaders(), grid.leaders(), "{:?}", &change);
            let after = grid.with_share(change.criterion, change.to + step);
            prop_assert_eq!(after.leaders(), change.then.clone(), "{:?}", &change);
            if let Some(factor) = change.factor {
                let mut raw = weights.clone();
                raw[change.criterion] *= factor;
                let reached = Grid::new(&raw, vec![vec![1.0; raw.len()]; 2]);
                prop_assert!(close(reached.shares()[change.criterion], change.to), "{:?}", &change);
            }
        }
    }

    #[test]
    fn where_no_share_change_is_named_none_flips_the_winner(
        (weights, scores) in matrices(), share in 0.0..=1.0f64,
    ) {
        let grid = Grid::new(&weights, scores);
        prop_assume!(grid.leaders().len() == 1);
        let named: Vec<usize> = share_changes(&grid).iter().map(|change| change.criterion).collect();
        for criterion in (0..weights.len()).filter(|criterion| !named.contains(criterion)) {
            if grid.totals_without(criterion).is_some() {
                let moved = grid.with_share(criterion, share).leaders();
                prop_assert!(moved.contains(&grid.leaders()[0]), "criterion {} at {}", criterion, share);
            }
        }
    }

    #[test]
    fn a_score_change_flips_the_winner_and_a_little_less_does_not((weights, scores) in matrices()) {
        let grid = Grid::new(&weights, scores);
        for change in score_changes(&grid) {
            let step = STEP * (change.to - change.from).signum();
            let before = grid.with_score(change.option, change.criterion, change.to - step);
            prop_assert_eq!(before.leaders(), grid.leaders(), "{:?}", &change);
            let after = grid.with_score(change.option, change.criterion, change.to + step);
            prop_assert_eq!(after.leaders(), change.then.clone(), "{:?}", &change);
        }
    }

    #[test]
    fn the_scale_of_the_weights_does_not_matter((weights, scores) in matrices(), scale in 0.01..1000.0f64) {
        let grid = Grid::new(&weights, scores.clone());
        let scaled: Vec<f64> = weights.iter().map(|weight| weight * scale).collect();
        let scaled = Grid::new(&scaled, scores);
        prop_assert_eq!(grid.ranks(), scaled.ranks());
        for (a, b) in grid.totals().into_iter().zip(scaled.totals()) {
            prop_assert!(close(a, b));
        }
        let (a, b) = (share_changes(&grid), share_changes(&scaled));
        prop_assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(close(a.to, b.to) && a.then == b.then);
        }
    }

    #[test]
    fn the_order_of_options_and_criteria_does_not_matter(
        (weights, scores) in matrices(), by in 0..100usize, across in 0..100usize,
    ) {
        let grid = Grid::new(&weights, scores.clone());
        let rows = rotated(&scores, by);
        let rows: Vec<Vec<f64>> = rows.iter().map(|row| rotated(row, across)).collect();
        let turned = Grid::new(&rotated(&weights, across), rows);
        prop_assert_eq!(rotated(&grid.ranks(), by), turned.ranks());
        let (options, criteria) = (scores.len(), weights.len());
        let option = |turned: usize| (turned + by) % options;
        let criterion = |turned: usize| (turned + across) % criteria;
        let mut expected: Vec<_> =
            share_changes(&grid).into_iter().map(|c| (c.criterion, c.to, c.then)).collect();
        expected.sort_by_key(|change| change.0);
        let mut found: Vec<_> = share_changes(&turned)
            .into_iter()
            .map(|c| {
                let mut then: Vec<usize> = c.then.into_iter().map(option).collect();
                then.sort_unstable();
                (criterion(c.criterion), c.to, then)
            })
            .collect();
        found.sort_by_key(|change| change.0);
        prop_assert_eq!(expected.len(), found.len());
        for (a, b) in expected.iter().zip(&found) {
            prop_assert!(a.0 == b.0 && close(a.1, b.1) && a.2 == b.2, "{:?} {:?}", a, b);
        }
    }

    #[test]
    fn a_risk_falls_a_level_by_the_change_named_and_not_by_less(likelihood in 1..=5u8, impact in 1..=5u8) {
        let rating = Rating { likelihood, impact };
        let level = |likelihood, impact| Rating { likelihood, impact }.level();
        let lower = rating.lower();
        prop_assert_eq!(lower.is_none(), rating.level() == Level::Low);
        let Some(lower) = lower else { return Ok(()) };
        prop_assert!(lower.likelihood.is_some() || lower.impact.is_some());
        prop_assert!(lower.level < rating.level());
        if let Some(to) = lower.likelihood {
            prop_assert!(level(to, impact) <= lower.level && level(to + 1, impact) == rating.level());
        }
        if let Some(to) = lower.impact {
            prop_assert!(level(likelihood, to) <= lower.level && level(likelihood, to + 1) == rating.level());
        }
    }
}
