use rmcp::model::JsonObject;
use serde_json::json;

use super::*;

fn arguments(value: Value) -> Arguments {
    let object: JsonObject = value.as_object().unwrap().clone();
    Arguments::new(Some(object), &["options", "criteria", "scores", "risks"]).unwrap()
}

fn problem<T: std::fmt::Debug>(result: Result<T, InputError>) -> String {
    result.unwrap_err().to_string()
}

fn weights(value: Value) -> Result<Vec<(String, f64)>, InputError> {
    let read = criteria(&arguments(json!({ "criteria": value })))?;
    Ok(read.into_iter().map(|criterion| (criterion.name, criterion.weight)).collect())
}

#[test]
fn options_are_read_from_a_list_or_from_one_sentence() {
    let read = |value| options(&arguments(json!({ "options": value })));
    for value in [
        json!(["the Honda", "the Toyota"]),
        json!("the Honda or the Toyota?"),
        json!(["the Honda vs the Toyota"]),
        json!("the Honda and the Toyota"),
        json!("the Honda, the Toyota"),
    ] {
        assert_eq!(read(value.clone()).unwrap(), ["the Honda", "the Toyota"], "{value}");
    }
    assert_eq!(read(json!("tea, coffee, or milk")).unwrap(), ["tea", "coffee", "milk"]);
    let many: Vec<String> = (0..9).map(|number| format!("option {number}")).collect();
    for (value, expected) in [
        (json!(["the Honda"]), "at least two options"),
        (json!([]), "at least two options"),
        (json!(many), "9 options are too many: give me at most 8"),
        (json!(["the Honda", "a honda"]), "two options are called a honda"),
        (json!(["a", "x".repeat(81)]), "81 characters: 80 is the most"),
        (json!(7), "options must be a list of strings"),
    ] {
        let found = problem(read(value.clone()));
        assert!(found.contains(expected), "{value}: {found}");
    }
}

#[test]
fn criteria_are_read_in_every_form_people_use() {
    let named = |pairs: &[(&str, f64)]| -> Vec<(String, f64)> {
        pairs.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect()
    };
    for (value, expected) in [
        (json!(["price", "comfort"]), named(&[("price", 1.0), ("comfort", 1.0)])),
        (json!("price and comfort"), named(&[("price", 1.0), ("comfort", 1.0)])),
        (json!("price, very important, comfort"), named(&[("price", 4.0), ("comfort", 3.0)])),
        (
            json!(["price: very important", "comfort is not so important", "colour (irrelevant)", "size"]),
            named(&[("price", 4.0), ("comfort", 1.0), ("colour", 0.0), ("size", 3.0)]),
        ),
        (json!(["price 40%", "comfort 60 percent"]), named(&[("price", 40.0), ("comfort", 60.0)])),
        (
            json!([{"name": "price", "weight": 3}, {"name": "comfort", "weight": 1}, {"name": "size"}]),
            named(&[("price", 3.0), ("comfort", 1.0), ("size", 2.0)]),
        ),
        (json!({"price": "essential", "comfort": null}), named(&[("price", 5.0), ("comfort", 3.0)])),
        (json!(["cost: monthly", "view"]), named(&[("cost: monthly", 1.0), ("view", 1.0)])),
    ] {
        assert_eq!(weights(value.clone()).unwrap(), expected, "{value}");
    }
    let importance =
        criteria(&arguments(json!({"criteria": ["price is very important"]}))).unwrap().remove(0).importance;
    assert_eq!(importance.as_deref(), Some("very important"));
    for (value, expected) in [
        (json!([]), "at least one criterion"),
        (json!(["a 1", "b very important"]), "some weights are numbers and some are words"),
        (json!([{"name": "a", "weight": -1}]), "the weight of a must be from 0 to 1000"),
        (json!([{"name": "a", "weight": "blue"}]), "don't understand the weight of a"),
        (json!([{"name": "a", "wieght": 3}]), "Wieght is not one of the parts of a criterion"),
        (json!([{"name": "a", "weight": 0}]), "no criterion counts"),
        (json!(["a", "A"]), "two criteria are called A"),
        (json!([3]), "criteria must be a list of strings, not a number"),
    ] {
        let found = problem(weights(value.clone()));
        assert!(found.to_lowercase().contains(&expected.to_lowercase()), "{value}: {found}");
    }
}

