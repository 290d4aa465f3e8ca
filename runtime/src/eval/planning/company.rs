//! Company for a case's tools, so that a set can be planned among many: tools of other cases that do something else.

use serde_json::Value;

use crate::planner::Matters;

/// Words that say what is done, not to what; two tools may share them.
const VERBS: &[&str] = &[
    "add",
    "calculate",
    "cancel",
    "check",
    "create",
    "delete",
    "find",
    "generate",
    "get",
    "list",
    "lookup",
    "make",
    "query",
    "read",
    "remove",
    "retrieve",
    "search",
    "send",
    "set",
    "update",
];

/// `tools` and then others, as many as `count` in all if there are so many, in the order in which `pool` has them. None
/// that is about a thing that the case's own tools are about: it could be as right.
pub(super) fn among(tools: &[Value], pool: &[Value], count: usize) -> Vec<Value> {
    let matters = Matters::read();
    let name = |tool: &Value| tool["name"].as_str().unwrap_or_default().to_owned();
    let own: Vec<String> = tools.iter().flat_map(things).collect();
    let related = |other: &Value| tools.iter().any(|tool| matters.shared(&name(tool), &name(other)));
    let mut all = tools.to_vec();
    for other in pool {
        if all.len() >= count {
            break;
        }
        if !things(other).iter().any(|thing| own.contains(thing)) && !related(other) {
            all.push(other.clone());
        }
    }
    all
}

/// The tools of all cases, each name once.
pub(super) fn pool(cases: &[Value]) -> Vec<Value> {
    let mut pool: Vec<Value> = Vec::new();
    for tool in cases.iter().filter_map(|case| case["tools"].as_array()).flatten() {
        if pool.iter().all(|known| known["name"] != tool["name"]) {
            pool.push(tool.clone());
        }
    }
    pool
}

fn things(tool: &Value) -> Vec<String> {
    let mut spaced = String::new();
    for character in tool["name"].as_str().unwrap_or_default().chars() {
        if !character.is_lowercase() {
            spaced.push(' ');
        }
        spaced.push(if character.is_alphabetic() { character.to_ascii_lowercase() } else { ' ' });
    }
    let words = spaced.split_whitespace().map(|word| word.trim_end_matches('s').to_owned());
    words.filter(|word| word.len() > 2 && !VERBS.contains(&word.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn company_is_about_other_things() {
        let case =
            |names: &[&str]| json!({"tools": names.iter().map(|n| json!({"name": n})).collect::<Vec<_>>()});
        let cases = [
            case(&["get_weather"]),
            case(&["FetchWeather", "get_score"]),
            case(&["get_score", "sum", "mean"]),
        ];
        let pool = pool(&cases);
        assert_eq!(pool.len(), 5);
        let names: Vec<_> = among(&pool[..1], &pool, 3).iter().map(|t| t["name"].clone()).collect();
        assert_eq!(names, ["get_weather", "get_score", "sum"]);
    }
}
