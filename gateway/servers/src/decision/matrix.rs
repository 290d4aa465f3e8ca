//! From options, criteria and scores to a matrix with its working. Only criteria with a score of every option count.

use super::drafting::DraftError;
use super::grid::{Grid, SAME};
use super::input::Criterion;
use super::names::listed;
use super::output::{self, Cell, Matrix, Nearest, Ranked, ScoreChange, Sensitivity, WeightChange};
use super::sensitivity::{self, score_changes, share_changes};
use super::{report, spoken};

/// A score and where it is from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Score {
    pub value: f64,
    pub drafted: bool,
}

impl Score {
    /// One that was given.
    pub fn given(value: f64) -> Score {
        Score { value, drafted: false }
    }

    /// One that the model proposed.
    pub fn drafted(value: f64) -> Score {
        Score { value, drafted: true }
    }
}

/// What a matrix is made of.
pub(super) struct Parts {
    pub question: Option<String>,
    pub options: Vec<String>,
    pub criteria: Vec<Criterion>,
    /// By option and criterion.
    pub scores: Vec<Vec<Option<Score>>>,
}

impl Parts {
    /// Whether a criterion has a score of every option.
    fn complete(&self, criterion: usize) -> bool {
        self.scores.iter().all(|row| row[criterion].is_some())
    }

    /// What a criterion's score of an option is missing, as a request.
    fn needs(&self) -> Vec<String> {
        if self.criteria.is_empty() {
            return vec!["what matters to you, such as price or safety".to_owned()];
        }
        let missing = |criterion: usize| {
            let names = self.options.iter().zip(&self.scores);
            let names: Vec<&str> =
                names.filter(|(_, row)| row[criterion].is_none()).map(|(name, _)| name.as_str()).collect();
            let on = &self.criteria[criterion].name;
            (!names.is_empty()).then(|| format!("a score from one to ten for {} on {on}", listed(&names)))
        };
        (0..self.criteria.len()).filter_map(missing).collect()
    }

    /// The matrix, with everything but its report.
    fn work_out(&self, problem: Option<&DraftError>) -> Matrix {
        let mut counted: Vec<usize> =
            (0..self.criteria.len()).filter(|criterion| self.complete(*criterion)).collect();
        // Criteria that alone are complete but weigh nothing decide nothing.
        if counted.iter().all(|criterion| self.criteria[*criterion].weight <= 0.0) {
            counted.clear();
        }
        let grid = (!counted.is_empty()).then(|| self.grid(&counted));
        let share = |criterion: usize| {
            let at = counted.iter().position(|other| *other == criterion)?;
            grid.as_ref().map(|grid| grid.shares()[at])
        };
        let criteria = self.criteria.iter().enumerate().map(|(at, criterion)| output::Criterion {
            name: criterion.name.clone(),
            importance: criterion.importance.clone(),
            weight: criterion.weight,
            share: share(at).unwrap_or(0.0),
            counted: share(at).is_some(),
            drafted: criterion.drafted,
        });
        let ranks = grid.as_ref().map(Grid::ranks);
        let totals = grid.as_ref().map(Grid::totals);
        let mut options: Vec<Ranked> = self
            .options
            .iter()
            .enumerate()
            .map(|(option, name)| Ranked {
                name: name.clone(),
                rank: ranks.as_ref().map(|ranks| ranks[option]),
                total: totals.as_ref().map(|totals| totals[option]),
                scores: self.cells(option, share),
                best_at: self.best_at(option),
            })
            .collect();
        options.sort_by_key(|option| option.rank);
        let leaders = grid.as_ref().map(Grid::leaders).unwrap_or_default();
        let drafted = self.criteria.iter().any(|criterion| criterion.drafted)
            || self.scores.iter().flatten().flatten().any(|score| score.drafted);
        let lead = match &options[..] {
            [first, second, ..] => first.total.zip(second.total).map(|(first, second)| first - second),
            [] | [_] => None,
        };
        let needs = self.needs();
        Matrix {
            question: self.question.clone(),
            criteria: criteria.collect(),
            options,
            winners: leaders.iter().map(|option| self.options[*option].clone()).collect(),
            lead,
            sensitivity: grid.map(|grid| self.sensitivity(&grid, &counted)).unwrap_or_default(),
            drafted,
            not_drafted: problem.filter(|_| !needs.is_empty()).map(ToString::to_string),
            needs,
            report: String::new(),
        }
    }

