//! One spelling for each JSON value, and its hash: what was confirmed can be compared with what is about to run.
//!
//! After RFC 8785: no white space, object keys sorted by UTF-16 code units, numbers without a needless fraction. It
//! differs in the exponent form of very large or small floats, which only has to agree with itself here.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// A SHA-256, shown as 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    pub(crate) fn of(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            // The length makes ("ab","c") and ("a","bc") different.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        Self::hex(&hash.finalize())
    }

    /// The plain SHA-256 of an object's canonical text, so that others can compute it too.
    pub(crate) fn of_object(object: &Map<String, Value>) -> Self {
        Self::hex(&Sha256::digest(canonical_object(object).as_bytes()))
    }

    pub(crate) fn stored(hex: String) -> Self {
        Self(hex)
    }

    /// The 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn hex(bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The canonical text of an object.
pub(crate) fn canonical_object(object: &Map<String, Value>) -> String {
    let mut out = String::new();
    write_object(object, &mut out);
    out
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(number, out),
        // serde_json's string escapes are those of RFC 8785.
        Value::String(_) => out.push_str(&value.to_string()),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(item, out);
            }
            out.push(']');
        }
        Value::Object(object) => write_object(object, out),
    }
}

fn write_object(object: &Map<String, Value>, out: &mut String) {
    let mut members: Vec<_> = object.iter().collect();
    members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    out.push('{');
    for (index, (key, value)) in members.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&Value::from(key.as_str()).to_string());
        out.push(':');
        write_value(value, out);
    }
    out.push('}');
}

fn write_number(number: &serde_json::Number, out: &mut String) {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < EXACT => {
            // -0.0 and 0.0 are one number; `as` is exact below 2^53.
            let _ = write!(out, "{}", float as i64);
        }
        Some(_) | None => out.push_str(&number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn canonical(value: &Value) -> String {
        let mut out = String::new();
        write_value(value, &mut out);
        out
    }

    #[test]
    fn spelling() {
        let value =
            json!({"b": [1.0, -0.0, 2.5, true, null], "a": {"z": "é\n\"", "\u{e000}": 1, "\u{1f600}": 2}});
        assert_eq!(
            canonical(&value),
            "{\"a\":{\"z\":\"é\\n\\\"\",\"\u{1f600}\":2,\"\u{e000}\":1},\"b\":[1,0,2.5,true,null]}"
        );
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(Digest::of(&["ab", "c"]), Digest::of(&["a", "bc"]));
    }

    #[test]
    fn arguments_hash_is_plain_sha256_of_the_text() {
        // printf '{"a":1}' | sha256sum
        let object = json!({"a": 1}).as_object().cloned().unwrap();
        assert_eq!(
            Digest::of_object(&object).as_str(),
            "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
        );
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            // Quarters are exact in both notations, so that reading them back brings no rounding of its own.
            any::<i32>().prop_map(|quarters| Value::from(f64::from(quarters) / 4.0)),
            "\\PC{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("\\PC{0,4}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn canonical_text_is_json_and_a_fixed_point(value in values()) {
            let text = canonical(&value);
            let again: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(canonical(&again), text);
        }

        #[test]
        fn member_order_does_not_matter(mut members in prop::collection::vec(("[a-c]{1,3}", any::<i64>()), 0..6)) {
            members.sort();
            members.dedup_by(|a, b| a.0 == b.0);
            let forward: Map<String, Value> = members.iter().cloned().map(|(k, v)| (k, v.into())).collect();
            let backward: Map<String, Value> = members.into_iter().rev().map(|(k, v)| (k, v.into())).collect();
            prop_assert_eq!(Digest::of_object(&forward), Digest::of_object(&backward));
        }
    }
}
