//! For tests of decoders: JSON of any shape under the names that a reader looks for, in places where they may not belong.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use serde_json::Value;

/// Values nested up to `depth`, with these names of fields and, among others, these texts.
pub(crate) fn odd_json(
    names: &'static [&'static str],
    texts: &'static [&'static str],
    depth: u32,
) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(texts).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(depth, 48, 6, move |inner| {
        let name = prop_oneof![
            9 => prop::sample::select(names).prop_map(str::to_owned),
            1 => "[a-z-]{0,6}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}