    fn grid(&self, counted: &[usize]) -> Grid {
        let weights: Vec<f64> = counted.iter().map(|criterion| self.criteria[*criterion].weight).collect();
        let row = |row: &Vec<Option<Score>>| {
            counted.iter().filter_map(|criterion| row[*criterion]).map(|score| score.value).collect()
        };
        Grid::new(&weights, self.scores.iter().map(row).collect())
    }

    fn cells(&self, option: usize, share: impl Fn(usize) -> Option<f64>) -> Vec<Cell> {
        let cell = |(criterion, score): (usize, &Option<Score>)| {
            let score = (*score)?;
            Some(Cell {
                criterion: self.criteria[criterion].name.clone(),
                score: score.value,
                product: score.value * share(criterion).unwrap_or(0.0),
                drafted: score.drafted,
            })
        };
        self.scores[option].iter().enumerate().filter_map(cell).collect()
    }

    fn best_at(&self, option: usize) -> Vec<String> {
        let best = |criterion: &usize| {
            let column: Option<Vec<f64>> =
                self.scores.iter().map(|row| row[*criterion].map(|score| score.value)).collect();
            column.is_some_and(|column| {
                let most = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                column[option] == most && column.iter().any(|score| *score < most)
            })
        };
        let names =
            (0..self.criteria.len()).filter(best).map(|criterion| self.criteria[criterion].name.clone());
        names.collect()
    }

    fn sensitivity(&self, grid: &Grid, counted: &[usize]) -> Sensitivity {
        let names = |options: &[usize]| options.iter().map(|option| self.options[*option].clone()).collect();
        let criterion = |at: usize| self.criteria[counted[at]].name.clone();
        let weight = |change: sensitivity::ShareChange| {
            let size = change.size();
            let named = WeightChange {
                criterion: criterion(change.criterion),
                share: change.from,
                tie_at: change.to,
                factor: change.factor,
                then: names(&change.then),
            };
            (size, named)
        };
        let score = |change: sensitivity::ScoreChange| {
            let size = change.size();
            let named = ScoreChange {
                option: self.options[change.option].clone(),
                criterion: criterion(change.criterion),
                score: change.from,
                tie_at: change.to,
                then: names(&change.then),
            };
            (size, named)
        };
        let weights: Vec<(f64, WeightChange)> = share_changes(grid).into_iter().map(weight).collect();
        let scores: Vec<(f64, ScoreChange)> = score_changes(grid).into_iter().map(score).collect();
        // Among equals the weights first and then by name, so that the order given does not matter.
        let all = weights
            .iter()
            .map(|(size, change)| ((*size, 0, &change.criterion, ""), Nearest::Weight(change.clone())))
            .chain(scores.iter().map(|(size, change)| {
                ((*size, 1, &change.criterion, change.option.as_str()), Nearest::Score(change.clone()))
            }));
        let nearest = all.min_by(|(a, _), (b, _)| {
            let sizes =
                if (a.0 - b.0).abs() <= SAME { std::cmp::Ordering::Equal } else { a.0.total_cmp(&b.0) };
            sizes.then_with(|| (a.1, a.2, a.3).cmp(&(b.1, b.2, b.3)))
        });
        Sensitivity {
            nearest: nearest.map(|(_, change)| change),
            weights: weights.into_iter().map(|(_, change)| change).collect(),
            scores: scores.into_iter().map(|(_, change)| change).collect(),
        }
    }
}

/// The matrix and what is said about it.
pub(super) fn matrix(parts: &Parts, problem: Option<&DraftError>) -> (String, Matrix) {
    let mut matrix = parts.work_out(problem);
    matrix.report = report::matrix(&matrix);
    (spoken::matrix(&matrix), matrix)
}
