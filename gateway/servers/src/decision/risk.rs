//! Risk as likelihood times impact, each from 1 to 5, in four levels; and what would lower it.

use schemars::JsonSchema;
use serde::Serialize;

/// The highest likelihood and impact.
pub(super) const MOST: u8 = 5;

/// How grave a risk is, by its product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// 1 to 4.
    Low,
    /// 5 to 9.
    Medium,
    /// 10 to 16.
    High,
    /// 20 and 25.
    Critical,
}

impl Level {
    /// All, the least first.
    pub(super) const ALL: [Level; 4] = [Level::Low, Level::Medium, Level::High, Level::Critical];

    /// In words.
    pub(super) fn name(self) -> &'static str {
        match self {
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
            Level::Critical => "critical",
        }
    }

    /// The greatest product of this level.
    fn most(self) -> u8 {
        match self {
            Level::Low => 4,
            Level::Medium => 9,
            Level::High => 16,
            Level::Critical => MOST * MOST,
        }
    }

    fn of(product: u8) -> Level {
        Level::ALL.into_iter().find(|level| product <= level.most()).unwrap_or(Level::Critical)
    }
}

/// How likely and how bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rating {
    /// 1 (rare) to 5 (almost certain).
    pub likelihood: u8,
    /// 1 (negligible) to 5 (catastrophic).
    pub impact: u8,
}

/// What would bring a risk to a lower level: either change alone is enough, and nothing less is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lower {
    /// The next level down; a step may pass it.
    pub level: Level,
    /// The likelihood it would need; none if even 1 is not enough.
    pub likelihood: Option<u8>,
    /// The impact it would need; none if even 1 is not enough.
    pub impact: Option<u8>,
}

impl Rating {
    /// Likelihood times impact.
    pub fn product(self) -> u8 {
        self.likelihood * self.impact
    }

    /// Its level.
    pub fn level(self) -> Level {
        Level::of(self.product())
    }

    /// What would lower it; none if it is low.
    pub fn lower(self) -> Option<Lower> {
        let below = Level::ALL.into_iter().rfind(|level| *level < self.level())?;
        let reach = |other: u8| Some(below.most() / other).filter(|to| *to >= 1);
        Some(Lower { level: below, likelihood: reach(self.impact), impact: reach(self.likelihood) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_levels_of_all_products() {
        let row = |likelihood: u8| -> String {
            (1..=MOST).map(|impact| &Rating { likelihood, impact }.level().name()[..1]).collect()
        };
        assert_eq!([row(1), row(2), row(3), row(4), row(5)], ["llllm", "llmmh", "lmmhh", "lmhhc", "mhhcc"]);
    }

    #[test]
    fn what_lowers_a_risk() {
        let lower = |likelihood, impact| Rating { likelihood, impact }.lower();
        let change = |level, likelihood, impact| Some(Lower { level, likelihood, impact });
        assert_eq!(lower(4, 3), change(Level::Medium, Some(3), Some(2)));
        assert_eq!(lower(1, 5), change(Level::Low, None, Some(4)));
        assert_eq!(lower(5, 5), change(Level::High, Some(3), Some(3)));
        assert_eq!(lower(2, 2), None);
    }
}