#[test]
fn scores_are_read_in_every_form_people_use() {
    let options = ["the Honda".to_owned(), "the Toyota".to_owned()];
    let names = ["price".to_owned(), "road safety".to_owned()];
    let read = |value| scores(&arguments(json!({ "scores": value })), &options, &names);
    let full = vec![vec![Some(7.0), Some(9.0)], vec![Some(8.0), Some(6.5)]];
    for value in [
        json!([[7, 9], [8, 6.5]]),
        json!({"Honda": {"price": 7, "road safety": 9}, "Toyota": {"price": 8, "road safety": 6.5}}),
        json!({"honda": [7, 9], "toyota": ["8", "six point five"]}),
        json!({"price": {"Honda": 7, "Toyota": 8}, "road safety": [9, 6.5]}),
        json!([
            {"option": "Honda", "criterion": "price", "score": "good"},
            {"option": "Honda", "criterion": "road safety", "score": "excellent"},
            {"option": "Toyota", "criterion": "price", "score": 8},
            {"option": "Toyota", "criterion": "road safety", "score": 6.5},
        ]),
        json!(["Honda price 7", "Honda road safety 9", "Toyota price 8", "Toyota road safety 6.5"]),
        json!(
            "the Honda gets 7 for price and 9 for road safety, the Toyota 8 out of 10 for price, road safety six and a half"
        ),
    ] {
        assert_eq!(read(value.clone()).unwrap(), full, "{value}");
    }
    let part = vec![vec![Some(7.0), None], vec![None, None]];
    assert_eq!(read(json!(["Honda price 7"])).unwrap(), part);
    assert_eq!(read(json!([[7, null], [null, null]])).unwrap(), part);
    for (value, expected) in [
        (json!([[7, 9]]), "needs 2 scores in this order: the Honda and the Toyota"),
        (json!([[7], [9]]), "the Honda needs 2 scores in this order: price and road safety"),
        (json!({"Fiat": [1, 2]}), "Fiat is not one of the options: they are the Honda and the Toyota"),
        (json!({"Honda": {"smell": 2}}), "Smell is not one of the criteria"),
        (json!([[11, 9], [8, 6]]), "the score of the Honda on price is 11: scores go from 1 to 10"),
        (json!(["Honda price purple"]), "say it like \"the Honda price 7\""),
        (json!(["Honda price 7", "the honda price 8"]), "the Honda has two scores on price"),
        (json!(5), "scores must be a list"),
    ] {
        let found = problem(read(value.clone()));
        assert!(found.contains(expected), "{value}: {found}");
    }
}

#[test]
fn risks_are_read_with_and_without_ratings() {
    let read = |value| risks(&arguments(json!({ "risks": value })));
    let risk = |name: &str, likelihood, impact| Risk { name: name.to_owned(), likelihood, impact };
    assert_eq!(
        read(json!([
            "rain, likely, minor",
            "the band cancels",
            "wind, sand and heat (likelihood 2, impact 3)",
            "theft: 1, 5",
            {"risk": "fire", "likelihood": "rare", "impact": 5},
        ]))
        .unwrap(),
        [
            risk("rain", Some(4), Some(2)),
            risk("the band cancels", None, None),
            risk("wind, sand and heat", Some(2), Some(3)),
            risk("theft", Some(1), Some(5)),
            risk("fire", Some(1), Some(5)),
        ]
    );
    for (value, expected) in [
        (json!([]), "risks has 0 items: give 1 to 12"),
        (json!([{"risk": "fire", "likelihood": 6}]), "the likelihood of fire must be from 1 to 5"),
        (
            json!([{"risk": "fire", "impact": "blue"}]),
            "the impact of fire must be from 1 to 5, or a word like severe",
        ),
        (json!(["fire, impact 9"]), "the impact of fire must be"),
        (json!([{"likelihood": 2}]), "say what could go wrong"),
        (json!(["fire", "Fire"]), "two risks are called Fire"),
    ] {
        let found = problem(read(value.clone()));
        assert!(found.contains(expected), "{value}: {found}");
    }
}
