//! A tool's schemas, compiled when they are first needed and kept with the tool's definition.
//!
//! A schema comes from a stranger, and checking against it must end soon: only references inside the schema are followed,
//! nothing is fetched, patterns run in linear time, and the work that a schema asks for is bounded before it is begun
//! (`work`).

mod work;

use std::fmt;
use std::sync::{Arc, OnceLock};

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};

use work::Excess;

/// The most steps one check may take.
const MAX_WORK: u64 = 20_000_000;
/// The memory one pattern may take.
const MAX_PATTERN: usize = 1024 * 1024;

/// What a value is and isn't, by one schema.
#[derive(Clone, Default)]
pub(crate) struct Schema {
    compiled: Arc<OnceLock<Compiled>>,
}

enum Compiled {
    Ready(Box<Validator>),
    /// It is no schema of any draft. Whoever wrote it checks for itself.
    Meaningless,
}

/// A value doesn't fit its schema: where, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// `to.0.name`; empty for the whole.
    pub(crate) place: String,
    pub(crate) problem: String,
}

impl Schema {
    /// Checks a value. `definition` is the schema that this was made for, the same at each call.
    pub(crate) fn check(&self, definition: &Arc<Map<String, Value>>, value: &Value) -> Result<(), Mismatch> {
        let whole = Value::Object((**definition).clone());
        let at_all = |problem: &str| Err(Mismatch { place: String::new(), problem: problem.to_owned() });
        match work::needed(&whole, value) {
            Ok(work) if work > MAX_WORK => return at_all("is too much to check against the tool's schema"),
            Ok(_) => {}
            Err(Excess::Circle) => return at_all("can't be checked, the tool's schema goes in circles"),
            Err(Excess::Depth) => return at_all("is nested too deeply, in itself or in the tool's schema"),
            Err(Excess::Reference(reference)) => {
                return at_all(&format!("can't be checked, the tool's schema refers to {reference}"));
            }
        }
        match self.compiled.get_or_init(|| compile(&whole)) {
            Compiled::Meaningless => Ok(()),
            Compiled::Ready(validator) => validator.validate(value).map_err(|error| mismatch(&error)),
        }
    }
}

/// It follows from the definition beside it, so it never makes a difference.
impl PartialEq for Schema {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Schema")
    }
}

fn compile(schema: &Value) -> Compiled {
    let build = |schema: &Value| {
        jsonschema::options()
            .with_draft(draft(schema))
            .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN).dfa_size_limit(MAX_PATTERN))
            .should_validate_formats(false)
            .offline()
            .build(schema)
    };
    // A pattern that can't run in linear time is left to the server.
    let validator = build(schema).or_else(|_| build(&without_patterns(schema)));
    validator.map_or(Compiled::Meaningless, |validator| Compiled::Ready(Box::new(validator)))
}

/// What a reference inside a schema (`#/$defs/Person`) stands for. Only members of objects are followed.
pub(crate) fn referred<'a>(root: &'a Map<String, Value>, reference: &str) -> Option<&'a Value> {
    let mut steps =
        reference.strip_prefix("#/")?.split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
    let first = root.get(&steps.next()?)?;
    steps.try_fold(first, |at, step| at.get(&step))
}

/// MCP: 2020-12 unless the schema says otherwise.
fn draft(schema: &Value) -> Draft {
    match schema.get("$schema").and_then(Value::as_str).unwrap_or_default() {
        text if text.contains("draft-04") => Draft::Draft4,
        text if text.contains("draft-06") => Draft::Draft6,
        text if text.contains("draft-07") => Draft::Draft7,
        text if text.contains("2019-09") => Draft::Draft201909,
        _ => Draft::Draft202012,
    }
}

fn without_patterns(schema: &Value) -> Value {
    match schema {
        Value::Object(object) => Value::Object(
            object
                .iter()
                // A property may be called "pattern"; its schema is no text.
                .filter(|(key, value)| {
                    !(*key == "pattern" && value.is_string()) && *key != "patternProperties"
                })
                .map(|(key, value)| (key.clone(), without_patterns(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(without_patterns).collect()),
        other => other.clone(),
    }
}

fn mismatch(error: &ValidationError<'_>) -> Mismatch {
    let mut place: Vec<String> = error
        .instance_path()
        .as_str()
        .split('/')
        .filter(|part| !part.is_empty())
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect();
    let found = error.instance();
    let problem = match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            // Any branch would do, so what the first one wants is as good an advice as any.
            return match context.first().and_then(|branch| branch.first()) {
                Some(first) => mismatch(first),
                None => Mismatch {
                    place: place.join("."),
                    problem: "has none of the forms it may have".to_owned(),
                },
            };
        }
        ValidationErrorKind::Required { property } => {
            place.push(property.as_str().unwrap_or_default().to_owned());
            "is missing".to_owned()
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            place.extend(unexpected.first().cloned());
            "is unknown to this tool".to_owned()
        }
        ValidationErrorKind::Type { kind } => format!("must be {}, not {}", types(kind), kind_of(found)),
        ValidationErrorKind::Enum { options } => {
            let listed = options.as_array().into_iter().flatten().take(20).map(Value::to_string);
            format!("must be one of {}", listed.collect::<Vec<_>>().join(", "))
        }
        ValidationErrorKind::Constant { expected_value } => format!("must be {expected_value}"),
        ValidationErrorKind::Minimum { limit } => format!("must be at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("must be at most {limit}"),
        ValidationErrorKind::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        ValidationErrorKind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        ValidationErrorKind::MinLength { limit } => format!("must be at least {limit} characters"),
        ValidationErrorKind::MaxLength { limit } => format!("must be at most {limit} characters"),
        ValidationErrorKind::MinItems { limit } => format!("must be at least {limit} items"),
        ValidationErrorKind::MaxItems { limit } => format!("must be at most {limit} items"),
        ValidationErrorKind::MinProperties { limit } => format!("must have at least {limit} members"),
        ValidationErrorKind::MaxProperties { limit } => format!("must have at most {limit} members"),
        ValidationErrorKind::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        ValidationErrorKind::UniqueItems => "has the same item twice".to_owned(),
        ValidationErrorKind::Pattern { pattern } => format!("must have the form {pattern}"),
        ValidationErrorKind::FalseSchema => "is not allowed".to_owned(),
        other => format!("doesn't fit the tool's schema ({})", other.keyword()),
    };
    // A long pattern or list is of no use to anybody.
    Mismatch { place: place.join("."), problem: problem.chars().take(300).collect() }
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(several) => {
            several.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or ")
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
