//! How much work it is to check a value against a schema, at most.
//!
//! References can make a small schema ask for any amount of work: they may go in circles without ever looking deeper into the
//! value, or double the work at each step. So every schema that may be applied to one part of the value is counted, once for
//! each way that leads there; what is too much is refused before it is begun.

use std::collections::HashMap;

use serde_json::Value;

/// How deep a value may be nested.
const MAX_NESTING: usize = 64;
/// How many schemas may stand inside each other, references followed.
const MAX_HOPS: usize = 200;

/// Why a schema can't be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Excess {
    Circle,
    Depth,
    /// A reference to something outside, or of a kind that is not followed.
    Reference(String),
}

/// Steps that a check takes at most.
pub(super) fn needed(schema: &Value, value: &Value) -> Result<u64, Excess> {
    let (depth, parts) = extent(value, 0)?;
    let ways = Counter { root: schema, counted: HashMap::new() }.ways(schema, depth, 0)?;
    Ok(ways.saturating_mul(parts))
}

/// The depth of a value and the number of its parts.
fn extent(value: &Value, above: usize) -> Result<(usize, u64), Excess> {
    if above > MAX_NESTING {
        return Err(Excess::Depth);
    }
    let inner: Box<dyn Iterator<Item = &Value>> = match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(members) => Box::new(members.values()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return Ok((0, 1)),
    };
    let (mut depth, mut parts) = (0, 1);
    for part in inner {
        let (part_depth, part_parts) = extent(part, above + 1)?;
        depth = depth.max(part_depth + 1);
        parts += part_parts;
    }
    Ok((depth, parts))
}

struct Counter<'a> {
    root: &'a Value,
    /// By a schema's place in memory and the depth left; `None` while it is being counted.
    counted: HashMap<(usize, usize), Option<u64>>,
}

impl<'a> Counter<'a> {
    /// In how many ways some schema is applied to the deepest part of a value of this depth.
    fn ways(&mut self, schema: &'a Value, depth: usize, hops: usize) -> Result<u64, Excess> {
        let Value::Object(keywords) = schema else { return Ok(1) };
        if hops > MAX_HOPS {
            return Err(Excess::Depth);
        }
        let key = (std::ptr::from_ref(schema).addr(), depth);
        match self.counted.insert(key, None) {
            Some(Some(ways)) => {
                self.counted.insert(key, Some(ways));
                return Ok(ways);
            }
            // Back at the same schema without having gone deeper into the value.
            Some(None) => return Err(Excess::Circle),
            None => {}
        }
        let mut ways: u64 = 1;
        for (keyword, below) in keywords {
            let of_keyword = match (keyword.as_str(), below) {
                ("$ref", Value::String(reference)) => {
                    let target = self.target(reference)?;
                    self.ways(target, depth, hops + 1)?
                }
                ("$dynamicRef" | "$recursiveRef", _) => return Err(Excess::Reference(keyword.clone())),
                ("allOf" | "anyOf" | "oneOf", Value::Array(parts)) => self.sum(parts, depth, hops)?,
                ("not" | "if" | "then" | "else", part) => self.ways(part, depth, hops + 1)?,
                ("dependentSchemas" | "dependencies", Value::Object(parts)) => {
                    self.sum(parts.values(), depth, hops)?
                }
                _ if depth == 0 => 0,
                // Each member has one of these,
                ("properties", Value::Object(parts)) => self.most(parts.values(), depth - 1, hops)?,
                ("prefixItems" | "items", Value::Array(parts)) => self.most(parts, depth - 1, hops)?,
                // and any number of these.
                ("patternProperties", Value::Object(parts)) => self.sum(parts.values(), depth - 1, hops)?,
                (
                    "items"
                    | "additionalItems"
                    | "additionalProperties"
                    | "contains"
                    | "propertyNames"
                    | "unevaluatedItems"
                    | "unevaluatedProperties",
                    part,
                ) => self.ways(part, depth - 1, hops + 1)?,
                _ => 0,
            };
            ways = ways.saturating_add(of_keyword);
        }
        self.counted.insert(key, Some(ways));
        Ok(ways)
    }

    fn sum(
        &mut self,
        parts: impl IntoIterator<Item = &'a Value>,
        depth: usize,
        hops: usize,
    ) -> Result<u64, Excess> {
        parts
            .into_iter()
            .try_fold(0_u64, |sum, part| Ok(sum.saturating_add(self.ways(part, depth, hops + 1)?)))
    }

    fn most(
        &mut self,
        parts: impl IntoIterator<Item = &'a Value>,
        depth: usize,
        hops: usize,
    ) -> Result<u64, Excess> {
        parts.into_iter().try_fold(0, |most, part| Ok(most.max(self.ways(part, depth, hops + 1)?)))
    }

    fn target(&self, reference: &str) -> Result<&'a Value, Excess> {
        let elsewhere = || Excess::Reference(reference.chars().take(100).collect());
        let pointer = reference.strip_prefix('#').ok_or_else(elsewhere)?;
        self.root.pointer(pointer).ok_or_else(elsewhere)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn circles_and_references_elsewhere() {
        for (schema, wanted) in [
            (json!({"$ref": "#"}), Excess::Circle),
            (json!({"anyOf": [{"type": "null"}, {"$ref": "#"}]}), Excess::Circle),
            (json!({"$ref": "http://h/schema"}), Excess::Reference("http://h/schema".into())),
            (json!({"$ref": "#/nothing"}), Excess::Reference("#/nothing".into())),
            (json!({"$dynamicRef": "#x"}), Excess::Reference("$dynamicRef".into())),
        ] {
            assert_eq!(needed(&schema, &json!({})), Err(wanted), "{schema}");
        }
    }

    #[test]
    fn a_tree_is_no_circle() {
        let tree = json!({"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}});
        let steps = needed(&tree, &json!({"left": {"right": {"left": {}}}})).unwrap();
        assert!(steps < 100, "{steps}");
    }

    #[test]
    fn doubling_is_counted() {
        let mut definitions = json!({"d40": {"type": "string"}});
        for n in 0..40 {
            let next = json!({"$ref": format!("#/$defs/d{}", n + 1)});
            definitions[format!("d{n}")] = json!({"allOf": [next, next]});
        }
        let steps = needed(&json!({"$defs": definitions, "$ref": "#/$defs/d0"}), &json!("x")).unwrap();
        assert!(steps > 1 << 40, "{steps}");
        let deep = json!({"anyOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]});
        let nested = (0..40).fold(json!([]), |inner, _| json!([inner]));
        assert!(needed(&deep, &nested).unwrap() > 1 << 40);
    }

    #[test]
    fn long_chains_and_deep_values_end() {
        let chain: serde_json::Map<String, Value> =
            (0..1000).map(|n| (format!("c{n}"), json!({"$ref": format!("#/$defs/c{}", n + 1)}))).collect();
        let schema = json!({"$defs": chain, "$ref": "#/$defs/c0"});
        assert_eq!(needed(&schema, &json!(1)), Err(Excess::Depth));
        let nested = (0..100).fold(json!([]), |inner, _| json!([inner]));
        assert_eq!(needed(&json!({}), &nested), Err(Excess::Depth));
    }
}
