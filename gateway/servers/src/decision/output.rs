//! Structured output of the tools: every figure that a result came from.

use schemars::JsonSchema;
use serde::Serialize;

use super::risk::Level;

/// A decision matrix.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Matrix {
    /// What is to be decided, if it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// What the options are judged by, in the order given.
    pub criteria: Vec<Criterion>,
    /// The options, the best first.
    pub options: Vec<Ranked>,
    /// Who has the greatest total: one, or several that tie. Empty if nothing could be added up.
    pub winners: Vec<String>,
    /// By how much the winner leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<f64>,
    /// What would have to change for the winner to change.
    pub sensitivity: Sensitivity,
    /// Whether scores or criteria were drafted by a language model: then the result is a suggestion.
    pub drafted: bool,
    /// Why nothing was drafted although something was missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_drafted: Option<String>,
    /// What to give for a result, or for a fuller one.
    pub needs: Vec<String>,
    /// The working in Markdown.
    pub report: String,
}

/// A criterion and what it counts.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Criterion {
    /// Its name.
    pub name: String,
    /// Its importance as it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub importance: Option<String>,
    /// What that is as a number, beside the other criteria's.
    pub weight: f64,
    /// Its part of the whole, 0 to 1; zero if it is not counted.
    pub share: f64,
    /// Whether it is in the totals: only with a score of every option.
    pub counted: bool,
    /// Whether a language model proposed it.
    pub drafted: bool,
}

/// An option with its working.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Ranked {
    /// Its name.
    pub name: String,
    /// Its place, from 1; equals share one. Absent without a total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<usize>,
    /// The sum of its products, 1 to 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
    /// One for each criterion with a score, in their order.
    pub scores: Vec<Cell>,
    /// The criteria in which no other option has more, and some has less.
    pub best_at: Vec<String>,
}

/// A score in the working.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Cell {
    /// On what.
    pub criterion: String,
    /// 1 to 10.
    pub score: f64,
    /// Share times score; zero if the criterion is not counted.
    pub product: f64,
    /// Whether a language model proposed it.
    pub drafted: bool,
}

/// What would have to change for the winner to change. Empty lists with a tie.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Sensitivity {
    /// For each criterion the smallest change of its weight alone; criteria that can't change the winner are left out.
    pub weights: Vec<WeightChange>,
    /// For each score the smallest change of it alone; scores that can't change the winner within 1 to 10 are left out.
    pub scores: Vec<ScoreChange>,
    /// The smallest of them all, measured as a part of the range: shares from 0 to 1, scores from 1 to 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Nearest>,
}

/// A change of a criterion's weight, the others keeping their proportions.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct WeightChange {
    /// The criterion.
    pub criterion: String,
    /// Its share.
    pub share: f64,
    /// The share at which there is a tie; beyond it the winner changes.
    pub tie_at: f64,
    /// By what its weight is multiplied to get there; absent if it is zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// Who wins beyond the tie.
    pub then: Vec<String>,
}

/// A change of a score.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ScoreChange {
    /// The option.
    pub option: String,
    /// The criterion.
    pub criterion: String,
    /// The score.
    pub score: f64,
    /// The score at which there is a tie; beyond it the winner changes.
    pub tie_at: f64,
    /// Who wins beyond the tie.
    pub then: Vec<String>,
}

/// The smallest change.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nearest {
    /// Of a weight.
    Weight(WeightChange),
    /// Of a score.
    Score(ScoreChange),
}

/// What speaks for and against.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ProsAndCons {
    /// What is to be decided.
    pub question: String,
    /// What speaks for it; what was given comes first.
    pub pros: Vec<Point>,
    /// What speaks against it; what was given comes first.
    pub cons: Vec<Point>,
    /// Whether some of it was drafted by a language model.
    pub drafted: bool,
    /// Why nothing was drafted although something was missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_drafted: Option<String>,
    /// What to give for a fuller result.
    pub needs: Vec<String>,
    /// The same in Markdown.
    pub report: String,
}

/// A pro or a con.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Point {
    /// In a few words.
    pub text: String,
    /// Whether a language model proposed it.
    pub drafted: bool,
}

/// What could go wrong.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Assessment {
    /// The plan.
    pub plan: String,
    /// The risks, the greatest first; those without a rating last.
    pub risks: Vec<Risk>,
    /// The level of the greatest risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overall: Option<Level>,
    /// Whether risks or ratings were drafted by a language model: then the levels are suggestions.
    pub drafted: bool,
    /// Why nothing was drafted although something was missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_drafted: Option<String>,
    /// What to give for a fuller result.
    pub needs: Vec<String>,
    /// The working in Markdown.
    pub report: String,
}

/// A risk with its working.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Risk {
    /// What could go wrong.
    pub risk: String,
    /// 1 (rare) to 5 (almost certain).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likelihood: Option<u8>,
    /// 1 (negligible) to 5 (catastrophic).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impact: Option<u8>,
    /// Likelihood times impact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<u8>,
    /// low: 1 to 4; medium: 5 to 9; high: 10 to 16; critical: 20 and 25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// What would bring it to a lower level; absent if it is low.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lower: Option<Lower>,
    /// What can be done about it, drafted by a language model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    /// Whether a language model proposed the risk.
    pub drafted: bool,
    /// Whether a language model proposed its likelihood or its impact.
    pub rating_drafted: bool,
}

/// Either of the two, alone, is enough for a lower level, and nothing less is.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Lower {
    /// The next level down; a step may pass it.
    pub level: Level,
    /// The likelihood it would need; absent if even 1 is not enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likelihood: Option<u8>,
    /// The impact it would need; absent if even 1 is not enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impact: Option<u8>,
}
