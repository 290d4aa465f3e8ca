//! What the tools say of themselves: names, descriptions and schemas, written for a small planner.

use rmcp::model::Tool;
use serde_json::{Value, json};

use super::grid::{HIGHEST, LOWEST};
use super::input::{
    CRITERIA, CRITERION_CHARS, HEAVIEST, ITEM_CHARS, ITEMS, LINE_CHARS, OPTION_CHARS, OPTIONS, QUESTION_CHARS,
};
use super::output::{Assessment, Matrix, ProsAndCons};
use super::risk::MOST;
use crate::definition::{Definition, text, texts};
use crate::serving::{Effect, ToolName};

/// A tool of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    ProsAndCons,
    DecisionMatrix,
    RiskAssessment,
    CompareOptions,
}

impl ToolName for Name {
    const ALL: &'static [Name] =
        &[Name::ProsAndCons, Name::DecisionMatrix, Name::RiskAssessment, Name::CompareOptions];

    fn name(self) -> &'static str {
        match self {
            Name::ProsAndCons => "pros_and_cons",
            Name::DecisionMatrix => "decision_matrix",
            Name::RiskAssessment => "risk_assessment",
            Name::CompareOptions => "compare_options",
        }
    }

    /// Everything is worked out from what the call holds; nothing is kept.
    fn effect(self) -> Effect {
        Effect::Read
    }

    fn describe(self) -> Tool {
        let definition = Definition {
            name: self.name(),
            title: self.title(),
            description: self.description(),
            properties: self.properties(),
            required: self.required(),
            effect: self.effect(),
            idempotent: true,
            open_world: false,
        };
        match self {
            Name::ProsAndCons => definition.tool::<ProsAndCons>(),
            Name::DecisionMatrix | Name::CompareOptions => definition.tool::<Matrix>(),
            Name::RiskAssessment => definition.tool::<Assessment>(),
        }
    }
}

impl Name {
    fn title(self) -> &'static str {
        match self {
            Name::ProsAndCons => "Pros and cons",
            Name::DecisionMatrix => "Decision matrix",
            Name::RiskAssessment => "Risk assessment",
            Name::CompareOptions => "Compare options",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Name::ProsAndCons => {
                "List what speaks for and against one choice. Use it for \"should I …\" and \"pros and cons of …\"."
            }
            Name::DecisionMatrix => {
                "Add up scores by weighted criteria and show what would change the winner. Use it when the user names \
                 criteria, weights or scores: \"price is very important\", \"the Honda gets seven for price\"."
            }
            Name::RiskAssessment => {
                "Rate what could go wrong with a plan by likelihood and impact. Use it for \"what are the risks of …\" and \
                 \"what could go wrong if …\"."
            }
            Name::CompareOptions => {
                "Compare two or more options and say which is better. Use it for \"… or …, which is better\" and \"help me \
                 choose between …\"."
            }
        }
    }

    fn required(self) -> &'static [&'static str] {
        match self {
            Name::ProsAndCons => &["question"],
            Name::DecisionMatrix => &["options", "criteria"],
            Name::RiskAssessment => &["plan"],
            Name::CompareOptions => &["options"],
        }
    }

    fn properties(self) -> Value {
        let items = (*ITEMS.start(), *ITEMS.end());
        match self {
            Name::ProsAndCons => json!({
                "question": text("The choice, as spoken.", QUESTION_CHARS, &["move to Lisbon", "should I buy an electric car"]),
                "pros": texts("What the user says speaks for it.", items, ITEM_CHARS, &[&["lower rent"]]),
                "cons": texts("What the user says speaks against it.", items, ITEM_CHARS, &[&["far from my parents"]]),
            }),
            Name::DecisionMatrix => json!({
                "options": options(),
                "criteria": criteria(),
                "scores": scores(),
                "question": question(),
            }),
            Name::RiskAssessment => json!({
                "plan": text("The plan or decision, as spoken.", QUESTION_CHARS, &["have the wedding outdoors in May"]),
                "risks": risks(),
            }),
            Name::CompareOptions => json!({
                "options": options(),
                "criteria": criteria(),
                "question": question(),
            }),
        }
    }
}

fn question() -> Value {
    text("What it is about, if the user said so.", QUESTION_CHARS, &["which car to buy"])
}

fn options() -> Value {
    texts(
        "The options, each in its own words.",
        (*OPTIONS.start(), *OPTIONS.end()),
        OPTION_CHARS,
        &[&["the Honda", "the Toyota"]],
    )
}

/// The first kind of an item is the one a small planner uses.
fn criteria() -> Value {
    json!({
        "type": "array",
        "items": {
            "type": ["string", "object"],
            "minLength": 1,
            "maxLength": LINE_CHARS,
            "properties": {
                "name": { "type": "string", "minLength": 1, "maxLength": CRITERION_CHARS },
                "weight": {
                    "type": ["number", "string"], "minimum": 0, "maximum": HEAVIEST,
                    "description": "A number of any scale, or words like \"very important\".",
                },
            },
            "required": ["name"],
            "additionalProperties": false,
        },
        "minItems": CRITERIA.start(),
        "maxItems": CRITERIA.end(),
        "description": "What matters, each with its importance if the user said it.",
        "examples": [
            ["price: very important", "comfort"],
            [{ "name": "price", "weight": 3 }, { "name": "comfort", "weight": "somewhat important" }],
        ],
    })
}

fn scores() -> Value {
    let score = json!({ "type": ["number", "string", "null"], "minimum": LOWEST, "maximum": HIGHEST });
    json!({
        "type": ["array", "object"],
        "items": {
            "type": ["string", "object", "array"],
            "minLength": 1,
            "maxLength": LINE_CHARS,
            "items": score,
        },
        "description": "Scores from 1 to 10 that the user said. Leave it out if none were said.",
        "examples": [
            ["the Honda price 7", "the Toyota price 9"],
            { "the Honda": { "price": 7 }, "the Toyota": { "price": 9 } },
            [[7], [9]],
        ],
    })
}

fn risks() -> Value {
    let rating = |what: &str| {
        json!({
            "type": ["integer", "string"], "minimum": 1, "maximum": MOST,
            "description": format!("1 to {MOST}, or words like \"{what}\"."),
        })
    };
    json!({
        "type": "array",
        "items": {
            "type": ["string", "object"],
            "minLength": 1,
            "maxLength": ITEM_CHARS,
            "properties": {
                "risk": { "type": "string", "minLength": 1, "maxLength": ITEM_CHARS },
                "likelihood": rating("unlikely"),
                "impact": rating("severe"),
            },
            "required": ["risk"],
            "additionalProperties": false,
        },
        "minItems": ITEMS.start(),
        "maxItems": ITEMS.end(),
        "description": "Risks that the user named, with how likely and how bad if said.",
        "examples": [
            ["rain, likely, minor", "the band cancels"],
            [{ "risk": "rain", "likelihood": 4, "impact": "minor" }],
        ],
    })
}
