//! The tools at work: read what was given, draft what is missing, work it out, and say it.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::CallToolResult;

use super::asks::{self, Side};
use super::drafting::Drafter;
use super::input::{self, Criterion, InputError, QUESTION_CHARS};
use super::matrix::{Parts, Score, matrix};
use super::output::{Assessment, Point, ProsAndCons};
use super::risks;
use super::tools::Name;
use super::workshop::Workshop;
use super::{report, spoken};
use crate::arguments::{ArgumentError, Arguments};
use crate::serving::{Call, Toolset, answer};

/// The decision copilot; it keeps nothing between calls.
#[derive(Clone)]
pub(super) struct Copilot {
    pub drafter: Option<Arc<dyn Drafter>>,
    pub patience: Duration,
}

/// Why a call was not carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    #[error("the call was cancelled")]
    Cancelled,
    #[error("the answer cannot be written: {0}")]
    Answer(#[from] serde_json::Error),
}

type Called = Result<CallToolResult, CallError>;

impl Toolset for Copilot {
    type Name = Name;
    type Error = CallError;

    const IMPLEMENTATION: &'static str = "homepilot-decision";
    const INSTRUCTIONS: &'static str = "Helps to decide: pros and cons, weighted scores with what would change the winner, and risks. What a language \
         model proposed is marked as drafted.";

    async fn call(&self, tool: Name, call: Call) -> Called {
        let cancel = call.cancel.clone();
        let work = async {
            match tool {
                Name::ProsAndCons => {
                    self.pros_and_cons(&Arguments::new(call.arguments, &["question", "pros", "cons"])?).await
                }
                Name::DecisionMatrix => {
                    let known = &["options", "criteria", "scores", "question"];
                    self.decision_matrix(&Arguments::new(call.arguments, known)?).await
                }
                Name::RiskAssessment => {
                    self.risk_assessment(&Arguments::new(call.arguments, &["plan", "risks"])?).await
                }
                Name::CompareOptions => {
                    let known = &["options", "criteria", "question"];
                    self.compare_options(&Arguments::new(call.arguments, known)?).await
                }
            }
        };
        tokio::select! {
            called = work => called,
            () = cancel.cancelled() => Err(CallError::Cancelled),
        }
    }
}

impl Copilot {
    fn workshop(&self) -> Workshop {
        Workshop::open(self.drafter.clone(), self.patience)
    }

    async fn pros_and_cons(&self, arguments: &Arguments) -> Called {
        let question = arguments.text("question", QUESTION_CHARS)?;
        let given = |name| arguments.texts(name, input::ITEMS, input::ITEM_CHARS);
        let (pros, cons) = (given("pros")?.unwrap_or_default(), given("cons")?.unwrap_or_default());
        let mut workshop = self.workshop();
        let mut sides = Vec::new();
        for (side, given) in [(Side::For, pros), (Side::Against, cons)] {
            let mut points: Vec<Point> =
                given.iter().map(|text| Point { text: text.clone(), drafted: false }).collect();
            if given.is_empty() {
                let known: Vec<String> =
                    sides.iter().flatten().map(|point: &Point| point.text.clone()).collect();
                let draft = asks::points(side, &question);
                let drafted = workshop.draft(draft, |answer| asks::read_points(answer, &known)).await;
                points.extend(drafted.into_iter().flatten().map(|text| Point { text, drafted: true }));
            }
            sides.push(points);
        }
        let cons = sides.pop().unwrap_or_default();
        let pros = sides.pop().unwrap_or_default();
        let mut needs = Vec::new();
        if pros.is_empty() {
            needs.push("what speaks for it".to_owned());
        }
        if cons.is_empty() {
            needs.push("what speaks against it".to_owned());
        }
        let mut result = ProsAndCons {
            question,
            drafted: pros.iter().chain(&cons).any(|point| point.drafted),
            not_drafted: workshop.problem().filter(|_| !needs.is_empty()).map(ToString::to_string),
            pros,
            cons,
            needs,
            report: String::new(),
        };
        result.report = report::pros_and_cons(&result);
        answer(spoken::pros_and_cons(&result), &result)
    }

    async fn decision_matrix(&self, arguments: &Arguments) -> Called {
        let options = input::options(arguments)?;
        let criteria = input::criteria(arguments)?;
        if criteria.is_empty() {
            return Err(InputError::NoCriteria.into());
        }
        let names: Vec<String> = criteria.iter().map(|criterion| criterion.name.clone()).collect();
        let given = input::scores(arguments, &options, &names)?;
        self.weigh(arguments, options, criteria, given).await
    }

    async fn compare_options(&self, arguments: &Arguments) -> Called {
        let options = input::options(arguments)?;
        let criteria = input::criteria(arguments)?;
        let given = vec![vec![None; criteria.len()]; options.len()];
        self.weigh(arguments, options, criteria, given).await
    }

    /// Drafts criteria if there are none and the scores that are missing, and adds up.
    async fn weigh(
        &self,
        arguments: &Arguments,
        options: Vec<String>,
        mut criteria: Vec<Criterion>,
        given: Vec<Vec<Option<f64>>>,
    ) -> Called {
        let question = arguments.optional_text("question", QUESTION_CHARS)?;
        let mut workshop = self.workshop();
        let mut scores: Vec<Vec<Option<Score>>> = given
            .into_iter()
            .map(|row| row.into_iter().map(|score| score.map(Score::given)).collect())
            .collect();
        if criteria.is_empty() {
            let draft = asks::criteria(question.as_deref(), &options);
            let drafted = workshop.draft(draft, |answer| asks::read_criteria(answer, &options)).await;
            criteria = input::proposed(drafted.unwrap_or_default());
            scores = vec![vec![None; criteria.len()]; options.len()];
        }
        let missing: Vec<usize> = (0..criteria.len())
            .filter(|criterion| scores.iter().any(|row| row[*criterion].is_none()))
            .collect();
        for group in missing.chunks((asks::CELLS / options.len()).max(1)) {
            let names: Vec<String> =
                group.iter().map(|criterion| criteria[*criterion].name.clone()).collect();
            let draft = asks::scores(question.as_deref(), &options, &names);
            let drafted = workshop.draft(draft, |answer| asks::read_scores(answer, &options, &names)).await;
            for (criterion, column) in group.iter().zip(drafted.into_iter().flatten()) {
                for (row, score) in scores.iter_mut().zip(column) {
                    // What was given stays.
                    row[*criterion].get_or_insert(Score::drafted(score));
                }
            }
        }
        let parts = Parts { question, options, criteria, scores };
        let (text, structured) = matrix(&parts, workshop.problem());
        answer(text, &structured)
    }

    async fn risk_assessment(&self, arguments: &Arguments) -> Called {
        let plan = arguments.text("plan", QUESTION_CHARS)?;
        let given = input::risks(arguments)?;
        let mut workshop = self.workshop();
        let (risks, needs) = risks::assess(&plan, given, &mut workshop).await;
        let mut result = Assessment {
            plan,
            overall: risks.iter().filter_map(|risk| risk.level).max(),
            drafted: risks.iter().any(|risk| risk.drafted || risk.rating_drafted || risk.measure.is_some()),
            not_drafted: workshop.problem().filter(|_| !needs.is_empty()).map(ToString::to_string),
            risks,
            needs,
            report: String::new(),
        };
        result.report = report::assessment(&result);
        answer(spoken::assessment(&result), &result)
    }
}
